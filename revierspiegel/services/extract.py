"""Pages from outside the crawl → JSON lines: one HTML page, or every HTML response of a WARC file."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from email.message import Message
from pathlib import Path
from typing import Any
from zlib import error as ZlibError

import brotli
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from db.problem import Problem
from pipelines.article import Article, Rejected
from pipelines.stages import Context, read_page, run

logger = logging.getLogger(__name__)

Line = dict[str, Any]
FIELDS = (
    "title",
    "subheads",
    "authors",
    "agencies",
    "published",
    "modified",
    "date_source",
    "lang",
    "page_kind",
    "access",
)
LARGEST = 20_000_000  # bytes of one page


class ExtractError(Problem):
    """A file cannot be read, or not to its end; the message says where it broke off."""


def extract(html: bytes, url: str, *, encoding: str | None = None, fetched_at: datetime | None = None) -> Line:
    """One line of `revierspiegel extract`: `text` is '' and `reason` says why where the page is refused; `why`: what
    the steps of the reading dropped, added and refused, in words."""
    article = Article(source="", url=url, html=html, encoding=encoding, fetched_at=fetched_at)
    try:
        outcome = run(article, Context(), (read_page,))
    except Exception as error:  # a slip of ours on one page must not stop the others
        logger.exception("%s: could not be read, by a fault of this program", url)
        return line_of(article, "failed", f"{type(error).__name__}: {error}"[:500])
    if isinstance(outcome, Rejected):
        return line_of(outcome.article or article, outcome.reason, outcome.detail)
    return line_of(outcome)


def line_of(article: Article, reason: str | None = None, detail: str | None = None) -> Line:
    line: Line = {"url": article.url} | {field: getattr(article, field) for field in FIELDS}
    line |= {"title": article.title or None, "authors": list(article.authors), "agencies": list(article.agencies)}
    return line | {
        "subheads": [] if reason else list(article.subheads),
        "text": "" if reason else article.text,
        "links": [] if reason else list(map(asdict, article.links)),
        "reason": reason and str(reason),
        "detail": detail,
        "why": list(map(str, article.trace)),
    }


def extract_warc(path: str | Path) -> Iterator[Line]:
    """One line for each HTML response, in the file's order. Raises ExtractError after the last readable one."""
    count = 0
    try:
        with Path(path).open("rb") as stream:
            for record in ArchiveIterator(stream):
                line = of_record(record)
                if line is not None:
                    count += 1
                    yield line
    except OSError as error:
        raise ExtractError(
            f"{path}: cannot be read after {count} pages ({error.strerror or error}); check the path or fetch it again"
        ) from error
    except (ArchiveLoadFailed, EOFError, ZlibError, ValueError) as error:
        why = " ".join(str(error).split())[:120]
        raise ExtractError(f"{path}: broken off after {count} pages ({why}); fetch the file again") from error


def extract_file(path: Path, url: str | None) -> Iterator[Line]:
    """The lines of a WARC file, or the one of an HTML file, which does not say its address itself."""
    try:
        with path.open("rb") as stream:
            head = stream.read(5)
            is_warc = head.startswith((b"\x1f\x8b", b"WARC/"))
            html = b"" if is_warc else head + stream.read(LARGEST)
    except OSError as error:
        raise ExtractError(f"{path}: cannot be read ({error.strerror})") from error
    if is_warc:
        yield from extract_warc(path)
    elif url is None:
        raise ExtractError(f"{path}: no WARC file; say with --url at which address this HTML was")
    else:
        yield extract(html, url)


def of_record(record: ArcWarcRecord) -> Line | None:
    if record.rec_type != "response" or record.http_headers is None:
        return None
    header = Message()
    header["content-type"] = record.http_headers.get_header("Content-Type") or ""
    mime = header.get_content_type() if header["content-type"] else ""
    html = body_of(record)
    if len(html) < LARGEST and getattr(record.raw_stream, "limit", 0) > 0:
        raise EOFError("the last record is cut short")  # warcio itself ends such a file without a word
    if mime not in ("text/html", "application/xhtml+xml") and (mime or b"<html" not in html[:2000].lower()):
        return None
    encoding = header.get_content_charset()
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    return extract(html, url, encoding=encoding, fetched_at=moment(record.rec_headers.get_header("WARC-Date")))


def body_of(record: ArcWarcRecord) -> bytes:
    """Unpacked. warcio 1.8.1 ends with AttributeError at a page in brotli (webrecorder/warcio#73)."""
    is_brotli = (record.http_headers.get_header("Content-Encoding") or "").strip().lower() == "br"
    if is_brotli:
        record.http_headers.remove_header("Content-Encoding")
    body: bytes = record.content_stream().read(LARGEST)
    try:
        return brotli.Decompressor().process(body, output_buffer_limit=LARGEST) if is_brotli else body
    except brotli.error:  # it is none, whatever its header says
        return body


def moment(date: str | None) -> datetime | None:
    try:
        date_and_time = datetime.fromisoformat(date or "")
    except ValueError:
        return None
    return date_and_time if date_and_time.tzinfo else None
