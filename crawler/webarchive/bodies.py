"""What a response's body was before the transfer packed it: chunks and codings, undone with a limit on what comes out.

A label may be wrong. A body that cannot be undone as it says is left as it is: who reads it sees that it is no page.
"""

import zlib
from io import BytesIO

import brotli
from fastwarc.stream_io import ZstdReader

_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"  # what they begin with
_LONGEST_SIZE = 18  # characters of the line before a chunk, which may have a short extension


def decoded(body: bytes, transfer: str, codings: str, limit: int) -> bytes:
    """At most `limit` bytes. `transfer` and `codings`: the headers Transfer-Encoding and Content-Encoding."""
    if "chunked" in transfer.lower():
        body = _unchunked(body)
    for coding in reversed([name.strip().lower() for name in codings.split(",")]):
        body = _unpacked(body, coding, limit)
    return body[:limit]


def _unchunked(body: bytes) -> bytes:
    """Chunks, as far as they go; the body as it is where it does not begin with one."""
    at, parts = 0, list[bytes]()
    while at < len(body):
        end = body.find(b"\n", at, at + _LONGEST_SIZE)
        try:
            size = int(body[at:end].partition(b";")[0].strip() if end >= 0 else b"", 16)
        except ValueError:
            return b"".join(parts) or body
        if size <= 0:
            break
        parts.append(body[end + 1 : end + 1 + size])
        at = end + 1 + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    return b"".join(parts)


def _unpacked(body: bytes, coding: str, limit: int) -> bytes:
    if body.startswith(_GZIP):
        return _inflated(body, (zlib.MAX_WBITS | 16,), limit)
    if body.startswith(_ZSTD):
        try:
            return ZstdReader(BytesIO(body)).read(limit) or body
        except (OSError, ValueError):
            return body
    if coding == "deflate":  # zlib's format by the book, bare by some servers
        return _inflated(body, (zlib.MAX_WBITS, -zlib.MAX_WBITS), limit)
    if coding == "br":
        try:
            return brotli.Decompressor().process(body, output_buffer_limit=limit) or body
        except brotli.error:
            return body
    return body


def _inflated(body: bytes, formats: tuple[int, ...], limit: int) -> bytes:
    for bits in formats:
        try:
            return zlib.decompressobj(bits).decompress(body, limit) or body
        except zlib.error:
            continue
    return body
