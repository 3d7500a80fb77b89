"""Where finding begins: the registry of publishers (sources.toml) and the known articles (known_articles.csv)."""

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from crawler.registry.claims import Claim, holding, read_claims
from crawler.registry.publishing import PUBLISHING, Publishing, TextRights
from db import validation
from db.days import today
from db.validation import ConfigError as ConfigError
from db.validation import Reader, Tell, listed
from pipelines.article import Hints
from pipelines.identity import bare_host, domains

FOLDER = Path(__file__).parents[1]  # where the registry and the known articles that come with the program lie


class Kind(StrEnum):
    GOVERNMENT = "government"
    MUNICIPALITY = "municipality"
    AGENCY_DEVELOPMENT = "agency_development"
    COMPANY = "company"
    NGO = "ngo"
    REGIONAL_PRESS = "regional_press"
    NATIONAL_PRESS = "national_press"
    INTERNATIONAL_PRESS = "international_press"
    BROADCASTER = "broadcaster"
    TRADE_PRESS = "trade_press"
    OTHER = "other"


# Who writes for others to print it; what all others write is theirs.
RELEASING = frozenset((Kind.GOVERNMENT, Kind.MUNICIPALITY, Kind.AGENCY_DEVELOPMENT, Kind.COMPANY, Kind.NGO))


class Access(StrEnum):
    """How much of an outlet lies behind a wall, as a judgement on the whole."""

    NONE = "none"
    PARTIAL = "partial"
    HARD = "hard"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """Why an address is believed to answer."""

    VERIFIED = "verified"  # a dated test, or a link on the outlet's own recent page
    LISTED = "listed"  # in public code or pages, undated
    SEEN = "seen"  # it, or an article below it, is known to exist
    INFERRED = "inferred"  # derived from a pattern


class Reserved(StrEnum):
    """What becomes of an article whose publisher reserves text and data mining."""

    METADATA_ONLY = "metadata-only"  # judged, and kept without its text and page
    SKIP = "skip"  # refused
    KEEP = "keep"  # kept as if nothing was said


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    url: str  # may hold templates: see `expand`
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Address):
    """A page of links; `link` is searched in the absolute address of each, None leaves the choice to discovery."""

    link: str | None = None
    page: str | None = None  # query parameter that counts the pages
    first_page: int = 0
    pages: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    id: str
    name: str
    homepage: str
    kind: Kind = Kind.OTHER
    lang: str = "de"  # ISO 639-1, where a page does not say
    region: str = "de"
    access: Access = Access.UNKNOWN
    rights: TextRights | None = None  # by its kind where nothing is said
    feeds: tuple[Address, ...] = ()
    sitemaps: tuple[Address, ...] = ()  # whole archives
    news_sitemaps: tuple[Address, ...] = ()  # the last days
    listings: tuple[Listing, ...] = ()
    hosts: tuple[str, ...] = ()  # own hosts that no address here names
    id_pattern: str | None = None  # one group: the outlet's stable id in the address of an article
    query_ids: tuple[str, ...] = ()  # query parameters that name an article
    paused: str | None = None  # why it is not read
    publisher: tuple[Claim, ...] = ()  # the house that owns it, the oldest first
    newsroom: tuple[Claim, ...] = ()  # whose national or regional pages it has
    own_hosts: frozenset[str] = field(init=False, repr=False, compare=False)  # lower case, without 'www.'

    def __post_init__(self) -> None:
        named = [self.homepage, *self.templates, *(f"//{host}" for host in self.hosts)]
        object.__setattr__(self, "own_hosts", frozenset(map(bare_host, named)))

    @property
    def templates(self) -> tuple[str, ...]:
        """All discovery addresses as the registry has them."""
        return tuple(a.url for a in (*self.feeds, *self.news_sitemaps, *self.sitemaps, *self.listings))

    @property
    def addresses(self) -> tuple[str, ...]:
        """All discovery addresses as they are today."""
        return tuple(expand(url, date.fromisoformat(today())) for url in self.templates)

    def hints(self) -> Hints:
        return Hints(
            hosts=self.own_hosts,
            id_pattern=self.id_pattern,
            query_ids=self.query_ids,
            kind=self.kind.value,
            lang=self.lang,
            access=None if self.access is Access.UNKNOWN else self.access.value,
        )

    def row(self) -> dict[str, Any]:
        names = ("id", "name", "homepage", "kind", "lang", "region", "access", "paused")
        row = {name: getattr(self, name) for name in names} | {"addresses": list(self.addresses)}
        row["rights"] = self.rights or (TextRights.RELEASE if self.kind in RELEASING else TextRights.PRESS)
        month = today()[: len("2025-03")]
        return row | {"publisher": holding(self.publisher, month), "newsroom": holding(self.newsroom, month)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An article of the story that a person has found."""

    url: str
    source: str
    date: str | None = None  # YYYY, YYYY-MM or YYYY-MM-DD


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    reserved: Reserved = Reserved.METADATA_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """A host that is never a source, nor is any subdomain of it."""

    host: str  # lower case, without 'www.'
    why: str  # the end of the sentence "<host> is …"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    sources: tuple[Source, ...]
    manners: Manners
    publishing: Publishing
    denied: tuple[Denied, ...]


TEMPLATES = {"{YYYY}": "%Y", "{YYYY-MM-DD}": "%Y-%m-%d"}


def expand(url: str, day: date) -> str:
    """Fills the templates {YYYY} and {YYYY-MM-DD} with the parts of `day`."""
    for template, form in TEMPLATES.items():
        url = url.replace(template, day.strftime(form))
    return url


def load_registry(path: Path | None = None) -> Registry:
    """Without a path the file REVIERSPIEGEL_SOURCES names, or else our own. Raises ConfigError."""
    path = path or Path(os.environ.get("REVIERSPIEGEL_SOURCES") or FOLDER / "sources.toml")
    document = validation.toml(path, "set REVIERSPIEGEL_SOURCES to one or unset it")
    errors: list[str] = []
    for key in document:
        if key not in _REGISTRY:
            errors.append(validation.unknown(key, _REGISTRY))
    denied = _denied(document.get("denied", []), errors.append)
    rules = validation.table(document.get("manners", {}), _MANNERS, {}, validation.under(errors.append, "manners"))
    public = validation.table(
        document.get("publishing", {}), PUBLISHING, {}, validation.under(errors.append, "publishing")
    )
    entries = _entries(document.get("source"), denied, errors.append)
    if errors:
        raise ConfigError(path.name, errors)
    return Registry(
        sources=tuple(Source(**entry) for entry in entries),
        manners=Manners(**rules),
        publishing=Publishing(**public),
        denied=denied,
    )


def load(path: Path | None = None) -> tuple[Source, ...]:
    """The sources of the registry. Raises ConfigError."""
    return load_registry(path).sources


def manners(path: Path | None = None) -> Manners:
    """What the registry says of the manners of all visits. Raises ConfigError."""
    return load_registry(path).manners


def denied_by(url: str, registry: Registry) -> Denied | None:
    """Why an address is never taken, None where it may be; the longest denied host wins."""
    return _denying(url, registry.denied)


def _denying(url: str, denied: Iterable[Denied]) -> Denied | None:
    ends = domains(bare_host(url))
    return max((each for each in denied if each.host in ends), key=lambda each: len(each.host), default=None)


def known_articles(path: Path | None = None) -> tuple[Known, ...]:
    """The known articles; without a path those REVIERSPIEGEL_KNOWN names ('': none), or our own. Raises ConfigError."""
    if path is None:
        named = os.environ.get("REVIERSPIEGEL_KNOWN")
        if named == "":
            return ()
        path = Path(named or FOLDER / "known_articles.csv")
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines))
    except OSError as error:
        raise ConfigError(
            path.name, [validation.unopened(path, error, "set REVIERSPIEGEL_KNOWN to one or unset it")]
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(path.name, [f"not read ({error}), expected a CSV file in UTF-8"]) from error
    errors = list(_wrong_rows(rows))
    if errors:
        raise ConfigError(path.name, errors)
    return tuple(Known(url=url, source=outlet, date=day or None) for url, outlet, day in filter(None, rows[1:]))


def _wrong_rows(rows: list[list[str]]) -> Iterator[str]:
    columns = ["address", "outlet", "date"]
    if not rows or rows[0] != columns:
        yield f"line 1: {','.join(rows[0]) if rows else 'nothing'}, expected the columns {','.join(columns)}"
        return
    for number, row in enumerate(rows[1:], 2):
        errors: list[str] = []
        if row and len(row) != len(columns):
            errors.append(f"{len(row)} columns, expected {len(columns)}: {','.join(columns)}")
        elif row:
            _web_address(row[0], validation.under(errors.append, "address"))
            _id(row[1], validation.under(errors.append, "outlet"))
            if not re.fullmatch(r"(\d{4}(-\d\d(-\d\d)?)?)?", row[2]):
                errors.append(f"date: {row[2]!r}, expected YYYY, YYYY-MM, YYYY-MM-DD or nothing")
        yield from (f"line {number}: {error}" for error in errors)


def _entries(entries: Any, denied: tuple[Denied, ...], tell: Tell) -> list[dict[str, Any]]:
    if not isinstance(entries, list) or not entries:
        tell("source: no entry, expected at least one [[source]]")
        return []
    places: dict[str, list[int]] = {}
    owners: dict[str, list[str]] = {}
    tables = []
    for number, entry in enumerate(entries, 1):
        named = isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"].strip()
        place = named or f"entry {number}"
        tables.append(validation.table(entry, _SOURCE, _REQUIRED, validation.under(tell, place)))
        _tell_denied(tables[-1], denied, validation.under(tell, place))
        if named:
            places.setdefault(place, []).append(number)
        for address in chain.from_iterable(tables[-1].get(key, ()) for key in _DISCOVERY):
            owners.setdefault(address.url, []).append(place)
    for place, numbers in places.items():
        if len(numbers) > 1:
            tell(f"{place}: id: stands in entries {validation.listed(numbers)}, expected one entry for each id")
    for url, named_by in owners.items():
        if url and len(named_by) > 1:
            tell(f"{named_by[-1]}: {url} stands {len(named_by)} times (in {listed(named_by)}), expected once")
    return tables


def _tell_denied(entry: dict[str, Any], denied: tuple[Denied, ...], tell: Tell) -> None:
    own = [("homepage", entry.get("homepage", "")), *(("hosts", f"//{host}") for host in entry.get("hosts", ()))]
    own += [(key, address.url) for key in _DISCOVERY for address in entry.get(key, ())]
    for key, url in own:
        if denial := _denying(url, denied):
            tell(f"{key}: {bare_host(url)}, expected no [[denied]] host: {denial.host} is {denial.why}")


def _denied(value: Any, tell: Tell) -> tuple[Denied, ...]:
    tell = validation.under(tell, "denied")
    bans: tuple[Denied, ...] = tuple(filter(None, validation.many(_ban, value, tell)))
    for host, times in Counter(ban.host for ban in bans).items():
        if times > 1:
            tell(f"{host} stands {times} times, expected once")
    return bans


def _ban(value: Any, tell: Tell) -> Denied | None:
    table = validation.table(value, _BAN, _BAN_REQUIRED, tell)
    return Denied(host=table["host"].removeprefix("www."), why=table["why"]) if table.keys() == _BAN.keys() else None


def _address(value: Any, tell: Tell) -> Address:
    return Address(**_place(value, _ADDRESS, tell))


def _listing(value: Any, tell: Tell) -> Listing:
    if isinstance(value, dict) and {"first_page", "pages"} & value.keys() and "page" not in value:
        tell("page: missing, expected the query parameter that counts the pages")
    return Listing(**_place(value, _LISTING, tell))


def _place(value: Any, keys: dict[str, Reader], tell: Tell) -> dict[str, Any]:
    if isinstance(value, str):
        return {"url": _web_address(value, tell)}
    return {"url": ""} | validation.table(value, keys, {"url": validation.ADDRESS_EXPECTED}, tell)


_HOST_EXPECTED = 'a host in lower case such as "news.example.org"'
# What each key of each table is read by, and what is expected where it is missing.
_REQUIRED = {
    "id": "lower-case letters, digits and hyphens",
    "name": "the outlet's name",
    "homepage": validation.ADDRESS_EXPECTED,
}
_web_address: Reader = partial(validation.web_address, TEMPLATES)
_id: Reader = partial(validation.form, r"[a-z0-9][a-z0-9_-]*", _REQUIRED["id"])
_parameter: Reader = partial(validation.form, r"[^\s&=?#]+", 'a query parameter such as "page"')
_ADDRESS: dict[str, Reader] = {"url": _web_address, "evidence": partial(validation.choice, Evidence)}
_LISTING: dict[str, Reader] = {
    **_ADDRESS,
    "link": partial(validation.pattern, None),
    "page": _parameter,
    "first_page": partial(validation.number, 0, 100),
    "pages": partial(validation.number, 1, 100),
}
_DISCOVERY: dict[str, Reader] = {
    "feeds": partial(validation.many, _address),
    "sitemaps": partial(validation.many, _address),
    "news_sitemaps": partial(validation.many, _address),
    "listings": partial(validation.many, _listing),
}
_SOURCE: dict[str, Reader] = {
    "id": _id,
    "name": partial(validation.form, validation.SOME_TEXT, _REQUIRED["name"]),
    "homepage": _web_address,
    "kind": partial(validation.choice, Kind),
    "lang": partial(validation.form, r"[a-z]{2}", 'an ISO 639-1 code such as "de"'),
    "region": partial(validation.form, validation.SOME_TEXT, 'a region such as "nrw"'),
    "access": partial(validation.choice, Access),
    "rights": partial(validation.choice, TextRights),
    **_DISCOVERY,
    "hosts": partial(validation.many, partial(validation.form, r"[a-z0-9][a-z0-9.-]*", _HOST_EXPECTED)),
    "id_pattern": partial(validation.pattern, 1),
    "query_ids": partial(validation.many, _parameter),
    "paused": partial(validation.form, validation.SOME_TEXT, "a text that says why"),
    "publisher": read_claims,
    "newsroom": read_claims,
}
_BAN_REQUIRED = {"host": _HOST_EXPECTED, "why": 'the end of the sentence "<host> is …"'}
_BAN: dict[str, Reader] = {
    "host": partial(validation.form, r"[a-z0-9-]+(\.[a-z0-9-]+)+", _HOST_EXPECTED),
    "why": partial(validation.form, validation.SOME_TEXT, _BAN_REQUIRED["why"]),
}
_MANNERS: dict[str, Reader] = {"reserved": partial(validation.choice, Reserved)}
_REGISTRY = ("source", "manners", "publishing", "denied")
