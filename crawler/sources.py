"""Where finding begins: the registry of publishers (sources.toml) and the known articles (known_articles.csv)."""

import csv
import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.problem import Problem
from pipelines.article import Hints
from pipelines.identity import bare_host


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
    kind: Kind
    lang: str  # ISO 639-1
    region: str
    access: Access = Access.UNKNOWN
    feeds: tuple[Address, ...] = ()
    sitemaps: tuple[Address, ...] = ()  # whole archives
    news_sitemaps: tuple[Address, ...] = ()  # the last days
    listings: tuple[Listing, ...] = ()
    hosts: tuple[str, ...] = ()  # own hosts that no address here names
    id_pattern: str | None = None  # one group: the outlet's stable id in the address of an article
    query_ids: tuple[str, ...] = ()  # query parameters that name an article
    paused: str | None = None  # why it is not read
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
        return tuple(expand(url, date.today()) for url in self.templates)

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
        return {name: getattr(self, name) for name in names} | {"addresses": list(self.addresses)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An article of the story that a person has found."""

    url: str
    source: str
    date: str | None = None  # YYYY, YYYY-MM or YYYY-MM-DD


class ConfigError(Problem):
    """A file of ours cannot be used; one line for each thing wrong in it."""

    def __init__(self, file: str, errors: Iterable[str]) -> None:
        self.errors = tuple(f"{file}: {error}" for error in errors)
        super().__init__("\n".join(self.errors))


TEMPLATES = {"{YYYY}": "%Y", "{YYYY-MM-DD}": "%Y-%m-%d"}


def expand(url: str, day: date) -> str:
    """Fills the templates {YYYY} and {YYYY-MM-DD} with the parts of `day`."""
    for template, form in TEMPLATES.items():
        url = url.replace(template, day.strftime(form))
    return url


def load(path: Path | None = None) -> tuple[Source, ...]:
    """The registry; without a path the file REVIERSPIEGEL_SOURCES names, or else our own. Raises ConfigError."""
    path = path or Path(os.environ.get("REVIERSPIEGEL_SOURCES") or Path(__file__).with_name("sources.toml"))
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(path.name, [_unopened(path, error, "REVIERSPIEGEL_SOURCES")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path.name, [f"byte {error.start}: not UTF-8, expected a TOML file in UTF-8"]) from error
    except tomllib.TOMLDecodeError as error:
        wrong, _, place = str(error).removesuffix(")").rpartition(" (at ")
        raise ConfigError(path.name, [f"{place}: {wrong}, expected TOML"]) from error
    errors: list[str] = []
    entries = _entries(document, errors.append)
    if errors:
        raise ConfigError(path.name, errors)
    return tuple(Source(**entry) for entry in entries)


def source_of(url: str, sources: Iterable[Source]) -> Source | None:
    """The source an address belongs to; None where it is nobody's.

    The longest own host wins (m.example.org is example.org's). A homepage with a path owns, on its host, only what lies
    below it, so two sources can share one.
    """
    host = bare_host(url)
    if not host:
        return None
    ends = {host.split(".", number)[-1] for number in range(host.count(".") + 1)}  # itself and its parent domains
    best: tuple[int, int, Source | None] = (0, 0, None)
    for source in sources:
        if shared := source.own_hosts & ends:
            own = max(shared, key=len)
            root = _folder(source.homepage) if own == bare_host(source.homepage) else "/"
            if _folder(url).startswith(root) and (len(own), len(root)) > best[:2]:
                best = len(own), len(root), source
    return best[2]


def _folder(url: str) -> str:
    return urlsplit(url).path.rstrip("/") + "/"


def known_articles(path: Path | None = None) -> tuple[Known, ...]:
    """The known articles; without a path those REVIERSPIEGEL_KNOWN names ('': none), or our own. Raises ConfigError."""
    if path is None:
        named = os.environ.get("REVIERSPIEGEL_KNOWN")
        if named == "":
            return ()
        path = Path(named or Path(__file__).with_name("known_articles.csv"))
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines))
    except OSError as error:
        raise ConfigError(path.name, [_unopened(path, error, "REVIERSPIEGEL_KNOWN")]) from error
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
            _web_address(row[0], _under(errors.append, "address"))
            _id(row[1], _under(errors.append, "outlet"))
            if not re.fullmatch(r"(\d{4}(-\d\d(-\d\d)?)?)?", row[2]):
                errors.append(f"date: {row[2]!r}, expected YYYY, YYYY-MM, YYYY-MM-DD or nothing")
        yield from (f"line {number}: {error}" for error in errors)


def _unopened(path: Path, error: OSError, variable: str) -> str:
    return f"{path.absolute()}: cannot be read ({error.strerror}), expected a file; set {variable} to one or unset it"


# A reader turns one TOML value into ours and tells what is wrong with it; what it returns then is not used.
Tell = Callable[[str], None]
Reader = Callable[[Any, Tell], Any]


def _under(tell: Tell, place: str) -> Tell:
    return lambda error: tell(f"{place}: {error}")


def _guess(word: str, choices: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(choices), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _entries(document: dict[str, Any], tell: Tell) -> list[dict[str, Any]]:
    for key in document:
        if key != "source":
            tell(f"{key}: unknown key, expected source{_guess(key, ['source'])}")
    entries = document.get("source")
    if not isinstance(entries, list) or not entries:
        tell("source: no entry, expected at least one [[source]]")
        return []
    places: dict[str, list[int]] = {}
    owners: dict[str, list[str]] = {}
    found = []
    for number, entry in enumerate(entries, 1):
        named = isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"].strip()
        place = named or f"entry {number}"
        found.append(_table(entry, _SOURCE, _REQUIRED, _under(tell, place)))
        if named:
            places.setdefault(place, []).append(number)
        for address in chain.from_iterable(found[-1].get(key, ()) for key in _DISCOVERY):
            owners.setdefault(address.url, []).append(place)
    for place, numbers in places.items():
        if len(numbers) > 1:
            tell(f"{place}: id: stands in entries {_listed(numbers)}, expected one entry for each id")
    for url, named_by in owners.items():
        if url and len(named_by) > 1:
            tell(f"{named_by[-1]}: {url} stands {len(named_by)} times (in {_listed(named_by)}), expected once")
    return found


def _listed(things: Iterable[object]) -> str:
    return " and ".join(dict.fromkeys(map(str, things)))


def _table(value: Any, readers: dict[str, Reader], required: dict[str, str], tell: Tell) -> dict[str, Any]:
    if not isinstance(value, dict):
        tell(f"{value!r}, expected a table with {', '.join(required)}")
        return {}
    for key in value:
        if key not in readers:
            tell(f"{key}: unknown key" + (_guess(key, readers) or f", expected one of {', '.join(readers)}"))
    for key, expected in required.items():
        if key not in value:
            tell(f"{key}: missing, expected {expected}")
    return {key: read(value[key], _under(tell, key)) for key, read in readers.items() if key in value}


def _many(one: Reader, value: Any, tell: Tell) -> tuple[Any, ...]:
    if not isinstance(value, list):
        tell(f"{value!r}, expected a list: [ … ]")
        return ()
    return tuple(one(item, _under(tell, str(number))) for number, item in enumerate(value, 1))


def _form(form: str, expected: str, value: Any, tell: Tell) -> str:
    if not isinstance(value, str) or not re.fullmatch(form, value):
        tell(f"{value!r}, expected {expected}")
    return str(value)


def _choice(choices: type[StrEnum], value: Any, tell: Tell) -> StrEnum | None:
    if value in list(choices):
        return choices(value)
    tell(f"{value!r} is none of {', '.join(choices)}{_guess(str(value), choices)}")
    return None


def _number(low: int, high: int, value: Any, tell: Tell) -> int:
    if type(value) is not int or not low <= value <= high:  # `true` is an int too
        tell(f"{value!r}, expected a whole number from {low} to {high}")
        return low
    return value


def _web_address(value: Any, tell: Tell) -> str:
    url = expand(str(value), date.min)
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        whole = False
    if not isinstance(value, str) or not whole or re.search(r"[\s\x00-\x1f\x7f<>\"\\]", url):
        tell(f"{value!r}, expected {_ADDRESS_EXPECTED}")
    elif template := re.search(r"\{[^}]*\}?", url):
        tell(f"{value!r} holds {template.group()}, expected no template but {' and '.join(TEMPLATES)}")
    return str(value)


def _pattern(groups: int | None, value: Any, tell: Tell) -> str:
    if not isinstance(value, str) or not value:
        tell(f"{value!r}, expected a regular expression")
        return ""
    try:
        found = re.compile(value).groups
    except re.error as error:
        tell(f"{value!r}: {error}, expected a regular expression")
        return ""
    if groups is not None and found != groups:
        tell(f"{value!r} has {found} groups, expected exactly {groups}; write (?:…) for a group that is not the id")
    return value


def _address(value: Any, tell: Tell) -> Address:
    return Address(**_place(value, _ADDRESS, tell))


def _listing(value: Any, tell: Tell) -> Listing:
    if isinstance(value, dict) and {"first_page", "pages"} & value.keys() and "page" not in value:
        tell("page: missing, expected the query parameter that counts the pages")
    return Listing(**_place(value, _LISTING, tell))


def _place(value: Any, readers: dict[str, Reader], tell: Tell) -> dict[str, Any]:
    if isinstance(value, str):
        return {"url": _web_address(value, tell)}
    return {"url": ""} | _table(value, readers, {"url": _ADDRESS_EXPECTED}, tell)


_SOME_TEXT = r"(?s).*\S.*"
_ADDRESS_EXPECTED = 'an address without spaces such as "https://www.example.org/"'
_REQUIRED = {
    "id": "lower-case letters, digits and hyphens",
    "name": "the outlet's name",
    "homepage": _ADDRESS_EXPECTED,
    "kind": f"one of {', '.join(Kind)}",
    "lang": 'an ISO 639-1 code such as "de"',
    "region": 'a region such as "nrw"',
}
_id: Reader = partial(_form, r"[a-z0-9][a-z0-9_-]*", _REQUIRED["id"])
_parameter: Reader = partial(_form, r"[^\s&=?#]+", 'a query parameter such as "page"')
_ADDRESS: dict[str, Reader] = {"url": _web_address, "evidence": partial(_choice, Evidence)}
_LISTING: dict[str, Reader] = {
    **_ADDRESS,
    "link": partial(_pattern, None),
    "page": _parameter,
    "first_page": partial(_number, 0, 100),
    "pages": partial(_number, 1, 100),
}
_DISCOVERY: dict[str, Reader] = {
    "feeds": partial(_many, _address),
    "sitemaps": partial(_many, _address),
    "news_sitemaps": partial(_many, _address),
    "listings": partial(_many, _listing),
}
_SOURCE: dict[str, Reader] = {
    "id": _id,
    "name": partial(_form, _SOME_TEXT, _REQUIRED["name"]),
    "homepage": _web_address,
    "kind": partial(_choice, Kind),
    "lang": partial(_form, r"[a-z]{2}", _REQUIRED["lang"]),
    "region": partial(_form, _SOME_TEXT, _REQUIRED["region"]),
    "access": partial(_choice, Access),
    **_DISCOVERY,
    "hosts": partial(_many, partial(_form, r"[a-z0-9][a-z0-9.-]*", 'a host in lower case such as "news.example.org"')),
    "id_pattern": partial(_pattern, 1),
    "query_ids": partial(_many, _parameter),
    "paused": partial(_form, _SOME_TEXT, "a text that says why"),
}
