"""Files of web archives → the archive: many processes read, a file each, and one writes."""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from crawler.registry.found import with_found
from crawler.registry.owners import Owners
from crawler.registry.sources import load_registry
from crawler.webarchive.one_file import Briefing, Digests, FileRead, ReadCapture, key_of, read_file, take_and_read
from db.home import archive_path, make_home, pages_path
from db.lock import lock_crawl
from db.problem import Problem
from db.store.archive import Archive
from db.store.rows import as_json
from db.store.warc import Pages, packed
from pipelines.article import Article, Rejected, as_far_as_read
from pipelines.identity import keys
from pipelines.relevance.profile import profile_of
from pipelines.stages import INTAKE, LOOKING, READING, Context, run
from pipelines.storing.keys import renew_keys
from pipelines.storing.looks import Seen, look
from pipelines.storing.persons_words import PersonsWords
from pipelines.storing.rows import as_page, withheld
from pipelines.storing.settle import Ending, Settled, Store, by_its_own_address, past_of, settle, settle_look

TRIES = 3  # then a file is set aside
AHEAD = 4  # files that are being read, or are read and wait until those before them are stored
COUNTED = ("fetched", "kept", "again", "refused", "failed")  # columns of the run
ENDINGS = (".warc", ".warc.gz", ".warc.zst", ".wacz")

Tell = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Filled:
    """What came of the files."""

    files: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    aside: list[str] = field(default_factory=list)  # files that could not be read, each with the reason

    def count(self, settled: Settled) -> None:
        again = settled.ending in (Ending.ALIAS, Ending.AGAIN)
        self.counts["again" if again else settled.ending.value] += 1
        self.counts["fetched"] += 1
        if settled.ending is Ending.REFUSED:
            self.reasons[str(settled.reason)] += 1

    def line(self) -> str:
        names = ("responses", "at no source", "no page", "kept", "again", "refused", "failed")
        return f"{self.files} files, " + ", ".join(f"{self.counts[name]} {name}" for name in names)


def files_of(names: Iterable[str]) -> list[Path]:
    """Files as they are named, and those of folders and patterns. Raises Problem where there is none."""
    files: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if each.name.endswith(ENDINGS))
        elif path.is_file():
            found = [path]
        else:
            found = sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))
        if not found:
            raise Problem(f"{name}: no file of a web archive; name files ({', '.join(ENDINGS)}), folders or patterns")
        files |= dict.fromkeys(found)
    return list(files)


def read_files(
    executor: Executor, files: Iterable[Path], briefing: Briefing
) -> Iterator[tuple[Path, FileRead | BaseException]]:
    """Each file, or what it failed of the third time. In their order, so that the same files make the same archive,
    row by row, whoever reads them and however often one is lost.
    """
    begun, left = deque[tuple[Path, Future[FileRead]]](), iter(files)
    while True:
        begun.extend((path, executor.submit(read_file, path, briefing)) for path in islice(left, AHEAD - len(begun)))
        if not begun:
            return
        path, future = begun.popleft()
        error = future.exception()
        for _ in range(TRIES - 1):
            if error is None:
                break
            future = executor.submit(read_file, path, briefing)
            error = future.exception()
        yield path, error or future.result()


class Writer:
    """Settles what workers have read, as a crawl does."""

    def __init__(self, archive: Archive, number: int, owners: Owners, reserved: str, topic: str | None) -> None:
        self.archive, self.reserved = archive, reserved
        self.pages = Pages(archive, pages_path(), number)
        self.words = words = PersonsWords(archive)
        self.context = Context(
            topic=topic, reserved=reserved, find_decision=words.decision, find_corrections=words.corrections
        )
        self.store = Store(
            archive=archive,
            run=number,
            reserved=reserved,
            find_decision=words.decision,
            find_target=owners.target,
        )

    def settle(self, capture: ReadCapture) -> Settled:
        page, outcome = capture.page, capture.outcome
        kept = self.archive.articles.at(key_of(page))
        if outcome is None:
            page, outcome = take_and_read(page, self.context, LOOKING if kept else INTAKE)
        outcome = self.as_corrected(page, outcome)
        if kept:
            found = look(past_of(self.archive, kept, page), page, outcome, self.reserved)
            if found.seen in (Seen.VERSION, Seen.MORE):
                page = self.keep(page)
            return settle_look(page, found, self.store)
        last, at = self.archive.refusals.page(key_of(page)), as_page(page).fetched_at
        if last and last["fetched_at"] > at and isinstance(outcome, Rejected):  # the newest says why
            return Settled(article=page, ending=Ending.REFUSED, reason=outcome.reason, outcome=outcome.outcome)
        is_same = last and (last["fetched_at"], last["sha256"]) == (at, hashlib.sha256(page.html).hexdigest())
        page = replace(page, page=last["id"]) if last and is_same else self.keep(page)
        if isinstance(outcome, Rejected):
            outcome = replace(outcome, article=replace(outcome.article or page, page=page.page))
        else:
            outcome = replace(outcome, page=page.page)
        return settle(page, outcome, self.store)

    def as_corrected(self, page: Article, outcome: Article | Rejected) -> Article | Rejected:
        """Read again where people have corrected what is at the address that the page gives as its own."""
        if not page.html:  # the intake has refused it
            return outcome
        known = by_its_own_address(self.archive, as_far_as_read(outcome) or page)
        corrections = self.words.corrections(keys(known), known.url)
        if corrections == page.corrections:
            return outcome
        return run(replace(page, corrections=corrections), self.context, READING)

    def keep(self, page: Article) -> Article:
        if not page.html or withheld(page, self.reserved):
            return page
        return replace(page, page=self.pages.add(packed(as_page(page))))


def known_as(path: Path) -> tuple[str, int, int]:
    """Path, size and moment of a file. Raises OSError."""
    facts = path.stat()
    return str(path.resolve()), facts.st_size, facts.st_mtime_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How files are read."""

    topic: str | None
    version: str
    again: bool = False  # also those that are done


def fill(files: Sequence[Path], executor: Executor, how: Filling, tell: Tell) -> Filled:
    """Raises Problem; sqlite3.Error or OSError where archive or disk cannot be written: what was written stays."""
    make_home()
    registry, profile = load_registry(), profile_of(how.topic)
    filled = Filled()
    with lock_crawl(), Archive(archive_path()) as archive:
        sources = with_found({source.id: source for source in registry.sources}, archive.found_hosts.every())
        owners, reserved = Owners(sources.values()), str(registry.manners.reserved)
        renew_keys(archive, {name: source.hints() for name, source in sources.items()}, owners.target)
        names = {path: known_as(path) for path in files}
        rules = profile.version
        unread = [path for path in files if how.again or not archive.archive_files.is_read(*names[path], rules)]
        if len(unread) < len(files):
            tell(f"{len(files) - len(unread)} files are done already; --again reads them once more")
        number = archive.runs.begin(
            [source.row() for source in sources.values()],
            kind="backfill",
            sources=0,
            version=how.version,
            rules_version=profile.version,
        )
        writer = Writer(archive, number, owners, reserved, how.topic)
        try:
            briefing = Briefing(
                owners=owners,
                topic=how.topic,
                reserved=reserved,
                decided=writer.words.on(),
                kept=Digests(archive.articles.every_key()),
            )
            for path, content in read_files(executor, unread, briefing):
                filled.files += 1
                if isinstance(content, BaseException):
                    filled.aside.append(f"{path}: set aside after {TRIES} tries ({content})")
                    continue
                filled.counts += content.counts
                for capture in content.captures:
                    filled.count(writer.settle(capture))
                for damage in content.damages:
                    tell(damage)
                reasons = {"reasons": as_json(dict(filled.reasons.most_common()))}
                archive.runs.note_counts(number, {name: filled.counts[name] for name in COUNTED} | reasons)
                archive.archive_files.note(*names[path], rules, number)
                tell(f"{filled.files}/{len(unread)}: {filled.line()}")
        finally:
            writer.pages.close()
        archive.runs.end(number, "completed")
    return filled
