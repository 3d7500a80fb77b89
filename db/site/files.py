"""Answers that a reader may have already, or wants from some byte on (RFC 9110)."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from io import BytesIO
from types import MappingProxyType
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
    match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", range_header.strip())
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


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a reader saves."""

    stream: IO[bytes]  # open; closed once it is sent
    length: int  # bytes
    content_type: str
    name: str | None  # where the reader shall save it


def send(request: Request, file: Attachment, headers: Mapping[str, str] = MappingProxyType({})) -> AsgiStream:
    """All of it."""
    return _send(request, file, headers, None)


def send_part(request: Request, file: Attachment, etag: str, changed: datetime) -> Response | AsgiStream:
    """As much of it as the reader wants, and has not yet."""
    headers = {"etag": etag, "last-modified": http_date(changed), "accept-ranges": "bytes"}
    if is_known(request, etag, changed):
        file.stream.close()
        return Response("", status=304, headers=headers)
    part, asked = None, request.headers.get("range")
    if asked and request.headers.get("if-range", etag) in (etag, headers["last-modified"]):
        part = span(asked, file.length)
        if part is None and re.match(r"bytes=\d*-\d*$", asked):
            file.stream.close()
            return Response("", status=416, headers=headers | {"content-range": f"bytes */{file.length}"})
    return _send(request, file, headers, part)


async def _read(stream: IO[bytes], length: int) -> bytes:
    """In a thread, where it may have to wait for the disk."""
    return stream.read(length) if isinstance(stream, BytesIO) else await asyncio.to_thread(stream.read, length)


def _send(request: Request, file: Attachment, headers: Mapping[str, str], part: Span | None) -> AsgiStream:
    sent = part or Span(0, file.length)
    told = {**headers, "content-length": str(sent.end - sent.start)}
    if file.name:
        told["content-disposition"] = f'attachment; filename="{file.name}"'
    if part:
        told["content-range"] = f"bytes {part.start}-{part.end - 1}/{file.length}"

    async def write(writer: Any) -> None:
        with file.stream as stream:
            left = 0 if request.method == "HEAD" else sent.end - sent.start
            stream.seek(sent.start)
            while left and (piece := await _read(stream, min(PIECE, left))):
                await writer.send({"type": "http.response.body", "body": piece, "more_body": True})
                left -= len(piece)

    return AsgiStream(write, status=206 if part else 200, headers=told, content_type=file.content_type)
