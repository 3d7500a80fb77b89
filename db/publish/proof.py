"""Whether eight words in a row of a text that is not ours to show stand in a public file: looked at cell by cell."""

from collections.abc import Iterable, Iterator

from sqlite_utils import Database

from db.publish.allowed import MADE, NAMES, SHOWN
from db.publish.extracts import words_of

RUN = 8  # words
_TABLES = """select name, iif(sql like '%without rowid', 0, 'rowid') from sqlite_master
where type = 'table' and sql not like 'create virtual%' order by name"""
_TEXTS = "select text from articles union all select text from versions where text != ''"


def runs_of(text: str) -> Iterator[str]:
    words = words_of(text)
    return (" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


def foreign_cells(snapshot: Database, archive: Database) -> dict[str, set[int]]:
    """Cells of the snapshot that have what nobody may: "table.column" → its rows."""
    places: dict[str, set[tuple[str, int]]] = {}
    for cell, row, value in _cells(snapshot):
        for run in runs_of(value):
            places.setdefault(run, set()).add((cell, row))
    if places:
        for cell in sorted(SHOWN):
            for run in _runs_of_all(_column(snapshot, cell)):
                places.pop(run, None)
    found: dict[str, set[int]] = {}
    if places:
        for run in _runs_of_all(text for (text,) in archive.execute(_TEXTS)):
            for cell, row in places.pop(run, ()):
                found.setdefault(cell, set()).add(row)
    return found


def _cells(snapshot: Database) -> Iterator[tuple[str, int, str]]:
    for table, number in snapshot.execute(_TABLES).fetchall():
        if table in MADE and table != "_fact_lines":  # single words, and numbers
            continue
        columns = [row[1] for row in snapshot.execute(f'pragma table_info("{table}")')]
        wanted = [column for column in columns if f"{table}.{column}" not in NAMES | SHOWN]
        for column in wanted:
            sql = f'select {number}, "{column}" from "{table}" where typeof("{column}") in (\'text\', \'blob\')'
            for row, value in snapshot.execute(sql):
                text = value if isinstance(value, str) else value.decode(errors="replace")
                yield f"{table}.{column}", row, text


def _column(snapshot: Database, cell: str) -> Iterable[str]:
    table, _, column = cell.partition(".")
    return (value for (value,) in snapshot.execute(f'select "{column}" from "{table}" where "{column}" is not null'))


def _runs_of_all(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from runs_of(text)
