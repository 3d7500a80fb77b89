"""What a finder's answer becomes: leads with what was said of them, and an outcome for the ledger.

A reader of answers takes bytes, status and headers, and raises nothing: whatever came is a `FinderAnswer`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from crawler.discovery.answers.unwrapping import unwrapped
from crawler.discovery.leads import SUMMARY_MAX, TITLE_MAX, address, words
from crawler.discovery.markup import instead
from db.days import moment
from db.outcomes import LONGEST, Code, Outcome
from pipelines.dates import believable, date_of, latest
from pipelines.relevance.matching import MatchRule

Headers = Mapping[str, str]

# All that there is to that question was read, be it nothing.
COMPLETE = frozenset({Code.ROWS_READ, Code.NOTHING_FOUND, Code.LAST_PAGE, Code.BLOCKED})
# Who goes on after these is shut out for hours: the finder is left alone for the night.
STOPS = frozenset({Code.TOO_FAST, Code.BUSY, Code.QUOTA_USED, Code.KEY_REFUSED, Code.HTTP_STATUS})
# More than one answer holds, or than it has time for: a shorter window is asked for.
HALVES = frozenset({Code.FULL_ANSWER, Code.OUT_OF_TIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A copy of a page that a web archive has."""

    at: str  # ISO 8601
    file: str | None = None  # in which its record is, and where in it
    offset: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLead:
    url: str  # absolute, without fragment; what a cache or an archive shows, not the cache
    title: str | None = None
    sentence: str | None = None  # the publisher's: matched on, never kept
    said_date: str | None = None  # ISO 8601; when the finder saw it, or what it takes for the day of the article
    lang: str | None = None  # ISO 639-1
    outlet: str | None = None  # its name, as the finder has it
    capture: Capture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinderAnswer:
    leads: tuple[FoundLead, ...] = ()
    rows: int = 0  # that were read, also those that are not in `leads`
    bad_lines: int = 0
    outcome: Outcome
    notes: tuple[Outcome, ...] = ()  # what was odd though it could be read
    go_on: str | None = None  # what the next question names, where there is more

    @property
    def complete(self) -> bool:
        return self.outcome.code in COMPLETE

    @property
    def stops(self) -> bool:
        return self.outcome.code in STOPS


@dataclass(slots=True)
class Harvest:
    """Rows of an answer, one after another: what becomes a lead, and how many were odd."""

    at: datetime = field(default_factory=moment)  # when the answer was had
    rule: MatchRule | None = None  # of many rows only its matches become leads
    leads: list[FoundLead] = field(default_factory=list)
    rows: int = 0
    bad_lines: int = 0
    ahead: int = 0
    wrapped: int = 0
    latest: date = field(init=False)  # that an article can be from

    def __post_init__(self) -> None:
        self.latest = latest(self.at)

    def row(
        self,
        raw: Any,
        *,
        title: Any = None,
        sentence: Any = None,
        said_date: Any = None,
        about: tuple[str | None, str | None] = (None, None),
        capture: Capture | None = None,
    ) -> None:
        """All as it came; `about`: language and outlet."""
        url = found_address(raw)
        if url is None:
            self.bad_lines += 1
            return
        self.rows += 1
        self.wrapped += url != raw and unwrapped(raw) != raw
        said_date = self._believable(said_date)
        if self.rule and not _may_match(self.rule, title, sentence, url):
            return
        lead = FoundLead(
            url=url,
            title=clean(title, TITLE_MAX),
            sentence=clean(sentence, SUMMARY_MAX),
            said_date=said_date,
            lang=_language(about[0]),
            outlet=clean(about[1], NAME_MAX),
            capture=capture,
        )
        if self.rule is None or self.rule.matches(lead.title or "", lead.sentence or "", url):
            self.leads.append(lead)

    def _believable(self, said_date: Any) -> str | None:
        iso, is_ahead = _said(said_date, self.latest) if isinstance(said_date, str) else (None, False)
        self.ahead += is_ahead
        return iso

    def answer(self, outcome: Outcome | None = None, *, go_on: str | None = None, mended: bool = False) -> FinderAnswer:
        """`outcome`: what else there is to say than how many rows were read."""
        numbers = {
            Code.ROWS_UNREAD: self.bad_lines,
            Code.DATES_AHEAD: self.ahead,
            Code.CACHES_UNWRAPPED: self.wrapped,
        }
        notes = [code.of(number=number) for code, number in numbers.items() if number]
        if outcome is None and self.rows:
            outcome = Code.ROWS_READ.of(number=self.rows)
        elif outcome is None and self.bad_lines:
            outcome = Code.UNREADABLE_ANSWER.of(why=notes[0])
        return FinderAnswer(
            leads=tuple(self.leads),
            rows=self.rows,
            bad_lines=self.bad_lines,
            outcome=outcome or Code.NOTHING_FOUND.of(),
            notes=(*notes, *([Code.MENDED_JSON.of()] if mended else ())),
            go_on=go_on,
        )


LANGUAGE = re.compile(r"[a-z]{2}")
NAME_MAX = 100  # characters of what an outlet is called


def _may_match(rule: MatchRule, title: Any, sentence: Any, url: str) -> bool:
    """A glance at texts as they came, where cleaning cannot bring forth another word: most rows end here."""
    title, sentence = (text if isinstance(text, str) else "" for text in (title, sentence))
    return not (is_plain(title) and is_plain(sentence)) or rule.may_match(title, sentence, url)


def is_plain(text: str) -> bool:
    """Whether nothing in it stands for other characters, or for none."""
    return "&" not in text and "<" not in text and text.isprintable()


@lru_cache(1000)  # the rows of a file are of one minute
def _said(raw: str, latest: date) -> tuple[str | None, bool]:
    """The date, and whether it was dropped because it is still to come."""
    iso = date_of(raw)
    is_ahead = iso is not None and not believable(iso, latest)
    return (None if is_ahead else iso), is_ahead


def _language(raw: Any) -> str | None:
    return raw if isinstance(raw, str) and LANGUAGE.fullmatch(raw) else None


def only(outcome: Outcome) -> FinderAnswer:
    """An answer that holds no row."""
    return FinderAnswer(outcome=outcome)


def trouble(status: int) -> Outcome | None:
    """What a status means at every finder; None where its own reader knows better, and for 200."""
    if status == 429:
        return Code.TOO_FAST.of(status=status)
    if status >= 500:
        return Code.BUSY.of(status=status)
    return None if status == 200 else Code.HTTP_STATUS.of(status=status)


def unreadable(text: str) -> FinderAnswer:
    """What came in place of an answer."""
    why = instead(text) if text.strip() else Code.EMPTY_ANSWER.of()
    return only(Code.UNREADABLE_ANSWER.of(why=why))


def sentence_of(text: str) -> str:
    """Another program's words, in one line and not too long."""
    return " ".join(text.split())[:LONGEST]


def found_address(raw: Any) -> str | None:
    """None where it is none that could be asked: no host, another scheme, a password in it."""
    url = address(unwrapped(raw), "") if isinstance(raw, str) else None
    if url is None or not is_storable(url):
        return None
    return DEFAULT_PORT.sub(r"\1\2", url, count=1) if ":" in url[len("https:") :] else url


DEFAULT_PORT = re.compile(r"^(http://[^/?]+):80(?=[/?]|$)|^(https://[^/?]+):443(?=[/?]|$)", re.I)


UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")  # what no text has, and neither a workbook nor XML can hold


def clean(text: Any, most: int) -> str | None:
    plain = words(UNSEEN.sub("", text), most) if isinstance(text, str) else None
    return plain if plain is None or is_storable(plain) else plain.encode("utf-8", "replace").decode()


def is_storable(text: str) -> bool:
    """JSON can spell half characters, which no file can hold."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# JSON as it comes


class NoJson(ValueError):
    """Not to be read, even mended; `cut`: it ends before it closes."""

    def __init__(self, cut: bool) -> None:
        super().__init__(cut)
        self.cut = cut


LENIENT = json.JSONDecoder(strict=False)  # takes control characters in texts
ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')


def lenient_json(body: bytes | str) -> tuple[Any, bool]:
    """The document, and whether it had to be mended: escapes that are none, bytes that are no UTF-8. Raises NoJson.

    Cut-off JSON is no short list: nothing tells what is missing.
    """
    text = (body.decode("utf-8", "replace") if isinstance(body, bytes) else body).removeprefix("\ufeff").strip()
    for is_mended in (False, True):
        try:
            return LENIENT.decode(ESCAPE.sub(_doubled, text) if is_mended else text), is_mended
        except (ValueError, RecursionError):  # also a number of more than 4,300 digits
            continue
    raise NoJson(text[-1:] != {"{": "}", "[": "]"}.get(text[:1], text[-1:]))


def _doubled(match: re.Match[str]) -> str:
    return r"\\" if match[0] == "\\" else match[0]


def unparsed(error: NoJson, text: str) -> FinderAnswer:
    return only(Code.CUT_OFF.of(number=0)) if error.cut else unreadable(text)


def listed_at(document: Any, name: str) -> list[Any] | None:
    """The list under that name; None where there is none."""
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, list) else None


def text_in(row: Any, *names: str) -> str | None:
    """The first of these fields that is a text with something in it."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return None
