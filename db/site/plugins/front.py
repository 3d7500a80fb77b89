"""The front page: what is new, how much there is, how the sources fare."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.health import needs_a_hand

NEWEST = 10

QUESTIONS = {
    "newest": f"""
        select id, title, source, published, kind, page_kind, lang, access, substr(text, 1, 400) as text
        from articles order by published_utc desc limit {NEWEST}
    """,
    "articles": "select count(*) as number from articles",
    "kept": "select source, count(*) as number from articles group by source",
    "refused": "select reason, count(*) as number from refusals group by reason order by number desc, reason",
    "sources": "select * from sources order by name",
}


async def front(datasette: Datasette, request: Request) -> Response:
    database = datasette.get_database("archive")
    answers: dict[str, list[Any]] = {name: [] for name in QUESTIONS}
    if {"articles", "refusals", "runs", "sources"} <= set(await database.table_names()):
        answers = {name: (await database.execute(sql)).rows for name, sql in QUESTIONS.items()}
    sources = [dict(row) for row in answers["sources"]]
    kept = {row["source"]: row["number"] for row in answers["kept"]}
    context = {
        "metadata": datasette.metadata(),
        "newest": answers["newest"],
        "articles": answers["articles"][0]["number"] if answers["articles"] else 0,
        "refused": answers["refused"],
        "refused_sum": sum(row["number"] for row in answers["refused"]),
        "kept": kept,
        "sources": sources,
        "giving": sorted((row for row in sources if row["id"] in kept), key=lambda row: -kept[row["id"]]),
        "in_need": [row for row in sources if row["id"] not in kept and needs_a_hand(row)],
        "others": [row for row in sources if row["id"] not in kept and not needs_a_hand(row)],
    }
    return Response.html(await datasette.render_template("index.html", context, request=request, view_name="index"))


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/$", front)]
