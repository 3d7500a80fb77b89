"""Dates as pages write them → ISO 8601 with the page's own offset, or a bare day."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST_DAY = date(1994, 1, 1)  # no newspaper was on the web before
MONTHS = {
    name: number
    for number, names in enumerate(
        [
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
        ],
        start=1,
    )
    for name in names.split()
}
WORD = "|".join(sorted(MONTHS, key=len, reverse=True))
WRITTEN = re.compile(
    rf"(?<!\d)(?:(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th|er|º)?\s*(?:de\s+)?(?P<m>{WORD})\b\.?,?\s+(?:del?\s+)?(?P<y>\d{{4}})"
    rf"|(?P<m2>{WORD})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{{4}})"
    r"|(?P<d3>\d{1,2})\.\s?(?P<m3>\d{1,2})\.\s?(?P<y3>(?:19|20)\d{2})"
    r"|(?P<d5>\d{1,2})(?P<sep>[/-])(?P<m5>\d{1,2})(?P=sep)(?P<y5>(?:19|20)\d{2})"
    r"|(?P<d6>\d{1,2})\.(?P<m6>\d{1,2})\.(?P<y6>\d{2})(?![.,:]?\d)"
    r"|(?P<y4>(?:19|20)\d{2})-(?P<m4>\d{2})-(?P<d4>\d{2}))(?!\d)",
    re.IGNORECASE,
)
DIGITS = re.compile(r"\d\d")  # every date has two in a row
LABEL = re.compile(
    r"\b(?:(?P<updated>aktualisier\w+|update[d]?|bearbeitet|ge[äa]ndert|[äa]nderung|modified|modifi[ée]e?|mise?\s+à\s+jour"
    r"|bijgewerkt|gewijzigd|aggiornat[oa]|modificat[oa]|actualizad[oa])"
    r"|(?P<published>ver[öo]ffentlich\w+|publizier\w+|erschienen|erstellt|publi(?:shed|é|ée|cado)|posted|mise?\s+en\s+ligne"
    r"|gepubliceerd|geplaatst|pubblicato))(?!\w)",
    re.IGNORECASE,
)
WITH_LEAD_IN = re.compile(
    r"(?:\b(?:ver[öo]ffentlicht|publiziert|erschienen|aktualisiert|stand|published|posted|updated):? )?"
    r"(?:\b(?:am|vom|on|le|il) )?"
    r"(?:\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend"
    rf"|mon?|tue|wed|thu|fri?|sat?|sun|di|mi|do|so)\b[.,]* (?:de[nm] )?)?{WRITTEN.pattern}",
    re.IGNORECASE,
)
IN_ADDRESS = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})[/-](?P<m>\d{1,2})[/-](?P<d>\d{1,2})(?!\d)")
ISO = re.compile(r"^\d{4}-?\d{2}-?\d{2}(?:[T ].*)?$")


def read(raw: str) -> str | None:
    """A date in any usual form as ISO 8601. A time without an offset is no moment: only its day is kept."""
    raw = " ".join(raw.split())[:80]
    moment: datetime | None = None
    try:
        if ISO.match(raw):
            moment = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d|Z$|UTC$)", "", raw).replace("UTC", "Z"))
        elif re.match(r"^\w{3},? \d{1,2} \w{3} \d{4} \d", raw):
            moment = parsedate_to_datetime(raw)
    except ValueError:
        pass
    if moment is None:
        return written(raw)
    if moment.tzinfo is None or len(raw) <= 10:
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds")


def written(text: str) -> str | None:
    """The first day written in a text: 19. April 2024, April 19, 2024, 19.04.2024, 19/04/2024 or 2024-04-19."""
    return next((day for _, day in labelled(text)), None)


def labelled(text: str) -> Iterator[tuple[str, str]]:
    """The days written in a text, each with what it is said to be: 'published', 'updated' or ''."""
    end = 0
    for match in WRITTEN.finditer(text) if DIGITS.search(text) else ():
        part = {key[0]: value for key, value in match.groupdict().items() if value}
        day = made(part["y"], MONTHS.get(part["m"].lower(), part["m"]), part["d"])
        if day:
            words = [found.lastgroup or "" for found in LABEL.finditer(text, end, match.start())]
            yield (words[-1] if words else ""), day
        end = match.end()


def without(text: str) -> str:
    """The text on one line, with a line break for each day and the weekday, 'am' or 'Stand:' before it."""
    text = " ".join(text.split())
    return WITH_LEAD_IN.sub("\n", text) if DIGITS.search(text) and WRITTEN.search(text) else text


def in_address(url: str) -> str | None:
    match = IN_ADDRESS.search(url)
    return made(match["y"], match["m"], match["d"]) if match else None


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
    return ((fetched_at or datetime.now(UTC)) + timedelta(days=1)).date()


def choose(witnesses: Iterable[tuple[str, str]], last: date) -> tuple[str | None, str | None]:
    """The first believable date and its witness's name.

    Where another witness knows the same date better (a moment for a day, the outlet's clock for the server's UTC) its
    wording is taken: an article of 00:30 in Berlin stands under the day before in UTC.
    """
    known = [(name, iso) for name, raw in witnesses if raw and (iso := read(raw)) and believable(iso, last)]
    if not known:
        return None, None
    name, iso = known[0]
    better = [other for _, other in known[1:] if precision(other) > precision(iso) and same(iso, other)]
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


def same(iso: str, other: str) -> bool:
    if len(iso) == 10 or len(other) == 10:
        return iso[:10] == other[:10]
    return abs(datetime.fromisoformat(iso) - datetime.fromisoformat(other)) < timedelta(minutes=2)
