"""One file of a web archive → what of it may be of interest, read and judged. A worker's work: it writes nothing."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from crawler.registry.owners import Owners
from crawler.webarchive.reader import ArchivedResponse, Damage, read_archive
from pipelines.article import Article, Rejected, Rights
from pipelines.identity import key
from pipelines.intake.rights import with_headers
from pipelines.stages import READING, Context, Stage, prefilter_page, read_rights, run

logger = logging.getLogger(__name__)

VIA = "webarchive"  # `found_via` of what a file has: "webarchive FILE:OFFSET RECORD-ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCapture:
    """A page as it was captured, and what it reads as; None where a person's word has to be asked first."""

    page: Article
    outcome: Article | Rejected | None


@dataclass(slots=True, kw_only=True)
class FileRead:
    captures: list[ReadCapture] = field(default_factory=list)  # the newest first
    counts: Counter[str] = field(default_factory=Counter)
    damages: list[str] = field(default_factory=list)


def read_file(path: Path, owners: Owners, topic: str | None, reserved: str, decided: frozenset[str]) -> FileRead:
    """`decided`: keys and addresses on which there is a person's word. Raises OSError where it cannot be opened."""
    result = FileRead()

    def wanted(url: str) -> bool:
        result.counts["responses"] += 1
        is_ours = owners.of(url) is not None
        result.counts["at no source"] += not is_ours
        return is_ours

    context = Context(topic=topic, reserved=reserved)
    for found in read_archive(path, wanted):
        if isinstance(found, Damage):
            result.damages.append(str(found))
        elif found.status != 200 or not found.is_html or not found.is_whole or found.captured_at is None:
            result.counts["no page"] += 1
        elif (page := page_of(found, owners)) is not None:
            try:
                result.captures.append(capture_of(page, context, decided))
            except Exception:  # a slip of ours on one page must not stop the others
                logger.exception("%s: could not be read, by a fault of this program", page.url)
                result.counts["failed"] += 1
    result.captures.sort(key=lambda capture: str(capture.page.fetched_at), reverse=True)
    return result


def page_of(found: ArchivedResponse, owners: Owners) -> Article | None:
    source = owners.of(found.url)
    if source is None:
        return None
    return Article(
        source=source.id,
        url=found.url,
        hints=source.hints(),
        found_via=f"{VIA} {Path(found.file).name}:{found.offset} {found.record_id}".strip(),
        encoding=found.charset,
        final_url=found.url,
        fetched_at=found.captured_at,
        status=found.status,
        rights=with_headers(Rights(), found.joined_headers),
        html=found.body,
    )


def capture_of(page: Article, context: Context, decided: frozenset[str]) -> ReadCapture:
    if not decided.isdisjoint((page.url, key(page.url, page.source, page.hints))):
        return ReadCapture(page=page, outcome=None)
    page, outcome = take_and_read(page, context, (prefilter_page, read_rights))
    return ReadCapture(page=page, outcome=outcome)


def take_and_read(page: Article, context: Context, intake: Iterable[Stage]) -> tuple[Article, Article | Rejected]:
    """The page as the intake leaves it, without its bytes where it is refused there, and what it reads as."""
    taken = run(page, context, intake)
    if isinstance(taken, Rejected):
        return replace(page, html=b""), replace(taken, article=replace(taken.article or page, html=b""))
    return taken, run(taken, context, READING)
