"""Groups of articles with one text: who had it first, what each is of it, and what two texts have in common."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from db.days import there
from db.export.tables import Selection
from db.passages import TAKEN, passages, runs, taken, words
from db.store.finders.hosts import OUTSIDE

PAGE = 25  # groups
COPIED = 5  # words in a row, as the shares of copies are counted; of releases `TAKEN`
LONGEST = 100_000  # characters of a text that is compared while a reader waits: 60 ms
FILTERS = ("source", "agency", "year")

_MEMBERS = """select article, group_id, role, share, matched, release, release_share, release_quoted_share, credit,
seen_at, a.title, a.lang, a.source, (select newsroom from voices where voices.article = a.id) as newsroom
from copies join articles as a on a.id = copies.article where {where}"""
_EVERY = f"""select group_id, copies.article, a.source, voices.voice, role, credit, seen_at
from copies join articles as a indexed by idx_articles_facts on a.id = copies.article
join voices on voices.article = copies.article where group_id is not null
and (not ? or a.source not in ({OUTSIDE})) order by group_id"""
_TITLES = "select id, title, lang from articles where id in (select value from json_each(?))"
_TEXTS = "select article, text from _texts where text is not null and article in (select value from json_each(?))"
_EDGES = """select text, other, share, other_share from _text_edges
where text in (select value from json_each(:some)) and other in (select value from json_each(:some))"""


@dataclass(frozen=True, slots=True)
class FirstSight:
    """Since when an article was there, as far as known."""

    written: str
    moment: datetime  # of a bare day its noon
    is_day: bool

    @property
    def latest(self) -> datetime:
        """By which articles are in order: a bare day may be any moment of it."""
        return self.moment + timedelta(hours=12) if self.is_day else self.moment


def first_sight(written: str | None) -> FirstSight | None:
    with suppress(ValueError, OverflowError):  # what a page said
        if written:
            is_day = len(written) == len("2026-05-11")
            return FirstSight(written, there(written) + timedelta(hours=12 * is_day), is_day)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An article of a group, or one that takes from a release."""

    article: int
    group: int | None
    role: str | None
    share: float | None
    matched: int | None
    release: int | None
    release_share: float | None
    release_quoted_share: float | None
    credit: tuple[str, ...]
    seen: FirstSight | None
    title: str | None
    lang: str | None
    source: str
    newsroom: str | None

    @property
    def order(self) -> tuple[bool, str, int]:
        return self.seen is None, self.seen.latest.isoformat() if self.seen else "", self.article


def _credit(listed: str | None) -> tuple[str, ...]:
    with suppress(ValueError):
        names = json.loads(listed or "[]")
        return tuple(map(str, names)) if isinstance(names, list) else ()
    return ()


def _member(row: Sequence[Any]) -> Member:
    article, group, role, share, matched, release, release_share, quoted, credit, seen_at, title, *others = row
    lang, source, newsroom = others
    return Member(
        article=article,
        group=group,
        role=role,
        share=share,
        matched=matched,
        release=release,
        release_share=release_share,
        release_quoted_share=quoted,
        credit=_credit(credit),
        seen=first_sight(seen_at),
        title=title,
        lang=lang,
        source=source,
        newsroom=newsroom,
    )


def member(connection: sqlite3.Connection, article: int) -> Member | None:
    row = connection.execute(_MEMBERS.format(where="article = ?"), [article]).fetchone()
    return row and _member(tuple(row))


def members(connection: sqlite3.Connection, group: int) -> list[Member]:
    """In the order of their first sight."""
    rows = connection.execute(_MEMBERS.format(where="group_id = ?"), [group])
    return sorted((_member(tuple(row)) for row in rows), key=attrgetter("order"))


def sources_of_text(connection: sqlite3.Connection, group: Sequence[Member]) -> dict[int, int]:
    """Of each article the earlier one in which most of its words stand."""
    text_of: dict[int, int] = dict(connection.execute(_TEXTS, [str([each.article for each in group])]).fetchall())
    first: dict[int, int] = {}  # of each text the place of the first article that has it
    for place, each in enumerate(group):
        if each.article in text_of:
            first.setdefault(text_of[each.article], place)
    shares: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)  # of each text, in others
    for text, other, share, other_share in connection.execute(_EDGES, {"some": str(list(first))}):
        shares[text].append((share, -first[other]))
        shares[other].append((other_share, -first[text]))
    found = {}
    for place, each in enumerate(group):
        if text := text_of.get(each.article):
            others = [(1.0, -first[text]), *shares[text]]
            _, best = max(((part, number) for part, number in others if -number < place), default=(0.0, 1))
            if best <= 0:
                found[each.article] = group[-best].article
    return found


# All groups


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary:
    id: int
    articles: int
    sources: tuple[str, ...]
    voices: int
    credit: tuple[str, ...]
    first: int  # its number
    first_source: str
    seen_at: str | None  # of the first
    last_seen_at: str | None

    @property
    def values(self) -> dict[str, tuple[str, ...]]:
        """By which the list is narrowed."""
        return {"source": self.sources, "agency": self.credit, "year": ((self.seen_at or "")[:4],)}


def groups(connection: sqlite3.Connection, registry_only: bool = False) -> list[GroupSummary]:
    """Largest first. `registry_only`: as if there were no articles at hosts that the registry does not have."""
    rows = map(tuple, connection.execute(_EVERY, [registry_only]))
    together = [(group, list(articles)) for group, articles in groupby(rows, key=itemgetter(0))]
    found = [_summary(group, articles) for group, articles in together if len(articles) > 1]
    return sorted(found, key=lambda each: (-each.articles, each.id))


def _summary(group: int, rows: Sequence[tuple[Any, ...]]) -> GroupSummary:
    """`rows`: group, article, source, voice, role, credit, first sight."""
    sights = {article: first_sight(seen_at) for _, article, *_, seen_at in rows}

    def order(row: tuple[Any, ...]) -> tuple[bool, bool, str, int]:
        sight = sights[row[1]]
        return row[4] != "original", sight is None, sight.latest.isoformat() if sight else "", row[1]

    first = min(rows, key=order)
    known = sorted(filter(None, sights.values()), key=attrgetter("latest"))
    return GroupSummary(
        id=group,
        articles=len(rows),
        sources=tuple(sorted({row[2] for row in rows})),
        voices=len({row[3] for row in rows}),
        credit=tuple(sorted({name for row in rows if row[5] for name in _credit(row[5])})),
        first=first[1],
        first_source=first[2],
        seen_at=first[6],
        last_seen_at=known[-1].written if known else None,
    )


def narrow(groups: Iterable[GroupSummary], narrowed: Mapping[str, str]) -> list[GroupSummary]:
    return [group for group in groups if all(value in group.values[name] for name, value in narrowed.items())]


def counts(groups: Iterable[GroupSummary]) -> dict[str, list[tuple[str, int]]]:
    """Of each filter how many groups have which value."""
    found: dict[str, Counter[str]] = {name: Counter() for name in FILTERS}
    for group in groups:
        for name, values in group.values.items():
            found[name].update(filter(None, values))
    by_number = {name: sorted(each.items(), key=lambda pair: (-pair[1], pair[0])) for name, each in found.items()}
    return by_number | {"year": sorted(found["year"].items(), reverse=True)}


def titles(connection: sqlite3.Connection, articles: Iterable[int]) -> dict[int, tuple[str | None, str | None]]:
    """Title and language of each."""
    rows = connection.execute(_TITLES, [str(list(articles))])
    return {article: (title, lang) for article, title, lang in rows}


LISTED = (
    "group_id",
    "articles",
    "sources",
    "newsrooms",
    "credit",
    "first",
    "title",
    "source",
    "seen_at",
    "last_seen_at",
)
MEMBERS = ("article", "seen_at", "source", "newsroom", "title", "role", "share", "matched", "credit")


def listed(connection: sqlite3.Connection, narrowed: Mapping[str, str], registry_only: bool = False) -> Selection:
    """All groups, or those with these values, for a spreadsheet."""
    found = narrow(groups(connection, registry_only), narrowed)
    title_of = titles(connection, [each.first for each in found])
    rows = (
        (
            each.id,
            each.articles,
            len(each.sources),
            each.voices,
            ", ".join(each.credit) or None,
            each.first,
            title_of.get(each.first, (None, None))[0],
            each.first_source,
            each.seen_at,
            each.last_seen_at,
        )
        for each in found
    )
    return Selection("copies", LISTED, len(found), rows)


def listed_members(connection: sqlite3.Connection, group: int) -> Selection:
    found = members(connection, group)
    rows = (
        (
            each.article,
            each.seen.written if each.seen else None,
            each.source,
            each.newsroom,
            each.title,
            each.role,
            each.share,
            each.matched,
            ", ".join(each.credit) or None,
        )
        for each in found
    )
    return Selection("copies", MEMBERS, len(found), rows)


# Two texts


@dataclass(frozen=True, slots=True)
class SharedText:
    spans: list[tuple[int, int]]  # of what stands in the other
    share: float  # of its words


def compare(text: str, other: str, length: int) -> SharedText | None:
    """None where they are too long for somebody who waits."""
    if len(text) + len(other) > LONGEST:
        return None
    flags = taken(words(text), set(runs(words(other), length)), length)
    return SharedText(passages(text, other, length), sum(flags) / max(1, len(flags)))


def run_length(*page_kinds: str | None) -> int:
    """How many words in a row count as taken, where one may be a release."""
    return TAKEN if "release" in page_kinds else COPIED


def marked_paragraphs(text: str, spans: Sequence[tuple[int, int]]) -> list[list[tuple[str, bool]]]:
    """The paragraphs of a text in pieces, each with whether it lies in one of the spans."""
    found, start = [], 0
    for paragraph in text.split("\n\n"):
        end = start + len(paragraph)
        cuts = [(max(first, start), min(last, end)) for first, last in spans if first < end and last > start]
        pieces, place = [], start
        for first, last in cuts:
            pieces += [(text[place:first], False), (text[first:last], True)]
            place = last
        pieces = [piece for piece in [*pieces, (text[place:end], False)] if piece[0]]
        if paragraph.strip():
            found.append(pieces)
        start = end + 2
    return found
