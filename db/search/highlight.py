"""Where in a text stands what a search has found."""

from collections import Counter
from collections.abc import Iterable, Iterator

from db.search.morphology import folded, places, tokens

Piece = tuple[str, bool]  # text, and whether it is a hit
Span = tuple[int, int]
Form = tuple[tuple[str, ...], bool]  # tokens, and whether the last is only a beginning


def marked(text: str, forms: Iterable[str]) -> list[Piece]:
    """The whole text, cut where hits begin and end; `forms` as in `spans`."""
    return list(_pieces(text, spans(text, forms)))


def snippet(text: str, forms: Iterable[str], length: int = 280) -> list[Piece]:
    """The stretch of about so many characters with the most hits, its ends shown by …; no hit: the beginning."""
    hits = spans(text, forms)
    best = _richest(text, hits, length)
    begin = _word_start(text, max(0, min(best - length // 4, len(text) - length)))
    end = _word_end(text, min(len(text), begin + length))
    inside = [(max(a, begin) - begin, min(b, end) - begin) for a, b in hits if a < end and b > begin]
    pieces = list(_pieces(text[begin:end], inside))
    return [*([("… ", False)] if begin else []), *pieces, *([(" …", False)] if end < len(text) else [])]


def _richest(text: str, hits: list[Span], length: int) -> int:
    """Where the first stretch begins that has the most different hits; each hit enters and leaves it once."""
    inside: Counter[str] = Counter()
    words = [folded(text[begin:end]) for begin, end in hits]
    richest, most, entered = hits[0][0] if hits else 0, 0, 0
    for place, (start, _) in enumerate(hits):
        while entered < len(hits) and hits[entered][1] <= start + length:
            inside[words[entered]] += 1
            entered += 1
        if len(inside) > most:
            richest, most = start, len(inside)
        if entered == place:  # a hit that is longer than the stretch
            entered += 1
        elif inside[words[place]] > 1:
            inside[words[place]] -= 1
        else:
            del inside[words[place]]
    return richest


def _word_start(text: str, at: int) -> int:
    """The next word's begin, if it is near; a text without spaces is cut anywhere."""
    space = text.find(" ", at - 1, at + 40) if at > 0 else -1
    return at if space < 0 else space + 1


def _word_end(text: str, at: int) -> int:
    space = text.rfind(" ", at - 40, at)
    return at if at >= len(text) or space < 0 else space


def spans(text: str, forms: Iterable[str]) -> list[Span]:
    """Where hits begin and end, in their order; `forms` are `Hits.marks`."""
    by_first, beginnings = _sorted(forms)
    words = list(places(text))
    hits: list[Span] = []
    at = 0
    while at < len(words):
        lengths = [len(form) for form, star in by_first.get(words[at][2], ()) if _matches(form, star, words, at)]
        if not lengths and words[at][2].startswith(beginnings):
            lengths = [1]
        if lengths:
            hits.append((words[at][0], words[at + max(lengths) - 1][1]))
        at += max(lengths, default=1)
    return hits


def _sorted(forms: Iterable[str]) -> tuple[dict[str, list[Form]], tuple[str, ...]]:
    """Words and phrases by their first word, and what a word alone may begin with."""
    by_first: dict[str, list[Form]] = {}
    beginnings: list[str] = []
    for form in forms:
        star = form.endswith("*")
        words = tuple(folded(word) for word in tokens(form))
        if words and star and len(words) == 1:
            beginnings.append(words[0])
        elif words:
            by_first.setdefault(words[0], []).append((words, star))
    return by_first, tuple(beginnings)


def _matches(form: tuple[str, ...], star: bool, words: list[tuple[int, int, str]], at: int) -> bool:
    if at + len(form) > len(words):
        return False
    last = len(form) - 1
    if any(words[at + place][2] != form[place] for place in range(1, last)):
        return False
    word = words[at + last][2]
    return word.startswith(form[last]) if star else word == form[last]


def _pieces(text: str, hits: list[Span]) -> Iterator[Piece]:
    at = 0
    for begin, end in hits:
        if begin > at:
            yield text[at:begin], False
        yield text[begin:end], True
        at = end
    if at < len(text):
        yield text[at:], False
