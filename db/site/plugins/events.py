"""/events: which outlet reported of each event of the story, and how soon; which did not."""

from functools import partial
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.home import state_of
from db.search.query import ONLY
from db.site.database import ReadOnlyDatabase
from db.site.events import load
from db.site.facts.event_reports import SPANS, EventReports, Silence, event_reports, listed
from db.site.facts.figures import Value, ValueUse, ValueUses
from db.site.pictures.values import ValuePicture, draw_delays
from db.site.plugins.copies import is_registry_only
from db.site.plugins.listings import address, file_route, send_selection
from db.store.finders.catalogue import outside

PATH = "/events"
NEEDED = {"articles", "copies", "sources", "source_nights", "voices", "found_hosts"}


def days_of(request: Request) -> int:
    wanted = request.args.get("days") or ""
    return int(wanted) if wanted in map(str, SPANS) else SPANS[0]


async def page(datasette: Datasette, request: Request) -> Response:
    """/events; ?days=14 looks at the two weeks after each, ?event=2024-02-15 has its outlets, ?fold=1 by newsroom.

    ?registry=only leaves out articles at hosts that the registry does not have. Raises EventsError.
    """
    database: ReadOnlyDatabase = datasette.get_database("archive")
    days, folded, events = days_of(request), request.args.get("fold") == "1", load()
    registry_only, found_hosts = is_registry_only(request), frozenset[str]()
    there = {*await database.table_names(), *await database.view_names()}
    reports: list[EventReports] = []
    if there >= NEEDED:
        name, state = f"events {days}{' of the registry' if registry_only else ''}", state_of(database.archive)
        reports = await database.counted(name, state, event_reports, events, days, registry_only)
        found_hosts = await database.execute_fn(outside)
    chosen = next((each for each in reports if each.key == request.args.get("event")), None)

    def link(**changes: object) -> str:
        asked: dict[str, object] = {"event": chosen.key if chosen else None, "days": days if days != SPANS[0] else None}
        asked |= {"fold": 1 if folded else None, "registry": ONLY[0] if registry_only else None}
        return address(datasette, PATH, asked | changes)

    context = {
        "reports": reports,
        "picture": picture_of(reports, days),
        "titles": {each.key: each.event for each in reports},
        "chosen": chosen,
        "silences": {silence: [each for each in chosen.silent if each.silence is silence] for silence in Silence}
        if chosen
        else {},
        "days": days,
        "spans": SPANS,
        "folded": folded,
        "link": link,
        "link_to": lambda key: link(event=key) + "#event",
        "registry_only": registry_only,
        "only": ONLY[0],
        "has_found": any(article.source in found_hosts for report in reports for article in report.articles),
        "asked": f"?days={days}" + (f"&registry={ONLY[0]}" if registry_only else ""),
    }
    return Response.html(await datasette.render_template("events.html", context, request=request))


def picture_of(reports: list[EventReports], days: int) -> ValuePicture | None:
    """Of the events of which the day is known."""
    shown = [each for each in reports if each.event.first == each.event.last and each.articles]
    rows = [
        ValueUses(
            Value(each.key, None, ""),
            tuple(
                ValueUse(article.id, article.day, article.source, article.kind, article.text)
                for article in each.articles
            ),
        )
        for each in shown
    ]
    return draw_delays(rows, [each.event.first for each in shown], days)


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    """/events.csv?days=14"""
    select = partial(listed, events=load(), days=days_of(request), registry_only=is_registry_only(request))
    return await send_selection(datasette, request, select, "events")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(rf"^{PATH}$", page), file_route(PATH, download)]
