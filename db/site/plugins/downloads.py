"""/downloads: the ready-made files, what each of them holds, and the files themselves, from any byte on."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.export.bundles import READY, SUMS, File, FileState, Made, columns_file, made, state
from db.export.tables import TYPES
from db.language import languages, number, t

PIECE = 256 * 1024  # bytes
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
    bundle = await asyncio.to_thread(made, archive_of(datasette))
    context = {"made": bundle, "files": await asyncio.to_thread(states, bundle), "size": size}
    return Response.html(await datasette.render_template("downloads.html", context, request=request))


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int  # the first byte that is not wanted


def span(range_header: str, length: int) -> Span | None:
    """One range of bytes, as RFC 9110 writes it; None where it lies outside or is none that we serve."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", range_header.strip())
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return Span(max(0, length - int(last)), length) if int(last) and length else None
    wanted = Span(int(first), min(int(last) + 1, length) if last else length)
    return wanted if wanted.start < wanted.end else None


async def download(datasette: Datasette, request: Request) -> Response | AsgiStream:
    name = request.url_vars["name"]
    bundle = await asyncio.to_thread(made, archive_of(datasette))
    if bundle is None:
        raise NotFound(t("downloads.nothing_made"))
    if name == SUMS:
        return Response.text(await asyncio.to_thread((bundle.folder / SUMS).read_text, "utf-8"))
    file = next((file for file in bundle.files if file.name == name), None)
    if file is None:
        raise NotFound(t("downloads.no_file", name=name))
    if await asyncio.to_thread(state, bundle.folder, file) is not FileState.WHOLE:
        return Response.text(f"{t('downloads.changed', name=name)}\n", status=410)
    return await asyncio.to_thread(answer, bundle.folder / file.name, file, request)


def answer(path: Path, file: File, request: Request) -> Response | AsgiStream:
    headers = {
        "etag": f'"{file.sha256}"',
        "accept-ranges": "bytes",
        "content-disposition": f'attachment; filename="revierspiegel-{file.name}"',
    }
    request_headers = request.headers
    if headers["etag"] in [tag.strip() for tag in request_headers.get("if-none-match", "").split(",")]:
        return Response("", status=304, headers=headers)
    whole, wanted = Span(0, file.bytes), None
    if "range" in request_headers and request_headers.get("if-range", headers["etag"]) == headers["etag"]:
        wanted = span(request_headers["range"], file.bytes)
        if wanted is None and re.match(r"bytes=\d*-\d*$", request_headers["range"]):
            return Response("", status=416, headers=headers | {"content-range": f"bytes */{file.bytes}"})
    part = wanted or whole
    headers["content-length"] = str(part.end - part.start)
    if wanted:
        headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{file.bytes}"
    kind = TYPES[WHAT[file.name].form] if file.name in WHAT else "application/json"
    stream = path.open("rb")  # now: a newer folder may take the place of this one while it is being read

    async def send(writer: Any) -> None:
        with stream:
            left = 0 if request.method == "HEAD" else part.end - part.start
            stream.seek(part.start)
            while left and (piece := await asyncio.to_thread(stream.read, min(PIECE, left))):
                await writer.send({"type": "http.response.body", "body": piece, "more_body": True})
                left -= len(piece)

    return AsgiStream(send, status=206 if wanted else 200, headers=headers, content_type=f"{kind}; charset=utf-8")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/downloads$", page), (r"^/downloads/(?P<name>[\w.-]+)$", download)]
