"""The noun of finding: a lead, and how the words of feeds, sitemaps and listings become one."""

import heapq
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipelines import dates


class Form(StrEnum):
    FEED = "feed"
    SITEMAP = "sitemap"
    SITEMAP_INDEX = "sitemap_index"
    LISTING = "listing"


class Unreadable(ValueError):
    """One line: what the document is instead of what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    url: str  # as found, absolute, without fragment
    title: str | None = None
    summary: str | None = None
    date: str | None = None  # ISO 8601 with the document's own offset; a bare day where it names none


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which leads of a document are kept: the best `limit` by `rank` (None: the newest), none before `since`."""

    limit: int = 10_000
    rank: Callable[[Lead], Any] | None = None
    since: str | None = None  # a day; leads without a date are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    leads: tuple[Lead, ...]  # best first
    listed: int  # different items in the document, also those that are not in `leads`
    more: tuple[str, ...] = ()  # child sitemaps, newest first
    kind: Form
    problem: str | None = None  # what was wrong though something could be read


ADDRESS_MAX = 4_000
TITLE_MAX = 500
SUMMARY_MAX = 2_000


def newest(lead: Lead) -> str:
    return lead.date or ""  # as text: offsets differ by hours at most, and this only orders


def choose(leads: Iterable[Lead | None], choice: Choice) -> tuple[tuple[Lead, ...], int, int]:
    """The kept leads, how many there were, and how many of these had no address (None)."""
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
            if len(seen) > before and not (choice.since and lead.date and lead.date[:10] < choice.since):
                yield lead

    candidates = fresh()
    kept = heapq.nlargest(choice.limit, candidates, key=choice.rank or newest)
    deque(candidates, maxlen=0)  # with a limit of 0 nothing has been counted yet
    return tuple(kept), len(seen) + nameless, nameless


TAG = re.compile(r"<[/!?a-zA-Z][^<>]*>")


def words(markup: str, most: int) -> str | None:
    """Plain text of a title or a summary: tags stripped, entities resolved once, white space folded."""
    if not markup:
        return None
    text = unescape(TAG.sub(" ", markup[: 10 * most]))
    return " ".join(text.split())[:most].strip() or None


# What nearly all addresses and dates of sitemaps look like: knowing them halves the time for 500,000 entries.
PLAIN = re.compile(r"https?://[a-zA-Z0-9][a-zA-Z0-9.-]{0,250}/[\w/.,:;~%=?&+-]{0,2000}")
PLAIN_DATE = re.compile(r"(?:199[4-9]|20\d\d)-\d\d-\d\d(?:T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?")

NOT_IN_HOST = re.compile(r"[\s\x00-\x20<>\"'\\^`{|}]")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def address(raw: str | None, base: str) -> str | None:
    """An absolute http(s) address without fragment, otherwise as found; None where it is none."""
    if raw and PLAIN.fullmatch(raw):
        return raw
    raw = re.sub(r"[\t\r\n]", "", (raw or "").strip())
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


# What the e-mail library does not know: zones of Europe, and months in German (by their first three letters).
ZONES = {"cet": "+0100", "mez": "+0100", "cest": "+0200", "mesz": "+0200", "bst": "+0100", "wet": "+0000"}
MONTHS = {"mär": "Mar", "mrz": "Mar", "mae": "Mar", "mai": "May", "okt": "Oct", "dez": "Dec"}
MONTHS |= {name.lower(): name for name in ("Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Nov")}
RFC822 = re.compile(r"(?:\w+\.?,?\s)?\s*(\d{1,2})\.?[\s-]+([^\W\d_]{3,})\.?[\s-]+(\d{2,4})\s+(\d\d?:\d\d.*)")


def date_of(raw: str | None) -> str | None:
    """ISO 8601 of an RFC 822, ISO or written date; None for junk and for the zero of a machine's clock."""
    if not raw:
        return None
    text = " ".join(raw[:80].split())
    try:
        if PLAIN_DATE.fullmatch(text):
            datetime.fromisoformat(text)
            return text
        found = mail_date(text) or dates.read(text)
    except (ValueError, TypeError, IndexError, OverflowError):  # what the e-mail library raises on hostile figures
        return None
    return found if found and found >= dates.FIRST_DAY.isoformat() else None


def mail_date(text: str) -> str | None:
    parts = RFC822.fullmatch(text)
    if parts is None:
        return None
    day, month, year, clock = parts.groups()
    clock = re.sub(r"[^\W\d_]+", lambda zone: ZONES.get(zone[0].lower(), zone[0]), clock)
    moment = parsedate_to_datetime(f"{day} {MONTHS.get(month[:3].lower(), month)} {year} {clock}")
    return moment.isoformat(timespec="seconds") if moment.tzinfo else moment.date().isoformat()
