"""Dates as pages write them → ISO 8601 with the page's own offset, or a bare day."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone

from db.days import moment

FIRST_DAY = date(1994, 1, 1)  # no newspaper was on the web before
# Of German, English, French, Dutch, Italian, Spanish and Portuguese.
_COMMON_MONTHS = (
    "jan januar jänner january janv janvier januari gen gennaio enero ene janeiro",
    "feb februar feber february févr fevr fév fev février fevrier februari febbraio febrero fevereiro",
    "mär mrz mar märz maerz march mars mrt maart marzo março",
    "apr april avr avril aprile abr abril",
    "mai may mei mag maggio mayo maio",
    "jun juni june juin giu giugno junio junho",
    "jul juli july juil juillet lug luglio julio julho",
    "aug august août aout augustus ago agosto",
    "sep sept september septembre set settembre septiembre setiembre setembro",
    "okt oct oktober october octobre ott ottobre octubre outubro out",
    "nov november novembre noviembre novembro",
    "dez dec dezember december déc décembre decembre dic dicembre diciembre dezembro",
)
# As they stand in dates of Polish, Czech, Danish, Swedish, Finnish, Turkish, Romanian and Russian.
_OTHER_MONTHS = (
    "stycznia ledna tammikuuta ocak ianuarie января",
    "lutego února helmikuuta şubat februarie февраля",
    "marca března marts maaliskuuta mart martie марта",
    "kwietnia dubna huhtikuuta nisan aprilie апреля",
    "maja května maj toukokuuta mayıs мая",
    "czerwca června kesäkuuta haziran iunie июня",
    "lipca července heinäkuuta temmuz iulie июля",
    "sierpnia srpna augusti elokuuta ağustos августа",
    "września září syyskuuta eylül septembrie сентября",
    "października října lokakuuta ekim octombrie октября",
    "listopada listopadu marraskuuta kasım noiembrie ноября",
    "grudnia prosince joulukuuta aralık decembrie декабря",
)
MONTHS = {
    name: number
    for months in (_COMMON_MONTHS, _OTHER_MONTHS)
    for number, names in enumerate(months, start=1)
    for name in names.split()
}
WORD = "|".join(sorted(MONTHS, key=len, reverse=True))
WRITTEN = re.compile(
    rf"(?<!\d)(?:(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th|er|º)?\s*(?:de\s+)?(?P<m>{WORD})\b\.?,?\s+(?:del?\s+)?(?P<y>\d{{4}}|’?\d\d(?=\s*(?:$|[,|·•)–]|\d\d?[:.]\d\d)))"
    rf"|(?P<m2>{WORD})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{{4}})"
    r"|(?P<d3>\d{1,2})\.\s?(?P<m3>\d{1,2})\.\s?(?P<y3>(?:19|20)\d{2})"
    r"|(?P<d5>\d{1,2})(?P<sep>[/-])(?P<m5>\d{1,2})(?P=sep)(?P<y5>(?:19|20)\d{2})"
    r"|(?P<d6>\d{1,2})\.(?P<m6>\d{1,2})\.(?P<y6>\d{2})(?![.,:]?\d)"
    r"|(?<![\d/-][/-])(?P<d7>\d{1,2})(?P<sep7>[/-])(?P<m7>\d{1,2})(?P=sep7)(?P<y7>\d{2})(?![.,:]\d|[\d/-])"
    r"|(?P<y4>(?:19|20)\d{2})-(?P<m4>\d{2})-(?P<d4>\d{2}))(?!\d)",
    re.IGNORECASE,
)
SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(?:(?:19|20)\d{2}|\d{2})(?![\d/])")
IN_HALVES = re.compile(r",?\s+\d\d?:\d\d(?::\d\d)?\s?[ap]\.?m\b", re.IGNORECASE)
DIGITS = re.compile(r"\d\d")  # every date has two in a row
LABEL = re.compile(
    r"\b(?:(?P<updated>aktualisier\w+|update[d]?|bearbeitet|ge[äa]ndert|[äa]nderung|modified|modifi[ée]e?|mise?\s+à\s+jour"
    r"|bijgewerkt|gewijzigd|aggiornat[oa]|modificat[oa]|actualizad[oa]|eingereicht|angenommen|received|accepted|submitted)"
    r"|(?P<published>ver[öo]ffentlich\w+|publizier\w+|erschienen|erstellt|eingestellt|publi(?:shed|é|ée|cado|cada|cerad|ceret|sert)|posted|mise?\s+en\s+ligne"
    r"|gepubliceerd|geplaatst|pubblicat[oa]|dodano|opublikowan[oaey]|zveřejněno|julkaistu|udgivet"
    r"|(?:meldung|mitteilung|nachricht|beitrag|artikel)\s+vom|(?:datum|date|data|fecha|dato)(?=\s*(?::|$)))"
    r"|(?P<event>(?:wahl|orts|gerichts)?termine?|anmeldung|(?:anmelde|einsende|antrags)schluss|stichtag|beginn|deadline"
    r"|(?:abgabe|antrags|bewerbungs|einwendungs|melde)?frist))(?!\w)",
    re.IGNORECASE,
)
WITH_LEAD_IN = re.compile(
    r"(?:\b(?:ver[öo]ffentlicht|publiziert|erschienen|aktualisiert|stand|published|posted|updated):? )?"
    r"(?:\b(?:am|vom|on|le|il) )?"
    r"(?:\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend"
    rf"|mon?|tue|wed|thu|fri?|sat?|sun|di|mi|do|so)\b[.,]* (?:de[nm] )?)?{WRITTEN.pattern}",
    re.IGNORECASE,
)
IN_ADDRESS = re.compile(  # /2026/5/11/, 2026-05-11, /20260511/; season 2025-26-1 is no day
    r"(?<!\d)(?P<y>(?:19|20)\d{2})(?:/(?P<m>\d{1,2})/(?P<d>\d{1,2})|-(?P<m2>\d{2})-(?P<d2>\d{2}))(?!\d)"
    r"|(?<=[/_-])(?P<y3>(?:19|20)\d{2})(?P<m3>\d{2})(?P<d3>\d{2})(?=[/_-])"
)
ISO = re.compile(r"\d{4}-?\d{2}-?\d{2}(?:[T ].*)?")
YEAR_FIRST = re.compile(r"^(\d{4})[/.](\d\d?)[/.](\d\d?)(?=$|[T ])")
NO_CLOCK = re.compile(r"\d{5}:\d\d")  # figures of no time, nor of any date around them
MIDNIGHT = re.compile(r"(?<=[T ])24(?=:00(?::00(?:\.0+)?)?(?![:\d]))")  # 24:00 is 0:00 of the next day (ISO 8601)
# What nearly all dates of sitemaps look like: knowing it halves the time for 500,000 entries.
PLAIN = re.compile(r"(?:199[4-9]|20\d\d)-\d\d-\d\d(?:T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?")

_WEEKDAY = r"(?:[^\W\d_]{2,}\.?(?:,\s?|\s))?"
_MONTH = r"(?P<m>[^\W\d_]{3,})"
_CLOCK_12 = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?(?:\s?(?P<half>[ap])\.?m\.?)"
_CLOCK = f"{_CLOCK_12}?"
_ZONE = r"(?:\s?(?P<zone>(?:[a-z]{1,5}(?![a-z])\s?)?[+-]\d\d?(?::?\d\d)?|[a-z]{1,5}(?![a-z/])))?"
_ASIDE = r"(?:\s?[(\[][^()\[\]]*[)\]])?"  # (Central European Time), [Europe/Berlin]
CLOCKED = tuple(  # a day with a time, as mails, clocks and programming languages write them
    re.compile(_WEEKDAY + form + _ASIDE, re.IGNORECASE)
    for form in (
        # Fri, 21 Nov 2025 17:05:00 +0100: RFC 822; 21/Nov/2025:17:05:00 +0100: logs of web servers
        rf"(?P<d>\d\d?)\.?[\s/-]+{_MONTH}\.?[\s/-]+(?P<y>\d\d(?:\d\d)?),?[\s:]+{_CLOCK}{_ZONE}",
        # Fri Nov 21 17:05:00 CET 2025: asctime, Java, Ruby
        rf"{_MONTH}\.?\s(?P<d>\d\d?),?\s{_CLOCK}{_ZONE}\s(?P<y>\d{{4}})",
        # Fri Nov 21 2025 17:05:00 GMT+0100: JavaScript; November 21, 2025 at 5:05 PM
        rf"{_MONTH}\.?\s(?P<d>\d\d?),?\s(?P<y>\d{{4}}),?\s(?:at\s)?{_CLOCK}{_ZONE}",
        # 11/21/2025 5:05:00 PM +01:00: .NET. Without AM or PM 11/5/2025 may be of May, and `written` has the rule
        rf"(?P<m>\d\d?)/(?P<d>\d\d?)/(?P<y>\d\d(?:\d\d)?),?\s{_CLOCK_12}{_ZONE}",
    )
)
ZONES = {  # name → hours from UTC; CST and its like are North America's, as RFC 822 has them
    name: hours
    for hours, names in (
        (0, "z ut utc gmt wet"),
        (1, "cet mez met bst west"),
        (2, "cest mesz mest eet"),
        (3, "eest msk"),
        *((-3, "adt"), (-4, "ast edt"), (-5, "est cdt"), (-6, "cst mdt"), (-7, "mst pdt"), (-8, "pst")),
    )
    for name in names.split()
}
OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d?):?(?P<minutes>\d\d)?$")


Asked = Callable[[], bool]


def never() -> bool:
    return False


def date_of(raw: str | None) -> str | None:
    """As `read`; None also for what is no text, and for the zero of a machine's clock."""
    text = " ".join((raw or "")[:120].split())
    try:
        if PLAIN.fullmatch(text) and datetime.fromisoformat(text):
            return text
    except ValueError:
        pass
    iso = None if NO_CLOCK.search(text) else read(text)
    return iso if iso and iso >= FIRST_DAY.isoformat() else None


def read(raw: str, *, month_first: Asked = never) -> str | None:
    """A date in any usual form as ISO 8601. A time without an offset is no moment: only its day is kept.

    `month_first`: whether 3/7/2026 is of March; asked where it matters.
    """
    raw = YEAR_FIRST.sub(lambda part: f"{part[1]}-{part[2]:0>2}-{part[3]:0>2}", " ".join(raw.split())[:120])
    moment: datetime | None = None
    with suppress(ValueError, OverflowError):
        moment = iso_moment(raw) if ISO.fullmatch(raw) else clocked(raw)
    if moment is None:
        return written(raw, month_first=month_first)
    if moment.tzinfo is None or len(raw) <= 10:
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds")


def iso_moment(raw: str) -> datetime:
    """Of ISO 8601, also with its zone apart or by name. Raises ValueError where its figures are no date."""
    text, *name = re.split(r"\s+(?=[A-Za-z]+$)", re.sub(r"\[[^\[\]]*\]$", "", raw))
    text, midnights = MIDNIGHT.subn("00", re.sub(r"\s+(?=[+-]\d)", "", text))
    moment = datetime.fromisoformat(text) + timedelta(days=midnights)
    return moment.replace(tzinfo=zone_of(name[0])) if name else moment


def clocked(raw: str) -> datetime | None:
    """Of a day with a time in words or as an American writes it; without tzinfo where its zone is not known.

    Raises ValueError where its figures are no date.
    """
    parts = next((match for form in CLOCKED if (match := form.fullmatch(raw))), None)
    if parts is None:
        return None
    month = MONTHS.get(parts["m"].lower(), parts["m"])
    iso = made(parts["y"], month, parts["d"]) if str(month).isdecimal() else None
    if iso is None:
        return None
    hour, minute, second = int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0)
    if parts["half"]:
        hour = hour % 12 + 12 * (parts["half"].lower() == "p")
    tomorrow = (hour, minute, second) == (24, 0, 0)
    day = datetime.fromisoformat(iso) + timedelta(days=tomorrow)
    return day.replace(hour=0 if tomorrow else hour, minute=minute, second=second, tzinfo=zone_of(parts["zone"]))


def zone_of(name: str | None) -> timezone | None:
    """+01:00, +0100, GMT+1, CET; None for one that is not known, and for -0000, which says that it is not."""
    offset = OFFSET.search(name or "")
    if offset is None:
        hours = ZONES.get((name or "").lower())
        return None if hours is None else timezone(timedelta(hours=hours))
    if offset[0] == "-0000":
        return None
    away = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
    return timezone(-away if offset["sign"] == "-" else away)


def is_month_first(text: str, lang: str) -> bool:
    """Whether the days between slashes in a text have the month first: as those say that can be read in one way only,
    else as in the United States, where the text is from there. `lang`: with its region, en-US."""
    slashed = [(int(day), int(month)) for day, month in SLASHED.findall(text)]
    month_first = sum(day <= 12 < month for day, month in slashed)
    day_first = sum(month <= 12 < day for day, month in slashed)
    return month_first > day_first or (month_first == day_first == 0 and lang.lower().replace("_", "-") == "en-us")


def written(text: str, *, month_first: Asked = never) -> str | None:
    """The first day written in a text: 19. April 2024, April 19, 2024, 19.04.2024, 19/04/2024 or 2024-04-19."""
    return next((day for _, day in labelled(text, month_first=month_first)), None)


def labelled(text: str, *, month_first: Asked = never) -> Iterator[tuple[str, str]]:
    """The days written in a text, each with what it is said to be: 'published', 'updated', 'event' or ''."""
    end = 0
    for match in WRITTEN.finditer(text) if DIGITS.search(text) else ():
        part = {key[0]: value for key, value in match.groupdict().items() if value}
        # only Americans write a time with AM or PM behind slashes
        if part.get("s") == "/" and (month_first() or IN_HALVES.match(text, match.end())):
            part["d"], part["m"] = part["m"], part["d"]
        day = made(part["y"], MONTHS.get(part["m"].lower(), part["m"]), part["d"])
        if day:
            labels = [label.lastgroup or "" for label in LABEL.finditer(text, end, match.start())]
            yield (labels[-1] if labels else ""), day
        end = match.end()


def without(text: str) -> str:
    """The text on one line, with a line break for each day and the weekday, 'am' or 'Stand:' before it."""
    text = " ".join(text.split())
    return WITH_LEAD_IN.sub("\n", text) if DIGITS.search(text) and WRITTEN.search(text) else text


def in_address(url: str) -> str | None:
    for match in IN_ADDRESS.finditer(url):
        part = {name[0]: value for name, value in match.groupdict().items() if value}
        if int(part["m"]) <= 12 and (day := made(part["y"], part["m"], part["d"])):
            return day
    return None


def made(year: str, month: str | int, day: str) -> str | None:
    """A year of two digits is of this century; 4/19 can only be American."""
    if int(month) > 12 >= int(day):
        month, day = day, str(month)
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day)).isoformat()
    except ValueError:
        return None


def believable(iso: str, latest: date) -> bool:
    return FIRST_DAY <= date.fromisoformat(iso[:10]) <= latest


def latest(fetched_at: datetime | None) -> date:
    """The last day a page fetched then can be from: a day ahead, because somewhere it is tomorrow."""
    return ((fetched_at or moment()) + timedelta(days=1)).date()


def choose(
    candidates: Iterable[tuple[str, str]], last: date, *, month_first: Asked = never
) -> tuple[str | None, str | None]:
    """The first believable date and the name of the candidate.

    Where another candidate knows the same date better (a moment for a day, the outlet's clock for the server's UTC) its
    wording is taken: an article of 00:30 in Berlin stands under the day before in UTC.
    """
    days = ((name, read(raw, month_first=month_first)) for name, raw in candidates if raw)
    believable_dates = [(name, iso) for name, iso in days if iso and believable(iso, last)]
    if not believable_dates:
        return None, None
    name, iso = believable_dates[0]
    better = [
        other for _, other in believable_dates[1:] if precision(other) > precision(iso) and same_moment(iso, other)
    ]
    return (max(better, key=precision) if better else iso), name


def precision(iso: str) -> int:
    return 0 if len(iso) == 10 else 1 if iso.endswith("+00:00") else 2


def fineness(iso: str) -> str:
    """How exactly an ISO date tells the moment: second, minute, day.

    Midnight to the second is a day: that is how systems which know only days write moments. Of 75 pages of the press
    two have it, and both print a day alone; what goes online at midnight sharp loses little by it.
    """
    clock = iso[11:19]
    return "day" if clock in ("", "00:00:00") else "minute" if clock.endswith("00") else "second"


def same_moment(iso: str, other: str) -> bool:
    if len(iso) == 10 or len(other) == 10:
        return iso[:10] == other[:10]
    return abs(datetime.fromisoformat(iso) - datetime.fromisoformat(other)) < timedelta(minutes=2)
