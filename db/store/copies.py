"""Whose text stands in whose: fingerprints of texts, pairs that share words, and what follows from them.

`prints`, `_paragraphs` and `_release_runs` are read out of each text; `copy_edges` and `release_edges` are facts of two
texts; `copies` follows from the edges. `_copies_due` are the articles whose text has to be read for that.
"""

from typing import TypedDict


class PrintRow(TypedDict):
    print: int
    article: int


class CopyEdgeRow(TypedDict):
    article: int  # the smaller number of the two
    other: int
    contained: float
    share: float
    other_share: float


class ReleaseEdgeRow(TypedDict):
    article: int
    release: int
    share: float
    quoted_share: float


class CopyRow(TypedDict):
    article: int
    group_id: int | None
    role: str | None
    share: float | None
    matched: int | None
    release: int | None
    release_share: float | None
    release_quoted_share: float | None
    credit: str | None
    seen_at: str | None


# What of an article the copies follow from.
_READ = ("text", "source", "kind", "page_kind", "published", "agencies", "first_seen")


def _pair(first: str, second: str, more: str = "") -> str:
    return f"({first} integer, {second} integer, {more}primary key ({first}, {second})) without rowid"


TABLES = (
    f"create table prints {_pair('print', 'article')}",
    "create index idx_prints_article on prints (article)",
    f"create table _paragraphs {_pair('paragraph', 'article')}",
    "create index idx__paragraphs_article on _paragraphs (article)",
    f"create table _release_runs {_pair('run', 'release')}",
    "create index idx__release_runs_release on _release_runs (release)",
    "create table copy_edges"
    f" {_pair('article', 'other', 'contained real not null, share real not null, other_share real not null, ')}",
    "create index idx_copy_edges_other on copy_edges (other)",
    f"create table release_edges {_pair('article', 'release', 'share real not null, quoted_share real not null, ')}",
    "create index idx_release_edges_release on release_edges (release)",
    "create table copies (article integer primary key, group_id integer, role text, share real, matched integer,"
    " release integer, release_share real, release_quoted_share real, credit text, seen_at text)",
    "create index idx_copies_group_id on copies (group_id)",
    "create index idx_copies_matched on copies (matched)",
    "create index idx_copies_release on copies (release)",
    "create table _copies_due (article integer primary key)",
    "create trigger articles_copies_insert after insert on articles begin"
    " insert or ignore into _copies_due values (new.id); end",
    f"create trigger articles_copies_update after update of {', '.join(_READ)} on articles"
    f" when ({', '.join(f'old.{name}' for name in _READ)}) is not ({', '.join(f'new.{name}' for name in _READ)})"
    " begin insert or ignore into _copies_due values (new.id); end",
    "insert into _copies_due select id from articles",
)
