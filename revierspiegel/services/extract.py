"""Pages from outside the crawl → JSON lines: one HTML page, or every HTML response of a web archive's file."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.webarchive.reader import BEGINNINGS, LARGEST, Damage, read_archive
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


class ExtractError(Problem):
    """A file cannot be read, or not all of it; the message says where."""


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
    """One line for each HTML response, in the file's order. Raises ExtractError at the end of a damaged file."""
    count, damages = 0, []
    try:
        for found in read_archive(Path(path)):
            if isinstance(found, Damage):
                damages.append(f"after {count} pages: {found.why}, at byte {found.offset} or behind")
            elif found.is_html:
                count += 1
                yield extract(found.body, found.url, encoding=found.charset, fetched_at=found.captured_at)
    except OSError as error:
        raise ExtractError(
            f"{path}: cannot be read after {count} pages ({error.strerror or error}); check the path or fetch it again"
        ) from error
    if damages:
        more = f" and at {len(damages) - 1} more places" if damages[1:] else ""
        raise ExtractError(f"{path}: damaged {damages[0]}{more}; {count} pages were read; fetch the file again")


def extract_file(path: Path, url: str | None) -> Iterator[Line]:
    """The lines of a WARC or WACZ file, or the one of an HTML file, which does not say its address itself."""
    try:
        with path.open("rb") as stream:
            head = stream.read(5)
            is_warc = head.startswith(BEGINNINGS)
            html = b"" if is_warc else head + stream.read(LARGEST)
    except OSError as error:
        raise ExtractError(f"{path}: cannot be read ({error.strerror})") from error
    if is_warc:
        yield from extract_warc(path)
    elif url is None:
        raise ExtractError(f"{path}: no web archive; say with --url at which address this HTML was")
    else:
        yield extract(html, url)
