"""The public file: what ALLOWED names of an archive, as of one moment, written anew, looked through, made current."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from sqlite_utils import Database

from db.days import today
from db.problem import Problem
from db.publish import extracts, shelf, words
from db.publish.allowed import ALLOWED, LISTS, MADE, ONLY, SNAPSHOT, TAKEN_AS
from db.publish.derived import TABLES, derive
from db.publish.package import freeze
from db.publish.proof import foreign_cells
from db.publish.record import keep_record, recorded_names
from db.store import derived
from db.store.archive import Archive
from db.store.connection import Mode, connect, open_archive, open_to_read
from db.store.rows import now

_HIDDEN = "pragma table_xinfo"  # names virtual columns, too; table_info does not


class PublishError(Problem):
    """No snapshot was made, or none is there; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    path: Path
    articles: int
    extracts: int
    whole_texts: int
    left_empty: int  # cells

    def as_json(self) -> dict[str, str | int]:
        return asdict(self) | {"path": str(self.path)}


def publish(archive: Path, home: Path, *, extract_words: int, keep: int) -> Published:
    """For who holds the lock of the crawl. The snapshot that was current stays so where this fails.

    Raises ArchiveError, PublishError.
    """
    folder = shelf.folder_of(home)
    part = folder / ".snapshot.part"
    try:
        folder.mkdir(exist_ok=True)
        with Archive(archive) as opened:
            if extract_words:
                extracts.bring_up_to_date(opened, extract_words)
        path = shelf.new_name(folder, today(), recorded_names(folder))
        with _files(part) as (draft, whole):
            published = _write(archive, draft, whole, path, extract_words)
            whole.replace(path)
        keep_record(path)
        shelf.make_current(path)
        freeze(path)
        shelf.remove(shelf.to_remove(shelf.snapshots(home), keep))
    except (OSError, sqlite3.Error) as error:
        raise PublishError(f"{folder}: nothing was published ({error}); make room, and publish again") from error
    return published


@contextmanager
def _files(part: Path) -> Iterator[tuple[Path, Path]]:
    """Under names that nobody serves; nothing is left of them."""
    every = f"{part.name}*"  # with their journals
    try:
        shelf.remove(part.parent.glob(every))
        yield part.with_name(f"{part.name}.db"), part
    finally:
        shelf.remove(part.parent.glob(every))


def _write(archive: Path, draft: Path, whole: Path, path: Path, extract_words: int) -> Published:
    with closing(open_to_read(archive)) as source:
        source.execute("begin")  # all that is read is of one moment
        register(source.conn, extract_words)
        with closing(open_archive(draft)) as snapshot:
            snapshot.execute("pragma journal_mode = delete")
            snapshot.execute("pragma synchronous = off")  # a draft that is cut off is none
            with snapshot.atomic():
                strip(snapshot)
                counts = fill(source, snapshot)
                describe(source, snapshot, path.stem, extract_words)
        with closing(Database(connect(draft, Mode.WRITE))) as snapshot:
            left_empty = _empty_foreign_cells(snapshot, source)
            snapshot.execute("vacuum into ?", [str(whole)])  # no byte but what its tables hold
    with closing(Database(connect(whole, Mode.WRITE))) as snapshot:
        if fault := fault_of(snapshot, counts):
            raise PublishError(f"{path}: was not made current: {fault}; tell who keeps the program")
        numbers = "count(*), sum(extract != ''), sum(text != extract)"
        articles, with_extract, whole_texts = snapshot.execute(f"select {numbers} from articles").fetchone()
    with whole.open("rb+") as stream:
        os.fsync(stream.fileno())
    return Published(
        path=path,
        articles=articles,
        extracts=with_extract or 0,
        whole_texts=whole_texts or 0,
        left_empty=left_empty,
    )


def register(connection: sqlite3.Connection, extract_words: int) -> None:
    """What TAKEN_AS asks with."""
    cut = partial(extracts.first_words, most=extract_words)
    connection.create_function("extract", 1, lambda words: cut(words or ""), deterministic=True)
    connection.create_function("still_says", 2, extracts.still_says, deterministic=True)


def strip(snapshot: Database) -> None:
    """An empty archive without what is not allowed. A table or a column that is not is there in name alone, and holds
    nothing: pages that ask for it get no row, or null."""
    for kind in ("trigger", "view"):
        for (name,) in snapshot.execute("select name from sqlite_master where type = ?", [kind]).fetchall():
            snapshot.execute(f'drop {kind} "{name}"')
    for table in snapshot.table_names():
        if table not in ALLOWED and table not in MADE:
            names = snapshot.table(table).columns_dict
            snapshot.execute(f'drop table "{table}"')
            nothing = ", ".join(f'null as "{name}"' for name in names)
            snapshot.execute(f'create view "{table}" as select {nothing} where false')
    for table, allowed in ALLOWED.items():
        for _, name, kind, *_, hidden in snapshot.execute(f'{_HIDDEN}("{table}")').fetchall():
            if name not in allowed and not hidden:
                _drop_indexes(snapshot, table, name)
                snapshot.execute(f'alter table "{table}" drop column "{name}"')
                snapshot.execute(f'alter table "{table}" add column "{name}" {kind} as (null) virtual')
    snapshot.execute("alter table articles add column extract text")


def _drop_indexes(snapshot: Database, table: str, column: str) -> None:
    """Also those of some rows, told by that column."""
    statements = dict(snapshot.execute("select name, sql from sqlite_master where type = 'index'").fetchall())
    for index in snapshot.table(table).indexes:
        _, _, condition = str(statements.get(index.name.strip('"'))).partition(" where ")
        if column in index.columns or column in condition.split():
            snapshot.execute(f'drop index "{index.name}"')


def fill(archive: Database, snapshot: Database) -> dict[str, int]:
    """Returns how many rows each table must have."""
    counts = {}
    for table, columns in ALLOWED.items():
        taken = ", ".join(TAKEN_AS.get(f"{table}.{column}", f'{table}."{column}"') for column in columns)
        where = f"where {ONLY[table]}" if table in ONLY else ""
        names, holes = ", ".join(f'"{column}"' for column in columns), ", ".join("?" for _ in columns)
        snapshot.conn.executemany(
            f'insert into "{table}" ({names}) values ({holes})',
            archive.execute(f'select {taken} from "{table}" {where}'),
        )
        counts[table] = archive.execute(f'select count(*) from "{table}" {where}').fetchone()[0]
    derived.rebuild(snapshot)
    words.take_over(archive, snapshot)
    derive(archive.conn, snapshot.conn)
    return counts


def describe(archive: Database, snapshot: Database, name: str, extract_words: int) -> None:
    """Table `snapshot`: one row. And the views of the archive."""
    for statement in archive.execute("select sql from sqlite_master where type = 'view'").fetchall():
        snapshot.execute(statement[0])
    ask = (
        "select (select max(ended) from runs), (select rules_version from runs order by id desc limit 1),"
        " (select count(*) from articles), (select count(*) from sources)"
    )
    until, rules, articles, sources = snapshot.execute(ask).fetchone()
    row = [name, now(), until, version("revierspiegel"), rules, articles, sources, extract_words]
    snapshot.table("snapshot").insert(dict(zip(SNAPSHOT, row, strict=True)))


def _empty_foreign_cells(snapshot: Database, archive: Database) -> int:
    found = foreign_cells(snapshot, archive)
    for cell, rows in found.items():
        table, _, column = cell.partition(".")
        if cell not in LISTS:
            raise PublishError(
                f"{cell}: eight words in a row of a press text stand in {len(rows)} of its cells (row {min(rows)}); "
                "nothing was published, tell who keeps the program"
            )
        with snapshot.conn:
            snapshot.conn.executemany(
                f'update "{table}" set "{column}" = null where rowid = ?', [[row] for row in rows]
            )
    return sum(map(len, found.values()))


def fault_of(snapshot: Database, counts: dict[str, int]) -> str:
    """In what a snapshot is not what it shall be; '' where it is."""
    if (result := snapshot.execute("pragma integrity_check(1)").fetchone()[0]) != "ok":
        return str(result)
    if snapshot.execute("pragma freelist_count").fetchone()[0]:
        return "it has pages that hold nothing"
    for table in snapshot.table_names():
        if table in ALLOWED:
            columns = {row[1] for row in snapshot.execute(f'pragma table_info("{table}")')}
            if columns != set(ALLOWED[table]):
                return f"{table} has columns {', '.join(sorted(columns ^ set(ALLOWED[table])))}"
            rows = snapshot.execute(f'select count(*) from "{table}"').fetchone()[0]
            if rows != counts[table]:
                return f"{table} has {rows} rows, not {counts[table]}"
        elif table not in MADE and table not in TABLES and table != "snapshot":
            return f"{table} is no table of a snapshot"
    return ""
