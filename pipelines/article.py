"""The noun of the journey: an article, with its fields in the order in which they are learnt."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from db.outcomes import Code, Outcome

if TYPE_CHECKING:  # a worker process stores nothing, and would wait 0.1 s for sqlite-utils
    from db.store.by_hand.corrections import CorrectionRow
    from db.store.by_hand.decisions import DecisionRow


class Reason(StrEnum):
    """Why a page is not in the archive. The first group is about the page, the second about the visit or our limits."""

    OFF_TOPIC = "off_topic"  # too little of it speaks for the topic
    MENTION = "mention"  # the topic is named in passing
    TOO_OLD = "too_old"  # published before the profile's `since`
    TOO_SHORT = "too_short"
    NO_TEXT = "no_text"
    NO_TITLE = "no_title"
    NOT_AN_ARTICLE = "not_an_article"  # list, tag or search page, media page without text
    NOT_HTML = "not_html"
    WALL = "wall"  # consent, login, block or CAPTCHA page
    GARBLED = "garbled"  # letter-scrambled or wrongly decoded text
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"  # the page made a stage fail or run out of time
    MISSING = "missing"  # 404, 410 or another final answer that is no page
    FOREIGN = "foreign"  # leads to a host that is not the source's own

    ROBOTS = "robots"  # robots.txt disallows the address
    FORBIDDEN = "forbidden"  # 401, 403, 451
    UNREACHABLE = "unreachable"  # failed on three nights
    RESERVED = "reserved"  # the publisher reserves text and data mining, and the setting says to stay away
    BUDGET = "budget"  # fell out of the queue

    DECIDED = "decided"  # a person's word
    REMOVED = "removed"  # taken down, and never to come again


class Word(StrEnum):
    KEEP = "keep"
    DROP = "drop"
    REMOVE = "remove"  # by `revierspiegel remove`: nothing of it may stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's word on an address, stronger than any rule."""

    word: Word
    why: str
    by: str | None = None
    at: str  # ISO 8601, UTC

    @classmethod
    def of(cls, row: "DecisionRow | None") -> "Decision | None":
        """`row` of the table `decisions`."""
        return cls(word=Word(row["word"]), why=row["why"], by=row["by"], at=row["at"]) if row else None

    @property
    def outcome(self) -> Outcome:
        return Code.DECIDED.of(by=_signed(self.by, self.at), why=self.why)

    def __str__(self) -> str:
        return str(self.outcome)


class Field(StrEnum):
    """What a person may correct of what is read of a page, by the names that the command line has for it."""

    PUBLISHED = "published"
    AUTHOR = "author"
    TITLE = "title"
    KIND = "kind"


PERSON = "person"  # `date_source` where a person says when it was published


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's word on what a page says, in the place of what is read there."""

    field: Field
    value: str  # ISO 8601; persons parted by semicolons, '' where none is named
    why: str
    by: str | None = None
    at: str  # ISO 8601, UTC

    @classmethod
    def of(cls, row: "CorrectionRow") -> "Correction":
        """`row` of the table `corrections`."""
        return cls(field=Field(row["field"]), value=row["value"], why=row["why"], by=row["by"], at=row["at"])

    @property
    def columns(self) -> "Mapping[str, str | tuple[str, ...]]":
        """Of an article, as they become."""
        match self.field:
            case Field.PUBLISHED:
                return {"published": self.value, "date_source": PERSON}
            case Field.AUTHOR:
                return {"authors": tuple(filter(None, self.value.split("; ")))}
            case Field.TITLE:
                return {"title": self.value}
            case Field.KIND:
                return {"page_kind": self.value}

    @property
    def outcome(self) -> Outcome:
        return Code(f"corrected_{self.field}").of(by=_signed(self.by, self.at), why=self.why)

    def __str__(self) -> str:
        return f"{self.outcome}; {self.field}={self.value}"


def _signed(by: str | None, at: str) -> str:
    return ", ".join(filter(None, [by, at[:10]]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the registry knows of a source and later rooms need: it travels on the article as data."""

    hosts: frozenset[str] = frozenset()  # own hosts, lower case, without 'www.'
    id_pattern: str | None = None  # regular expression with one group: the outlet's stable id in an address
    query_ids: tuple[str, ...] = ()  # query parameters that name the article and stay in its address
    kind: str | None = None  # government, trade_press, …
    lang: str | None = None  # ISO 639-1, where the page does not say
    access: str | None = None  # what the outlet as a whole is: none, partial, hard


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the publisher said of mining and archiving; see pipelines/intake/rights.py."""

    reserved: bool | None = None  # None: nothing was said
    said_by: str | None = None  # tdmrep.json, header, meta: who had the last word
    policy: str | None = None  # address of the licence offer
    noarchive: bool = False
    content_usage: str | None = None  # AIPREF, as it stands there
    not_asked: bool = False  # the site's robots.txt and tdmrep.json: the page is from a file, and says for itself

    def as_dict(self) -> dict[str, Any]:
        """Only what was said."""
        values = {attribute.name: (getattr(self, attribute.name), attribute.default) for attribute in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A further page of an article that comes in several."""

    url: str
    html: bytes = field(repr=False)
    whole: bool = False  # all of the article, the first page's text too


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLink:
    """A link in the text of an article."""

    url: str
    text: str  # what it stands on


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """What one step of the reading did to what trafilatura read of a page, and what the page says for it."""

    step: str
    kind: str  # drop, add, refuse
    what: str  # the text, or its first and last characters
    evidence: str

    def __str__(self) -> str:
        done = {"drop": "dropped", "add": "added", "refuse": "refused"}[self.kind]
        return f"{done} by '{self.step}', {self.evidence}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    # found
    source: str
    url: str  # as found, unchanged
    found_via: str = ""  # the feed, sitemap or listing; 'known' for the list that comes with the project
    found_at: datetime | None = None
    title_hint: str | None = None  # what the feed said
    date_hint: str | None = None  # ISO 8601, as far as the feed said
    hints: Hints = field(default_factory=Hints)
    # fetched
    final_url: str = ""
    fetched_at: datetime | None = None
    status: int = 0
    encoding: str | None = None  # as the HTTP header declares it; the page may know better
    etag: str | None = None  # with what the server will tell whether the page has changed
    last_modified: str | None = None
    rights: Rights = field(default_factory=Rights)
    html: bytes = field(default=b"", repr=False)
    parts: tuple[Part, ...] = ()
    page: int | None = None  # row of the kept page
    passes: bool | None = None  # the prefilter, where that has been asked already
    decision: Decision | None = None
    corrections: tuple[Correction, ...] = ()  # at most one of each field
    # cleaned
    canonical_url: str | None = None
    outlet: str | None = None  # what the page calls its outlet; not stored, but as the name of a found host
    title: str = ""
    text: str = field(default="", repr=False)  # paragraphs parted by a blank line
    subheads: tuple[str, ...] = ()  # those of the paragraphs that are subheads
    links: tuple[BodyLink, ...] = field(default=(), repr=False)  # in the text
    authors: tuple[str, ...] = ()  # persons
    agencies: tuple[str, ...] = ()
    published: str | None = None  # ISO 8601 with the page's own offset, or a bare day
    date_source: str | None = None  # json-ld, meta, time, …: where `published` stands
    modified: str | None = None
    lang: str | None = None
    page_kind: str | None = None  # article, release, interview, commentary, ticker, media, list, wall, …
    access: str | None = None  # free, metered, teaser, walled
    in_part: bool = False  # it goes on at a page that could not be had
    uncorrected: Mapping[str, str | tuple[str, ...] | None] = field(default_factory=dict)  # what the page itself says
    trace: tuple[TraceEntry, ...] = field(default=(), repr=False, compare=False)  # of the reading; not stored
    # judged
    score: float = 0.0
    verdict: str | None = None  # on, mention, off
    outcomes: tuple[Outcome, ...] = ()  # why
    terms: tuple[str, ...] = ()  # the words that decided, as the article spells them
    features: Mapping[str, float] = field(default_factory=dict, compare=False)  # what each adds to the sum
    rules_version: str | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """The outcomes in English words."""
        return tuple(map(str, self.outcomes))

    @property
    def must_stay(self) -> bool:
        """Whether a person has said so."""
        return self.decision is not None and self.decision.word is Word.KEEP


_NAMES = tuple(attribute.name for attribute in fields(Article))
_values = attrgetter(*_NAMES)


def sound(article: Article) -> Article:
    """Half characters, which JSON and HTML can spell and no file can hold, become question marks."""

    def without_halves(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(without_halves, value))
        if not isinstance(value, str) or value.isascii():
            return value
        return value.encode("utf-8", "replace").decode()

    values = zip(_NAMES, _values(article), strict=True)
    texts = {name: value for name, value in values if value and isinstance(value, (str, tuple))}
    halved = {name: mended for name, value in texts.items() if (mended := without_halves(value)) != value}
    return replace(article, **halved) if halved else article


@dataclass(frozen=True, slots=True)
class Rejected:
    """The article ends here: `Rejected(Reason.TOO_SHORT, Code.TOO_SHORT.of(number=143))`."""

    reason: Reason
    outcome: Outcome | None = None  # what was found
    article: Article | None = None  # as far as it was read by then; whoever runs the stages sees to it

    @property
    def detail(self) -> str:
        """What was found, in English words."""
        return str(self.outcome or "")

    def __str__(self) -> str:
        return f"{self.reason}: {self.outcome}" if self.outcome else str(self.reason)


def as_far_as_read(result: Article | Rejected) -> Article | None:
    return result.article if isinstance(result, Rejected) else result


@dataclass(frozen=True, slots=True)
class Failed:
    """What our own code did wrong with an article: no word on the page, which is asked for again."""

    outcome: Outcome  # AttributeError: 'NoneType' object has no attribute 'text'
