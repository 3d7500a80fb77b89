"""The site: Datasette on the archive, with the templates, metadata and plugins of `db/site`."""

import gc
import os
import socket
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TypeVar

import uvicorn
from datasette import database as datasette_database
from datasette.app import Datasette
from datasette.database import Database

from db.home import state_of
from db.language import read_locales
from db.problem import Problem
from db.search import vocabulary
from db.store.archive import Archive
from db.store.connection import Mode, connect, mode_to_read

SITE = Path(__file__).parent
NAME = "archive"  # of the database, whatever its file is called: addresses and metadata hold it


T = TypeVar("T")


class SiteError(Problem):
    """The site cannot be served; the message says what to do."""


class ReadOnlyDatabase(Database):  # type: ignore[misc]
    """The archive as Datasette has it, opened so that no page and no statement can write to it.

    In a folder that may not be written to, an archive that nobody has open can only be read as a file that nobody
    writes. As soon as it has changed, such a connection gives way to a new one.
    """

    def __init__(self, site: Datasette, archive: Path) -> None:
        super().__init__(site, str(archive), is_mutable=True)
        self.archive = archive
        self.frozen: dict[sqlite3.Connection, object] = {}  # connection → the state that it has seen

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """Raises ArchiveError."""
        if write:
            raise SiteError(f"{self.archive}: the site only reads")
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


def make_site(archive: Path) -> Datasette:
    """Raises SiteError."""
    if set("?#%") & set(str(archive)):  # Datasette puts the path into an address as it is
        raise SiteError(f"{archive}: the site cannot open a path with ?, # or %; set REVIERSPIEGEL_HOME to another")
    site = Datasette(config_dir=SITE)
    site.remove_database("_memory")  # Datasette adds it where it is given no file
    site.add_database(ReadOnlyDatabase(site, archive), name=NAME)
    return site


def close_site(site: Datasette) -> None:
    """Close what Datasette leaves to the end of the process."""
    if site.executor is not None:
        site.executor.shutdown()
    for database in site.databases.values():
        database.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], object], enough: Callable[[], bool]) -> None:
        super().__init__(config)
        self.ready, self.enough = ready, enough

    async def on_tick(self, counter: int) -> bool:
        return self.enough() or await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Uvicorn's own raises the signal again once it has shut down: `serve` would not return."""
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(
    archive: Path,
    host: str,
    port: int,
    ready: Callable[[str], object] = lambda address: None,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Until Ctrl-C, SIGTERM or `enough`; `ready` is told the site's address once it answers.

    Raises SiteError, ArchiveError.
    """
    with Archive(archive, read_only=True) as opened:  # says so where it cannot be read, or is another version's
        opened.check_is_current()
    site = make_site(archive)
    listener = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}/"
    config = uvicorn.Config(site.app(), log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=3)
    threading.Thread(target=_warm_up, daemon=True).start()
    try:
        with listener:
            _Server(config, lambda: ready(address), enough).run(sockets=[listener])
    finally:
        close_site(site)


def _warm_up() -> None:
    """What the first readers would wait for; and 100,000 objects that stay are no longer looked through: 45 ms, at
    times in the midst of an answer."""
    read_locales()
    vocabulary.read_dictionaries()
    gc.collect()
    gc.freeze()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise SiteError(
            f"{host}:{port}: cannot be served there ({reason}); choose another with --host or --port"
        ) from error
