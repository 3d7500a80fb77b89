"""What a later look has found → the rows of an article's history: one transaction for each look."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from db.days import day_after, there
from db.outcomes import Code, Outcome
from db.store.archive import Archive
from db.store.crawl.frontier import TRIES
from db.store.rows import Row, as_json
from db.store.versions import OF_THE_SIGHT, VersionRow, What
from pipelines.article import Article
from pipelines.enrichment.changes import Change, compare
from pipelines.identity import keys
from pipelines.storing.looks import KnownPast, Look, Seen, event, is_hidden, reading_of
from pipelines.storing.rows import OF_THE_ARTICLE

TICKER = "ticker"  # changes all day: it has versions, and no changes
MOMENT = timedelta(minutes=10)
APART = timedelta(hours=20)  # between two visits at which a page is not found; one may be a server's bad night

# (first fetched, looked at, whether another version was found then) → the night of the next look
NextLook = Callable[[str, str, bool], str | None]


def tomorrow(first: str, at: str, changed: bool) -> str | None:
    return day_after(at)


def record(archive: Archive, found: Look, item: Article, next_look: NextLook) -> None:
    """`item`: what was fetched, with the page that is kept of it. Part of the caller's transaction."""
    past, at = found.past, found.says.get("seen_at") or moment_of(item)
    article = int(past.kept["id"])
    if found.seen is Seen.VERSION:
        add_version(archive, found, item)
    elif found.same_as:
        same_version(archive, found, item, at)
    if past.after is not None or at < (past.kept["last_checked"] or ""):
        return  # a page of a file says nothing of what is there now
    if found.what is not None:
        archive.versions.note(article, at, found.what, found.led_to, found.outcome)
    changed = found.seen is Seen.VERSION
    # What stands in its place is asked for in full the next time.
    server = {"etag": None, "modified": None, "full_at": at, "unchanged": 0, "missing_at": None}
    if found.seen in (Seen.SAME, Seen.MORE, Seen.VERSION):
        archive.articles.add_addresses(article, keys(item), item.url)
        server |= {"etag": item.etag, "modified": item.last_modified}
    outcome = Code.NEW_VERSION.of() if changed else found.outcome
    soon = changed or says_modified(found.columns.get("modified"), past.kept["last_checked"], at)
    archive.revisits.looked(article, at, next_look(past.kept["fetched_at"], at, soon), outcome, server)


def says_modified(modified: str | None, last: str | None, at: str) -> bool:
    """Whether a page names a moment between two looks; some name the one at which they are asked, each time."""
    if not modified or not last or "T" not in modified:
        return False
    return there(last) < there(modified) < there(at) - MOMENT


def moment_of(item: Article) -> str:
    assert item.fetched_at
    return item.fetched_at.isoformat(timespec="seconds")


def add_version(archive: Archive, found: Look, item: Article) -> None:
    past, article = found.past, int(found.past.kept["id"])
    for version in (past.before, past.after):  # both sides stand there as the same rules read them
        if version and version["id"] in past.revised:
            revise(archive, version, past.revised[version["id"]])
    new = found.says | {"article": article, "page": item.page}
    new |= {"id": archive.versions.add(new)}
    put_change(archive, past.before, new, found.change)
    if past.again is not None:
        put_change(archive, new, again(archive, past, past.again), found.change_after)
    elif past.after is not None:
        put_change(archive, new, past.after, found.change_after)
    elif is_hidden(found):
        archive.articles.update(article, {"access": found.columns["access"]})
    else:
        update_article(archive, found, item)


def again(archive: Archive, past: KnownPast, at: str) -> Row:
    """The version that was there before a page of a file, and was seen again after it: as one of its own."""
    assert past.before
    number = past.before["id"]
    version: Row = {**past.before, **past.revised.get(number, {})}
    version |= {"page": past.before["page"], "seen_at": at, "last_seen": at}
    archive.versions.update(number, {"last_seen": past.before["seen_at"]})
    del version["id"]
    new = archive.versions.add(version)
    if past.after:
        archive.versions.now_follows(past.after["id"], new)
    return version | {"id": new}


def same_version(archive: Archive, found: Look, item: Article, at: str) -> None:
    past, version = found.past, found.same_as
    assert version
    if found.seen is not Seen.NOT_COMPARABLE:
        archive.versions.seen(version["id"], at)
    if version is past.after:  # a page of a file: that version was there earlier
        archive.versions.update(version["id"], {"seen_at": at})
        put_change(archive, past.before, version | {"seen_at": at}, found.change)
    if found.seen is Seen.MORE:  # of what was had in part: no change of the outlet's
        revise(archive, version, found.says)
        archive.versions.update(version["id"], {"page": item.page})
        compare_again(archive, version["article"])
        if archive.versions.of(version["article"])[-1]["id"] == version["id"] and not is_hidden(found):
            update_article(archive, found, item)


def update_article(archive: Archive, found: Look, item: Article) -> None:
    given = found.columns | {"page": item.page}
    columns = {name: given[name] for name in OF_THE_ARTICLE if name in given}
    archive.articles.update(int(found.past.kept["id"]), columns)


def put_change(
    archive: Archive, before: Mapping[str, Any] | None, after: Mapping[str, Any], change: Change | None
) -> None:
    """Between two rows of `versions`, the one after the other."""
    if before is None or change is None or after["page_kind"] == TICKER:
        archive.versions.drop_change(after["id"])
        return
    row = {"version": after["id"], "article": after["article"], "before": before["id"], "at": after["seen_at"]}
    archive.versions.put_change(row | {"kinds": as_json([str(kind) for kind in change.kinds]), "size": change.size})


def revise(archive: Archive, version: VersionRow, says: Row) -> None:
    """As the rules of today read its page: no version of its own."""
    archive.versions.update(version["id"], {name: says[name] for name in says if name not in OF_THE_SIGHT})


def compare_again(archive: Archive, article: int) -> None:
    """The changes of an article whose versions were read anew."""
    for before, after in pairwise(archive.versions.of(article)):
        if before["rules"] == after["rules"]:
            put_change(archive, before, after, compare(reading_of(before), reading_of(after)))


def unchanged(archive: Archive, revisit: Row, at: str, nights: int, next_look: NextLook) -> None:
    """Its server says that it has not changed (304); `nights`: on how many in a row."""
    article = revisit["article"]
    archive.versions.seen(archive.versions.of(article)[-1]["id"], at)
    if archive.versions.state(article) is What.GONE:  # what it had answered before is there again, be it a wall
        what = What.WALLED if archive.versions.is_walled(article) else What.BACK
        archive.versions.note(article, at, what, None, None)
    due = next_look(revisit["fetched_at"], at, False)
    archive.revisits.looked(article, at, due, None, {"unchanged": nights, "missing_at": None})


def missing(archive: Archive, revisit: Row, at: str, status: int, next_look: NextLook) -> None:
    """Its address answered 404 or 410. The one is believed at the second visit, a night later; the other at once."""
    article, since = revisit["article"], revisit["missing_at"] or at
    outcome = Code.HTTP_STATUS.of(status=status)
    sure = status == 410 or datetime.fromisoformat(at) - datetime.fromisoformat(since) >= APART
    if sure and (what := event(archive.versions.state(article), What.GONE)):
        archive.versions.note(article, at, what, None, outcome)
    due = next_look(revisit["fetched_at"], at, False) if sure else day_after(at)
    archive.revisits.looked(article, at, due, outcome, {"missing_at": since})


def failed(archive: Archive, article: int, first: str, at: str, why: Outcome, next_look: NextLook) -> None:
    """Its page could not be had, or not be read by a fault of ours: after some nights in vain when it is next due."""
    with archive.atomic():
        if archive.revisits.failed(article, why) >= TRIES:
            archive.revisits.plan(article, {"due": next_look(first, at, False), "tries": 0})
