"""Kept pages through cleaning and judging again: what other rules take in, leave out and change."""

import json
import logging
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from db.outcomes import Code, Outcome, fault
from db.store.archive import Archive
from db.store.connection import is_of_storage
from db.store.pages import PageRow
from db.store.rows import Row, in_words, now
from db.store.warc import PageError, read_page
from pipelines.article import Article, Correction, Decision, Hints, Reason, Rejected, Rights, as_far_as_read
from pipelines.identity import identity, key, keys
from pipelines.intake.decisions import heed
from pipelines.stages import read_and_judge
from pipelines.storing import histories
from pipelines.storing.links import FindTarget, link_rows
from pipelines.storing.looks import readable, reading_by, says
from pipelines.storing.persons_words import PersonsWords
from pipelines.storing.reading_rules import reading_rules
from pipelines.storing.rows import JUDGED, OF_THE_ARTICLE, judged, kept_page, of_page, parts_of, row
from pipelines.storing.settle import by_its_own_address
from pipelines.worker import Lost, Worker

logger = logging.getLogger(__name__)

WORKERS = 2  # processes that read pages; a third would want a core that the site needs
FEW = 20  # pages that the first of them reads in the time that another takes to start
AHEAD = 8  # pages that wait for a worker, so that none waits for a page

OF_THE_REFUSAL = ("reason", "detail", "outcome", "score", "reasons", "features", "rules_version")
TOLD = ("title", "published", "authors", "agencies", "access", "page_kind", "verdict", "subheads")


class Effect(StrEnum):
    IN = "in"
    OUT = "out"
    CHANGED = "changed"
    REFUSED = "refused"  # as before, for another reason
    ALIAS = "alias"  # comes in as another address of an article that is there, or has just come in
    SAME = "same"
    SKIPPED = "skipped"  # it cannot be read back
    FAILED = "failed"  # our own code could not read it


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A kept page, and what it has become: an article or a refusal."""

    page: PageRow
    article: Row | None
    refusal: Row | None
    keys: tuple[str, ...]  # of the article


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """With its bytes and what people say of it, as the worker wants it."""

    kept: Kept
    item: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What becomes of a kept page by the rules of today."""

    what: Effect
    kept: Kept
    item: Article
    decision: Decision | None = None
    reason: Reason | None = None  # where the rules refuse it
    outcome: Outcome | None = None  # why it is refused, or cannot be read back
    columns: Row = field(default_factory=dict)  # of the article or the refusal that differ

    @property
    def detail(self) -> str:
        return str(self.outcome or "")

    def fields(self) -> dict[str, Any]:
        """What has changed of an article, for a reader: name → [before, now]; of the text, its paragraphs."""
        before = self.kept.article or {}
        changed = {name: [before[name], self.columns[name]] for name in TOLD if name in self.columns}
        return changed | ({"text": _difference(before["text"], self.columns["text"])} if "text" in self.columns else {})

    def matters(self) -> bool:
        return self.what is not Effect.SAME

    def as_dict(self) -> dict[str, Any]:
        stored = self.kept.article or self.kept.refusal or {}
        return {
            "what": str(self.what),
            "url": self.kept.page["url"],
            "source": self.kept.page["source"],
            "article": self.kept.article["id"] if self.kept.article else None,
            "title": self.item.title or stored.get("title"),
            "was": stored.get("reason"),
            "reason": self.reason and str(self.reason),
            "detail": self.detail,
            "reasons": list(self.item.reasons),
            "fields": self.fields(),
        }

    def as_lines(self) -> Iterator[str]:
        """For a person; nothing where nothing changes that a reader would see."""
        facts = self.as_dict()
        if self.what in (Effect.SAME, Effect.REFUSED):
            return
        yield f"{self.what:8} {facts['url']}  {facts['title'] or ''}".rstrip()
        if facts["was"] and self.what not in (Effect.SKIPPED, Effect.FAILED):
            yield f"         was {facts['was']}: {(self.kept.refusal or {})['detail']}"
        if self.detail:
            yield f"         {self.reason}: {self.detail}" if self.reason else f"         {self.detail}"
        if self.what is Effect.IN:
            yield from (f"         {reason}" for reason in facts["reasons"])
        for name, change in facts["fields"].items():
            if name == "text":
                gone, new, signs = change.values()
                yield f"         text: {gone} paragraphs gone, {new} new, {signs:+} characters"
            else:
                yield f"         {change_line(name, *change)}"


def change_line(name: str, before: object, now: object) -> str:
    return f"{name}: {_shown(before)} → {_shown(now)}"


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "", "[]") else str(value)


def _difference(before: str, after: str) -> dict[str, int]:
    old, new = (Counter(text.split("\n\n")) for text in (before, after))
    return {"gone": (old - new).total(), "new": (new - old).total(), "characters": len(after) - len(before)}


def kept_pages(archive: Archive, sources: Sequence[str] = ()) -> list[tuple[int, int | None, int | None]]:
    """(page, article, refusal) as numbers of rows; of these sources, or of all."""
    newest = archive.pages.newest()
    return [(page, article, refusal) for source, page, article, refusal in newest if not sources or source in sources]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads kept pages by the rules of today. It changes nothing."""

    archive: Archive
    folder: Path  # of the pages
    hints: Mapping[str, Hints]  # by source
    topic: str | None  # file of the profile, our own where None
    reserved: str  # the registry's word on what a reservation means
    find_target: FindTarget
    coming: set[str] = field(default_factory=set)  # keys of what has come in so far
    leaving: set[int] = field(default_factory=set)  # articles that have gone out so far

    def changes(self, numbers: Sequence[tuple[int, int | None, int | None]]) -> Iterator[Reread]:
        """In the order of the numbers."""
        loaded = (self.begin(self.load(*each)) for each in numbers)
        with Worker(WORKERS if len(numbers) > FEW else 1) as worker:
            for each, reading in self.ahead(loaded, worker):
                yield self.ended(each, reading, worker) if isinstance(each, Begun) else each

    def ahead(
        self, loaded: Iterable[Reread | Begun], executor: Executor
    ) -> Iterator[tuple[Reread | Begun, "Future[Article | Rejected]"]]:
        """In order, with some of the next in the executor already; a Reread is there, and its future never asked."""
        waiting: deque[tuple[Reread | Begun, Future[Article | Rejected]]] = deque()
        for each in loaded:
            begun = isinstance(each, Begun)
            waiting.append((each, executor.submit(read_and_judge, each.item, self.topic) if begun else Future()))
            if len(waiting) > AHEAD:
                yield waiting.popleft()
        yield from waiting

    def ended(self, begun: Begun, reading: "Future[Article | Rejected]", executor: Executor) -> Reread:
        """What its reading gives; a page that cannot be read, by its own fault or ours, is left as it is.

        It is read twice where a person has corrected what is at the address that the page gives as its own.
        """
        try:
            result = reading.result()
            corrections = self.corrections_of(begun.kept, as_far_as_read(result) or begun.item)
            if corrections != begun.item.corrections:
                begun = replace(begun, item=replace(begun.item, corrections=corrections))
                result = executor.submit(read_and_judge, begun.item, self.topic).result()
            if (left := off_topic(result)) and begun.kept.article and self.was_on_topic(begun, executor):
                return self.stays(begun.kept, left, [name for name in OF_THE_ARTICLE if name not in JUDGED])
            return self.compare(begun, result)
        except Lost as lost:
            return Reread(what=Effect.SKIPPED, kept=begun.kept, item=begun.item, outcome=lost.outcome)
        except Exception as error:  # a slip of ours on one page must not stop the others
            if is_of_storage(error):
                raise
            logger.exception("%s: could not be read, by a fault of this program", begun.item.url)
            return Reread(what=Effect.FAILED, kept=begun.kept, item=begun.item, outcome=fault(error))

    def was_on_topic(self, begun: Begun, executor: Executor) -> bool:
        """By another version: an article stays for what it was, whatever its outlet has made of it since."""
        assert begun.kept.article
        for version in self.archive.versions.of(begun.kept.article["id"]):
            page = kept_page(self.archive, self.folder, version["page"], begun.item.hints)
            if page is None or version["page"] == begun.kept.page["id"]:
                continue
            asked = replace(page, corrections=begun.item.corrections, decision=begun.item.decision)
            if isinstance(executor.submit(read_and_judge, asked, self.topic).result(), Article):
                return True
        return False

    def load(self, page: int, article: int | None, refusal: int | None) -> Kept:
        kept = self.archive.pages.get(page)
        assert kept
        return Kept(
            page=kept,
            article=self.archive.articles.get(article),
            refusal=self.archive.refusals.get(refusal),
            keys=tuple(self.archive.articles.keys(article)),
        )

    def begin(self, kept: Kept) -> Reread | Begun:
        """The article with its bytes and the word on it; a Reread where that is all there is to know."""
        hints = self.hints.get(kept.page["source"], Hints())
        item = of_page(kept.page, b"", hints)
        rights = json.loads((kept.article or kept.refusal or {}).get("rights") or "{}")
        try:
            body, _ = read_page(self.folder, kept.page)
            parts = parts_of(self.archive, self.folder, kept.page["id"])
        except PageError as error:
            return Reread(what=Effect.SKIPPED, kept=kept, item=item, outcome=Code.TEXT.of(text=str(error)))
        item = replace(item, rights=Rights(**rights), html=body, parts=parts)
        item = replace(item, corrections=self.corrections_of(kept, item))
        heeded = heed(item, self.words.decision, names(kept, item))
        if isinstance(heeded, Rejected):
            decision = self.words.decision(names(kept, item), item.url)
            return self.refused(kept, replace(item, html=b"", parts=()), heeded, decision)
        return Begun(kept=kept, item=heeded)

    @property
    def words(self) -> PersonsWords:
        return PersonsWords(self.archive)

    def corrections_of(self, kept: Kept, item: Article) -> tuple[Correction, ...]:
        """Of an article all keys are known; of a refused page, what it gives as its own address once it is read."""
        more = () if kept.article else keys(by_its_own_address(self.archive, item))
        return self.words.corrections([*names(kept, item), *more], item.url)

    def compare(self, begun: Begun, item: Article | Rejected) -> Reread:
        kept = begun.kept
        if isinstance(item, Rejected):
            return self.refused(kept, item.article or begun.item, item, begun.item.decision)
        if kept.article is None:
            return self.comes(kept, by_its_own_address(self.archive, item))
        return self.stays(kept, item, OF_THE_ARTICLE)

    def stays(self, kept: Kept, item: Article, columns_of_rules: Sequence[str]) -> Reread:
        assert kept.article
        columns = _differing(kept.article, row(item, None, self.reserved), columns_of_rules)
        last = self.archive.versions.of(kept.article["id"])[-1:]
        if last and last[0]["page"] != kept.page["id"]:  # a wall went up since: its text is that of an earlier page
            columns.pop("access", None)
        what = Effect.CHANGED if columns.keys() & {*TOLD, "text"} else Effect.SAME
        return Reread(what=what, kept=kept, item=item, decision=item.decision, columns=columns)

    def comes(self, kept: Kept, item: Article) -> Reread:
        page_keys = [identity(item), *keys(item)]
        article = self.archive.articles.of_keys(page_keys)
        there = bool(article and article["id"] not in self.leaving) or not self.coming.isdisjoint(page_keys)
        what = Effect.ALIAS if there else Effect.IN
        heeded = heed(item, self.words.decision, page_keys)
        if isinstance(heeded, Rejected):  # the word is on the address that the page gives as its own
            return self.refused(kept, item, heeded, item.decision)
        self.coming.update(page_keys)
        return Reread(what=what, kept=kept, item=item, decision=item.decision)

    def refused(self, kept: Kept, item: Article, refusal: Rejected, decision: Decision | None) -> Reread:
        row_of_today = {"reason": str(refusal.reason), **judged(item), **in_words(refusal.outcome)}
        what, columns = Effect.OUT, row_of_today
        if kept.refusal and not kept.article:
            columns = _differing(kept.refusal, row_of_today, OF_THE_REFUSAL)
            what = Effect.REFUSED if "reason" in columns else Effect.SAME
        elif kept.article:
            self.leaving.add(kept.article["id"])
        reason, why = refusal.reason, refusal.outcome
        return Reread(what=what, kept=kept, item=item, decision=decision, reason=reason, outcome=why, columns=columns)

    def apply(self, change: Reread) -> None:
        """What a person has decided since the page was read comes first: such a change is left for the next time."""
        kept, item = change.kept, change.item
        if change.what in (Effect.SKIPPED, Effect.FAILED):
            return
        with self.archive.atomic():
            if self.words.decision(names(kept, item), item.url) != change.decision:
                return
            if self.corrections_of(kept, item) != item.corrections:
                return
            if change.what is Effect.OUT and kept.article:
                lead_key = key(item.url, item.source, item.hints)
                leaving = kept.article | judged(item)
                leaving |= {"title": item.title, "published": item.published} if item.uncorrected else {}
                self.archive.take_out(leaving, lead_key, str(change.reason), change.outcome)
            elif change.what in (Effect.IN, Effect.ALIAS) and kept.refusal:
                self.archive.refusals.forget(kept.refusal["id"])
                new, lead_key = row(item, kept.refusal["run"], self.reserved), key(item.url, item.source, item.hints)
                number, is_new = self.archive.articles.save(new, keys(item), lead_key, reading_by(item))
                if is_new:
                    self.put_links(number, item)
            elif change.columns or kept.article:
                self.update(change)

    def put_links(self, article: int, item: Article) -> None:
        self.archive.links.put(article, link_rows(item, self.reserved, self.find_target))

    def update(self, change: Reread) -> None:
        if article := change.kept.article:
            if change.columns:
                self.archive.articles.update(article["id"], change.columns)
            version = self.archive.versions.of_page(article["id"], change.kept.page["id"])
            if version and (change.columns or version["rules"] != reading_rules()):
                histories.revise(self.archive, version, says(change.item, self.reserved))
            self.put_links(article["id"], change.item)
        elif refusal := change.kept.refusal:
            at = {"at": now()} if change.what is Effect.REFUSED else {}
            self.archive.refusals.update(refusal["id"], change.columns | at)


def names(kept: Kept, item: Article) -> list[str]:
    """The keys under which a person may have spoken of it."""
    return [*(key(url, item.source, item.hints) for url in (item.url, item.final_url)), *kept.keys]


def off_topic(result: Article | Rejected) -> Article | None:
    """What could be read, and is refused for what it is about."""
    return readable(result) if isinstance(result, Rejected) else None


def _differing(before: Row, after: Row, columns: Iterable[str]) -> Row:
    return {name: after[name] for name in columns if after[name] != before[name]}
