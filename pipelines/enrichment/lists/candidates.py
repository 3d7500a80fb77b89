"""The names of an article that are in no list: where they recur, a person decides whether they belong into one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from db.normal_forms import fold
from pipelines.enrichment.direct_speech.people_in_text import NamedPeople
from pipelines.enrichment.direct_speech.speech import is_human
from pipelines.enrichment.direct_speech.text_words import is_short_form
from pipelines.enrichment.entities import EntityKind, find_entities
from pipelines.enrichment.names import has, is_body, is_role, known, may_be_place
from pipelines.enrichment.words import WORDS

_LONGEST = 4  # words
_BEFORE_PLACES = frozenset(
    "in aus nach bei stadt ort ortsteil stadtteil gemeinde dorf near from town city village".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlistedName:
    name: str
    kind: EntityKind | None  # what it is likely to be, by the words beside it
    mentions: int
    start: int  # of the first


def unlisted_names(text: str, lang: str) -> list[UnlistedName]:
    """In the order of the text."""
    starts: dict[str, int] = {}
    kinds: dict[str, Counter[EntityKind]] = {}
    mentions: Counter[str] = Counter()
    for name, kind, start in _mentions(text, lang):
        starts.setdefault(name, start)
        mentions[name] += 1
        kinds.setdefault(name, Counter()).update([kind] if kind else [])
    return [
        UnlistedName(name=name, kind=most_common(kinds[name]), mentions=mentions[name], start=start)
        for name, start in starts.items()
    ]


def most_common(kinds: Counter[EntityKind]) -> EntityKind | None:
    return max(kinds, key=lambda kind: kinds[kind]) if kinds.total() else None


def _mentions(text: str, lang: str) -> Iterator[tuple[str, EntityKind | None, int]]:
    words = NamedPeople(text, lang, [])
    listed = find_entities(text, lang)
    names, taken = {mention.name for mention in listed}, [(mention.start, mention.end) for mention in listed]
    of_people: set[int] = set()
    for first, (end, person) in words.mentions.items():
        of_people.update(range(first, end))
        if " " in person.name and person.name not in names:
            yield person.name, EntityKind.PERSON, words.starts[first]
    at = 0
    while at < len(words.words):
        end = at
        while end < len(words.words) and end - at < _LONGEST and end not in of_people and _is_strange(words, end, lang):
            if end > at and not words.joined(end):
                break
            end += 1
        start = words.starts[at]
        if end > at and not any(first <= start < last for first, last in taken):
            yield " ".join([*words.words[at : end - 1], _bare(words.words[end - 1])]), _kind(words, at, end), start
        at = max(end, at + 1)


def _is_strange(words: NamedPeople, at: int, lang: str) -> bool:
    """A word with a large letter that no dictionary has, nor the parts of it."""
    word = words.words[at]
    if len(word) < 3 or not word[0].isupper() or is_short_form(word) or fold(word) in WORDS.no_names:
        return False
    if is_role(word) or is_body(word):
        return False
    begins = at == 0 or words.sentences[at - 1] != words.sentences[at]
    if lang != "de" and begins:
        return False
    return not any(known(part, lang) or known(part.lower(), lang) for part in (word, *word.split("-")))


def _kind(words: NamedPeople, first: int, end: int) -> EntityKind | None:
    """Vortexa GmbH, Anlagenbauer Vortexa, DLRG; in Etzweiler, the town of Selm; Landwirt Hamacher."""
    before = words.words[first - 1] if words.joined(first) else ""
    after = words.words[end] if words.joined(end) else ""
    last = words.words[end - 1]
    if is_human(before) or is_role(before):
        return EntityKind.PERSON
    if after[:1].isupper() and fold(after) in WORDS.legal_forms:
        return EntityKind.BODY
    if any(map(str.isupper, last[1:])):
        return EntityKind.BODY
    if may_be_place(last) or before.casefold() in _BEFORE_PLACES:
        return EntityKind.PLACE
    is_apposition = words.lang == "de" and before[:1].isupper() and has(before, "de")
    return EntityKind.BODY if is_apposition else None


def _bare(word: str) -> str:
    """Vortexa's is Vortexa."""
    return word.removesuffix("'s").removesuffix("’s")
