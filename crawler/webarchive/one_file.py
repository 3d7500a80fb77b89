"""One file of a web archive → what of it may be of interest, read and judged. A worker's work: it writes nothing."""

import hashlib
import logging
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from crawler.policy.strangers import Denials, destination
from crawler.registry.found import UNKNOWN
from crawler.registry.owners import Owners
from crawler.registry.sources import Source
from crawler.webarchive.locations import at_hand
from crawler.webarchive.reader import ArchivedResponse, Damage, Wanted, read_archive
from db.store.leaving.removals import digest_of
from pipelines.article import Article, Rejected, Rights
from pipelines.identity import key
from pipelines.intake.rights import with_headers
from pipelines.stages import READING, Context, Stage, prefilter_page, read_rights, run

logger = logging.getLogger(__name__)

STRANGE = ""  # source of a page at a host that no source owns
VIA = "webarchive"  # `found_via` of what a file has: "webarchive FILE:OFFSET RECORD-ID"


class Digests:
    """Of names, eight bytes each: those of a million would go to each worker as 100 MB. A false one costs a reading."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._sorted = array("Q", sorted(map(_digest, names)))

    def __contains__(self, name: str) -> bool:
        digest = _digest(name)
        at = bisect_left(self._sorted, digest)
        return at < len(self._sorted) and self._sorted[at] == digest


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """What a worker has to know of registry and archive."""

    owners: Owners
    topic: str | None
    reserved: str  # what a reservation means
    decided: frozenset[str]  # keys and addresses on which there is a person's word, or digests of them
    kept: Digests  # keys of articles: their pages need not say again that they are of interest
    removed: frozenset[str]  # digests of keys of what was taken down
    downloads: str  # folder for what is fetched
    denials: Denials | None = None  # of hosts, where pages at any other are read too

    def owner(self, url: str) -> Source | None:
        """Of a page that may be read."""
        owner = self.owners.of(url)
        if owner is None and self.denials and (place := destination(url, self.denials, self.owners)).is_strange:
            owner = Source(id=STRANGE, name=place.host, homepage=f"https://{place.host}/", region=UNKNOWN)
        return owner


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

    def add(self, page: Article, briefing: Briefing) -> None:
        try:
            self.captures.append(capture_of(page, briefing))
        except Exception:  # a slip of ours on one page must not stop the others
            logger.exception("%s: could not be read, by a fault of this program", page.url)
            self.counts["failed"] += 1


def read_file(location: str, briefing: Briefing) -> FileRead:
    """Raises OSError or Problem where it cannot be had."""
    result = FileRead()
    with at_hand(location, Path(briefing.downloads)) as path:
        read_pages(path, briefing, result)
        read_other_versions(path, briefing, result)
        result.damages = [damage.replace(str(path), location) for damage in result.damages]
    result.captures.sort(key=lambda capture: str(capture.page.fetched_at), reverse=True)
    return result


def read_pages(path: Path, briefing: Briefing, result: FileRead) -> None:
    def wanted(url: str) -> bool:
        result.counts["responses"] += 1
        owner = briefing.owner(url)
        result.counts["at no source"] += owner is None
        is_removed = owner is not None and digest_of(key(url, owner.id, owner.hints())) in briefing.removed
        result.counts["taken down"] += is_removed
        return owner is not None and not is_removed

    for found in read_archive(path, wanted):
        if isinstance(found, Damage):
            result.damages.append(str(found))
        elif page := page_of(found, briefing):
            result.add(page, briefing)
        else:
            result.counts["no page"] += 1


def read_other_versions(path: Path, briefing: Briefing, result: FileRead) -> None:
    """Of articles that this file brings: captures without any word of the topic are versions of them, too."""
    names = {key_of(each.page) for each in result.captures if isinstance(each.outcome, Article)}
    left = {each.page.url for each in result.captures if not each.page.html and key_of(each.page) in names}
    if not left:
        return
    result.captures = [each for each in result.captures if each.page.url not in left]
    is_left: Wanted = left.__contains__
    for found in read_archive(path, is_left):
        if isinstance(found, ArchivedResponse) and (page := page_of(found, briefing)):
            result.add(page, replace(briefing, kept=Digests(names)))


def key_of(page: Article) -> str:
    return key(page.url, page.source, page.hints)


def page_of(found: ArchivedResponse, briefing: Briefing) -> Article | None:
    """None where it is no page, or not one of ours."""
    source = briefing.owner(found.url)
    if source is None or found.status != 200 or not found.is_html or not found.is_whole or found.captured_at is None:
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


def capture_of(page: Article, briefing: Briefing) -> ReadCapture:
    name = key_of(page)
    if not briefing.decided.isdisjoint((page.url, name, digest_of(page.url), digest_of(name))):
        return ReadCapture(page=page, outcome=None)
    intake = (read_rights,) if name in briefing.kept else (prefilter_page, read_rights)
    page, outcome = take_and_read(page, Context(topic=briefing.topic, reserved=briefing.reserved), intake)
    return ReadCapture(page=page, outcome=outcome)


def take_and_read(page: Article, context: Context, intake: Iterable[Stage]) -> tuple[Article, Article | Rejected]:
    """The page as the intake leaves it, without its bytes where it is refused there, and what it reads as."""
    taken = run(page, context, intake)
    if isinstance(taken, Rejected):
        refused = replace(page, html=b"")
        if taken.article is None or taken.article is page:
            return refused, replace(taken, article=refused)
        return refused, replace(taken, article=replace(taken.article, html=b""))
    return taken, run(taken, context, READING)
