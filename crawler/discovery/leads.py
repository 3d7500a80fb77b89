"""The noun of finding: a lead, and how the words of feeds, sitemaps and listings become one."""

import heapq
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.html import defs

from db.days import moment
from db.outcomes import Outcome
from pipelines.dates import latest


class Form(StrEnum):
    FEED = "feed"
    SITEMAP = "sitemap"
    SITEMAP_INDEX = "sitemap_index"
    LISTING = "listing"


class Unreadable(ValueError):
    """What the document is instead of what it should be."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    url: str  # as found, absolute, without fragment
    title: str | None = None
    summary: str | None = None
    published: str | None = None  # ISO 8601 with the document's own offset; a bare day where it names none
    modified: str | None = None  # likewise, where the document says when the page was changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which leads of a document are kept: the best `limit` by `rank`, of equals the newest; none before `since`."""

    limit: int = 10_000
    rank: Callable[[Lead], Any] | None = None
    since: str | None = None  # a day; leads without a date are kept
    at: datetime = field(default_factory=moment)  # when the document was had


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    leads: tuple[Lead, ...]  # best first
    listed: int  # different items in the document, also those that are not in `leads`
    more: tuple[str, ...] = ()  # child sitemaps, newest first
    kind: Form
    problem: Outcome | None = None  # what was wrong though something could be read
    note: Outcome | None = None  # what a reader of the night should know, and nobody need mend


ADDRESS_MAX = 4_000
TITLE_MAX = 500
SUMMARY_MAX = 2_000


LATER = timedelta(days=30)


def as_of(published: str | None, at: datetime, *, archive: bool = False) -> str:
    """By when a lead stands in the order, newest first; as text, for offsets differ by hours at most.

    What has no date is as new as the night that found it; in a sitemap, which lists an archive, a month older: behind
    what is known to be fresh, before what is known to be old. So is what claims to be from the future.
    """
    if published and published[:10] <= latest(at).isoformat():
        return published
    return (at - LATER if published or archive else at).isoformat(timespec="seconds")


def choose(leads: Iterable[Lead | None], choice: Choice, *, archive: bool = False) -> tuple[tuple[Lead, ...], int, int]:
    """The kept leads, how many there were, and how many of these had no address (None). `archive`: of a sitemap."""
    seen: set[int] = set()  # hashes: 500,000 addresses would take 60 MB more
    nameless = 0

    def fresh() -> Iterator[Lead]:
        nonlocal nameless
        for lead in leads:
            if lead is None:
                nameless += 1
                continue
            before = len(seen)
            seen.add(hash(lead.url))
            if len(seen) > before and not (choice.since and lead.published and lead.published[:10] < choice.since):
                yield lead

    candidates = fresh()
    kept = heapq.nlargest(choice.limit, candidates, key=lambda lead: order(lead, choice, archive=archive))
    deque(candidates, maxlen=0)  # with a limit of 0 nothing has been counted yet
    return tuple(kept), len(seen) + nameless, nameless


def order(lead: Lead, choice: Choice, *, archive: bool) -> tuple[Any, str]:
    return (choice.rank(lead) if choice.rank else 0), as_of(lead.published, choice.at, archive=archive)


# Newer ones than lxml knows, or older. What else stands in angle brackets is a word: <KI>.
ELEMENTS = defs.tags | {"picture", "main", "template", "dialog", "slot", "data", "bdi", "frame", "noframes", "center"}
TAG = re.compile(
    rf"<(?:/?(?:{'|'.join(sorted(ELEMENTS, key=len, reverse=True))}|[a-z]+:[a-z]+)(?:[\s/][^<>]*)?|[!?][^<>]*)>", re.I
)


def words(markup: str, most: int) -> str | None:
    """Plain text of a title or a summary: tags of HTML stripped, entities resolved once, white space folded."""
    if not markup:
        return None
    text = unescape(TAG.sub(" ", markup[: 10 * most]))
    return " ".join(text.split())[:most].strip() or None


# What nearly all addresses of sitemaps look like: knowing it halves the time for 500,000 entries.
PLAIN = re.compile(r"https?://[a-zA-Z0-9][a-zA-Z0-9.-]{0,250}/[\w/.,:;~%=?&+-]{0,2000}")

NOT_IN_HOST = re.compile(r"[\s\x00-\x20<>\"'\\^`{|}]")
AMPERSANDS = re.compile(r"&(?:amp;|#0*38;|#x0*26;)+", re.I)  # escaped once more than the document asks for
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def address(raw: str | None, base: str) -> str | None:
    """An absolute http(s) address without fragment, otherwise as found; None where it is none."""
    if raw and ";" not in raw and PLAIN.fullmatch(raw):
        return raw
    raw = AMPERSANDS.sub("&", re.sub(r"[\t\r\n]", "", (raw or "").strip()))
    if not raw or raw.startswith("#") or len(raw) > ADDRESS_MAX:
        return None
    try:
        absolute = raw if raw[:8].lower().startswith(("http://", "https://")) else urljoin(base, raw)
        parts = urlsplit(absolute)
        valid = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and parts.username is None
        )
    except ValueError:
        return None
    if not valid or NOT_IN_HOST.search(parts.netloc) or CONTROL.search(absolute):
        return None
    return absolute.partition("#")[0]
