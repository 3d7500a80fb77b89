"""Which words of a text are its extract: the first of its body, without the headline, as many as a setting says."""

import re

from db.store.archive import Archive

_WORD = re.compile(r"\w+")
LETTERS = 20  # a word, on the average, at most: writing without blanks is no way round the number of words


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def choose(title: str, text: str, most: int) -> str:
    """'' where the first word alone is too long."""
    return first_words(_without_title(title, text), most)


def first_words(text: str, most: int) -> str:
    """As they stand there, from the first to the last of them, within one paragraph."""
    begin = end = None
    for number, word in enumerate(_WORD.finditer(text)):
        begin = word.start() if begin is None else begin
        between = text[end or begin : word.start()]
        if number == most or "\n" in between or word.end() - begin > most * LETTERS:
            break
        end = word.end()
    return text[begin:end] if end else ""


def _without_title(title: str, text: str) -> str:
    """Some texts begin with their headline, once or twice."""
    heading = words_of(title)
    body = [*_WORD.finditer(text)]
    place = 0
    while heading and [word.group().casefold() for word in body[place : place + len(heading)]] == heading:
        place += len(heading)
    return text[body[place].start() :] if place < len(body) else ""


def says(text: str, words: str) -> bool:
    """Whether a text still has these words in a row."""
    return f" {' '.join(words_of(words))} " in f" {' '.join(words_of(text))} "


def still_says(title: str | None, newest: str) -> bool:
    """Whether what a headline names, all its words with a capital, stands in the newest version, too."""
    there = set(words_of(newest))
    return all(word.casefold() in there for word in _WORD.findall(title or "") if word != word.lower())


def bring_up_to_date(archive: Archive, most: int) -> None:
    """Each article's extract is chosen once: later versions, queries, days and settings bring no other words.

    It is withdrawn for good where the newest version has it no more, and where the page is no longer open to all.
    """
    decided = {}
    with archive.atomic():
        archive.extracts.withdraw_of_others()
        for each in archive.extracts.undecided_or_shown():
            if each.words is None:
                decided[each.article] = choose(each.title, each.text, most) if each.is_open else ""
            elif not (each.is_open and says(each.text, each.words)):
                decided[each.article] = ""
        archive.extracts.decide(decided)
