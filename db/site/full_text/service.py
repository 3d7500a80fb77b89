"""The one route by which a public site asks for full texts: GET /search, answered from the archive that has them.

It is another program than the site: that one has a snapshot without texts, and may be on another machine.
"""

import hmac
import json
import os
import socket
import sqlite3
import stat
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from grp import getgrnam
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from datasette.utils.asgi import Base400

from db.language import choose, speaking, t
from db.logs import wants_json
from db.search.public.questions import check
from db.search.query import QueryError, parse
from db.search.search import Order
from db.site.answering import processes
from db.site.answering.dispatch import Dispatcher, kind_of_search
from db.site.answering.lanes import most_costly
from db.site.answering.processes import Late
from db.site.answering.visitors import Visitor, current
from db.site.full_text.finding import SECONDS, find_articles
from db.site.limits import RateLimits
from db.site.serve import SiteError, SiteServer, listen
from db.store.archive import Archive
from db.store.connection import ArchiveError

TOKEN = "REVIERSPIEGEL_ANSWER_TOKEN"
PATH = "/search"
RATES = "60/second;1200/minute"  # of all questions: the site has limits of its own for each reader
ORDERS: dict[str, Order] = {"best": "best", "newest": "newest"}
NAMES = frozenset({"q", "order", "page"})
LONGEST = 8_000  # bytes of a query string

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    status: int
    content: dict[str, object]
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @classmethod
    def error(cls, status: int, message: str, *headers: tuple[bytes, bytes]) -> "ServiceAnswer":
        return cls(status, {"error": message}, headers)


class AnswerService:
    """`token`: '' where only who may open the socket can ask."""

    def __init__(self, archive: Path, token: str, rates: str = RATES) -> None:
        self.token = f"Bearer {token}".encode() if token else b""
        self.dispatcher = Dispatcher(archive, most_costly())
        self.limits = RateLimits(rates)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.begin(receive, send)
            return
        headers = dict(scope["headers"])
        with speaking(choose(None, headers.get(b"accept-language", b"").decode("latin-1"))):
            answer = await self.answer(scope, headers, receive)
        body = json.dumps(answer.content, ensure_ascii=False).encode()
        sent = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *answer.headers,
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": sent})
        await send({"type": "http.response.body", "body": body})

    async def begin(self, receive: Receive, send: Send) -> None:
        """Not before a process can answer: the first takes a second, and a site waits only so long."""
        await receive()
        self.dispatcher.rest(await self.dispatcher.process(self.dispatcher.usual))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> ServiceAnswer:
        if self.token and not hmac.compare_digest(headers.get(b"authorization", b""), self.token):
            return ServiceAnswer.error(401, t("public_search.no_token"), (b"www-authenticate", b"Bearer"))
        if scope["path"] != PATH:
            return ServiceAnswer.error(404, t("public_search.one_route"))
        if scope["method"] != "GET":
            return ServiceAnswer.error(405, t("public_search.one_route"), (b"allow", b"GET"))
        if wait := self.limits.hit("all"):
            return ServiceAnswer.error(429, t("public_search.too_often"), (b"retry-after", str(wait).encode()))
        try:
            return ServiceAnswer(200, await self.find(scope, receive))
        except QueryError as error:
            return ServiceAnswer.error(400, str(error))
        except Late:
            return ServiceAnswer.error(400, t("search.too_long", number=SECONDS))
        except Base400 as error:  # more than one question may take
            return ServiceAnswer.error(error.status, str(error))
        except (ArchiveError, sqlite3.Error):
            return ServiceAnswer.error(503, t("sql.unreadable"))

    async def find(self, scope: Scope, receive: Receive) -> dict[str, object]:
        """Raises QueryError, Late, Base400, ArchiveError, sqlite3.Error."""
        text, order, page = read_question(scope.get("query_string", b""))
        query = parse(text)
        check(query)
        token = current.set(Visitor(scope, receive))
        try:
            kind = kind_of_search(query)
            hits = await self.dispatcher.do(kind, SECONDS, find_articles, query, order, page)
        finally:
            current.get().close()
            current.reset(token)
        return hits.as_json()

    def close(self) -> None:
        self.dispatcher.close()


def read_question(query_string: bytes) -> tuple[str, Order, int]:
    """Raises QueryError for whatever else is asked."""
    pairs = parse_qsl(query_string[: LONGEST + 1].decode("latin-1"), keep_blank_values=True)
    given = dict(pairs)
    if len(query_string) > LONGEST or len(given) < len(pairs) or not given.keys() <= NAMES:
        raise QueryError(t("public_search.parameters"))
    order, page = given.get("order") or "best", given.get("page") or "1"
    if order not in ORDERS or not (page.isascii() and page.isdigit() and 0 < int(page[:7]) < 1_000_000):
        raise QueryError(t("public_search.parameters"))
    return given.get("q", ""), ORDERS[order], int(page)


def serve_answers(
    archive: Path, place: Path | tuple[str, int], ready: Callable[[str], object], group: str | None = None
) -> None:
    """Until Ctrl-C or SIGTERM, on a socket or on an address. Raises SiteError, ArchiveError, SettingError."""
    with Archive(archive, read_only=True) as opened:
        opened.check_is_current()
    token = os.environ.get(TOKEN, "").strip()
    if isinstance(place, tuple) and not token:
        raise SiteError(
            f"{TOKEN} is not set: whoever can reach {place[0]} could ask; set it here and where the site is"
        )
    processes.prepare()
    service = AnswerService(archive, "" if isinstance(place, Path) else token)
    with listening(place, group) as (listener, address):
        config = uvicorn.Config(
            service,
            log_level="warning",
            access_log=False,
            log_config=None if wants_json() else uvicorn.config.LOGGING_CONFIG,
            ws="none",
            lifespan="on",
            timeout_graceful_shutdown=3,
            uds=address if isinstance(place, Path) else None,
        )
        try:
            SiteServer(config, lambda: ready(address), lambda: False).run(sockets=[listener])
        finally:
            service.close()


@contextmanager
def listening(place: Path | tuple[str, int], group: str | None) -> Iterator[tuple[socket.socket, str]]:
    """With the address that a site is told. Raises SiteError."""
    if isinstance(place, tuple):
        host, port = place
        with listen(host, port) as listener:
            shown = f"[{host}]" if ":" in host else host
            yield listener, f"http://{shown}:{listener.getsockname()[1]}"
        return
    with listen_on_socket(place, group) as listener:
        try:
            yield listener, str(place)
        finally:
            place.unlink(missing_ok=True)


def listen_on_socket(path: Path, group: str | None) -> socket.socket:
    """Only this user may ask, and who is in `group`. Raises SiteError."""
    if is_answered(path):
        raise SiteError(f"{path}: is answered already; end that one first, or choose another with --socket")
    listener = socket.socket(socket.AF_UNIX)
    try:
        gid = getgrnam(group).gr_gid if group else -1
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
            path.unlink()  # of a service that was killed
        before = os.umask(0o177)  # never open to others, not for a moment
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        if group:
            if path.stat().st_gid != gid:  # a hardened unit may not, and has it as its own (Group=)
                os.chown(path, -1, gid)
            path.chmod(0o660)
    except KeyError as error:
        listener.close()
        raise SiteError(
            f"--group {group}: there is no such group here; create it, and let the site's user be in it"
        ) from error
    except OSError as error:
        listener.close()
        raise SiteError(
            f"{path}: no socket could be made there ({error.strerror or error}); choose another place with --socket"
        ) from error
    return listener


def is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asked:
        try:
            asked.connect(str(path))
        except OSError:
            return False
    return True
