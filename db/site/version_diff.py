"""Two versions of an article against each other, as a page shows them. Made in a process of its own."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from db.export.changes import ChangeFilter, ListedChange, page_of, words_of
from db.word_diff import Fate, ParagraphChange, WordChange, changed_figures, diff, diff_words

SECONDS = 4
PAGE = 25
FOR_FIGURES = 1  # second of the time for a page; what is left then is shown without
FOLDED = 3  # so many paragraphs one after the other that say the same, or more, are folded

SAID = "select title, coalesce(text, ''), authors, access from versions where id = ? and article = ?"


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A paragraph of both versions; `label` names what became of it as a whole, '' where it stands where it stood."""

    paragraph: ParagraphChange
    label: str  # new, gone, moved; '' for none
    says_the_same: bool


@dataclass(frozen=True, slots=True)
class VersionDiff:
    title: tuple[WordChange, ...]
    parts: tuple[tuple[DiffRow, ...], ...]  # each one row that is shown, or many that are folded
    figures: tuple[tuple[str, str], ...]
    cosmetics: tuple[WordChange, ...]  # in title and text
    authors: tuple[str, str]  # then and now
    access: tuple[str | None, str | None]
    is_without_text: bool

    @property
    def title_says_the_same(self) -> bool:
        return _say_the_same(self.title)

    @property
    def is_text_as_it_was(self) -> bool:
        return all(row.says_the_same and not row.label for part in self.parts for row in part)


def compare(connection: sqlite3.Connection, article: int, old: int, new: int) -> VersionDiff | None:
    """None where there are no such versions of it."""
    both = [connection.execute(SAID, [version, article]).fetchone() for version in (old, new)]
    if None in both:
        return None
    (old_title, old_text, old_authors, old_access), (title, text, authors, access) = map(tuple, both)
    of_title = tuple(diff_words(old_title or "", title or ""))
    is_without_text = not (old_text and text)
    paragraphs = [] if is_without_text else diff(old_text, text)
    rows = [DiffRow(each, _label(each), _say_the_same(each.pieces)) for each in paragraphs]
    everything = [ParagraphChange(fate=Fate.CHANGED, pieces=of_title), *paragraphs]
    return VersionDiff(
        title=of_title,
        parts=tuple(_folded(rows)),
        figures=tuple(dict.fromkeys(changed_figures(everything))),
        cosmetics=tuple(piece for each in everything for piece in each.pieces if piece.cosmetic),
        authors=(", ".join(words_of(old_authors)), ", ".join(words_of(authors))),
        access=(old_access, access),
        is_without_text=is_without_text,
    )


def list_changes(
    connection: sqlite3.Connection, asked: ChangeFilter, page: int
) -> list[tuple[ListedChange, tuple[tuple[str, str], ...]]]:
    """A page of all changes, each with the figures that stand in the place of others: ('300', '2.500')."""
    ends = time.monotonic() + FOR_FIGURES
    listed = []
    for change in page_of(connection, asked, PAGE, (page - 1) * PAGE):
        found = None
        if "figure" in change.kinds and change.before and change.version and time.monotonic() < ends:
            found = compare(connection, change.article, change.before, change.version)
        listed.append((change, found.figures if found else ()))
    return listed


def _label(paragraph: ParagraphChange) -> str:
    return str(paragraph.fate) if paragraph.fate in (Fate.NEW, Fate.GONE, Fate.MOVED) else ""


def _say_the_same(pieces: Iterable[WordChange]) -> bool:
    return all(piece.same or piece.cosmetic for piece in pieces)


def _folded(rows: Sequence[DiffRow]) -> Iterator[tuple[DiffRow, ...]]:
    for as_it_was, run in groupby(rows, lambda row: row.says_the_same and not row.label):
        same = tuple(run)
        if as_it_was and len(same) >= FOLDED:
            yield same
        else:
            yield from ((row,) for row in same)
