"""/downloads: the ready-made files, what each of them holds, and the files themselves, from any byte on."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.export.bundles import READY, SUMS, File, FileState, Made, columns_file, find, made, state
from db.export.tables import TYPES, ExportFormat
from db.language import languages, number, t
from db.site.files import Attachment, send_part
from db.site.plugins.public import is_public
from db.store.finders.catalogue import cited

WHAT = {ready.name: ready for ready in READY}
UNITS = ("kB", "MB", "GB", "TB")


def archive_of(datasette: Datasette) -> Path:
    return Path(datasette.get_database("archive").path)


def size(length: int) -> str:
    """1 byte; 12.3 kB"""
    if length < 1000:
        return t("downloads.bytes", number=length)
    value, unit = length / 1000, 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{number(round(value, 1))} {UNITS[unit]}"


def states(bundle: Made | None) -> list[dict[str, Any]]:
    """`what`: the key of what it is; `language`: of a data dictionary."""
    if bundle is None:
        return []
    dictionaries = {columns_file(name): name for name in languages()}
    return [
        {
            "file": file,
            "what": WHAT[file.name].what if file.name in WHAT else "columns",
            "language": dictionaries.get(file.name),
            "bytes": file.bytes,
            "state": state(bundle.folder, file),
        }
        for file in bundle.files
    ]


async def page(datasette: Datasette, request: Request) -> Response:
    if is_public(datasette):
        return Response.redirect(datasette.urls.path("/snapshots"))  # what is made of the archive has the texts
    bundle = await asyncio.to_thread(made, archive_of(datasette))
    finders = await datasette.get_database("archive").execute_fn(cited)
    context = {"finders": finders, "made": bundle, "files": await asyncio.to_thread(states, bundle), "size": size}
    return Response.html(await datasette.render_template("downloads.html", context, request=request))


async def download(datasette: Datasette, request: Request) -> Response | AsgiStream:
    name = request.url_vars["name"]
    bundle = await asyncio.to_thread(made, archive_of(datasette))
    if bundle is None:
        raise NotFound(t("downloads.nothing_made"))
    file = await asyncio.to_thread(find, bundle, name)
    if file is None:
        raise NotFound(t("downloads.no_file", name=name))
    if await asyncio.to_thread(state, bundle.folder, file) is not FileState.WHOLE:
        return Response.text(f"{t('downloads.changed', name=name)}\n", status=410)
    return await asyncio.to_thread(answer, bundle, file, request)


def answer(bundle: Made, file: File, request: Request) -> Response | AsgiStream:
    """It is saved under the name by which SHA256SUMS knows it."""
    stream = (bundle.folder / file.name).open("rb")  # now: a newer folder may take this one's place meanwhile
    attachment = Attachment(stream, file.bytes, content_type(file.name), file.name)
    return send_part(request, attachment, f'"{file.sha256}"', datetime.fromisoformat(bundle.at))


def content_type(name: str) -> str:
    if name == SUMS:
        return "application/octet-stream"  # of plain text a browser would make SHA256SUMS.txt
    form = WHAT[name].form if name in WHAT else ExportFormat.JSON
    return TYPES[form] if form is ExportFormat.XLSX else f"{TYPES[form]}; charset=utf-8"


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/downloads$", page), (r"^/downloads/(?P<name>[\w.-]+)$", download)]
