"""What workers have read → the archive: each capture is settled as a crawl settles a page."""

import hashlib
from dataclasses import replace
from functools import partial

from crawler.registry.found import found_source, source_id
from crawler.webarchive.one_file import STRANGE, Briefing, ReadCapture, key_of, take_and_read
from crawler.webarchive.rights import AskedSites
from db.home import pages_path
from db.store.archive import Archive
from db.store.finders.hosts import FoundHostRow, HostState
from db.store.leaving.records import forget_page
from db.store.rows import now
from db.store.warc import Pages, packed
from pipelines.article import Article, Rejected, as_far_as_read
from pipelines.identity import bare_host, keys
from pipelines.stages import INTAKE, LOOKING, READING, Context, run
from pipelines.storing.looks import Seen, look
from pipelines.storing.persons_words import PersonsWords
from pipelines.storing.rows import as_page, withheld
from pipelines.storing.settle import Ending, Settled, Store, by_its_own_address, past_of, settle, settle_look


class Writer:
    def __init__(self, archive: Archive, run_number: int, briefing: Briefing, sites: AskedSites) -> None:
        self.archive, self.reserved, self.sites = archive, briefing.reserved, sites
        self.pages = Pages(archive, pages_path(), run_number)
        self.taken = {row["id"] for row in archive.sources.every()}
        self.found: dict[str, str] = {}  # host → id, of this run
        self.words = words = PersonsWords(archive)
        self.context = Context(
            topic=briefing.topic,
            reserved=briefing.reserved,
            find_decision=words.decision,
            find_corrections=words.corrections,
        )
        self.store = Store(
            archive=archive,
            run=run_number,
            reserved=briefing.reserved,
            find_decision=words.decision,
            find_target=briefing.owners.target,
            forget_page=partial(forget_page, archive, pages_path()),
        )

    def settle(self, capture: ReadCapture) -> Settled:
        page, outcome = capture.page, capture.outcome
        kept = self.archive.articles.at(key_of(page))
        if outcome is None:
            page, outcome = take_and_read(page, self.context, LOOKING if kept else INTAKE)
        if page.source == STRANGE:
            source = kept["source"] if kept else self.found_host(page, outcome)
            if source is None:
                return refused(page, outcome)
            page, outcome = replace(page, source=source), at_source(outcome, source)
        outcome = self.sites.apply(page, self.as_corrected(page, outcome))
        page = replace(page, rights=outcome.rights) if isinstance(outcome, Article) else page
        if kept:
            found = look(past_of(self.archive, kept, page), page, outcome, self.reserved)
            if found.seen in (Seen.VERSION, Seen.MORE):
                page = self.keep(page)
            return settle_look(page, found, self.store)
        last, at = self.archive.refusals.page(key_of(page)), as_page(page).fetched_at
        if last and last["fetched_at"] > at and isinstance(outcome, Rejected):  # the newest says why
            return refused(page, outcome)
        is_same = last and (last["fetched_at"], last["sha256"]) == (at, hashlib.sha256(page.html).hexdigest())
        page = replace(page, page=last["id"]) if last and is_same else self.keep(page)
        if isinstance(outcome, Rejected):
            outcome = replace(outcome, article=replace(outcome.article or page, page=page.page))
        else:
            outcome = replace(outcome, page=page.page)
        return settle(page, outcome, self.store)

    def found_host(self, page: Article, outcome: Article | Rejected) -> str | None:
        """The id of a host that no source owns, once there is an article of it: there are millions of such hosts."""
        host = bare_host(page.url)
        if host not in self.found and isinstance(outcome, Article):
            row = FoundHostRow(
                host=host,
                source=source_id(host, self.taken),
                state=HostState.NEW,
                finder=None,
                first_found=now(),
                why=page.found_via,
                name=None,
                lang=outcome.lang,
                waits_until=None,
                proposal=None,
            )
            self.archive.found_hosts.put(row)
            self.archive.sources.add(found_source(row).row())
            self.taken.add(row["source"])
            self.found[host] = row["source"]
        return self.found.get(host)

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


def refused(page: Article, outcome: Article | Rejected) -> Settled:
    """Without a row."""
    assert isinstance(outcome, Rejected)
    return Settled(article=page, ending=Ending.REFUSED, reason=outcome.reason, outcome=outcome.outcome)


def at_source(outcome: Article | Rejected, source: str) -> Article | Rejected:
    if isinstance(outcome, Article):
        return replace(outcome, source=source)
    return replace(outcome, article=outcome.article and replace(outcome.article, source=source))
