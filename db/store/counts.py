"""How many articles there are of which source, kind, language, month and access: kept by triggers, not counted.

`_combinations` has each combination that there is, once, with its number of articles, and an empty text where something
is not known; `_facts` has the combination of each article, in a few bytes.
"""

COMBINED = ("source", "kind", "lang", "month", "access")
NAMES = ", ".join(COMBINED)

TABLES = (
    f"create table _combinations (id integer primary key, {NAMES}, number integer, unique ({NAMES}))",
    "create table _facts (article integer primary key, combination integer references _combinations)",
)


def _values(row: str) -> str:
    return ", ".join(f"coalesce({row}.{name}, '')" for name in COMBINED)


_GROUPS = ", ".join(str(number + 1) for number in range(len(COMBINED)))
COUNT_AGAIN = (
    "delete from _facts",
    "delete from _combinations",
    f"insert into _combinations ({NAMES}, number) select {_values('a')}, count(*) from articles as a"
    f" group by {_GROUPS}",
    "insert into _facts select a.id, c.id from articles as a"
    f" join _combinations as c on ({', '.join(f'c.{name}' for name in COMBINED)}) = ({_values('a')})",
)

# Kept numbers that are not what there is, for the doctor.
MISCOUNTED = f"""
    select count(*) from (
        select c.id from _combinations as c left join _facts as f on f.combination = c.id
        group by c.id having c.number != count(f.article)
        union all
        select coalesce(a.id, f.article) from articles as a left join _facts as f on f.article = a.id
        left join _combinations as c on c.id = f.combination
        where ({", ".join(f"c.{name}" for name in COMBINED)}) is not ({_values("a")})
        union all
        select article from _facts where article not in (select id from articles)
    )
"""

_SAME = f"({NAMES}) = ({_values('new')})"


def _fewer(row: str) -> str:
    return (
        "update _combinations set number = number - 1"
        f" where id = (select combination from _facts where article = {row}.id);"
        f" delete from _facts where article = {row}.id;"
    )


# There is no `or ignore` here: within somebody's `insert or replace` it would be a replace, too.
_MORE = (
    f"{_fewer('new')} insert into _combinations ({NAMES}, number) select {_values('new')}, 0"
    f" where not exists (select 1 from _combinations where {_SAME});"
    f" update _combinations set number = number + 1 where {_SAME};"
    f" insert into _facts select new.id, id from _combinations where {_SAME};"
)
TRIGGERS = (
    f"create trigger articles_facts_insert after insert on articles begin {_MORE} end",
    f"create trigger articles_facts_delete after delete on articles begin {_fewer('old')} end",
    f"create trigger articles_facts_update after update of id, {NAMES} on articles begin {_fewer('old')} {_MORE} end",
)
