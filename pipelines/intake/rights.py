"""What a publisher reserves of text and data mining (TDMRep), and what it says of archives besides.

A publisher may say it in three places: for all of the site, in the header of an answer, on the page. The later of them
has the last word, and one that says nothing takes nothing back.
Source: W3C Community Group, TDM Reservation Protocol, final report of 10 May 2024.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from string import ascii_letters, digits, punctuation
from typing import Any
from urllib.parse import quote, urlsplit

from db.outcomes import Code
from pipelines.article import Article, Reason, Rejected, Rights

LONGEST = 500 << 10  # bytes of a tdmrep.json that are read: as RFC 9309 has it of a robots.txt
LONGEST_TEXT = 2_000  # characters of an address or a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    location: str  # as robots.txt has paths: '*' any run, '$' the end; in normal form
    reserved: bool
    policy: str | None = None


def read_tdmrep(body: bytes) -> tuple[Rule, ...]:
    """The sound rules of the file at the origin, in its order. Raises ValueError where it is no list of rules."""
    if len(body) > LONGEST:
        raise ValueError(f"{len(body)} bytes, expected {LONGEST} at most")
    try:
        document = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply, expected a list of rules") from error
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from error
    if not isinstance(document, list):
        raise ValueError(f"a JSON {type(document).__name__}, expected a list of rules")
    return tuple(filter(None, map(_rule, document)))


def _rule(entry: Any) -> Rule | None:
    """Location and reservation are mandatory; what lacks one of them is no rule."""
    if not isinstance(entry, dict):
        return None
    location, value, policy = (entry.get(name) for name in ("location", "tdm-reservation", "tdm-policy"))
    reserved = _reserved([str(value)]) if isinstance(value, int | str) else None
    if not isinstance(location, str) or not 0 < len(location) <= LONGEST_TEXT or reserved is None:
        return None
    offer = _line(policy) if isinstance(policy, str) else None
    return Rule(location=_normal(location), reserved=reserved, policy=offer)


def _reserved(values: Iterable[str]) -> bool | None:
    """Other values than 1 and 0 say nothing; who says both, reserves."""
    signals = {value.strip() for value in values} & {"0", "1"}
    return "1" in signals if signals else None


def _line(text: str) -> str | None:
    """Something to be kept as it stands there: on one line, of bounded length, fit for any database."""
    return " ".join(text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8").split()) or None


def of_origin(rules: Sequence[Rule], url: str) -> Rights:
    """What the first rule that matches path and query says."""
    if not rules:
        return Rights()
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket out of place
        return Rights()
    path = _normal((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    rule = next((rule for rule in rules if _matches(rule.location, path)), None)
    return Rights(reserved=rule.reserved, said_by="tdmrep.json", policy=rule.policy) if rule else Rights()


UNRESERVED = frozenset(ascii_letters + digits + "-._~")


def _normal(path: str) -> str:
    """With each character spelt in one way only (RFC 3986, 6.2.2)."""
    escaped = quote(path, safe=punctuation, errors="replace")

    def spelt(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if character in UNRESERVED else escape[0].upper()

    return re.sub("%([0-9a-fA-F]{2})", spelt, escaped)


def _matches(location: str, path: str) -> bool:
    """Piece by piece, the first place for each: a regular expression with many '*' would try them all."""
    first, *others = location.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at, last = len(first), others.pop() if others and location.endswith("$") else None
    for piece in others:
        if (start := path.find(piece, at)) < 0:
            return False
        at = start + len(piece)
    if last is not None:
        return path.endswith(last) and len(path) - len(last) >= at
    return at == len(path) or not location.endswith("$")


HEADERS = frozenset({"tdm-reservation", "tdm-policy", "x-robots-tag", "content-usage"})


def with_headers(rights: Rights, headers: Mapping[str, str]) -> Rights:
    """`headers` of the answer, names in any case; values of a repeated header joined by commas."""
    values = {name.lower(): value for name, value in headers.items()}
    if values.keys().isdisjoint(HEADERS):
        return rights
    updated = _updated(rights, "header", values.get("tdm-reservation", "").split(","), values.get("tdm-policy"))
    return replace(
        updated,
        noarchive=rights.noarchive or _forbids_archives(values.get("x-robots-tag", "")),
        content_usage=_line(values.get("content-usage", "")) or rights.content_usage,
    )


def _updated(rights: Rights, place: str, reservations: Iterable[str], policy: str | None) -> Rights:
    reserved = _reserved(reservations)
    if reserved is not None:
        rights = replace(rights, reserved=reserved, said_by=place)
    return replace(rights, policy=_line(policy or "") or rights.policy)


def _forbids_archives(rules: str) -> bool:
    """Of robots, whichever of them is named."""
    return "noarchive" in re.split(r"[\s,:]+", rules.lower())


# Of 75 pages of the press the longest head has 372,000 bytes; some have what matters here behind 170,000 of scripts.
HEAD = 500_000
NOTABLE = re.compile(rb"<(?:!--|(script|style|title|template)\b|meta\b|/head\b|body\b)")
META = re.compile(rb"""<meta\b(?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|))*+""", re.IGNORECASE)
# A name begins only where another could not go on: in a long run without '=' every letter would be tried.
ATTRIBUTE = re.compile(rb"""(?<![^\s"'<>/=])([^\s"'<>/=]+)\s*+=\s*+(?:"([^"]*)|'([^']*)|([^\s"'>][^\s>]*))""")


def with_page(rights: Rights, html: bytes) -> Rights:
    """What the head of the page says; read as bytes, for most pages are thrown away after a glance."""
    contents: dict[str, list[str]] = {}
    for tag in _metas(html[:HEAD]):
        attributes: dict[bytes, bytes] = {}
        for name, *values in ATTRIBUTE.findall(tag):
            attributes.setdefault(name.lower(), next(filter(None, values), b""))
        meta_name = attributes.get(b"name", b"").strip().lower().decode("utf-8", "replace")
        contents.setdefault(meta_name, []).append(unescape(attributes.get(b"content", b"").decode("utf-8", "replace")))
    updated = _updated(
        rights, "meta", contents.get("tdm-reservation", []), next(iter(contents.get("tdm-policy", [])), None)
    )
    robots = ",".join(text for name in ("robots", "googlebot", "googlebot-news") for text in contents.get(name, []))
    return replace(updated, noarchive=rights.noarchive or _forbids_archives(robots))


def _metas(head: bytes) -> Iterator[bytes]:
    """The tags that may matter, but for those within comments and scripts."""
    lower = head.lower()
    at = 0
    while notable := NOTABLE.search(lower, at):
        at = notable.end()
        if notable[0] == b"<meta":
            tag = META.match(head, notable.start())
            at = tag.end() if tag else at
            if b"tdm-" in lower[notable.start() : at] or b"noarchive" in lower[notable.start() : at]:
                yield head[notable.end() : at]
        elif notable[0] in (b"</head", b"<body"):
            return
        else:
            closing = b"</" + notable[1] if notable[1] else b"-->"
            at = lower.find(closing, at)
            if at < 0:
                return


def read_rights(article: Article, reserved: str) -> Article | Rejected:
    """The article with what its page says; Rejected where it is reserved and the setting is 'skip'."""
    article = replace(article, rights=with_page(article.rights, article.html))
    if article.rights.reserved and reserved == "skip":
        by, policy = str(article.rights.said_by), article.rights.policy
        outcome = Code.RESERVED_WITH_POLICY.of(by=by, policy=policy) if policy else Code.RESERVED.of(by=by)
        return Rejected(Reason.RESERVED, outcome, article)
    return article
