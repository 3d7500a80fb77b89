"""The end of the journey, one for every article: kept, another address of one that is kept, refused, or failed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from db.outcomes import Code, Outcome
from db.store.archive import Archive
from db.store.leaving.removals import digest_of
from db.store.rows import Row
from db.store.versions import own_title
from pipelines.article import Article, Failed, Reason, Rejected, sound
from pipelines.identity import identity, key, keys
from pipelines.intake.decisions import FindDecision, heed
from pipelines.storing.histories import NextLook, failed, moment_of, record, tomorrow
from pipelines.storing.links import FindTarget, link_rows, unknown_target
from pipelines.storing.looks import KnownPast, Look, look, reading_by, tells_today
from pipelines.storing.rows import refusal_row, row


class Ending(StrEnum):
    KEPT = "kept"
    ALIAS = "alias"  # an article that is kept already, at another address
    AGAIN = "again"  # a kept article, that was looked at again
    REFUSED = "refused"
    FAILED = "failed"  # by our own code: the address waits, and is asked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    article: Article
    ending: Ending
    reason: Reason | None = None  # where it is refused
    outcome: Outcome | None = None  # why it is refused, or has failed


def at_home(article: Article) -> Article | Rejected:
    return article


def left_alone(page: int) -> None:
    """By whoever has no pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where articles end, and by whose word: one for a run."""

    archive: Archive
    run: int | None
    reserved: str  # the registry's word on what a reservation means
    find_decision: FindDecision
    next_look: NextLook = tomorrow
    place: Callable[[Article], Article | Rejected] = at_home  # whether it belongs to this host
    refusals_wait: bool = False  # for others, to be written together
    find_target: FindTarget = unknown_target
    forget_page: Callable[[int], None] = left_alone  # one that should not have been kept


def settle(article: Article, outcome: Article | Rejected | Failed, store: Store) -> Settled:
    """The one place in which an article ends, in one transaction; `article` is what it was before the stages.

    A page of a kept article is a look at it, also one that comes from a file and is older than what is known.
    Raises sqlite3.Error where the archive cannot be written: then it has not ended.
    """
    kept = store.archive.articles.at(key(article.url, article.source, article.hints))
    if kept:
        if isinstance(outcome, Failed):
            return settle_look(article, outcome, store)
        read = outcome.article if isinstance(outcome, Rejected) else outcome
        found = look(past_of(store.archive, kept, article), article, outcome, store.reserved)
        return settle_look(replace(article, page=read.page if read else article.page), found, store)
    if isinstance(outcome, Article):
        outcome = heed_all_keys(by_its_own_address(store.archive, sound(outcome)), store.find_decision)
    if isinstance(outcome, Article):
        outcome = store.place(outcome)
    if isinstance(outcome, Rejected) and outcome.reason is Reason.REMOVED:
        return settle_removed(sound(outcome.article or article), outcome, store)
    if isinstance(outcome, Rejected):
        refused = sound(outcome.article or article)
        refuse = store.archive.refusals.refuse_soon if store.refusals_wait else store.archive.refusals.refuse
        refuse(refusal_row(refused), outcome.reason, outcome.outcome, store.run)
        return Settled(article=refused, ending=Ending.REFUSED, reason=outcome.reason, outcome=outcome.outcome)
    if isinstance(outcome, Failed):
        unread, why = sound(article), Code.FAILED.of(why=outcome.outcome)
        store.archive.frontier.wait_again(refusal_row(unread), why)
        return Settled(article=unread, ending=Ending.FAILED, outcome=why)
    lead_key = key(outcome.url, outcome.source, outcome.hints)
    with store.archive.atomic():
        columns = row(outcome, store.run, store.reserved)
        number, new = store.archive.articles.save(columns, keys(outcome), lead_key, reading_by(outcome))
        if new:
            if outcome.outlet:
                store.archive.found_hosts.call(outcome.source, outcome.outlet)
            put_links(number, outcome, store)
            begin_history(number, outcome, store)
    return Settled(article=outcome, ending=Ending.KEPT if new else Ending.ALIAS)


def settle_removed(article: Article, refused: Rejected, store: Store) -> Settled:
    """It was taken down, and has come by another address: nothing of it stays, and that address is not asked again."""
    if article.page is not None:
        store.forget_page(article.page)
    names = {*keys(article), *keys(article).values(), article.url}
    with store.archive.atomic():
        if removal := store.archive.removals.of(names):
            store.archive.removals.add(removal["id"], map(digest_of, names))
        store.archive.frontier.finished(key(article.url, article.source, article.hints), article.source, article.url)
    return Settled(article=article, ending=Ending.REFUSED, reason=refused.reason, outcome=refused.outcome)


def begin_history(number: int, article: Article, store: Store) -> None:
    """When it is looked at again. What comes back may read otherwise than it did when it left."""
    at = moment_of(article)
    server = {"etag": article.etag, "modified": article.last_modified}
    store.archive.revisits.plan(number, server | {"due": store.next_look(at, at, False)})
    last = store.archive.versions.of(number)[-1]
    if last["page"] != article.page and (kept := store.archive.articles.get(number)):
        past = replace(past_of(store.archive, kept, article), before=last, after=None, again=None)
        record(store.archive, look(past, article, article, store.reserved), article, store.next_look)


def put_links(number: int, article: Article, store: Store) -> None:
    store.archive.links.put(number, link_rows(article, store.reserved, store.find_target))


def past_of(archive: Archive, kept: Row, article: Article) -> KnownPast:
    at = moment_of(article)
    before, after = archive.versions.around(kept["id"], at)
    again = before["last_seen"] if before and (before["last_seen"] or "") > at else None
    state, is_walled = archive.versions.state(kept["id"]), archive.versions.is_walled(kept["id"])
    return KnownPast(kept=kept, before=before, after=after, again=again, state=state, is_walled=is_walled)


def settle_look(article: Article, found: Look | Failed, store: Store) -> Settled:
    """As `settle`, of a page of a kept article: `article` has the page, where it is another version."""
    archive, lead_key = store.archive, key(article.url, article.source, article.hints)
    with archive.atomic():
        archive.frontier.finished(lead_key, article.source, article.url)
        if isinstance(found, Look):
            record(archive, found, article, store.next_look)
            if found.article and tells_today(found):
                put_links(found.past.kept["id"], found.article, store)
            return Settled(article=article, ending=Ending.AGAIN)
        kept, why = archive.articles.at(lead_key), Code.FAILED.of(why=found.outcome)
        if kept:
            failed(archive, kept["id"], kept["fetched_at"], moment_of(article), why, store.next_look)
        return Settled(article=article, ending=Ending.FAILED, outcome=why)


def by_its_own_address(archive: Archive, article: Article) -> Article:
    """A canonical address that different articles share (a section's, a template's) names none of them."""
    kept = archive.articles.of_keys([identity(article), *keys(article)])
    if kept is None or article.canonical_url is None or "#" in identity(article):
        return article
    paragraphs = {paragraph for paragraph in article.text.split("\n\n") if len(paragraph) > 80}
    title = article.uncorrected.get("title", article.title)
    akin = own_title(kept) == title or not paragraphs.isdisjoint(kept["text"].split("\n\n"))
    return article if akin else replace(article, canonical_url=None)


def heed_all_keys(article: Article, find: FindDecision) -> Article | Rejected:
    """A person's word may be on the address that the page gives as its own, which nobody knew before."""
    heeded = heed(article, find, keys(article))
    return replace(heeded, article=article) if isinstance(heeded, Rejected) else article
