"""The site: Datasette on the archive, with the templates, metadata and plugins of `db/site`."""

import gc
import json
import os
import socket
import threading
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FrameType

import uvicorn
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils import parse_metadata

from db.language import read_locales
from db.logs import wants_json
from db.open_files import allow_many_files
from db.problem import Problem
from db.site.answering import processes
from db.site.answering.lanes import most_costly
from db.site.database import ReadOnlyDatabase
from db.site.rendering import PatientTemplate
from db.store.archive import Archive

SITE = Path(__file__).parent
AT_ONCE, WAITING = 16, 2048  # connections that are let in at once, before others have a turn; that may wait outside
NICENESS = 3  # as 50 readers may have all of a processor, and a crawl beside them took half as long again
NAME = "archive"  # of the database, whatever its file is called: addresses and metadata hold it


class SiteError(Problem):
    """The site cannot be served; the message says what to do."""


def make_site(archive: Path, kind: type[ReadOnlyDatabase] = ReadOnlyDatabase) -> Datasette:
    """Raises SiteError."""
    if set("?#%") & set(str(archive)):  # Datasette puts the path into an address as it is
        raise SiteError(f"{archive}: the site cannot open a path with ?, # or %; set REVIERSPIEGEL_HOME to another")
    for plugin in sorted((SITE / "plugins").glob("*.py")):  # Datasette would compile each of them anew
        if not pm.has_plugin(name := f"db.site.plugins.{plugin.stem}"):
            pm.register(import_module(name), name)
    site = Datasette(
        template_dir=str(SITE / "templates"),
        static_mounts=[("static", str(SITE / "static"))],
        metadata=parse_metadata((SITE / "metadata.yaml").read_text("utf-8")),
        settings=json.loads((SITE / "settings.json").read_text("utf-8")),
    )
    site.jinja_env.template_class = PatientTemplate
    site.refresh_schemas = _nothing  # Datasette's own catalogue of its databases, which no page of ours asks
    site.remove_database("_memory")  # Datasette adds it where it is given no file
    site.add_database(kind(site, archive, most_costly()), name=NAME)
    return site


async def _nothing() -> None:
    pass


def close_site(site: Datasette) -> None:
    """Close what Datasette leaves to the end of the process."""
    if site.executor is not None:
        site.executor.shutdown()
    for database in site.databases.values():
        database.close()


class SiteServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], object], enough: Callable[[], bool]) -> None:
        super().__init__(config)
        self.ready, self.enough = ready, enough

    async def on_tick(self, counter: int) -> bool:
        return self.enough() or await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(WAITING)  # again: to asyncio, `backlog` is also how many it lets in at once
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
    trusted_proxies: Sequence[str] = (),
) -> None:
    """Until Ctrl-C, SIGTERM or `enough`; `ready` is told the site's address once it answers.

    `trusted_proxies`: addresses or networks whose X-Forwarded-For and -Proto say who asks, and how.
    Raises SiteError, SettingError, ArchiveError.
    """
    with Archive(archive, read_only=True) as opened:  # says so where it cannot be read, or is another version's
        opened.check_is_current()
    run_site(make_site(archive), host, port, ready, enough, trusted_proxies)


def run_site(
    site: Datasette,
    host: str,
    port: int,
    ready: Callable[[str], object],
    enough: Callable[[], bool],
    trusted_proxies: Sequence[str],
) -> None:
    """Raises SiteError."""
    listener = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}/"
    config = uvicorn.Config(
        site.app(),
        log_level="warning",
        access_log=False,
        log_config=None if wants_json() else uvicorn.config.LOGGING_CONFIG,
        ws="none",
        timeout_graceful_shutdown=10,  # the first page of a site on a busy machine may take as long
        backlog=AT_ONCE,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
    )
    allow_many_files()
    give_way()
    processes.prepare()
    threading.Thread(target=_warm_up, daemon=True).start()
    try:
        with listener:
            SiteServer(config, lambda: ready(address), enough).run(sockets=[listener])
    finally:
        close_site(site)


@cache
def give_way() -> None:
    """To the crawl and other jobs: of this thread, what it starts from now on, and no schedule beside it."""
    os.nice(NICENESS)


def _warm_up() -> None:
    """What the first readers would wait for; and 100,000 objects that stay are no longer looked through: 45 ms, at
    times in the midst of an answer."""
    read_locales()
    gc.collect()
    gc.freeze()


def listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # What it lets in takes this over. asyncio sets it only where the protocol is named, which Python leaves 0: on a
        # line that is kept open the body then waits 40 ms for the reader to acknowledge the head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise SiteError(
            f"{host}:{port}: cannot be served there ({reason}); choose another with --host or --port"
        ) from error
