"""GDELT's Article List: a packed file of one minute, one JSON object a line, read as a stream."""

import gzip
import io
import zlib
from collections.abc import Iterator
from datetime import datetime

from crawler.discovery.answers.answer import (
    FinderAnswer,
    Harvest,
    Headers,
    NoJson,
    lenient_json,
    only,
    trouble,
    unreadable,
)
from crawler.discovery.encodings import decoded
from crawler.discovery.markup import GZIP, PIECE
from db.days import moment
from db.outcomes import Code
from pipelines.relevance.matching import MatchRule

UNPACKED_MAX = 200 * 2**20  # a whole day has 150 MB; a file of it half a megabyte
LINE_MAX = 2**20


class BrokenFile(Exception):
    """The packed file ends, or breaks, before its end."""


class BoundlessFile(Exception):
    """It unpacks to more than is read."""


def read(
    body: bytes,
    status: int,
    headers: Headers,
    *,
    rule: MatchRule | None = None,
    at: datetime | None = None,
    most: int = UNPACKED_MAX,
) -> FinderAnswer:
    """`rule`: its matches become leads; all others are counted only, so that a file takes no more room than they do."""
    if status == 404:  # most minutes have no file
        return only(Code.NO_FILE.of())
    if wrong := trouble(status):
        return only(wrong)
    if not body.startswith(GZIP) and not body.lstrip().startswith(b"{"):
        return unreadable(decoded(body[:PIECE]))
    harvest = Harvest(at=at or moment(), rule=rule)
    try:
        for line in lines(body, most):
            _add(line, harvest)
    except BrokenFile:
        return harvest.answer(Code.CUT_OFF.of(number=harvest.rows))
    except BoundlessFile:
        return harvest.answer(Code.UNREADABLE_ANSWER.of(why=Code.UNPACKS_TO.of(number=len(body), most=most)))
    return harvest.answer()


def _add(line: bytes, harvest: Harvest) -> None:
    try:
        row, _ = lenient_json(line)
    except NoJson:
        row = None
    if not isinstance(row, dict):
        harvest.bad_lines += 1
        return
    harvest.row(
        row.get("url"),
        title=row.get("title"),
        sentence=row.get("desc"),
        said_date=row.get("date"),
        about=(row.get("lang"), row.get("outletName")),
    )


def lines(body: bytes, most: int) -> Iterator[bytes]:
    """Those with something in them; of a file that is cut off, the whole ones. Raises BrokenFile, BoundlessFile."""
    pending = b""
    too_long = False
    for piece in unpacked(body, most):
        *whole, rest = piece.split(b"\n")
        for each in whole:
            line, pending = pending + each, b""
            if line.strip():
                yield line[:1] if too_long else line  # one character is no row
            too_long = False
        if len(pending) + len(rest) > LINE_MAX:
            too_long, pending = True, b"!"
        else:
            pending += rest
    if pending.strip():
        yield pending


def unpacked(body: bytes, most: int) -> Iterator[bytes]:
    """Raises BrokenFile, BoundlessFile."""
    stream = gzip.GzipFile(fileobj=io.BytesIO(body)) if body.startswith(GZIP) else io.BytesIO(body)
    size = 0
    while True:
        try:
            piece = stream.read1(PIECE)
        except (EOFError, OSError, zlib.error) as error:
            raise BrokenFile from error
        if not piece:
            return
        size += len(piece)
        if size > most:
            raise BoundlessFile
        yield piece
