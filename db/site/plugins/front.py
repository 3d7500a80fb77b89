"""The front page: what is new, how much there is, how the sources fare."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.health import NEEDS_A_HAND, Health, needs_a_hand

NEWEST = 10
WORST = 5  # sources that are named

QUESTIONS = {
    "newest": f"""
        select id, title, source, published, kind, page_kind, lang, access, substr(text, 1, 400) as text
        from articles order by published_utc desc, id desc limit {NEWEST}
    """,
    "articles": "select count(*) as number from articles",
    "refused": "select reason, count(*) as number from refusals group by reason order by number desc, reason",
    "sources": "select * from sources order by name",
}


async def front(datasette: Datasette, request: Request) -> Response:
    database = datasette.get_database("archive")
    answers: dict[str, list[Any]] = {name: [] for name in QUESTIONS}
    if {"articles", "refusals", "runs", "sources"} <= set(await database.table_names()):
        answers = {name: (await database.execute(sql)).rows for name, sql in QUESTIONS.items()}
    sources = [dict(row) for row in answers["sources"]]
    in_need = sorted(filter(needs_a_hand, sources), key=lambda row: NEEDS_A_HAND.index(row["health"]))
    states = {health.value: sum(row.get("health") == health for row in sources) for health in Health}
    context = {
        "newest": answers["newest"],
        "articles": answers["articles"][0]["number"] if answers["articles"] else 0,
        "refused": answers["refused"],
        "refused_sum": sum(row["number"] for row in answers["refused"]),
        "sources": len(sources),
        "states": {name: number for name, number in states.items() if number},
        "worst": in_need[:WORST],
        "in_need": len(in_need),
    }
    return Response.html(await datasette.render_template("index.html", context, request=request, view_name="index"))


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/$", front)]
