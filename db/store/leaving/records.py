"""Records of WARC files, taken out where they lie: another gzip member of the same length stands in their place.

So every other record stays where the archive says it is, and each backup that has the file by a second name loses the
record with it. What fills the place is padded by the comment of a gzip header (RFC 1952, 2.3.1), which readers skip.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from db.store.archive import Archive

PIECE = 1 << 20
_HEADER = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x02\xff"  # a comment follows
_WAYS = ((9, 9), (9, 8), (6, 8))  # the last is how records are packed
_GONE = (
    b"WARC/1.0\r\nWARC-Type: metadata\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>\r\n"
    b"WARC-Date: 1970-01-01T00:00:00Z\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class PackedRecord:
    """One record of a file; `content` is unpacked."""

    offset: int
    length: int
    content: bytes


def members(stream: IO[bytes]) -> Iterator[PackedRecord]:
    """As far as the file can be read. Raises OSError, zlib.error."""
    offset, left = 0, b""
    while True:
        unpacker, content, length = zlib.decompressobj(31), [], 0
        while not unpacker.eof:
            piece = left or stream.read(PIECE)
            left = b""
            if not piece:
                return  # the file ends, or has half a record at its end
            content.append(unpacker.decompress(piece))
            length += len(piece) - len(unpacker.unused_data)
        yield PackedRecord(offset, length, b"".join(content))
        offset, left = offset + length, unpacker.unused_data


def packed_to(length: int, content: bytes) -> bytes | None:
    """A gzip member of just that length; None where the content does not fit in."""
    end = struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    for level, memory in _WAYS:
        packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, memory)
        body = packer.compress(content) + packer.flush()
        room = length - len(_HEADER) - 1 - len(body) - len(end)
        if room >= 0:
            return _HEADER + b" " * room + b"\0" + body + end
    return None


def put(path: Path, offset: int, member: bytes) -> None:
    """On the disk before it returns."""
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(member)
        stream.flush()
        os.fsync(stream.fileno())


def blank(path: Path, offset: int, length: int) -> None:
    """Nothing of a record stays. Raises OSError."""
    member = packed_to(length, _GONE) or packed_to(length, b"") or bytes(length)
    put(path, offset, member)


def forget_page(archive: Archive, folder: Path, number: int) -> None:
    """A page with its parts, which should not have been kept: its records first, for the rows say where they are."""
    page = archive.pages.get(number)
    for row in [page, *archive.pages.parts(number)] if page else []:
        if row and (folder / row["file"]).is_file():
            blank(folder / row["file"], row["offset"], row["length"])
        if row:
            archive.pages.forget(row["id"])
