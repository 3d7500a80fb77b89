"""The archive as Datasette has it: only read, and readers' own questions in processes of their own."""

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from datasette import database as datasette_database
from datasette import utils
from datasette.app import Datasette
from datasette.database import Database, QueryInterrupted, Results

from db.home import state_of
from db.language import t
from db.lock import is_written
from db.site.answering.bounds import ANSWER
from db.site.answering.dispatch import Dispatcher, Question, Refused, Session, dispatcher_of
from db.site.answering.processes import Late
from db.site.answering.tasks import Fetched, Parameters, Wanted, fetch
from db.store.changed import recalls
from db.store.connection import ArchiveError, Mode, connect, mode_to_read

T = TypeVar("T")


# What Datasette asks before it shows a table, twice a page.
NAMED = "select name from sqlite_master where type in ('table', 'view') and name = ? collate nocase"
FACET = re.compile(r"(\S+|\[[^]]+\]) order by count desc, value limit \d+\s*")  # the end of what Datasette asks for one
MOST_KEPT = 500
COUNTING = 60  # seconds; a timeline of 1,000,000 articles takes 3


def not_in_its_order(sql: str) -> str:
    """Datasette's question for a facet of rows that are narrowed, with a plus that keeps SQLite from an index of the
    facet's column alone: in its order each row is looked up, wherever it lies: 800 ms of 100,000 articles, else 30.
    """
    before, _, end = sql.rpartition("group by ")
    column = FACET.fullmatch(end)
    start = f"select {column[1]} as value, count(*) as count from (" if column else None
    is_narrowed = start and before.lstrip().startswith(start) and before.count(" where ") > 1
    return f"{before}group by +{end}" if is_narrowed else sql


class ForeignRow(tuple[Any, ...]):
    """A row from another process, as sqlite3.Row has it."""

    places: dict[str, int]

    def keys(self) -> list[str]:
        return list(self.places)

    def __getitem__(self, which: Any) -> Any:
        return super().__getitem__(self.places[which] if isinstance(which, str) else which)


def as_rows(fetched: Fetched) -> list[ForeignRow]:
    places = {name: place for place, name in reversed([*enumerate(fetched.columns)])}  # the first of those named alike
    rows = [ForeignRow(cells) for cells in fetched.rows]
    for row in rows:
        row.places = places
    return rows


class Statements:
    """All that one request asks, which has one process and one bound for it."""

    def __init__(self, session: Session, json_columns: frozenset[str]) -> None:
        self.session, self.json_columns = session, json_columns
        self.room = ANSWER

    async def fetch(self, seconds: float, sql: str, parameters: Parameters, most: int | None) -> Results:
        """Raises sqlite3.Error, Late, Refused, TooBusy, Gone."""
        wanted = Wanted(most, self.room, self.json_columns)
        fetched = await self.session.do(seconds, fetch, sql, parameters, wanted)
        self.room -= fetched.bytes
        return Results(as_rows(fetched), fetched.truncated, [(name, *[None] * 6) for name in fetched.columns])


class NothingRead(Statements):
    """Where only the statement that Datasette would execute is wanted."""

    def __init__(self) -> None:
        pass

    async def fetch(self, seconds: float, sql: str, parameters: Parameters, most: int | None) -> Results:
        return Results([], False, [])


reading: ContextVar[Statements | None] = ContextVar("statements of this request", default=None)


@asynccontextmanager
async def without_reading() -> AsyncIterator[None]:
    """What Datasette executes meanwhile for this request gives no rows, and waits for no turn."""
    token = reading.set(NothingRead())
    try:
        yield
    finally:
        reading.reset(token)


@asynccontextmanager
async def apart(
    datasette: Datasette, kind: Question, json_columns: frozenset[str] = frozenset()
) -> AsyncIterator[None]:
    """What Datasette executes meanwhile for this request is done in a process of its own. Raises Refused, too.

    `json_columns`: whose cells it will read as JSON.
    """
    async with dispatcher_of(datasette).session(kind) as session:
        await session.begin()
        token = reading.set(Statements(session, json_columns))
        try:
            yield
        except RecursionError as error:  # of JSON in a cell (_json=)
            raise Refused(t("bounds.depth")) from error
        finally:
            reading.reset(token)


def _definition(connection: sqlite3.Connection, table: str, kind: str) -> str | None:
    """With its indexes, as Datasette shows them."""
    of_it = "select sql from sqlite_master where name = ? and type = ?"
    of_indexes = "select sql from sqlite_master where tbl_name = ? and type = 'index' and sql is not null"
    own = connection.execute(of_it, [table, kind]).fetchall()
    statements = [*own, *connection.execute(of_indexes, [table])] if own else []
    return "\n".join(f"{row[0]};" for row in statements) or None


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    state: object  # of what it was read from
    answer: asyncio.Future[Any]

    @property
    def has_failed(self) -> bool:
        return self.answer.done() and (self.answer.cancelled() or self.answer.exception() is not None)


class Recalls:
    """Asked with almost every page: on a connection of its own, 40 µs, where a thread would be waited for."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.connection: sqlite3.Connection | None = None
        self.written: tuple[float, bool] = (0.0, False)  # until when it is believed

    def read(self) -> int | None:
        try:
            self.connection = self.connection or connect(self.archive, Mode.READ)
            return recalls(self.connection)
        except sqlite3.Error:  # an older archive, or one in a folder that nobody may write to
            return None

    def is_written(self) -> bool:
        if self.written[0] < time.monotonic():
            self.written = time.monotonic() + 1, is_written(self.archive.parent)
        return self.written[1]

    def close(self) -> None:
        if self.connection:
            self.connection.close()


class ReadOnlyDatabase(Database):  # type: ignore[misc]
    """The archive as Datasette has it, opened so that no page and no statement can write to it.

    In a folder that may not be written to, an archive that nobody has open can only be read as a file that nobody
    writes. As soon as it has changed, such a connection gives way to a new one.
    """

    def __init__(self, site: Datasette, archive: Path, most_costly: int) -> None:
        super().__init__(site, str(archive), is_mutable=True)
        self.archive = archive
        self.dispatcher = Dispatcher(archive, most_costly)
        self._kept: dict[str, KeptAnswer] = {}
        self._recalls = Recalls(archive)
        self.frozen: dict[sqlite3.Connection, object] = {}  # connection → the state that it has seen

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """Raises ArchiveError."""
        if write:
            raise ArchiveError(f"{self.archive}: the site only reads")
        state, mode = state_of(self.archive), mode_to_read(self.archive)
        connection = connect(self.archive, mode, threads=True)
        self._all_file_connections.append(connection)
        if mode is Mode.IMMUTABLE:
            self.frozen[connection] = state
        return connection

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        def on_today(connection: sqlite3.Connection) -> T:
            if connection in self.frozen and self.frozen[connection] != state_of(self.archive):
                connection = self.connect()
                self.ds._prepare_connection(connection, self.name)
                setattr(datasette_database.connections, self.name, connection)  # of this thread
            return fn(connection)

        result: T = await super().execute_fn(on_today)
        return result

    async def execute(
        self,
        sql: str,
        params: Parameters | None = None,
        truncate: bool = False,
        custom_time_limit: int | None = None,
        page_size: int | None = None,
        log_sql_errors: bool = True,
    ) -> Results:
        """In the request's own process, where it has one. Raises Refused, TooBusy, Gone."""
        if sql == NAMED and isinstance(params, tuple):
            return await self.named(str(params[0]))
        sql = not_in_its_order(sql)
        if (session := reading.get()) is None:
            return await super().execute(sql, params, truncate, custom_time_limit, page_size, log_sql_errors)
        most = self.ds.max_returned_rows
        if most == (page_size or self.ds.page_size):
            most += 1  # so that a full page shows whether there is another
        limit = min(custom_time_limit or self.ds.sql_time_limit_ms, self.ds.sql_time_limit_ms)
        try:
            given = dict(params) if isinstance(params, dict) else params or {}  # of a saved query it holds the request
            return await session.fetch(limit / 1000, sql, given, most if truncate else None)
        except Late as error:
            raise QueryInterrupted(error, sql, params) from error

    def recalls(self) -> int | None:
        """Another number once pages of before may not be shown any more; None: not known."""
        return self._recalls.read()

    def is_written(self) -> bool:
        """By a crawl or the like, which goes on writing."""
        return self._recalls.is_written()

    async def kept(self, name: str, read: Callable[[sqlite3.Connection], T]) -> T:
        """What `read` gives; asked again once anything has been written."""
        return await self._once(name, state_of(self.archive), lambda: self.execute_fn(read))

    async def counted(self, name: str, state: object, work: Callable[..., T], *arguments: object) -> T:
        """As `kept`, of another `state`, for what takes long: in a process of its own. Raises Refused."""
        return await self._once(name, state, lambda: self.dispatcher.count(COUNTING, work, *arguments))

    async def _once(self, name: str, state: object, ask: Callable[[], Awaitable[T]]) -> T:
        """However many want it at once."""
        known = self._kept.get(name)
        if known is None or known.state != state or known.has_failed:
            if len(self._kept) > MOST_KEPT:  # readers may make names up
                self._kept.clear()
            known = self._kept[name] = KeptAnswer(state, asyncio.ensure_future(ask()))
        return cast(T, await asyncio.shield(known.answer))  # who hangs up does not end it for the others

    # What Datasette asks of the schema, ten times a page: each time a thread is waited for, or a process.

    async def named(self, name: str) -> Results:
        """As SQLite spells it: NOCASE knows the letters of ASCII alone."""
        sql = "select name from sqlite_master where type in ('table', 'view')"
        names = await self.kept("names", lambda connection: [row[0] for row in connection.execute(sql)])
        return Results([(each,) for each in names if each.encode().lower() == name.encode().lower()], False, [])

    async def table_names(self) -> list[str]:
        sql = "select name from sqlite_master where type = 'table'"
        return list(await self.kept("tables", lambda connection: [row[0] for row in connection.execute(sql)]))

    async def table_exists(self, table: str) -> bool:
        return table in await self.table_names()

    async def get_table_definition(self, table: str, type_: str = "table") -> str | None:
        return await self.kept(f"{type_} {table}", partial(_definition, table=table, kind=type_))

    async def table_columns(self, table: str) -> list[str]:
        return list(await self.kept(f"columns {table}", partial(utils.table_columns, table=table)))

    async def primary_keys(self, table: str) -> list[str]:
        return list(await self.kept(f"keys {table}", partial(utils.detect_primary_keys, table=table)))

    async def table_column_details(self, table: str) -> list[Any]:
        return list(await self.kept(f"details {table}", partial(utils.table_column_details, table=table)))

    async def foreign_keys_for_table(self, table: str) -> list[dict[str, str]]:
        return list(await self.kept(f"references {table}", partial(utils.get_outbound_foreign_keys, table=table)))

    async def fts_table(self, table: str) -> str | None:
        return cast("str | None", await self.kept(f"index {table}", partial(utils.detect_fts, table=table)))

    def close(self) -> None:
        self.dispatcher.close()
        self._recalls.close()
        super().close()
