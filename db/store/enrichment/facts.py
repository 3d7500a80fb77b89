"""What articles say: tables `figures`, `quotes` and `entities`, read out of each text by rules of one version.

`_facts_read` says of each article by which rules it was read; without a row it is due. `_fact_lines` has what the
search counts of each article, once: its kinds of figures, its speakers, its places, a line each ("place Bedburg").
"""

from collections.abc import Iterable, Mapping
from typing import TypedDict, get_type_hints

from db.store.enrichment.places import PlaceRow
from db.store.enrichment.read_by_rules import ReadByRules, statements


class FigureRow(TypedDict):
    id: int
    article: int
    kind: str
    value: float | str  # of a date a day
    high: float | None
    unit: str
    hedge: str | None
    text: str
    start: int
    end: int
    place: str | None
    by: str | None
    sentence: str
    rules_version: str


class QuoteRow(TypedDict):
    id: int
    article: int
    text: str
    speaker: str | None
    start: int
    end: int
    sentence: str
    rules_version: str


class EntityRow(TypedDict):
    id: int
    article: int
    kind: str
    name: str
    text: str
    start: int
    end: int
    sentence: str
    rules_version: str


_ROWS: Mapping[str, type] = {"figures": FigureRow, "quotes": QuoteRow, "entities": EntityRow}
_SPAN = 'start integer not null, "end" integer not null'
_EVIDENCE = "sentence text not null, rules_version text not null"
_FIGURE = "kind text not null, value NUMERIC not null, high real, unit text not null, hedge text, text text not null"
TABLES = (
    "create table figures (id integer primary key, article integer not null references articles (id),"
    f' {_FIGURE}, {_SPAN}, place text, "by" text, {_EVIDENCE})',
    "create table quotes (id integer primary key, article integer not null references articles (id),"
    f" text text not null, speaker text, {_SPAN}, {_EVIDENCE})",
    "create table entities (id integer primary key, article integer not null references articles (id),"
    f" kind text not null, name text not null, text text not null, {_SPAN}, {_EVIDENCE})",
    *(f"create index idx_{table}_article on {table} (article)" for table in _ROWS),
    "create index idx_figures_kind on figures (kind, unit, value)",
    "create index idx_quotes_speaker on quotes (speaker)",
    "create index idx_entities_name on entities (name)",
    *statements("_facts_read", tuple(_ROWS), "articles_said"),
)


FIGURE_KINDS = (
    *("investment", "jobs", "training", "sites", "area", "power", "energy", "water"),
    *("plan_year", "date", "signatures", "other"),
)
_LINES = """insert into _fact_lines select article, group_concat(line, char(10)) from (
select article, 'figure ' || kind as line from figures where {which}
union select article, 'speaker ' || replace(speaker, char(10), ' ') from quotes where speaker is not null and {which}
union select article, 'place ' || name from entities where kind = 'place' and {which} order by article)
group by article"""
LINES_AGAIN = ("delete from _fact_lines", _LINES.format(which="true"))
_LINES_OF_ONE = _LINES.format(which="article = :article")
# Indexes that answer a field of the search without a look at the rows.
LINES = (
    "create table _fact_lines (article integer primary key, lines text not null)",
    "create trigger articles_fact_lines_delete after delete on articles"
    " begin delete from _fact_lines where article = old.id; end",
    *LINES_AGAIN,
    "drop index idx_figures_kind",
    "drop index idx_quotes_speaker",
    "drop index idx_entities_name",
    "create index idx_figures_kind on figures (kind, value, high, unit, article)",
    "create index idx_quotes_speaker on quotes (speaker, article)",
    "create index idx_entities_name on entities (kind, name, article)",
)


# For the doctor. Rows of an article that waits to be read again may be of its text before.
_READ_OF = "join articles as a on a.id = f.article join _facts_read as d on d.article = f.article"
_AGAIN = LINES_AGAIN[1].removeprefix("insert into _fact_lines ")
MISCOUNTED = f"""count(*) from (select article from (select * from _fact_lines except {_AGAIN})
union select article from ({_AGAIN}) where article not in (select article from _fact_lines))"""
_OF_ARTICLES = (*_ROWS, "_fact_lines", "_facts_read")
_IS_GONE = "article not in (select id from articles)"
GONE = " + ".join(f"(select count(*) from {table} where {_IS_GONE})" for table in _OF_ARTICLES)
TAKE_OUT_GONE = tuple(f"delete from {table} where {_IS_GONE}" for table in _OF_ARTICLES)
OTHER_RULES = " + ".join(
    f"(select count(*) from {table} as f {_READ_OF} where f.rules_version is not d.rules_version)" for table in _ROWS
)
_ELSEWHERE = {  # what a figure or a name says stands where the row says; a quotation may have pieces
    "figures": 'substr(a.text, f.start + 1, f."end" - f.start) is not f.text',
    "entities": 'substr(a.text, f.start + 1, f."end" - f.start) is not f.text',
    "quotes": 'f."end" > length(a.text)',
}
MISPLACED = " + ".join(
    f"(select count(*) from {table} as f {_READ_OF} where {wrong})" for table, wrong in _ELSEWHERE.items()
)


Fields = Mapping[str, object]  # of a row, without id, article and rules_version


class FactStore(ReadByRules):
    read_table = "_facts_read"

    def put_places(self, rows: Iterable[PlaceRow]) -> None:
        """The list as it is today, in the place of what there was."""
        names = list(get_type_hints(PlaceRow))
        with self.db.atomic():
            self.db.execute("delete from places")
            holes = ", ".join(f":{name}" for name in names)
            self.db.conn.executemany(f"insert into places values ({holes})", rows)

    def put(self, article: int, rules: str, tables: Mapping[str, Iterable[Fields]]) -> None:
        """All that it says, in the place of what there was."""
        with self.db.atomic():
            for table, rows in tables.items():
                names = [name for name in get_type_hints(_ROWS[table]) if name != "id"]
                columns, holes = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
                self.db.execute(f"delete from {table} where article = ?", [article])
                whole = [{**row, "article": article, "rules_version": rules} for row in rows]
                self.db.conn.executemany(f"insert into {table} ({columns}) values ({holes})", whole)
            self.db.execute("delete from _fact_lines where article = ?", [article])
            self.db.execute(_LINES_OF_ONE, {"article": article})
            self.db.execute("insert or replace into _facts_read values (?, ?)", [article, rules])
