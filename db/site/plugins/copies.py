"""Who copied whom: all groups of copies, one group as a picture with its table, and two texts side by side."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from sqlite3 import Connection, Row
from typing import Any
from urllib.parse import urlencode

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request
from jinja2 import Environment
from markupsafe import Markup

from db.home import state_of
from db.language import moment, t
from db.search.query import ONLY
from db.site import copies
from db.site.copies import FILTERS, PAGE, FirstSight, GroupSummary, Member, SharedText
from db.site.database import ReadOnlyDatabase
from db.site.pictures import lineage
from db.site.plugins.listings import Paging, address, file_route, send_selection
from db.store.finders.catalogue import outside

NAMED = 8  # articles of a group on the page of one of them
TEXT = "select id, title, text, lang, source, published, day, date_precision, page_kind from articles where id = ?"
NEEDED = {"articles", "copies", "newsrooms", "found_hosts"}


async def groups_of(database: ReadOnlyDatabase, registry_only: bool) -> list[GroupSummary]:
    """Counted anew once anything has been written."""
    state, name = state_of(database.archive), "copies of the registry" if registry_only else "copies"
    found: list[GroupSummary] = await database.counted(name, state, copies.groups, registry_only)
    return found


def narrowed_by(request: Request) -> dict[str, str]:
    return {name: value for name in FILTERS if (value := (request.args.get(name) or "").strip())}


def is_registry_only(request: Request) -> bool:
    return bool(request.args.get("registry") == ONLY[0])


async def overview(datasette: Datasette, request: Request) -> Response:
    """/copies, largest first or newest first; ?source=, ?agency= and ?year= narrow it, and so does ?registry=only."""
    database: ReadOnlyDatabase = datasette.get_database("archive")
    registry_only = is_registry_only(request)
    every = await groups_of(database, registry_only) if set(await database.table_names()) >= NEEDED else []
    found_hosts = await database.execute_fn(outside)
    narrowed, newest = narrowed_by(request), request.args.get("order") == "newest"
    groups = copies.narrow(every, narrowed)
    if newest:
        groups.sort(key=lambda each: each.seen_at or "", reverse=True)
    paging = Paging.of(request, len(groups), PAGE)
    shown = groups[paging.first - 1 :][:PAGE]
    more = {"registry": ONLY[0]} if registry_only else {}

    def link(**changes: object) -> str:
        values = narrowed | more | {"order": "newest" if newest else None} | changes
        return address(datasette, "/copies", values)

    context = {
        "groups": shown,
        "titles": await database.execute_fn(partial(copies.titles, articles=[each.first for each in shown])),
        "total": len(groups),
        "articles": sum(each.articles for each in groups),
        "counts": copies.counts(groups),
        "narrowed": narrowed,
        "newest": newest,
        "link": link,
        "taken": f"?{urlencode(narrowed | more)}" if narrowed | more else "",
        "only": ONLY[0],
        "registry_only": registry_only,
        "has_found": any(not found_hosts.isdisjoint(each.sources) for each in every),
    } | paging.context
    return Response.html(await datasette.render_template("copies.html", context, request=request))


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    """/copies.csv and /copies/17.csv"""
    if group := request.url_vars.get("group"):
        select, name = partial(copies.listed_members, group=int(group)), f"copies-{group}"
    else:
        registry_only = is_registry_only(request)
        select, name = partial(copies.listed, narrowed=narrowed_by(request), registry_only=registry_only), "copies"
    return await send_selection(datasette, request, select, name)


@dataclass(frozen=True, slots=True)
class CopyGroupRows:
    members: list[Member]
    before: dict[int, int]  # of each article the earlier one in which most of its words stand


def read_group(connection: Connection, number: str) -> CopyGroupRows | None:
    found = copies.members(connection, int(number)) if re.fullmatch(r"\d{1,18}", number, re.ASCII) else []
    return CopyGroupRows(found, copies.sources_of_text(connection, found[: lineage.MOST])) if found else None


async def group_page(datasette: Datasette, request: Request) -> Response:
    """/copies/17"""
    database, number = datasette.get_database("archive"), request.url_vars["group"]
    exists = set(await database.table_names()) >= NEEDED
    found = await database.execute_fn(partial(read_group, number=number)) if exists else None
    if found is None:
        raise NotFound(t("copies.no_group", id=number))
    originals = [each for each in found.members if each.role == "original"]
    context = {
        "group": number,
        "members": found.members,
        "before": found.before,
        "head": (originals or found.members)[0],
        "sources": len({each.source for each in found.members}),
        "picture": lineage.draw(found.members, found.before),
        "most": lineage.MOST,
    }
    return Response.html(await datasette.render_template("copy_group.html", context, request=request))


@dataclass(frozen=True, slots=True)
class ComparedArticle:
    row: Row
    shared: SharedText | None


def read_both(connection: Connection, numbers: Sequence[str]) -> tuple[list[ComparedArticle], int, Member | None]:
    """The articles that there are, compared; how long a run is; what is known of the first among copies."""
    known = [number for number in numbers if re.fullmatch(r"\d{1,18}", number, re.ASCII)]
    rows = [row for number in known if (row := connection.execute(TEXT, [int(number)]).fetchone())]
    if len(rows) < 2:
        return [], 0, None
    length = copies.run_length(*(row["page_kind"] for row in rows))
    texts = [row["text"] or "" for row in rows]
    compared = [copies.compare(text, other, length) for text, other in zip(texts, reversed(texts), strict=True)]
    both = [ComparedArticle(row, shared) for row, shared in zip(rows, compared, strict=True)]
    return both, length, copies.member(connection, rows[0]["id"])


async def side_by_side(datasette: Datasette, request: Request) -> Response:
    """/article/17/with/23"""
    database, numbers = datasette.get_database("archive"), [request.url_vars["id"], request.url_vars["other"]]
    exists = set(await database.table_names()) >= NEEDED
    both, length, member = await database.execute_fn(partial(read_both, numbers=numbers)) if exists else ([], 0, None)
    if not both:
        raise NotFound(t("article.missing", id=" / ".join(numbers)))
    context = {"both": both, "length": length, "group": member.group if member else None}
    return Response.html(await datasette.render_template("texts.html", context, request=request))


# On the page of an article


@dataclass(frozen=True, slots=True)
class CopiesOfArticle:
    """What is said of an article's copies, and which other article its text is marked by."""

    own: Member
    group: list[Member]
    release_source: str | None
    marked: int | None
    marked_source: str | None
    shared: SharedText | None

    @property
    def shown(self) -> list[Member]:
        """The first ones, and the article itself."""
        first = self.group[:NAMED]
        return first if self.own in first or self.own not in self.group else [*first[:-1], self.own]


def of_article(connection: Connection, row: Mapping[str, Any], wanted: str | None) -> CopiesOfArticle | None:
    """`wanted`: the number of another of its group or of its release, or none; by default what it shares most with."""
    own = copies.member(connection, row["id"])
    if own is None:
        return None
    group = copies.members(connection, own.group) if own.group is not None else []
    others = {str(each.article): each.article for each in group if each.article != own.article}
    if own.release:
        others[str(own.release)] = own.release
    usual = own.matched or own.release
    marked = None if wanted == "none" else others.get(wanted or "", usual)
    other = connection.execute(TEXT, [marked]).fetchone() if marked else None
    release = connection.execute("select source from articles where id = ?", [own.release]).fetchone()
    shared = None
    if other and row["text"]:
        length = copies.run_length("release" if marked == own.release else None)
        shared = copies.compare(row["text"], other["text"] or "", length)
    return CopiesOfArticle(own, group, release and release["source"], marked, other and other["source"], shared)


def underlined(pieces: Sequence[tuple[str, bool]]) -> Markup:
    parts = (Markup('<mark class="shared">{}</mark>').format(text) if is_shared else text for text, is_shared in pieces)
    return Markup("").join(parts)


def sight(seen: FirstSight | None) -> Markup:
    """12 March 2025, 08:00"""
    if seen is None:
        return Markup("{}").format(t("copies.time_unknown"))
    return Markup('<time datetime="{}">{}</time>').format(seen.written, moment(seen.written))


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.filters |= {"underlined": underlined, "sight": sight, "marked_paragraphs": copies.marked_paragraphs}
    env.filters["first_sight"] = copies.first_sight


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [
        (r"^/copies$", overview),
        file_route("/copies", download),
        file_route(r"/copies/(?P<group>\d{1,18})", download),
        (r"^/copies/(?P<group>[^/]+)$", group_page),
        (r"^/article/(?P<id>[^/]+)/with/(?P<other>[^/]+)$", side_by_side),
    ]
