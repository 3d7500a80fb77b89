"""What became of a page, a visit or a run: a code with its parameters. Words are made of it where a person reads.

In the database an outcome is JSON beside its English words: {"code": "too_short", "params": {"number": 143}}. Nothing
reads the words back.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from babel.numbers import get_decimal_symbol

from db.language import DEFAULT, find, language, plural, speaking

LONGEST = 200  # characters of another program's words


class Code(StrEnum):
    """Each is a key of outcomes.toml in every language, with its parameters in braces."""

    TEXT = "text"  # words of another program, or of an archive that had no codes yet
    FAULT = "fault"  # an exception by its kind and text
    FAILED = "failed"  # by our own code

    # an answer, or the lack of one
    HTTP_STATUS = "http_status"
    UNASKED_304 = "unasked_304"
    EMPTY_ANSWER = "empty_answer"
    NAME_UNKNOWN = "name_unknown"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_BROKE = "connection_broke"
    NO_ANSWER = "no_answer"
    BROKE_OFF = "broke_off"
    PROXY = "proxy"
    CERTIFICATE = "certificate"
    REDIRECTS = "redirects"
    LARGER_THAN_READ = "larger_than_read"
    NOT_PACKED_SO = "not_packed_so"
    CONTENT_TYPE = "content_type"

    # what may be asked
    ROBOTS_DISALLOWS = "robots_disallows"
    ROBOTS_AWAY = "robots_away"
    CRAWL_DELAY = "crawl_delay"  # too long for a night
    TDMREP_RESERVES = "tdmrep_reserves"
    LEADS_TO = "leads_to"
    LEADS_TO_PRIVATE = "leads_to_private"
    ITS_ADDRESS_IS_AT = "its_address_is_at"
    PORT = "port"
    LEADS_NOWHERE = "leads_nowhere"
    NOT_PUBLIC = "not_public"
    STANDS_FOR = "stands_for"
    LEFT_ALONE = "left_alone"
    STILL_LEFT_ALONE = "still_left_alone"

    # what a site tells robots
    NO_RULES = "no_rules"
    RULES = "rules"
    RULES_WITH_DELAY = "rules_with_delay"
    NOTHING_SAID = "nothing_said"
    NOTHING_RESERVED = "nothing_reserved"
    MINING_RESERVED = "mining_reserved"

    # documents in which addresses are found
    EMPTY_DOCUMENT = "empty_document"
    NOT_UNPACKED = "not_unpacked"
    UNPACKS_TO = "unpacks_to"
    IS_INSTEAD = "is_instead"
    IS_NO_XML = "is_no_xml"
    IS_NO_HTML = "is_no_html"
    IS_NOT_HTML = "is_not_html"  # and what it is instead cannot be told
    A_FORM = "a_form"
    HTML_TITLED = "html_titled"
    HTML_UNTITLED = "html_untitled"
    BINARY = "binary"
    JSON = "json"
    ROOT = "root"
    TEXT_BEGINS = "text_begins"
    IN_DOCUMENT = "in_document"
    XML_BREAKS = "xml_breaks"
    JSON_BREAKS = "json_breaks"
    JSON_UNREAD = "json_unread"
    JSON_FEED_WITHOUT_ITEMS = "json_feed_without_items"
    NO_ENTRY = "no_entry"
    ITEMS_WITHOUT_ADDRESS = "items_without_address"
    LINES_WITHOUT_ADDRESS = "lines_without_address"
    NO_LINK_MATCHES = "no_link_matches"
    NO_LINK = "no_link"

    # what a finder answers
    ROWS_READ = "rows_read"
    NOTHING_FOUND = "nothing_found"
    NO_FILE = "no_file"
    LAST_PAGE = "last_page"
    FULL_ANSWER = "full_answer"
    CUT_OFF = "cut_off"
    UNREADABLE_ANSWER = "unreadable_answer"
    TOO_FAST = "too_fast"
    BUSY = "busy"
    OUT_OF_TIME = "out_of_time"
    QUOTA_USED = "quota_used"
    KEY_REFUSED = "key_refused"
    REFUSED_QUERY = "refused_query"
    BLOCKED = "blocked"
    ROWS_UNREAD = "rows_unread"
    DATES_AHEAD = "dates_ahead"
    CACHES_UNWRAPPED = "caches_unwrapped"
    MENDED_JSON = "mended_json"
    HOST_DENIED = "host_denied"

    # a visit
    AT_ADDRESS = "at_address"
    AT_ADDRESSES = "at_addresses"
    ALL_ELSEWHERE = "all_elsewhere"
    NOTHING_WAITS = "nothing_waits"
    NOTHING_KNOWN = "nothing_known"
    OTHER_PROBLEMS = "other_problems"
    TIME_UP = "time_up"
    NIGHT_OVER = "night_over"
    PAGES_IN_VAIN = "pages_in_vain"
    ON_NIGHTS = "on_nights"
    GOES_ON_AT = "goes_on_at"
    SITEMAPS_IN_TURN = "sitemaps_in_turn"
    SITEMAPS_LEFT = "sitemaps_left"
    ALL_SITEMAPS_OLD = "all_sitemaps_old"
    PAGES_LEFT = "pages_left"
    QUEUE_FULL = "queue_full"

    # a finder's night
    NO_KEY = "no_key"
    REQUESTS_USED = "requests_used"

    # a match of a finder
    MATCH_QUEUED = "match_queued"
    MATCH_KEPT = "match_kept"
    MATCH_KNOWN = "match_known"  # it waits, or was refused
    MATCH_PAUSED = "match_paused"
    NO_ROOM_FOR_HOST = "no_room_for_host"
    ONLY_COPIES = "only_copies"
    NO_RECORD = "no_record"

    # a run
    WITHOUT_END = "without_end"
    NO_SOURCE = "no_source"
    ENDED_AFTER = "ended_after"
    ENDED_BY_SIGNAL = "ended_by_signal"

    # a page that could not be read
    EMPTY_PAGE = "empty_page"
    BEGINS = "begins"
    ELEMENTS = "elements"
    WORKER_ENDED = "worker_ended"
    WORKER_FAILED = "worker_failed"

    # a page that is no article
    NO_TEXT = "no_text"
    NO_TITLE = "no_title"
    TOO_SHORT = "too_short"
    SAYS_MISSING = "says_missing"
    STATUS = "status"
    WALL = "wall"
    NOTHING_SHOWN = "nothing_shown"
    SCRAMBLED = "scrambled"
    SPEAKS_TO_READER = "speaks_to_reader"
    A_LIST = "a_list"
    AN_OFFER = "an_offer"
    MEDIA = "media"

    # a kept article that was looked at again
    NEW_VERSION = "new_version"
    NOT_COMPARABLE = "not_comparable"
    ANOTHER_ARTICLE = "another_article"
    LED_TO = "led_to"

    # an article that is none of ours
    RESERVED = "reserved"
    RESERVED_WITH_POLICY = "reserved_with_policy"
    NO_MUST_TERM = "no_must_term"
    JUDGED = "judged"
    TOO_OLD = "too_old"
    DECIDED = "decided"
    TAKEN_DOWN = "taken_down"
    CORRECTED_PUBLISHED = "corrected_published"
    CORRECTED_AUTHOR = "corrected_author"
    CORRECTED_TITLE = "corrected_title"
    CORRECTED_KIND = "corrected_kind"
    STILL_REFUSED = "still_refused"

    # why it is on the topic, or not
    NOT_NAMED = "not_named"
    APART = "apart"
    STORY = "story"
    AGAINST = "against"
    IN_TITLE = "in_title"
    IN_ADDRESS = "in_address"
    IN_PARAGRAPH = "in_paragraph"
    IN_SENTENCE = "in_sentence"
    IN_SENTENCES = "in_sentences"
    TOGETHER = "together"
    BESIDE = "beside"
    CLOSE = "close"
    FAR_APART = "far_apart"
    RUNS_THROUGH = "runs_through"
    BEGINS_LATE = "begins_late"
    IN_OPENING = "in_opening"
    SPANS = "spans"
    ONCE = "once"
    NOWHERE = "nowhere"
    LISTED_WORD = "listed_word"
    WEIGHED = "weighed"
    ALL_THE_REST = "all_the_rest"
    BASE = "base"
    WOULD_BE_ON = "would_be_on"
    IF_IN_TITLE = "if_in_title"
    THE_STORY = "the_story"
    ITS_MATTER = "its_matter"
    ROLE_WHO = "role_who"
    ROLE_SUBJECT = "role_subject"
    ROLE_BYNAME = "role_byname"
    ROLE_PLACE = "role_place"
    ROLE_AROUND = "role_around"
    ROLE_OBJECT = "role_object"
    ROLE_THEME = "role_theme"
    ROLE_AGAINST = "role_against"

    # how a source fares
    PAUSED = "paused"
    NOT_VISITED = "not_visited"
    FEW_NIGHTS = "few_nights"
    USUAL = "usual"
    WITHOUT_FAULT = "without_fault"
    ONLY_KNOWN = "only_known"
    ONLY_FOUND = "only_found"
    NEVER_LISTED = "never_listed"
    NEVER_READ = "never_read"
    SAYS_NO = "says_no"
    IN_PART_LAST_NIGHT = "in_part_last_night"
    AWAY_LAST_NIGHT = "away_last_night"
    IN_PART = "in_part"
    AWAY = "away"
    UNSTEADY = "unsteady"
    LISTS_NOTHING = "lists_nothing"
    LISTS_NOTHING_SINCE = "lists_nothing_since"
    NOTHING_NEW = "nothing_new"
    NOTHING_NEW_SINCE = "nothing_new_since"
    ALL_WALLED = "all_walled"
    SHRUNK = "shrunk"
    QUIET = "quiet"
    RANGE = "range"

    # what an operator must hear of: docs/operations.md has a paragraph for each
    ALARM_SOURCE = "alarm_source"
    ALARM_SOURCES = "alarm_sources"
    ALARM_JOB_FAILED = "alarm_job_failed"
    ALARM_JOB_MISSED = "alarm_job_missed"
    ALARM_NO_CRAWL = "alarm_no_crawl"
    ALARM_DISK = "alarm_disk"
    ALARM_CLOCK = "alarm_clock"
    ALARM_BACKUP = "alarm_backup"
    ALARM_NO_BACKUP = "alarm_no_backup"
    ALARM_ARCHIVE = "alarm_archive"
    ALARM_DAMAGED = "alarm_damaged"
    ALARM_OUT_OF_STEP = "alarm_out_of_step"
    ALARM_PAGES = "alarm_pages"
    ALARM_FAULT = "alarm_fault"
    ALARM_CHANNEL = "alarm_channel"

    def of(self, **params: "Parameter") -> "Outcome":
        return Outcome(self, params)


CORRECTED = frozenset(code for code in Code if code.startswith("corrected_"))  # a person's words on what a page says


@dataclass(frozen=True, slots=True)
class Outcome:
    code: Code
    params: Mapping[str, "Parameter"] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.code)

    def __str__(self) -> str:
        """In English, as the archive keeps it."""
        with speaking(DEFAULT):
            return _storable(say(self))

    def as_dict(self) -> dict[str, Any]:
        return {"code": str(self.code), "params": {name: _plain(value) for name, value in self.params.items()}}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """What `as_dict` gave. Raises ValueError for anything else."""
        try:
            return cls(Code(value["code"]), {name: _read(each) for name, each in value["params"].items()})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{value!r} is no outcome") from error

    def parts(self) -> Iterator["Outcome"]:
        """Itself, and the outcomes that stand in its parameters, to any depth."""
        yield self
        for value in self.params.values():
            yield from parts(value if isinstance(value, tuple) else [value])


Parameter = str | int | float | Outcome | tuple[Outcome, ...] | Mapping[str, str]  # a mapping: texts by language


def parts(values: Iterable[Any]) -> Iterator[Outcome]:
    for value in values:
        if isinstance(value, Outcome):
            yield from value.parts()


def fault(error: BaseException | None) -> Outcome:
    """Of a library, or of ours, for which there is no word."""
    text, kind = " ".join(str(error or "").split())[:LONGEST], type(error).__name__
    return Code.FAULT.of(kind=kind, text=text) if text else Code.TEXT.of(text=kind)


# Words


class _Decimal(float):
    """A number with the reader's own decimal sign."""

    def __format__(self, form: str) -> str:
        return super().__format__(form).replace(".", get_decimal_symbol(language()))


def say(outcomes: Outcome | Iterable[Outcome]) -> str:
    """In the reader's language, as plain text; several are parted by semicolons."""
    if not isinstance(outcomes, Outcome):
        return "; ".join(map(say, outcomes))
    text = find(f"outcomes.{outcomes.code}")
    if isinstance(text, dict):
        text = text.get(plural(language(), outcomes.params.get("number")), text["other"])
    if not isinstance(text, str):
        raise KeyError(f"outcomes.{outcomes.code}: no such text")
    return text.format(**{name: _render(value) for name, value in outcomes.params.items()})


def _render(value: Parameter) -> str | int | float:
    match value:
        case Outcome() | tuple():
            return say(value)
        case Mapping():
            return value.get(language()) or value.get(DEFAULT, "")
        case float():
            return _Decimal(value)
    return value


# JSON


def as_json(outcomes: Outcome | Iterable[Outcome] | None) -> str | None:
    """An object for one, a list for several in their order; None for none."""
    value = _plain(outcomes if outcomes is None or isinstance(outcomes, Outcome) else tuple(outcomes))
    return None if value is None else _storable(json.dumps(value, ensure_ascii=False))


def from_json(text: str | None) -> tuple[Outcome, ...]:
    """What `as_json` wrote, be it one or several. Raises ValueError for anything else."""
    value = json.loads(text or "[]")
    return tuple(Outcome.from_dict(each) for each in (value if isinstance(value, list) else [value]))


def _storable(text: str) -> str:
    """Half characters, which a page can spell and no file can hold, become question marks."""
    return text.encode("utf-8", "replace").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Outcome):
        return value.as_dict()
    return [each.as_dict() for each in value] if isinstance(value, tuple) else value


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(Outcome.from_dict(each) for each in value)
    return Outcome.from_dict(value) if isinstance(value, dict) and value.keys() == {"code", "params"} else value
