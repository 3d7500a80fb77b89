"""/snapshots: what has been published; each under an address for good, with its files; and how a state is cited."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request
from markupsafe import Markup

from db.days import today
from db.language import t
from db.publish.package import DESCRIPTOR, NOTE, SnapshotFacts, dataset, facts_of, packages_of, packed_name
from db.publish.record import PublishedSnapshot, published_snapshots
from db.publish.shelf import folder_of
from db.site.files import Attachment, send_part
from db.site.plugins.downloads import size
from db.site.plugins.linked_data import SCHEMA, script

TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".cff": "application/yaml; charset=utf-8",
    ".zip": "application/zip",
    ".db": "application/vnd.sqlite3",
}
LAST = "select substr(ended, 1, 10), rules_version from runs where ended is not null order by id desc limit 1"


def public_folder(datasette: Datasette) -> Path:
    """Of the home, whichever of its files the site shows."""
    path = Path(datasette.get_database("archive").path)
    return path.parent if path.parent.name == "public" else folder_of(path.parent)


async def facts_shown(datasette: Datasette) -> SnapshotFacts | None:
    """Of the snapshot that the site shows; None where it shows an archive."""
    database = datasette.get_database("archive")
    if "snapshot" not in await database.table_names():
        return None
    facts: SnapshotFacts = await database.kept("snapshot facts", facts_of)
    return facts


async def every(datasette: Datasette, request: Request) -> Response:
    published = await asyncio.to_thread(published_snapshots, public_folder(datasette))
    context = {"snapshots": published[::-1], "shown": await facts_shown(datasette)}
    return Response.html(await datasette.render_template("snapshots.html", context, request=request))


async def one(datasette: Datasette, request: Request) -> Response:
    published = await _named(datasette, request.url_vars["name"])
    address = datasette.absolute_url(request, datasette.urls.path(f"/snapshots/{published.facts.name}"))
    context = {
        "facts": published.facts,
        "file": published.file,
        "bytes": published.file.stat().st_size if published.file else 0,
        "package": published.package,
        "withdrawn": await asyncio.to_thread(_note, datasette, published.facts.day[:7]),
        "files": await asyncio.to_thread(_files, published.package),
        "size": size,
        "citation": citation_of(published.facts, address),
        "linked": script_of(
            dataset(published.facts) | {"url": address, "distribution": _distribution(published, address)}
        ),
    }
    return Response.html(await datasette.render_template("snapshot.html", context, request=request))


def _distribution(published: PublishedSnapshot, address: str) -> list[dict[str, str]]:
    """schema.org's DataDownload: the file, and the package as one."""
    above = address.rpartition("/")[0]
    files = [(f"{address}.db", TYPES[".db"])] if published.file else []
    if published.package:
        package = packed_name(published.package)
        files.append((f"{above}/{published.package.name}/{package}", TYPES[".zip"]))
    return [{"@type": "DataDownload", "contentUrl": url, "encodingFormat": kind} for url, kind in files]


def _note(datasette: Datasette, month: str) -> str:
    """Why there is no package of the month any more; '' where nobody has withdrawn it."""
    path = packages_of(public_folder(datasette)) / month / NOTE
    return path.read_text("utf-8") if path.is_file() else ""


async def _named(datasette: Datasette, name: str) -> PublishedSnapshot:
    every = await asyncio.to_thread(published_snapshots, public_folder(datasette))
    published = next((each for each in every if each.facts.name == name), None)
    if published is None:
        raise NotFound(t("snapshots.no_snapshot", name=name))
    return published


def _files(package: Path | None) -> Sequence[tuple[str, int]]:
    """What describes the others comes first."""
    if package is None:
        return ()
    files = [(path.name, path.stat().st_size) for path in package.iterdir() if path.is_file()]
    return sorted(files, key=lambda file: (file[0].endswith(".csv"), file[0] != DESCRIPTOR, file[0]))


async def whole_file(datasette: Datasette, request: Request) -> Response | AsgiStream:
    published = await _named(datasette, request.url_vars["name"])
    if published.file is None:
        raise NotFound(t("snapshots.kept_no_more"))
    return await asyncio.to_thread(_answer, request, published.file)


async def packaged_file(datasette: Datasette, request: Request) -> Response | AsgiStream:
    folder = packages_of(public_folder(datasette)) / request.url_vars["month"]
    path = folder / request.url_vars["file"]
    if not await asyncio.to_thread(path.is_file):
        raise NotFound(t("downloads.no_file", name=path.name))
    return await asyncio.to_thread(_answer, request, path)


def _answer(request: Request, path: Path) -> Response | AsgiStream:
    """Its tag is by size and time: it is written once."""
    facts = path.stat()
    kind = TYPES.get(path.suffix, "text/plain; charset=utf-8")
    attachment = Attachment(path.open("rb"), facts.st_size, kind, path.name)
    changed = datetime.fromtimestamp(facts.st_mtime).astimezone()
    return send_part(request, attachment, f'"{facts.st_size:x}-{facts.st_mtime_ns:x}"', changed)


def citation_of(facts: SnapshotFacts, address: str) -> str:
    return t(
        "snapshots.citation", year=facts.day[:4], name=facts.name, rules=facts.rules_version or "–", address=address
    )


def script_of(data: Mapping[str, Any]) -> Markup:
    return script({"@context": SCHEMA, **data})


async def search_citation(datasette: Datasette, query: str, articles: int, address: str) -> str:
    """How a search is cited: what was asked of which state on which day."""
    facts = await facts_shown(datasette)
    asked = t("snapshots.search", query=query, number=articles) if query else t("snapshots.all", number=articles)
    if facts is None:
        last = (await datasette.get_database("archive").execute(LAST)).first()
        ended, rules = last or ("–", "–")
        return t("snapshots.search_in_archive", asked=asked, ended=ended, rules=rules or "–", day=today())
    state = {"name": facts.name, "rules": facts.rules_version or "–"}
    return t("snapshots.search_in_snapshot", asked=asked, day=today(), address=address, **state)


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette, request: Request | None) -> dict[str, Any]:
    async def linked_dataset() -> Markup:
        """What search engines read of the whole; '' where the site is none for everybody."""
        facts = await facts_shown(datasette)
        if facts is None or request is None:
            return Markup("")
        own = datasette.absolute_url(request, datasette.urls.path(f"/snapshots/{facts.name}"))
        return script_of(dataset(facts) | {"url": own})

    async def cite_search(query: str, articles: int, path: str) -> str:
        address = datasette.absolute_url(request, path) if request else path
        return await search_citation(datasette, query, articles, address)

    return {"linked_dataset": linked_dataset, "cite_search": cite_search}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    name = r"(?P<name>revierspiegel-\d{4}-\d\d-\d\d(-\d{1,4})?)"
    return [
        (r"^/snapshots$", every),
        (rf"^/snapshots/{name}$", one),
        (rf"^/snapshots/{name}\.db$", whole_file),
        (r"^/snapshots/(?P<month>\d{4}-\d\d)/(?P<file>\.?\w[\w.-]*)$", packaged_file),
    ]
