"""Answers that a reader may have already, or wants from some byte on (RFC 9110)."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import IO, Any

from datasette import Response
from datasette.utils.asgi import AsgiStream, Request

PIECE = 256 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int  # the first byte that is not wanted


def span(range_header: str, length: int) -> Span | None:
    """One range of bytes; None where it lies outside or is none that we serve."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", range_header.strip())
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return Span(max(0, length - int(last)), length) if int(last) and length else None
    wanted = Span(int(first), min(int(last) + 1, length) if last else length)
    return wanted if wanted.start < wanted.end else None


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def is_known(request: Request, etag: str, changed: datetime) -> bool:
    """Whether the reader has it already; where it sends a tag, that counts, and not its date (13.2.2)."""
    if tags := request.headers.get("if-none-match"):
        return tags.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in tags.split(","))
    try:
        return parsedate_to_datetime(request.headers.get("if-modified-since", "")) >= changed.replace(microsecond=0)
    except (TypeError, ValueError):
        return False


def sent(
    request: Request, file: IO[bytes], length: int, content_type: str, headers: dict[str, str], part: Span | None = None
) -> AsgiStream:
    """All of the file, which is closed then, or a part of it."""
    wanted = part or Span(0, length)
    told = headers | {"content-length": str(wanted.end - wanted.start)}
    if part:
        told["content-range"] = f"bytes {part.start}-{part.end - 1}/{length}"

    async def send(writer: Any) -> None:
        with file:
            left = 0 if request.method == "HEAD" else wanted.end - wanted.start
            file.seek(wanted.start)
            while left and (piece := await asyncio.to_thread(file.read, min(PIECE, left))):
                await writer.send({"type": "http.response.body", "body": piece, "more_body": True})
                left -= len(piece)

    return AsgiStream(send, status=206 if part else 200, headers=told, content_type=content_type)


def file_answer(
    request: Request, file: IO[bytes], length: int, content_type: str, etag: str, changed: datetime, name: str
) -> Response | AsgiStream:
    """As much of it as the reader wants and does not have; it is saved under `name`."""
    headers = {
        "etag": etag,
        "last-modified": http_date(changed),
        "accept-ranges": "bytes",
        "content-disposition": f'attachment; filename="{name}"',
    }
    if is_known(request, etag, changed):
        file.close()
        return Response("", status=304, headers=headers)
    part, asked = None, request.headers.get("range")
    if asked and request.headers.get("if-range", etag) in (etag, headers["last-modified"]):
        part = span(asked, length)
        if part is None and re.match(r"bytes=\d*-\d*$", asked):
            file.close()
            return Response("", status=416, headers=headers | {"content-range": f"bytes */{length}"})
    return sent(request, file, length, content_type, headers, part)
