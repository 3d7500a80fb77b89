"""Files of web archives (WARC, WARC.gz, WARC.zst, WACZ) → the responses in them, whatever is broken around them."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import BadZipFile, ZipFile

import re2
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from crawler.webarchive.bodies import decoded

LARGEST = 20_000_000  # bytes of a page, packed or unpacked
_GZIP, _ZIP, _VERSION = b"\x1f\x8b\x08", b"PK\x03\x04", b"WARC/1."
BEGINNINGS = (_GZIP[:2], _ZIP, b"\x28\xb5\x2f\xfd", _VERSION[:5])  # of files that may be web archives
# Inside a record: its length is too large, or the file lacks a part, and it has swallowed the next.
_BEGIN = re2.compile(rb"WARC/1\.\d\r?\n[A-Za-z-]+:")  # `re` takes five times as long to look through a body
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedResponse:
    file: str  # of a WACZ with the name of its member
    offset: int  # of the record; in one packed stream of many, where it had been read to
    record_id: str
    url: str
    captured_at: datetime | None
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)  # without chunks and codings
    is_whole: bool = True  # False where it is larger than is read

    def header(self, name: str) -> str:
        return ", ".join(value for each, value in self.headers if each.lower() == name)

    @property
    def joined_headers(self) -> dict[str, str]:
        """Each once, with all its values."""
        return {name: self.header(name.lower()) for name, _ in self.headers}

    @property
    def mime(self) -> str:
        """'' where the server did not say."""
        return _kind(self.header("content-type"))[0]

    @property
    def charset(self) -> str | None:
        return _kind(self.header("content-type"))[1]

    @property
    def is_html(self) -> bool:
        if not self.mime:
            return b"<html" in self.body[:2000].lower()
        return self.mime in ("text/html", "application/xhtml+xml")


@lru_cache(1000)
def _kind(content_type: str) -> tuple[str, str | None]:
    """Of a header: type and charset."""
    message = Message()
    message["Content-Type"] = content_type
    return message.get_content_type() if content_type else "", message.get_content_charset()


@dataclass(frozen=True, slots=True)
class Damage:
    """Something in a file that cannot be read; what is readable behind it follows."""

    file: str
    offset: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}: {self.why}, at byte {self.offset} or behind"


Wanted = Callable[[str], bool]  # whether the page at an address is; others are not unpacked


def any_address(url: str) -> bool:
    return True


def read_archive(path: Path, wanted: Wanted = any_address, limit: int = LARGEST) -> Iterator[ArchivedResponse | Damage]:
    """In the file's order. Raises OSError where the file cannot be opened or the disk fails."""
    with path.open("rb") as stream:
        if stream.read(len(_ZIP)) != _ZIP:
            yield from read_stream(stream, str(path), wanted, limit)
            return
    try:
        with ZipFile(path) as bundle:
            for name in bundle.namelist():
                if name.startswith("archive/") and name.endswith((".warc", ".warc.gz", ".warc.zst")):
                    with bundle.open(name) as member:
                        yield from read_stream(cast(BinaryIO, member), f"{path}/{name}", wanted, limit)
    except (BadZipFile, zlib.error, EOFError) as error:
        yield Damage(str(path), 0, f"broken ZIP file ({error})")


def read_stream(
    stream: BinaryIO, file: str, wanted: Wanted = any_address, limit: int = LARGEST
) -> Iterator[ArchivedResponse | Damage]:
    """`stream` can be sought in, and so read on behind what is damaged: FastWARC itself gives up there."""
    start: int | None = 0
    seen, damaged = -1, False
    while start is not None:
        stream.seek(start)
        why, at, swallowed = "", start, False
        records = ArchiveIterator(stream, parse_http=False)
        while not swallowed:
            try:
                record = next(records, None)
                if record is None:
                    break
                at = seen = record.stream_pos
                response, why, swallowed = _read_record(record, file, wanted, limit)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # a panic of Rust is no Exception
                response, why, swallowed = None, " ".join(str(error).split())[:120] or type(error).__name__, True
                at = max(at, seen)
            if why and not (damaged and response is None):
                yield Damage(file, at, why)
            damaged = response is None and bool(why)
            if response:
                yield response
        start = _next_start(stream, at + 1) if swallowed else None
    if not damaged and (lost := _unread(stream, seen)) is not None:
        yield Damage(file, lost, "the last record is cut short" if seen >= 0 else "no record of a web archive")


def _read_record(
    record: WarcRecord, file: str, wanted: Wanted, limit: int
) -> tuple[ArchivedResponse | None, str, bool]:
    """The response, what is wrong with the record, and whether it has swallowed the next one."""
    url = (record.headers.get("WARC-Target-URI") or "").strip("<>")
    if len(record.headers.get_multiple("WARC-Type")) != 1:  # two heads were read as one, or its head is broken
        return None, "a record with a broken head", True
    if record.record_type != WarcRecordType.response or not wanted(url):
        return None, "", False
    block = record.reader.read(min(record.content_length, limit))
    follows = _BEGIN.search(block)
    own = block[: follows.start()] if follows else block
    is_sound = own.endswith(b"\r\n\r\n") if follows else len(block) == min(record.content_length, limit)
    if not is_sound:
        return None, "a record is cut short", bool(follows)
    own = own.removesuffix(b"\r\n\r\n") if follows else own
    head, separator, body = own.partition(b"\r\n\r\n")
    if not separator or b"\n\n" in head:
        head, separator, body = own.partition(b"\n\n")
    lines = _text(head).splitlines()
    if not lines or not lines[0].startswith("HTTP/"):
        return None, "a response that is none of HTTP" if url.startswith("http") else "", bool(follows)
    headers = tuple(
        (name.strip(), value.strip()) for name, colon, value in (line.partition(":") for line in lines[1:]) if colon
    )
    names = {name.lower(): value for name, value in headers}
    body = decoded(body, names.get("transfer-encoding", ""), names.get("content-encoding", ""), limit)
    response = ArchivedResponse(
        file=file,
        offset=record.stream_pos,
        record_id=record.headers.get("WARC-Record-ID") or "",
        url=url,
        captured_at=_captured_at(record.headers.get("WARC-Date")),
        status=_status(lines[0]),
        headers=headers,
        body=body,
        is_whole=len(body) < limit and (record.content_length <= limit or bool(follows)),
    )
    return response, "a length is too large" if follows else "", bool(follows)


def _text(head: bytes) -> str:
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("latin-1")


def _status(line: str) -> int:
    status = line.split(maxsplit=2)[1:2]
    return int(status[0]) if status and status[0].isdecimal() else 0


def _captured_at(date: str | None) -> datetime | None:
    """Of a WARC-Date; None where it is none, or of no zone."""
    try:
        date_and_time = datetime.fromisoformat(date or "")
    except ValueError:
        return None
    return date_and_time.astimezone(UTC) if date_and_time.tzinfo else None


def _next_start(stream: BinaryIO, offset: int) -> int | None:
    """Where the next record begins, or the member that it is in; None where there is none."""
    stream.seek(0)
    sign = _GZIP if stream.read(len(_GZIP)) == _GZIP else _VERSION
    stream.seek(offset)
    block, at = b"", offset
    while True:
        found = block.find(sign)
        while found >= 0:
            if _is_record(stream, at + found):
                return at + found
            found = block.find(sign, found + 1)
        kept = block[1 - len(sign) :]
        at += len(block) - len(kept)
        stream.seek(at + len(kept))
        more = stream.read(_BLOCK)
        if not more:
            return None
        block = kept + more


def _is_record(stream: BinaryIO, offset: int) -> bool:
    stream.seek(offset)
    head = stream.read(4096)
    try:
        if head.startswith(_GZIP):
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 256)
        return bool(_BEGIN.match(head))
    except zlib.error:
        return False


def _unread(stream: BinaryIO, last: int) -> int | None:
    """Where something begins that was given as no record: behind the one at `last`, or that one, which breaks off."""
    stream.seek(max(last, 0))
    head = stream.read(4)
    stream.seek(max(last, 0))
    if last < 0:
        return 0 if head else None
    if head.startswith(_GZIP):
        return _unread_members(stream, last)
    if not head.startswith(_VERSION[:4]):  # frames of zstd
        return None
    record = stream.read(64 << 10)
    head, _, _ = record.partition(b"\r\n\r\n")
    length = next((line for line in head.lower().splitlines() if line.startswith(b"content-length:")), b":0")
    digits = length.partition(b":")[2].strip()
    end = last + len(head) + 4 + (int(digits) if digits.isdigit() else 0)
    size = stream.seek(0, 2)
    if end > size:
        return last
    stream.seek(end)
    return end if stream.read(_BLOCK).strip() else None


def _unread_members(stream: BinaryIO, start: int) -> int | None:
    member, block = zlib.decompressobj(zlib.MAX_WBITS | 16), b""
    try:
        while not member.eof:
            block = stream.read(_BLOCK)
            if not block:
                return start
            while block and not member.eof:
                member.decompress(block, _BLOCK)
                block = member.unconsumed_tail
    except zlib.error:
        return start
    rest = member.unused_data
    end = stream.tell() - len(rest)
    return end if (rest + stream.read(_BLOCK)).strip(b"\0\r\n") else None
