"""/figures: which values articles give, since when, and in which sentences."""

import re
from functools import partial
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request
from jinja2 import Environment

from db.home import state_of
from db.language import day, number, t
from db.site.database import ReadOnlyDatabase
from db.site.facts import figures
from db.site.facts.figures import SENTENCES, Value, ValueUses
from db.site.pictures.values import draw
from db.site.plugins.listings import Paging, address, file_route, send_selection
from db.site.plugins.value_filter import ValueFilter
from db.store.enrichment.facts import FIGURE_KINDS

PATH = "/figures"
TABLE = 100  # values in the table; the files have all
NEEDED = {"articles", "figures", "copies"}
SCALES = ((10**12, "figures.trillion"), (10**9, "figures.billion"), (10**6, "figures.million"))
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,6})?", re.ASCII)


def kind_of(request: Request) -> str:
    wanted = request.args.get("kind") or ""
    return wanted if wanted in FIGURE_KINDS else FIGURE_KINDS[0]


def value_of(request: Request) -> Value | None:
    """Of ?value=2500&unit=count, for a range with high=."""
    value, high, unit = (request.args.get(name) or "" for name in ("value", "high", "unit"))
    if not unit or (high and not _NUMBER.fullmatch(high)):
        return None
    if _NUMBER.fullmatch(value):
        return Value(float(value), float(high) if high else None, unit)
    return Value(value, None, unit) if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII) else None


def plain(value: float | str | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def amount(value: Value) -> str:
    """3.2 billion EUR, 18 to 26 ha, 2027 to 2028, 22 May 2024"""
    if isinstance(value.value, str):
        return day(value.value)
    words = " – ".join(_scaled(each, value.unit) for each in (value.value, value.high) if each is not None)
    return words if value.unit in ("count", "year") else f"{words} {value.unit}"


def _scaled(value: float, unit: str) -> str:
    if unit == "year":
        return str(int(value))
    for scale, name in SCALES:
        if value >= scale:
            return t(name, number=_short(value / scale))
    return _short(value)


def _short(value: float) -> str:
    return number(int(value)) if value == int(value) else number(value)


async def page(datasette: Datasette, request: Request) -> Response:
    database: ReadOnlyDatabase = datasette.get_database("archive")
    exists = set(await database.table_names()) >= NEEDED
    kind, value = kind_of(request), value_of(request)
    state = state_of(database.archive)
    counts: dict[str, int] = await database.counted("figures", state, figures.kinds) if exists else {}
    if counts and kind not in counts and not request.args.get("kind"):
        kind = next(iter(counts))
    every: list[ValueUses] = await database.counted(f"figures {kind}", state, figures.values, kind) if counts else []
    narrowing = ValueFilter.of(request)
    values = narrowing.narrow(every)
    chosen = next((each for each in values if each.value == value), None)
    with_value = [use for each in every if each.value == value for use in each.uses]
    number = sum(narrowing.source_kind in ("", use.kind) for use in with_value) if chosen else 0
    paging, rows = Paging.of(request, number, SENTENCES), []
    if chosen:
        ask = partial(figures.sentences, kind=kind, value=chosen.value, page=paging.page)
        rows = await database.execute_fn(partial(ask, source_kind=narrowing.source_kind))

    last = figures.last_values(values)

    def link(**changes: object) -> str:
        asked = {"kind": kind} | (parameters(value) if value else {}) | narrowing.arguments
        return address(datasette, PATH, asked | changes)

    def link_to(each: Value) -> str:
        return address(datasette, PATH, {"kind": kind} | parameters(each) | narrowing.arguments) + "#sentences"

    context = {
        "counts": counts,
        "kind": kind,
        "kind_link": lambda name: address(datasette, PATH, {"kind": name} | narrowing.arguments),
        "last": last[:TABLE],
        "newest": max((each.newer or each.uses for each in last), key=lambda each: each.came_up, default=None),
        "values": values[:TABLE],
        "more": max(0, len(values) - TABLE),
        "picture": draw(values),
        "chosen": chosen,
        "rows": rows,
        "link": link,
        "link_to": link_to,
        "found_by": lambda each: address(datasette, "/search", {"figure": f"{kind}={plain(each.value)}"}),
        "asked": "?" + urlencode({"kind": kind} | narrowing.of_files),
    }
    context |= paging.context | narrowing.context(every)
    return Response.html(await datasette.render_template("figures.html", context, request=request))


def parameters(value: Value) -> dict[str, object]:
    return {"value": plain(value.value), "high": plain(value.high), "unit": value.unit}


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    """/figures.csv?kind=jobs"""
    kind, source_kind = kind_of(request), ValueFilter.of(request).source_kind
    select = partial(figures.listed, kind=kind, source_kind=source_kind)
    return await send_selection(datasette, request, select, f"figures-{kind}")


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.filters["amount"] = amount


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(rf"^{PATH}$", page), file_route(PATH, download)]
