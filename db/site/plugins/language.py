"""Each page in the reader's language: what the switch was set to, else what the browser asks for."""

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import quote

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from jinja2 import Environment

from db.language import (
    choose,
    day,
    language,
    languages,
    meanings,
    moment,
    month,
    named,
    number,
    own_name,
    percent,
    short_month,
    signed,
    speaking,
    t,
    titled,
    words,
)

COOKIE = "language"
_COOKIE = re.compile(rb"\s*%s=([A-Za-z-]+)\s*" % COOKIE.encode())
YEAR = 365 * 86400
LONGEST_QUERY_STRING = 8_000  # bytes of a query string that stands on its own page again

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # around all others, and what they refuse
def asgi_wrapper() -> Callable[[App], App]:
    def wrap(app: App) -> App:
        async def wrapped(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return

            async def send_with_vary(message: Message) -> None:
                if message["type"] == "http.response.start":
                    varies = (b"vary", b"accept-language, cookie")
                    message = {**message, "headers": [*message.get("headers", []), varies]}
                await send(message)

            wanted = in_cookie(scope["headers"])
            cookies = [(b"cookie", f"{COOKIE}={wanted}".encode())] if wanted else []
            others = [pair for pair in scope["headers"] if pair[0].lower() != b"cookie"]
            accepted = Request(scope, receive).headers.get("accept-language", "")
            with speaking(choose(wanted, accepted)):
                await app({**scope, "headers": [*others, *cookies]}, receive, send_with_vary)

        return wrapped

    return wrap


def in_cookie(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The one cookie that there is. Of others, which Datasette would log in by or fall over, it learns nothing."""
    for name, value in headers:
        for pair in value.split(b";") if name.lower() == b"cookie" else ():
            if match := _COOKIE.fullmatch(pair):
                return match[1].decode()
    return None


async def switch(datasette: Datasette, request: Request) -> Response:
    """/language/de?to=/search: remembered in a cookie that says nothing else."""
    wanted, to = request.url_vars["language"], request.args.get("to") or ""
    if wanted not in languages():
        raise NotFound(t("frame.no_language", name=wanted))
    if not to.startswith("/") or to.startswith(("//", "/\\")) or any(letter < " " for letter in to):  # this site only
        to = datasette.urls.instance()
    answer = Response.redirect(quote(to, safe="/%?&=+:~*,;@!$'()#-._[]"))
    answer.set_cookie(COOKIE, wanted, max_age=YEAR, samesite="lax")
    return answer


def here(request: Request) -> str:
    """The address of the page that is shown, for coming back to it; one too long to be an answer, without its query."""
    path: str = request.path
    return f"{path}?{request.query_string}" if 0 < len(request.query_string) <= LONGEST_QUERY_STRING else path


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.globals |= {"t": t, "language": language, "languages": languages, "own_name": own_name, "here": here}
    for show in (day, moment, month, short_month, named, number, percent, signed, titled, words):
        env.filters[show.__name__] = show


@hookimpl  # type: ignore[untyped-decorator]
def get_metadata() -> dict[str, Any]:
    """Titles and descriptions of tables and columns. Datasette merges metadata.yaml into what it is given."""
    tables = {name: dict(meant) for name, meant in meanings(language()).items()}
    return {"databases": {"archive": {"tables": tables}}}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/language/(?P<language>[\w-]+)$", switch)]
