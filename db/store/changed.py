"""What triggers keep of changes, for those who count them.

`_changed`: which kinds of change each article has had, and what became of its page, as the bits of a number. With it
the search counts the kinds of 100,000 articles in 35 ms of a busy processor. `_changes_written`: a number that grows
with whatever is written of what `/changes` lists, so that it is not counted anew after all else that a crawl writes.
`_recalls`: a number that grows when an article is changed or leaves, and with a person's word: pages of before must not
be shown any more, while of what only comes they may tell a few seconds later.
"""

import sqlite3

from db.store.versions import CHANGES, What

BITS = {kind: 1 << place for place, kind in enumerate((*CHANGES, *map(str, What)))}  # a new one: count again

KINDS = "create table _changed (article integer primary key, kinds integer not null)"

_BIT = f"case kind {' '.join(f'''when '{kind}' then {bit}''' for kind, bit in BITS.items())} end"


def _kinds(where: str = "") -> str:
    """Of each article that has any. A kind of another version of the program has no bit."""
    return (
        f"select article, sum(distinct {_BIT}) as kinds from ("
        f"select article, value as kind from changes, json_each(changes.kinds) {where}"
        f" union all select article, what from disappearances {where}) group by 1 having sum({_BIT})"
    )


COUNT_AGAIN = ("delete from _changed", f"insert into _changed {_kinds()}")
MISCOUNTED = (
    f"select count(*) from (select * from ({_kinds()} except select * from _changed)"
    f" union all select * from (select * from _changed except {_kinds()}))"
)


def _again(row: str) -> str:
    where = f"where article = {row}.article"
    return f"delete from _changed {where}; insert into _changed {_kinds(where)};"


KINDS_TRIGGERS = tuple(
    f"create trigger {table}_changed_{event} after {event} {of} on {table} begin {''.join(map(_again, rows))} end"
    for table, column in (("changes", "kinds"), ("disappearances", "what"))
    for event, of, rows in (
        ("insert", "", ["new"]),
        ("delete", "", ["old"]),
        ("update", f"of article, {column}", ["old", "new"]),
    )
)

WRITTEN = ("create table _changes_written (number integer not null)", "insert into _changes_written values (0)")

_OF_NEW = "select 1 from versions where article = new.id union all select 1 from disappearances where article = new.id"
_WRITES = (
    *((table, event, "") for table in ("changes", "disappearances") for event in ("insert", "update", "delete")),
    ("versions", "insert", "when new.page_kind = 'ticker'"),
    ("versions", "update of article, seen_at, page_kind", "when 'ticker' in (old.page_kind, new.page_kind)"),
    ("versions", "delete", ""),
    ("articles", "insert", f"when exists ({_OF_NEW})"),
    ("articles", "update of id, source", "when (old.id, old.source) is not (new.id, new.source)"),
    ("articles", "delete", ""),
)
WRITTEN_TRIGGERS = tuple(
    f"create trigger {table}_written_{event.split()[0]} after {event} on {table} {when}"
    " begin update _changes_written set number = number + 1; end"
    for table, event, when in _WRITES
)

RECALLS = ("create table _recalls (number integer not null)", "insert into _recalls values (0)")
RECALL = "update _recalls set number = number + 1"


def _recalled_by(*tables: str) -> tuple[str, ...]:
    """Triggers: each row that comes, changes or leaves."""
    return tuple(
        f"create trigger {table}_recall_{event} after {event} on {table} begin {RECALL}; end"
        for table in tables
        for event in ("insert", "update", "delete")
    )


_SHOWN = (
    "id url source title authors published published_utc month day text kind page_kind lang access score reasons"
    " verdict agencies date_source modified reservation rights subheads outcomes terms uncorrected"
).split()
_OLD, _NEW = (", ".join(f"{row}.{name}" for name in _SHOWN) for row in ("old", "new"))
RECALL_TRIGGERS = (
    f"create trigger articles_recall_delete after delete on articles begin {RECALL}; end",
    f"create trigger articles_recall_update after update of {', '.join(_SHOWN)} on articles"
    f" when ({_OLD}) is not ({_NEW}) begin {RECALL}; end",
    *_recalled_by("tombstones", "decisions", "corrections"),
)
DISMISSED_RECALL_TRIGGERS = _recalled_by("dismissed_names")


def written(connection: sqlite3.Connection) -> int:
    return int(connection.execute("select number from _changes_written").fetchone()[0])


def recalls(connection: sqlite3.Connection) -> int:
    """Raises sqlite3.OperationalError, of an archive that does not have the table yet."""
    return int(connection.execute("select number from _recalls").fetchone()[0])
