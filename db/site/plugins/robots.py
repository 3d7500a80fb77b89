"""What robots are told: /robots.txt, /.well-known/tdmrep.json (W3C TDM Reservation Protocol), /sitemap.xml.

A site with the texts is for nobody's index. The public one may be found, article by article; whoever wants all of it
is sent to the data package.
"""

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any
from xml.sax.saxutils import escape

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.site.plugins.public import is_public

PACKAGE = "/snapshots"
# Made for each question: a robot that follows their links would ask without end.
NOT_FOR_ROBOTS = ("/archive", "/export", "/search", "/language", "/article/*/with/", "/*?")
PAGES = ("/", "/about", "/sources", "/timeline", "/changes", "/copies", "/figures", "/places", "/events", PACKAGE)
MOST = 50_000  # addresses in one sitemap (sitemaps.org)
ARTICLES = """select id, substr(max(coalesce(fetched_at, ''), coalesce(last_version, '')), 1, 10) as day from (
select id, fetched_at, (select max(seen_at) from versions where article = articles.id) as last_version from articles
order by id limit ? offset ?)"""
MapEntry = tuple[str, str]  # an address, and the day of its last change or ''
NUMBER = "select count(*) from articles"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


async def robots_txt(datasette: Datasette, request: Request) -> Response:
    if not is_public(datasette):
        return Response.text("User-agent: *\nDisallow: /\n")
    lines = [
        "# Metadata of articles, without their texts. Please take all of it in one piece:",
        f"# {at(datasette, request, PACKAGE)}",
        "# Titles and extracts are their publishers': no mining (/.well-known/tdmrep.json).",
        "User-agent: *",
        "Crawl-delay: 2",
        *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS),
        f"Sitemap: {at(datasette, request, '/sitemap.xml')}",
    ]
    return Response.text("\n".join(lines) + "\n")


def tdm_reservation(datasette: Datasette) -> Response:
    """The package is made to be counted and mined."""
    rules = [{"location": "/", "tdm-reservation": 1}]
    if is_public(datasette):
        rules.insert(0, {"location": f"{PACKAGE}*", "tdm-reservation": 0})
    return Response.json(rules)


async def sitemap(datasette: Datasette, request: Request) -> Response:
    """Of all where they fit into one, else of the others."""
    number = await count(datasette)
    if number + len(PAGES) <= MOST:
        return xml(listed([*our_pages(datasette, request), *await articles(datasette, request, 1)]))
    parts = [at(datasette, request, f"/sitemap-{part}.xml") for part in range(-(-number // MOST) + 1)]
    entries = "\n".join(f"<sitemap><loc>{part}</loc></sitemap>" for part in parts)
    return xml(f'<sitemapindex xmlns="{NAMESPACE}">\n{entries}\n</sitemapindex>\n')


async def part_of_sitemap(datasette: Datasette, request: Request) -> Response:
    """/sitemap-0.xml: our own pages; /sitemap-2.xml: articles 50,001 to 100,000"""
    part = int(request.url_vars["part"])
    if part > -(-await count(datasette) // MOST):
        raise NotFound("404")
    return xml(listed(await articles(datasette, request, part) if part else our_pages(datasette, request)))


async def count(datasette: Datasette) -> int:
    """Of the articles that a robot may come for."""
    if not is_public(datasette):
        raise NotFound("404")
    return int((await datasette.get_database("archive").execute(NUMBER)).single_value())


def our_pages(datasette: Datasette, request: Request) -> list[MapEntry]:
    return [(at(datasette, request, path), "") for path in PAGES]


async def articles(datasette: Datasette, request: Request, part: int) -> list[MapEntry]:
    """`part`: from 1 on."""

    def read(connection: Connection) -> list[tuple[int, str]]:
        return [(row[0], row[1]) for row in connection.execute(ARTICLES, [MOST, (part - 1) * MOST])]

    base = at(datasette, request, "/article/")
    numbers = await datasette.get_database("archive").execute_fn(read)
    return [(f"{base}{article}", day) for article, day in numbers]


def listed(entries: Sequence[MapEntry]) -> str:
    lines = "\n".join(
        f"<url><loc>{address}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>" for address, day in entries
    )
    return f'<urlset xmlns="{NAMESPACE}">\n{lines}\n</urlset>\n'


def at(datasette: Datasette, request: Request, path: str) -> str:
    return escape(datasette.absolute_url(request, datasette.urls.path(path)))


def xml(body: str) -> Response:
    return Response(HEAD + body, content_type="application/xml; charset=utf-8")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [
        (r"^/robots\.txt$", robots_txt),
        (r"^/\.well-known/tdmrep\.json$", tdm_reservation),
        (r"^/sitemap\.xml$", sitemap),
        (r"^/sitemap-(?P<part>\d{1,4})\.xml$", part_of_sitemap),
    ]
