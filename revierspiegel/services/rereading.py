"""Kept pages through cleaning and judging again: what other rules take in, leave out and change."""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from db.store.archive import Archive
from db.store.rows import Row, as_json, now
from db.store.warc import PageError, read_page
from pipelines.article import Article, Decision, Hints, Reason, Rejected, Rights
from pipelines.extraction.clean import clean
from pipelines.identity import identity, key, keys
from pipelines.intake.decisions import heed
from pipelines.relevance.judge import judge_by
from pipelines.storing.store import by_its_own_address, of_page, parts_of, row
from pipelines.worker import Beside, Lost

WORKERS = 2  # processes that read pages; a third would want a core that the site needs
FEW = 20  # pages that the first of them reads in the time that another takes to start
AHEAD = 8  # pages that wait for a worker, so that none waits for a page

# What the rules give. An article stays the one that it is: number, address, identity and moments are not theirs.
OF_THE_ARTICLE = (
    "title authors agencies published published_utc day month date_precision date_source modified text subheads"
    " page_kind lang access score reasons verdict rules_version words sha256 page"
).split()
OF_THE_REFUSAL = ("reason", "detail", "score", "reasons", "rules_version")
TOLD = ("title", "published", "authors", "agencies", "access", "page_kind", "verdict", "subheads")


class What(StrEnum):
    IN = "in"
    OUT = "out"
    CHANGED = "changed"
    REFUSED = "refused"  # as before, for another reason
    ALIAS = "alias"  # comes in as another address of an article that is there, or has just come in
    SAME = "same"
    SKIPPED = "skipped"  # it cannot be read back


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A kept page, and what it has become: an article or a refusal."""

    page: Row
    article: Row | None
    refusal: Row | None
    keys: tuple[str, ...]  # of the article


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """With its bytes and a person's word, as the worker wants it."""

    kept: Kept
    item: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a kept page by the rules of today."""

    what: What
    kept: Kept
    item: Article
    decision: Decision | None = None
    reason: Reason | None = None  # where the rules refuse it
    detail: str = ""
    columns: Row = field(default_factory=dict)  # of the article or the refusal that differ

    def fields(self) -> dict[str, Any]:
        """What has changed of an article, for a reader: name → [before, now]; of the text, its paragraphs."""
        before = self.kept.article or {}
        changed = {name: [before[name], self.columns[name]] for name in TOLD if name in self.columns}
        return changed | ({"text": _difference(before["text"], self.columns["text"])} if "text" in self.columns else {})

    def matters(self) -> bool:
        return self.what is not What.SAME

    def as_dict(self) -> dict[str, Any]:
        known = self.kept.article or self.kept.refusal or {}
        return {
            "what": str(self.what),
            "url": self.kept.page["url"],
            "source": self.kept.page["source"],
            "article": self.kept.article["id"] if self.kept.article else None,
            "title": self.item.title or known.get("title"),
            "was": known.get("reason"),
            "reason": self.reason and str(self.reason),
            "detail": self.detail,
            "reasons": list(self.item.reasons),
            "fields": self.fields(),
        }

    def as_lines(self) -> Iterator[str]:
        """For a person; nothing where nothing changes that a reader would see."""
        told = self.as_dict()
        if self.what in (What.SAME, What.REFUSED):
            return
        yield f"{self.what:8} {told['url']}  {told['title'] or ''}".rstrip()
        if told["was"] and self.what is not What.SKIPPED:
            yield f"         was {told['was']}: {(self.kept.refusal or {})['detail']}"
        if self.detail:
            yield f"         {self.reason}: {self.detail}" if self.reason else f"         {self.detail}"
        if self.what is What.IN:
            yield from (f"         {reason}" for reason in told["reasons"])
        for name, change in told["fields"].items():
            if name == "text":
                gone, new, signs = change.values()
                yield f"         text: {gone} paragraphs gone, {new} new, {signs:+} characters"
            else:
                yield f"         {name}: {_shown(change[0])} → {_shown(change[1])}"


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
    coming: set[str] = field(default_factory=set)  # keys of what has come in so far
    leaving: set[int] = field(default_factory=set)  # articles that have gone out so far

    def changes(self, numbers: Iterable[tuple[int, int | None, int | None]]) -> Iterator[Change]:
        """In the order of the numbers."""
        given = (self.begin(self.load(*each)) for each in numbers)
        for begun, read in side_by_side(self.work, given):
            yield begun if isinstance(begun, Change) else self.compare(begun, read)

    def load(self, page: int, article: int | None, refusal: int | None) -> Kept:
        kept = self.archive.pages.get(page)
        assert kept
        return Kept(
            page=kept,
            article=self.archive.articles.get(article),
            refusal=self.archive.refusals.get(refusal),
            keys=tuple(self.archive.articles.keys(article)),
        )

    def begin(self, kept: Kept) -> Change | Begun:
        """The article with its bytes and the word on it; a Change where that is all there is to know."""
        hints = self.hints.get(kept.page["source"], Hints())
        item = of_page(kept.page, b"", hints)
        said = json.loads((kept.article or kept.refusal or {}).get("rights") or "{}")
        try:
            body, _ = read_page(self.folder, kept.page)
            parts = parts_of(self.archive, self.folder, kept.page["id"])
            item = replace(item, rights=Rights(**said), html=body, parts=parts)
            item = heed(item, self.archive.decisions, names(kept, item))
        except PageError as error:
            return Change(what=What.SKIPPED, kept=kept, item=item, detail=str(error))
        except Rejected as refusal:
            return self.refused(kept, item, refusal, self.decision(kept, item))
        return Begun(kept=kept, item=item)

    def decision(self, kept: Kept, item: Article) -> Decision | None:
        return Decision.of(self.archive.decisions.find(names(kept, item), item.url))

    def work(self, begun: Change | Begun) -> tuple[Callable[..., Any], tuple[Any, ...]] | None:
        return None if isinstance(begun, Change) else (read_again, (self.topic, begun.item))

    def compare(self, begun: Begun, read: tuple[Article, Rejected | None] | Lost) -> Change:
        kept = begun.kept
        if isinstance(read, Lost):
            return Change(what=What.SKIPPED, kept=kept, item=begun.item, detail=str(read))
        item, rejected = read
        if rejected:
            return self.refused(kept, item, rejected, begun.item.decision)
        if kept.article is None:
            return self.comes(kept, by_its_own_address(self.archive, item))
        columns = _differing(kept.article, row(item, None, self.reserved), OF_THE_ARTICLE)
        what = What.CHANGED if columns.keys() & {*TOLD, "text"} else What.SAME
        return Change(what=what, kept=kept, item=item, decision=item.decision, columns=columns)

    def comes(self, kept: Kept, item: Article) -> Change:
        own = [identity(item), *keys(item)]
        known = self.archive.articles.of_keys(own)
        there = bool(known and known["id"] not in self.leaving) or not self.coming.isdisjoint(own)
        what = What.ALIAS if there else What.IN
        try:
            heed(item, self.archive.decisions, own)
        except Rejected as refusal:  # the word is on the address that the page gives as its own
            return self.refused(kept, item, refusal, item.decision)
        self.coming.update(own)
        return Change(what=what, kept=kept, item=item, decision=item.decision)

    def refused(self, kept: Kept, item: Article, refusal: Rejected, decision: Decision | None) -> Change:
        told = {"reason": str(refusal.reason), "detail": refusal.detail, "score": item.score}
        told |= {"reasons": as_json(item.reasons), "rules_version": item.rules_version}
        what, columns = What.OUT, told
        if kept.refusal and not kept.article:
            columns = _differing(kept.refusal, told, OF_THE_REFUSAL)
            what = What.REFUSED if "reason" in columns else What.SAME
        elif kept.article:
            self.leaving.add(kept.article["id"])
        reason, detail = refusal.reason, refusal.detail
        return Change(what=what, kept=kept, item=item, decision=decision, reason=reason, detail=detail, columns=columns)

    def apply(self, change: Change) -> None:
        """What a person has decided since the page was read comes first: such a change is left for the next time."""
        kept, item = change.kept, change.item
        if change.what is What.SKIPPED:
            return
        with self.archive.atomic():
            if self.decision(kept, item) != change.decision:
                return
            if change.what is What.OUT and kept.article:
                lead_key = key(item.url, item.source, item.hints)
                leaving = kept.article | {name: change.columns[name] for name in ("score", "reasons", "rules_version")}
                self.archive.take_out(leaving, lead_key, str(change.reason), change.detail)
            elif change.what in (What.IN, What.ALIAS) and kept.refusal:
                self.archive.refusals.forget(kept.refusal["id"])
                new = row(item, kept.refusal["run"], self.reserved)
                self.archive.articles.save(new, keys(item), key(item.url, item.source, item.hints))
            elif change.columns:
                self.update(change)

    def update(self, change: Change) -> None:
        if article := change.kept.article:
            self.archive.articles.update(article["id"], change.columns)
        elif refusal := change.kept.refusal:
            at = {"at": now()} if change.what is What.REFUSED else {}
            self.archive.refusals.update(refusal["id"], change.columns | at)


def names(kept: Kept, item: Article) -> list[str]:
    """The keys under which a person may have spoken of it."""
    return [*(key(url, item.source, item.hints) for url in (item.url, item.final_url)), *kept.keys]


def _differing(before: Row, after: Row, columns: Iterable[str]) -> Row:
    return {name: after[name] for name in columns if after[name] != before[name]}


def read_again(topic: str | None, article: Article) -> tuple[Article, Rejected | None]:
    """For the worker: the article without its bytes, and why it is refused."""
    try:
        return judge_by(topic, clean(article)), None
    except Rejected as refusal:
        return replace(refusal.article or article, html=b"", parts=()), refusal


G = TypeVar("G")


def side_by_side(
    work: Callable[[G], tuple[Callable[..., Any], tuple[Any, ...]] | None], given: Iterable[G]
) -> Iterator[tuple[G, Any]]:
    """What the work on each gives, or Lost, in order; several at a time. None where there is no work."""
    workers = [Beside() for _ in range(WORKERS)]
    waiting: deque[tuple[G, asyncio.Task[Any] | None]] = deque()
    with asyncio.Runner() as runner:
        loop = runner.get_loop()

        def first() -> tuple[G, Any]:
            each, task = waiting.popleft()
            try:
                return each, loop.run_until_complete(task) if task else None
            except Lost as lost:
                return each, lost

        try:
            for number, each in enumerate(given):
                todo = work(each)
                worker = workers[number % WORKERS if number >= FEW else 0]
                task = loop.create_task(worker.run(todo[0], *todo[1])) if todo else None
                waiting.append((each, task))
                if len(waiting) > AHEAD:
                    yield first()
            while waiting:
                yield first()
        finally:
            for worker in workers:
                worker.close()
