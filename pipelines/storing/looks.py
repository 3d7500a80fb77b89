"""A later look at the page of a kept article: another version, gone, moved, walled, back. Nothing is written here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import urlsplit

from db.outcomes import Code, Outcome
from db.store.rows import Row
from db.store.versions import VersionRow, What, version_of
from pipelines.article import Article, Reason, Rejected, sound
from pipelines.enrichment.changes import Change, Reading, another_article, compare
from pipelines.identity import key
from pipelines.storing.reading_rules import reading_rules
from pipelines.storing.rows import JUDGED, row

CLOSED = ("teaser", "walled")
# What is judged of an article that could be read: once kept, it stays, and so does what it says now.
ON_RELEVANCE = (Reason.MENTION, Reason.OFF_TOPIC, Reason.TOO_OLD)
# Words of addresses at which there is no article: the page of a search, of an offer, of what is not found.
SEARCH = frozenset("suche search suchergebnis suchergebnisse recherche".split())
OFFER = frozenset("abo abos abonnement subscribe subscription login anmelden registrieren paywall".split())
ABSENT = frozenset("404 410 error fehler nicht-gefunden not-found notfound".split())


class Seen(StrEnum):
    SAME = "same"
    VERSION = "version"
    MORE = "more"  # of a version that was known in part
    NOT_COMPARABLE = "not_comparable"  # other rules have read the last version, and its page is not kept
    ANOTHER = "another"  # article, at the same address
    AWAY = "away"  # gone, moved or walled: see `what`
    UNREADABLE = "unreadable"  # what the page is tonight says nothing of the article


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPast:
    """What is known of a kept article at the moment at which a page of it was fetched."""

    kept: Row  # of `articles`
    before: VersionRow | None  # the version that held then
    after: VersionRow | None = None  # the next: a page of a file may come later than newer ones
    again: str | None = None  # when the version before was seen again, which is after that page
    revised: Mapping[int, Row] = field(default_factory=dict)  # versions as the rules of today read their pages
    state: What | None = None  # what was last found of it
    is_walled: bool = False  # when it was last there

    def as_read_today(self, version: VersionRow) -> Reading | None:
        """None where nobody can tell any more how the rules of today would have read it."""
        if revised := self.revised.get(version["id"]):
            return reading_of(revised)
        return reading_of(version) if version["rules"] == reading_rules() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    past: KnownPast
    seen: Seen
    says: Row = field(default_factory=dict)  # the columns of `versions`, as it reads now
    columns: Row = field(default_factory=dict)  # those of `articles`
    article: Article | None = None  # where it can be read
    same_as: VersionRow | None = None
    change: Change | None = None  # against the version before
    change_after: Change | None = None  # of the next version against this
    what: What | None = None  # what is new of its being there
    led_to: str | None = None
    outcome: Outcome | None = None


def says(article: Article, reserved: str) -> Row:
    """As a version: what the page says, whatever a person says."""
    return version_of(row(article, None, reserved)) | reading_by(article)


def reading_by(article: Article) -> Row:
    """The columns of `versions` on how its page was read."""
    return {"rules": reading_rules(), "in_part": int(article.in_part)}


def reading_of(version: Mapping[str, object]) -> Reading:
    """`version`: what `says` gives, or a row of `versions`."""
    return Reading(
        title=str(version["title"]),
        text=str(version["text"] or ""),
        authors=tuple(json.loads(str(version["authors"] or "[]"))),
        access=_text(version["access"]),
        page_kind=_text(version["page_kind"]),
        lang=_text(version["lang"]),
        in_part=bool(version["in_part"]),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def readable(outcome: Article | Rejected) -> Article | None:
    """The article as far as it can be compared."""
    if isinstance(outcome, Article):
        return outcome
    return outcome.article if outcome.reason in ON_RELEVANCE and outcome.article and outcome.article.text else None


def is_read_otherwise(version: VersionRow | None, now: Row) -> bool:
    """Whether its page has to be read again: it differs, and other rules have read it."""
    if version is None or version["rules"] == reading_rules():
        return False
    return compare(reading_of(version), reading_of(now)) is not None


def look(past: KnownPast, item: Article, outcome: Article | Rejected, reserved: str) -> Look:
    """`item`: what was fetched; `outcome`: what it reads as; `reserved`: the registry's word on reservations."""
    article = readable(outcome)
    article = article and sound(article)
    if article is None:
        assert isinstance(outcome, Rejected)
        return instead(past, item, outcome)
    columns = row(article, None, reserved)
    if isinstance(outcome, Rejected):  # what spoke for it when it was taken in holds
        columns = {name: value for name, value in columns.items() if name not in JUDGED}
    found = Look(past=past, seen=Seen.SAME, says=says(article, reserved), columns=columns, article=article)
    last = past.before or past.after
    then, now = (past.as_read_today(last) or reading_of(last)) if last else None, reading_of(found.says)
    if then and then.text and now.text and another_article(then, now):
        return elsewhere(found, item)
    found = compared(found, then, now)
    closed = now.access in CLOSED and found.seen is not Seen.NOT_COMPARABLE
    walled = closed and ((past.before and then and then.access not in CLOSED) or past.is_walled)
    return replace(found, what=event(past.state, What.WALLED if walled else None))


def compared(found: Look, then: Reading | None, now: Reading) -> Look:
    past, changes, reading = found.past, list[Change | None](), None
    if then and bool(then.text) is not bool(now.text):  # withheld since, or no longer
        return replace(found, seen=Seen.NOT_COMPARABLE, outcome=Code.NOT_COMPARABLE.of())
    for version in (past.before, None if past.again else past.after):
        change = None
        if version and compare(reading_of(version), now):
            reading = past.as_read_today(version)
            if reading is None:
                return replace(found, seen=Seen.NOT_COMPARABLE, outcome=Code.NOT_COMPARABLE.of())
            change = compare(reading, now) if version is past.before else compare(now, reading)
            if change and now.in_part and not reading.in_part:
                return replace(found, seen=Seen.NOT_COMPARABLE, outcome=Code.NOT_COMPARABLE.of())
        if version and change is None:
            # Where the text is withheld, its digest alone tells that there is another.
            unknown = not now.text and version["sha256"] != found.says["sha256"]
            seen, outcome = (Seen.NOT_COMPARABLE, Code.NOT_COMPARABLE.of()) if unknown else (Seen.SAME, None)
            if version["in_part"] and len(now.text) > len(version["text"] or ""):
                seen = Seen.MORE
            change = changes[0] if changes else None
            return replace(found, seen=seen, outcome=outcome, same_as=version, change=change)
        changes.append(change)
    if past.again and reading:
        changes[1] = compare(now, reading)
    return replace(found, seen=Seen.VERSION, change=changes[0], change_after=changes[1])


def instead(past: KnownPast, item: Article, outcome: Rejected) -> Look:
    """What stands in the place of the article tonight."""
    found = Look(past=past, seen=Seen.UNREADABLE, outcome=outcome.outcome)
    page = outcome.article or item
    if outcome.reason is Reason.MISSING:
        return away(found, What.GONE)
    hidden = outcome.reason in (Reason.WALL, Reason.TOO_SHORT, Reason.NO_TEXT) and page.access in CLOSED
    if (hidden or page.page_kind == "wall") and page.page_kind not in ("consent", "blocked"):
        was_open = past.before is not None and past.before["access"] not in CLOSED
        return away(found, What.WALLED) if was_open else found
    return elsewhere(found, item, is_list=page.page_kind == "list")


def elsewhere(found: Look, item: Article, *, is_list: bool = False) -> Look:
    """The page is none of this article: its address leads away, or has become another's."""
    kept, there = found.past.kept, item.final_url or item.url
    own = {key(url, item.source, item.hints) for url in (kept["url"], kept["final_url"] or kept["url"])}
    if key(there, item.source, item.hints) in own:
        return replace(found, seen=Seen.ANOTHER, outcome=Code.ANOTHER_ARTICLE.of()) if found.says else found
    what = what_of_address(kept["url"], there) or (What.GONE if is_list else What.MOVED if found.says else None)
    return away(replace(found, led_to=there, outcome=Code.LED_TO.of(url=there)), what) if what else found


def what_of_address(asked: str, there: str) -> What | None:
    """What it means that one leads to the other: home, a section above it, a search or an offer is no article."""
    before, after = (
        [part for part in urlsplit(url).path.lower().split("/") if part and not part.startswith("index.")]
        for url in (asked, there)
    )
    words = {part.partition(".")[0] for part in after}
    if words & OFFER:
        return What.WALLED
    above = len(after) < len(before) and before[: len(after)] == after
    return What.GONE if above or words & (SEARCH | ABSENT) else None


def away(found: Look, what: What) -> Look:
    return replace(found, seen=Seen.AWAY, what=event(found.past.state, what))


def event(state: What | None, what: What | None) -> What | None:
    """What is new of an article that was last found in that state; `what` is None where it is there."""
    if what is None:
        return What.BACK if state not in (None, What.BACK) else None
    return what if what is not state else None


def is_hidden(found: Look) -> bool:
    """Whether a wall hides the text, on this night or since: the archive goes on with the longer one that it has."""
    kept, before = found.past.kept, found.past.before
    if before is None or found.says["access"] not in CLOSED:
        return False
    was_open = before["access"] not in CLOSED or before["sha256"] != kept["sha256"]
    return was_open and (kept["words"] or 0) > (found.columns["words"] or 0)


def tells_today(found: Look) -> bool:
    """Whether the archive's text of the article is that of this page."""
    past, same_as = found.past, found.same_as
    if same_as and found.says["in_part"] and not same_as["in_part"]:
        return False
    is_newest = past.after is None and past.again is None
    return found.seen in (Seen.SAME, Seen.MORE, Seen.VERSION) and is_newest and not is_hidden(found)
