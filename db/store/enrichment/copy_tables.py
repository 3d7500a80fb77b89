"""The tables of copies, and their rows."""

from typing import NamedTuple, TypedDict

STOCK = 3  # articles of a source that have a paragraph: it is no text of theirs
ALWAYS_STOCK = 20  # so many print no article again and again
COMMON = 1000  # texts that have a print, at most, for it to tell anything


class PrintRow(TypedDict):
    print: int
    text: int


class TextEdge(NamedTuple):
    text: int  # the smaller number of the two
    other: int
    contained: float
    share: float
    other_share: float
    alike: float


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


_MEASURES = ("contained", "share", "other_share", "alike")  # of an edge

TABLES = (
    f"create table prints {_pair('print', 'text')}",
    "create index idx_prints_text on prints (text)",
    f"create table _paragraphs {_pair('paragraph', 'article')}",
    "create index idx__paragraphs_article on _paragraphs (article)",
    f"create table _release_runs {_pair('run', 'release')}",
    "create index idx__release_runs_release on _release_runs (release)",
    f"create table _text_edges {_pair('text', 'other', ''.join(f'{name} real not null, ' for name in _MEASURES))}",
    "create index idx__text_edges_other on _text_edges (other)",
    f"create table release_edges {_pair('article', 'release', 'share real not null, quoted_share real not null, ')}",
    "create index idx_release_edges_release on release_edges (release)",
    "create table copies (article integer primary key, group_id integer, role text, share real, matched integer,"
    " release integer, release_share real, release_quoted_share real, credit text, seen_at text)",
    "create index idx_copies_group_id on copies (group_id)",
    "create index idx_copies_matched on copies (matched)",
    "create index idx_copies_release on copies (release)",
    "create table _texts (article integer primary key, text integer, words integer not null, credit text not null)",
    "create index idx__texts_text on _texts (text)",
    "create view copy_edges as select min(a.article, b.article) as article, max(a.article, b.article) as other,"
    " contained, iif(a.article < b.article, share, other_share) as share,"
    " iif(a.article < b.article, other_share, share) as other_share, alike"
    " from _text_edges as e join _texts as a on a.text = e.text join _texts as b on b.text = e.other"
    " union all select a.article, b.article, 1.0, 1.0, 1.0, 1.0"
    " from _texts as a join _texts as b on b.text = a.text and b.article > a.article",
    "create table _copies_due (article integer primary key)",
    "create trigger articles_copies_insert after insert on articles begin"
    " insert or ignore into _copies_due values (new.id); end",
    f"create trigger articles_copies_update after update of {', '.join(_READ)} on articles"
    f" when ({', '.join(f'old.{name}' for name in _READ)}) is not ({', '.join(f'new.{name}' for name in _READ)})"
    " begin insert or ignore into _copies_due values (new.id); end",
    "create trigger articles_copies_delete after delete on articles"
    " begin insert or ignore into _copies_due values (old.id); end",
    "insert into _copies_due select id from articles",
)
