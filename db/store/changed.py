"""Table `_changed`: which kinds of change each article has had, and what became of its page, as the bits of a number.

Kept by triggers, for the search, which counts the kinds of 100,000 articles with it in 35 ms of a busy processor.
"""

from db.store.versions import CHANGES, What

BITS = {kind: 1 << place for place, kind in enumerate((*CHANGES, *map(str, What)))}  # a new one: count again

TABLE = "create table _changed (article integer primary key, kinds integer not null)"

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


TRIGGERS = tuple(
    f"create trigger {table}_changed_{event} after {event} {of} on {table} begin {''.join(map(_again, rows))} end"
    for table, column in (("changes", "kinds"), ("disappearances", "what"))
    for event, of, rows in (
        ("insert", "", ["new"]),
        ("delete", "", ["old"]),
        ("update", f"of article, {column}", ["old", "new"]),
    )
)
