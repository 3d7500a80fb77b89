"""Bytes to text, where what a document declares of its encoding may be wrong."""

import codecs
import re
from collections.abc import Iterable

from w3lib.encoding import html_body_declared_encoding, read_bom

LEGACY = re.compile(r"iso-?8859|windows|cp125|latin|koi8|mac|gb|big5|shift|sjis|euc", re.I)
# A byte that is no UTF-8 stands for what Windows shows for it: mends Latin-1 documents and stray characters alike.
STRAY = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}


def decoded(data: bytes, header: str | None = None) -> str:
    """Text by byte order mark; else as UTF-8 where it is that; else as header or document declare."""
    encoding, bom = read_bom(data)
    if encoding is None and b"\0" in data[:2]:
        encoding = "utf-16-be" if data.startswith(b"\0") else "utf-16-le"
    declared = header or html_body_declared_encoding(data) or ""
    if encoding is None and LEGACY.search(declared) and not is_utf8([data]):
        encoding = declared
    if encoding and encoding != "utf-8":
        try:
            return data[len(bom or b"") :].decode(encoding, "replace")
        except LookupError:  # no encoding has that name
            pass
    return data[len(bom or b"") :].decode("utf-8", "surrogateescape").translate(STRAY)


def is_utf8(pieces: Iterable[bytes]) -> bool:
    """Whether a document is UTF-8, be it cut off within a character."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in pieces:
            decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    return True
