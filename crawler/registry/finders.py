"""Public indexes that are asked for addresses (finders.toml): manners, limits, terms, questions; hosts never asked."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from crawler.registry.sources import FOLDER
from db import validation
from db.language import DEFAULT, languages
from db.store.finders.catalogue import FinderEntryRow
from db.store.rows import as_json
from db.validation import ConfigError, Reader, Tell

Texts = Mapping[str, str]  # language → text
OURS = FOLDER / "finders.toml"


class FinderKind(StrEnum):
    """What is asked, and how the answer is read."""

    GAL = "gal"
    LINKS = "links"
    OWN_LINKS = "own-links"
    MEDIACLOUD = "mediacloud"
    WAYBACK = "wayback"
    COMMONCRAWL = "commoncrawl"
    GDELT_DOC = "gdelt-doc"


FULL_TEXT = (FinderKind.MEDIACLOUD, FinderKind.GDELT_DOC)
HOST_BY_HOST = (FinderKind.WAYBACK, FinderKind.COMMONCRAWL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    says: Texts
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    id: str
    kind: FinderKind
    name: str
    distance: int  # seconds between two requests, of which there is one at a time
    per_night: int  # requests
    since: date  # the first day that it knows
    terms: Terms
    citation: Texts
    homepage: str = ""
    again: int | None = None  # days after which what was read is asked again
    key: str | None = None  # the environment variable that holds it
    paused: str | None = None  # why it is not asked
    address: str = ""  # may hold {minute} or {crawl}
    crawls: str = ""  # where Common Crawl lists its indexes
    records: str = ""  # where its files are, from which a record can be cut out
    queries: tuple[str, ...] = ()  # may hold roles of the profile in braces
    pages: tuple[str, ...] = ()  # addresses of pages of links
    most_pages: int = 1  # of one question
    minutes: tuple[int, ...] = ()
    other_minutes: tuple[int, ...] = ()
    collections: tuple[int, ...] = ()
    rows: int = 0  # of an answer
    per_page: int = 0  # leads of one kept article

    @property
    def full_text(self) -> bool:
        """Whether it has looked into the articles: then its answer is the match, else the rule of matching tells."""
        return self.kind in FULL_TEXT

    @property
    def host_by_host(self) -> bool:
        return self.kind in HOST_BY_HOST

    def row(self) -> FinderEntryRow:
        return FinderEntryRow(
            id=self.id,
            name=self.name,
            homepage=self.homepage,
            citation=as_json(self.citation),
            terms=as_json(self.terms.says),
            terms_url=self.terms.url,
        )

    def secret(self) -> str | None:
        """The key; None where the environment has none."""
        return os.environ.get(self.key, "").strip() or None if self.key else None

    @property
    def is_off(self) -> bool:
        """For want of a key, or as a person wants it."""
        return bool(self.paused) or (self.key is not None and self.secret() is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedHost:
    """A host to which no finder leads."""

    host: str  # lower case, without 'www.'; 'name.*' under every country's domain
    why: Texts  # the end of the sentence "<host> is …"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finders:
    finders: tuple[Finder, ...]
    denied: tuple[DeniedHost, ...]

    def of(self, *ids: str) -> tuple[Finder, ...]:
        """Those with these ids, in their order; all without any. Raises KeyError for an unknown one."""
        by_id = {finder.id: finder for finder in self.finders}
        return tuple(by_id[each] for each in ids) or self.finders


def load_finders(path: Path | None = None) -> Finders:
    """Without a path the file REVIERSPIEGEL_FINDERS names, or else our own, whose denied hosts hold for all of them.

    Raises ConfigError.
    """
    path = path or Path(os.environ.get("REVIERSPIEGEL_FINDERS") or OURS)
    document = validation.toml(path, "set REVIERSPIEGEL_FINDERS to one or unset it")
    errors: list[str] = []
    for key in document:
        if key not in ("finder", "denied"):
            errors.append(validation.unknown(key, ("finder", "denied")))
    finders = _finders(document.get("finder"), errors.append)
    denied = _denied(document.get("denied", []), validation.under(errors.append, "denied"))
    if errors:
        raise ConfigError(path.name, errors)
    return Finders(
        finders=tuple(Finder(**entry) for entry in finders), denied=denied if path == OURS else with_ours(denied)
    )


def with_ours(denied: tuple[DeniedHost, ...]) -> tuple[DeniedHost, ...]:
    """Whoever writes finders of his own still asks no shortener."""
    hosts = {each.host for each in denied}
    return (*denied, *(each for each in load_finders(OURS).denied if each.host not in hosts))


def _finders(entries: Any, tell: Tell) -> list[dict[str, Any]]:
    if not isinstance(entries, list) or not entries:
        tell("finder: no entry, expected at least one [[finder]]")
        return []
    tables = []
    for number, entry in enumerate(entries, 1):
        named = isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"].strip()
        tables.append(_finder(entry, validation.under(tell, named or f"entry {number}")))
    for name, times in Counter(table.get("id") for table in tables).items():
        if name and times > 1:
            tell(f"{name}: id: stands {times} times, expected one entry for each id")
    return tables


def _finder(entry: Any, tell: Tell) -> dict[str, Any]:
    """Each kind has keys of its own, and needs them."""
    kind = entry.get("kind") if isinstance(entry, dict) else None
    own = _OF_KIND.get(kind, {}) if isinstance(kind, str) else {}
    table = validation.table(entry, _FINDER | own, _REQUIRED | {key: _EXPECTED[key] for key in own}, tell)
    for key, placeholder in (("gal", "{minute}"), ("commoncrawl", "{crawl}")):
        if table.get("kind") == key and placeholder not in table.get("address", placeholder):
            tell(f"address: {table['address']!r}, expected an address with {placeholder}")
    if kind in HOST_BY_HOST and "pages" in table:
        table["most_pages"] = table.pop("pages")
    return table


def _denied(value: Any, tell: Tell) -> tuple[DeniedHost, ...]:
    groups = validation.many(lambda entry, told: validation.table(entry, _GROUP, _GROUP_REQUIRED, told), value, tell)
    refused = tuple(
        DeniedHost(host=host.removeprefix("www."), why=group["why"])
        for group in groups
        if group.keys() == _GROUP.keys()
        for host in group["hosts"]
    )
    for host, times in Counter(each.host for each in refused).items():
        if times > 1:
            tell(f"{host} stands {times} times, expected once")
    return refused


def _texts(value: Any, tell: Tell) -> Texts:
    return validation.table(
        value, dict.fromkeys(languages(), _text), dict.fromkeys({DEFAULT, *languages()}, "a text"), tell
    )


def _terms(value: Any, tell: Tell) -> Terms:
    table = validation.table(value, {"says": _texts, "url": _web_address}, {"says": _EXPECTED["citation"]}, tell)
    return Terms(says=table.get("says", {}), url=table.get("url"))


_text: Reader = partial(validation.form, validation.SOME_TEXT, "a text")
_web_address: Reader = partial(validation.web_address, ())
_counter: Reader = partial(validation.number, 1, 1000)
_EXPECTED = {
    "id": "lower-case letters, digits and hyphens",
    "kind": f"one of {', '.join(FinderKind)}",
    "name": "the finder's name",
    "distance": "seconds between two requests",
    "per_night": "requests of a night at most",
    "since": "the first day that it knows, such as 2020-01-01",
    "terms": "a table with says and url",
    "citation": 'a text in each language: { en = "…", de = "…" }',
    "address": validation.ADDRESS_EXPECTED,
    "crawls": "the address of the list of indexes",
    "records": "the address under which its files are",
    "queries": "a list of queries",
    "pages": "the pages to read",
    "minutes": "minutes after each quarter of an hour",
    "other_minutes": "minutes after each quarter of an hour",
    "collections": "a list of numbers",
    "rows": "the rows of an answer",
    "per_page": "the leads of one article at most",
}
_REQUIRED = {key: _EXPECTED[key] for key in "id kind name distance per_night since terms citation".split()}
_FINDER: dict[str, Reader] = {
    "id": partial(validation.form, r"[a-z0-9][a-z0-9-]*", _EXPECTED["id"]),
    "kind": partial(validation.choice, FinderKind),
    "name": _text,
    "homepage": _web_address,
    "distance": partial(validation.number, 0, 3600),
    "per_night": partial(validation.number, 0, 10_000),
    "since": validation.day,
    "terms": _terms,
    "citation": _texts,
    "again": partial(validation.number, 1, 1000),
    "key": partial(validation.form, r"[A-Z][A-Z0-9_]*", 'an environment variable such as "REVIERSPIEGEL_KEY"'),
    "paused": partial(validation.form, validation.SOME_TEXT, "a text that says why"),
}
_QUERIES: Reader = partial(validation.some, _text)
_MINUTES: Reader = partial(validation.some, partial(validation.number, 0, 14))
_OF_KIND: dict[str, dict[str, Reader]] = {
    FinderKind.GAL: {
        "address": partial(validation.web_address, ("{minute}",)),
        "minutes": _MINUTES,
        "other_minutes": partial(validation.many, partial(validation.number, 0, 14)),
    },
    FinderKind.LINKS: {"pages": partial(validation.some, _web_address)},
    FinderKind.OWN_LINKS: {"per_page": _counter},
    FinderKind.MEDIACLOUD: {
        "address": _web_address,
        "queries": _QUERIES,
        "collections": partial(validation.some, partial(validation.number, 1, 10**9)),
        "rows": _counter,
    },
    FinderKind.WAYBACK: {"address": _web_address, "rows": _counter, "pages": _counter},
    FinderKind.COMMONCRAWL: {
        "address": partial(validation.web_address, ("{crawl}",)),
        "crawls": _web_address,
        "records": _web_address,
        "pages": _counter,
    },
    FinderKind.GDELT_DOC: {"address": _web_address, "queries": _QUERIES, "rows": _counter},
}
_HOST = r"[a-z0-9-]+(\.[a-z0-9-]+)*\.([a-z0-9-]+|\*)"
_GROUP_REQUIRED = {
    "hosts": "a list of hosts in lower case",
    "why": 'the end of the sentence "<host> is …", in each language',
}
_GROUP: dict[str, Reader] = {
    "hosts": partial(
        validation.some, partial(validation.form, _HOST, 'a host in lower case such as "example.org" or "example.*"')
    ),
    "why": _texts,
}
