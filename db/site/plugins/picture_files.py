"""/timeline.svg, /search.png?q=…: a picture of the page at that address as a file; `picture=2`: its second."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from jinja2 import pass_context
from jinja2.runtime import Context

from db.days import today
from db.language import day, t
from db.search.query import QueryError
from db.site.answering.dispatch import Question, dispatcher_of
from db.site.answering.processes import Late
from db.site.answering.results import SECONDS
from db.site.pictures.picture_files import Caption, picture_of
from db.site.plugins.search_page import SearchArguments

TYPES = {"svg": "image/svg+xml", "png": "image/png"}
FRONT = "/front"  # what the page at / is called
PICTURED = re.compile(
    r"(?P<page>/(?:front|search|timeline|sources|figures|quotes|places|events|changes|coverage|copies/\d{1,18}))\.(?P<form>svg|png)"
)
NUMBER = "picture"
NOT_DRAWN = (NUMBER, "order", "page", "facts")  # arguments that change nothing of a picture
OF_COMPARISON = ("with", "as")  # which is not drawn where its search has a problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class AnsweredPage:
    """What an application answers, kept."""

    def __init__(self) -> None:
        self.status, self.body = 500, bytearray()
        self.messages: list[Message] = []

    async def take(self, message: Message) -> None:
        self.messages.append(message)
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")


async def pictured(
    datasette: Datasette, app: App, scope: MutableMapping[str, Any], receive: Receive, send: Send
) -> None:
    match = PICTURED.fullmatch(scope["path"])
    assert match
    path = "/" if match["page"] == FRONT else match["page"]
    pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    asked = urlencode([(name, value) for name, value in pairs if name != NUMBER])
    inner = {**scope, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": asked.encode()}
    page = AnsweredPage()
    await app(inner, receive, page.take)
    if page.status != 200:
        for message in page.messages:
            await send(message)
        return
    number = dict(pairs).get(NUMBER, "1")
    work = (page.body.decode(), int(number) if number in map(str, range(1, 10)) else 0)
    caption = caption_of(datasette, Request(inner, receive))
    try:
        made = await dispatcher_of(datasette).do(
            Question.TABLE, SECONDS, picture_of, *work, caption, match["form"] == "png"
        )
    except Late:
        await Response.text(f"{t('search.too_long', number=SECONDS)}\n", status=400).asgi_send(send)
        return
    if made is None:
        answer = Response.text(f"{t('frame.no_picture', path=path)}\n", status=404)
    else:
        name = path.strip("/").replace("/", "-") or "front"
        headers = {"content-disposition": f'attachment; filename="revierspiegel-{name}.{match["form"]}"'}
        answer = Response(made, headers=headers, content_type=TYPES[match["form"]])
    await answer.asgi_send(send)


def caption_of(datasette: Datasette, request: Request) -> Caption:
    address = datasette.absolute_url(request, request.path)
    source = t("frame.picture_source", address=address, day=day(today()))
    return Caption(asked_of(request), str(source))


def asked_of(request: Request) -> str:
    """The search as one query; of other pages how they are narrowed."""
    if request.path == "/search":
        try:
            arguments = SearchArguments.of(request)
            asked = " / ".join(filter(None, [arguments.query(), arguments.other]))
            return str(t("frame.picture_search", query=asked)) if asked else ""
        except QueryError:
            return ""
    return ", ".join(f"{name}: {request.args[name]}" for name in request.args if name not in NOT_DRAWN)


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    """Inside of what knows the visitor and the language (its name comes after theirs), outside of the kept pages."""

    def wrap(app: App) -> App:
        async def wrapped(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and PICTURED.fullmatch(scope["path"]):
                await pictured(datasette, app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return wrapped

    return wrap


@pass_context
def picture_address(context: Context, form: str, number: int = 1) -> str:
    """Where the picture of the page that is shown is a file."""
    request = context["request"]
    path = FRONT if request.path == "/" else request.path
    pairs = parse_qsl(request.query_string, keep_blank_values=True)
    left_out = {*NOT_DRAWN, *(OF_COMPARISON if context.get("problem_with") else ())}
    pairs = [(name, value) for name, value in pairs if name not in left_out]
    asked = urlencode([*pairs, *([(NUMBER, number)] if number > 1 else [])])
    return f"{path}.{form}?{asked}" if asked else f"{path}.{form}"


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars() -> dict[str, Callable[..., str]]:
    return {"picture_address": picture_address}
