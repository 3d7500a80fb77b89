"""Days and years of a sentence, and which of the years are those of a plan."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from db import written_numbers
from pipelines.dates import MONTHS
from pipelines.enrichment.measures.figure_words import HEDGES_OF_YEARS
from pipelines.enrichment.measures.numbers.tokens import Token, is_year

_UNTIL = frozenset(
    "ab bis by until till from spätestens frühestens voraussichtlich before vor nach ende anfang mitte jahresende"
    " frühjahr sommer herbst winter frühling end early late mid spring summer autumn fall starting beginning".split()
)
_SINCE = frozenset("seit since".split())
_GONE = _SINCE | {"vom", "dated"}
_PERIODS = frozenset(
    "ende anfang mitte frühjahr sommer herbst winter frühling quartal halbjahr jahr jahres jahre jahren jahreswechsel"
    " schuljahr ausbildungsjahr"
    " jahresende end early late mid spring summer autumn fall quarter half year the of in im des".split()
)
_NAMES = frozenset(  # what is named by a year: Agenda 2030
    "agenda strategie strategy vision horizont horizon wm em expo olympia windows office server version bericht report"
    " masterplan programm pakt studie leitentscheidung"
    " ausgabe issue edition landesgartenschau geschäftsjahr wintersemester fiscal".split()
)


_DIGITS = frozenset("0123456789")
_MONTHS = {month: number for month, number in MONTHS.items() if len(month) > 2}
_MONTHS |= {f"{month}s": number for month, number in _MONTHS.items() if len(month) > 4}  # am Morgen des 7. Oktobers
FAR = 60  # days
STORY_BEGINS = 2024  # plans before it are no plans any more; where the day of the article is not known


_BEFORE_DAYS = frozenset("am vom zum bis ab den dem".split())
_TO_THE = frozenset("zum zu am einschließlich den dem".split())
_VERBS = frozenset("soll sollen will wollen wird werden ist sind kann können könnte könnten dürfte dürften".split())
_CLOCK = re.compile(r"\d{1,2}(?:[.:]\d\d)?")


class Tense(NamedTuple):
    """Of a sentence: whether it has words that speak of what is to come, or has been."""

    future: bool
    past: bool


class Time(NamedTuple):
    first: int  # tokens
    last: int
    day: str | None = None
    year: int = 0
    high: int | None = None
    hedge: str | None = None
    is_figure: bool = True
    has_year: bool = True  # as written


def times_of(tokens: Sequence[Token], published: str, tense: Callable[[], Tense]) -> list[Time]:
    """With years of the past, which are no figures but no quantities either."""
    found: list[Time] = []
    end = 0
    for at in [at for at, token in enumerate(tokens) if token.text[0] in _DIGITS or token.folded in _MONTHS]:
        if at < end:
            continue
        if tokens[at].text[0] in _DIGITS:
            time = _day(tokens, at, published) or _clock(tokens, at) or _years(tokens, at, published, tense)
        else:
            time = _month_first(tokens, at, published)
        if time and time.day and not time.has_year:
            time = _as_told(time, published, _told_tense(tokens, time, tense()))
        if time:
            found.append(time)
            end = time.last
    return found


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].folded if 0 <= at < len(tokens) else ""


def _day(tokens: Sequence[Token], at: int, published: str) -> Time | None:
    """22. Mai 2024, 22 May, 22.05.2024, 22.5.24, 2024-05-22."""
    parts = tokens[at].text.split(".")
    if len(parts) in (2, 3) and len(parts[0]) <= 2 and all(part.isdecimal() for part in parts):
        if len(parts) == 3 and len(parts[2]) in (2, 4) and len(parts[1]) <= 2:
            year = int(parts[2]) + (2000 if len(parts[2]) == 2 else 0)
            return _as_day(at, at + 1, year, int(parts[1]), int(parts[0]))
        if (
            len(parts) == 2
            and len(parts[1]) <= 2
            and _word(tokens, at + 1) == "."
            and published
            and _word(tokens, at - 1) in _BEFORE_DAYS
        ):
            return _near(at, at + 2, published, int(parts[1]), int(parts[0]))
        return None
    if len(tokens[at].text) > 2 or not 0 < int(tokens[at].text if tokens[at].text.isdecimal() else 0) <= 31:
        return None
    end, day = at + 1, int(tokens[at].text)
    if _word(tokens, end) in (".", "st", "nd", "rd", "th"):
        end += 1
    behind = end + 2 if _word(tokens, end + 1) in _TO_THE else end + 1
    links = _word(tokens, end) in ("bis", "und", ",", "–", "-", "to", "and")
    # 3. bis 28. Februar 2025, vom 5. bis zum 16. August, from 3 to 28 June
    is_day = _word(tokens, end - 1) == "." or _word(tokens, at - 1) in ("from", "between")
    if links and is_day and _word(tokens, behind).isdecimal():
        later = _day(tokens, behind, published)
        if later and later.day:
            year, month = int(later.day[:4]), int(later.day[5:7])
            return _as_day(at, end, year, month, day)._replace(has_year=later.has_year)
    if _word(tokens, end) in ("of", "de"):
        end += 1
    named = _MONTHS.get(_word(tokens, end))
    if end + 1 < len(tokens) and tokens[end].end == tokens[end + 1].start and tokens[end + 1].text[0].isalnum():
        return None  # 8 Gen3
    if named is None or (tokens[end].text.islower() and _word(tokens, end) in ("mai", "may", "march", "mag")):
        return None
    end += 1
    if _word(tokens, end) == "." and len(tokens[end - 1].text) <= 4:
        end += 1
    return _with_year(tokens, at, end, published, named, day)


def _month_first(tokens: Sequence[Token], at: int, published: str) -> Time | None:
    """May 22, 2024, Feb. 15; March 2027 is no day."""
    end = at + 2 if _word(tokens, at + 1) == "." else at + 1
    day = _word(tokens, end)
    spelt = written_numbers.ordinal(tokens[at - 1].text) if at and not tokens[at].text.islower() else None
    if spelt and spelt <= 31 and tokens[at - 1].text.isalpha() and tokens[at - 1].text.islower():  # am achten Juni
        return _with_year(tokens, at - 1, at + 1, published, _MONTHS[tokens[at].folded], spelt)
    if not (day.isdecimal() and 0 < int(day) <= 31 and len(day) <= 2) or tokens[at].text.islower():
        return None
    if tokens[end].start == tokens[end - 1].end:
        return None  # Gen3
    end += 2 if _word(tokens, end + 1) in ("st", "nd", "rd", "th") else 1
    return _with_year(tokens, at, end, published, _MONTHS[tokens[at].folded], int(day))


def _with_year(tokens: Sequence[Token], first: int, end: int, published: str, month: int, day: int) -> Time | None:
    at = end + 1 if _word(tokens, end) in (",", "de", "del") else end
    if at < len(tokens) and is_year(tokens[at]):
        return _as_day(first, at + 1, int(tokens[at].text), month, day)
    if published:
        return _near(first, end, published, month, day, gone=_word(tokens, first - 1) in _GONE)
    return Time(first=first, last=end, is_figure=False)


def _told_tense(tokens: Sequence[Token], time: Time, tense: Tense) -> Tense:
    """Am 29. November kehrte sie zurück: in German the verb follows."""
    behind = _word(tokens, time.last)
    return tense._replace(past=True) if behind.endswith("te") and tokens[time.last].text.islower() else tense


def _as_told(time: Time, published: str, tense: Tense) -> Time:
    """A day far off in the past is one to come, where the sentence speaks of nothing but that; and the other way."""
    day, here = date.fromisoformat(time.day or published), date.fromisoformat(published)
    if abs((day - here).days) < FAR or tense.future == tense.past or tense.future == (day > here):
        return time
    try:
        return time._replace(day=day.replace(year=day.year + (1 if tense.future else -1)).isoformat())
    except ValueError:
        return time


def _near(first: int, last: int, published: str, month: int, day: int, *, gone: bool = False) -> Time:
    """In the year in which it is nearest to the day of the article; a letter is dated with a day that is over."""
    here = date.fromisoformat(published)
    days = []
    for year in (here.year - 1, here.year, here.year + 1):
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    days = [each for each in days if not gone or each <= here] or days
    if not days:
        return Time(first=first, last=last, is_figure=False)
    nearest = min(days, key=lambda each: abs((each - here).days))
    return Time(first=first, last=last, day=nearest.isoformat(), has_year=False)


def _as_day(first: int, last: int, year: int, month: int, day: int) -> Time:
    try:
        return Time(first=first, last=last, day=date(year, month, day).isoformat())
    except ValueError:
        return Time(first=first, last=last, is_figure=False)


def _clock(tokens: Sequence[Token], at: int) -> Time | None:
    """14.30 Uhr, 2.30 pm: no figure."""
    behind = _word(tokens, at + 1)
    if not _CLOCK.fullmatch(tokens[at].text):
        return None
    if behind in ("uhr", "pm", "am", "p", "a") and (behind in ("uhr", "pm", "am") or _word(tokens, at + 2) == "."):
        if behind == "am" and not (
            at + 1 < len(tokens) and tokens[at + 1].start - tokens[at].end <= 1 and "." in tokens[at].text
        ):
            return None
        return Time(first=at, last=at + 2, is_figure=False)
    return None


def _years(tokens: Sequence[Token], at: int, published: str, tense: Callable[[], Tense]) -> Time | None:
    """2027, 2027/2028, 2027/28, 2026 bis 2028."""
    in_name = tokens[at].glued and tokens[at - 1].text[-1].isalpha() and tokens[at - 1].folded not in _PERIODS
    if not is_year(tokens[at]) or in_name:  # but mid-2026
        return None
    if _word(tokens, at - 1) == "/" and _word(tokens, at - 2).isdecimal() and tokens[at - 1].end == tokens[at].start:
        return Time(first=at, last=at + 1, is_figure=False)  # Vorlage 123/2025
    year, high, end = int(tokens[at].text), None, at + 1
    link, behind = _word(tokens, end), _word(tokens, end + 1)
    if link == "/" and behind.isdecimal() and len(behind) in (2, 4):
        high = int(behind) if len(behind) == 4 else year // 100 * 100 + int(behind)
        end += 2
    elif end < len(tokens) and tokens[end].glued and is_year(tokens[end]):
        high, end = int(tokens[end].text), end + 1
    elif (link in ("bis", "to", "–") and end + 1 < len(tokens) and is_year(tokens[end + 1])) or (
        _word(tokens, at - 1) in ("zwischen", "between") and link in ("und", "and") and behind.isdecimal()
    ):
        high, end = int(behind), end + 2
    if high is not None and not year < high <= year + 40:
        high = None
    before = [_word(tokens, place) for place in range(max(at - 4, 0), at)]
    hedge = next((word for word in reversed(before) if word in HEDGES_OF_YEARS), None)
    if high and published and high <= int(published[:4]):
        return Time(first=at, last=end, is_figure=False)  # von 2022 bis 2024 wurde verhandelt
    planned = not _is_name(tokens, at - 1) and _is_planned(before, max(year, high or 0), published, tense())
    if not planned and not _is_year_here(tokens, at, end):
        return None
    return Time(first=at, last=end, year=year, high=high, hedge=hedge, is_figure=planned)


_OF_PLANS = re.compile(
    r"\w*(?:start|beginn|bauzeit|aus|fertigstellung|inbetriebnahme|einweihung|einzug|ausstieg|ziel|eröffnung|abschluss|umzug|ende|periode|phase|termin|stichtag|bis|ab)"
)


def _is_name(tokens: Sequence[Token], at: int) -> bool:
    """A noun that has a year in its name: Haushalt 2026, but not Baubeginn 2026."""
    if at < 1 or not tokens[at].text[0].isupper():
        return False
    word = tokens[at].folded
    return word not in _UNTIL | _PERIODS and word not in MONTHS and not _OF_PLANS.fullmatch(word)


def _is_year_here(tokens: Sequence[Token], at: int, end: int) -> bool:
    """Not 2025 Arbeitsplätze: a year stands behind a word of time, or nothing is counted by it."""
    before = _word(tokens, at - 1)
    if at > 1 and tokens[at - 1].text[0].isupper() and _word(tokens, end) in _VERBS:
        return True  # Nach der Einweihung 2027 sollen
    return before in _UNTIL | _SINCE | _PERIODS or before in MONTHS or not _word(tokens, end)[:1].isalpha()


def _is_deadline(before: Sequence[str]) -> bool:
    """Bis Ende 2025, by the end of 2025."""
    far = (word for word in reversed(before) if word not in _PERIODS)
    return next(far, "") in ("bis", "by", "until", "till")


def _is_planned(before: Sequence[str], year: int, published: str, tense: Tense) -> bool:
    word = before[-1] if before else ""
    named = (each for each in reversed(before) if each not in MONTHS and each not in ("für", "of"))
    if next(named, "") in _NAMES or _SINCE & set(before[-3:]) or word in ("(", "©"):
        return False
    until = bool(_UNTIL & set(before))
    if not published:
        return (until or (tense.future and year >= STORY_BEGINS)) and not tense.past
    this_year = int(published[:4])
    if year != this_year:
        return this_year < year <= this_year + 60
    if _is_deadline(before):
        return True
    if word == "the":  # the 2024 version
        return False
    if not until and MONTHS.get(word, 13) <= int(published[5:7]):
        return False  # In April 2024 she announced
    return tense.future and (until or not tense.past)
