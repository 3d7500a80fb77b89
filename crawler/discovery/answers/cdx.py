"""Indexes of web archives: Wayback's rows as a JSON array or plain lines, Common Crawl's JSON objects, one a line."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from crawler.discovery.answers.answer import (
    Capture,
    FinderAnswer,
    Harvest,
    Headers,
    NoJson,
    found_address,
    lenient_json,
    only,
    sentence_of,
    text_in,
    trouble,
    unparsed,
    unreadable,
)
from crawler.discovery.encodings import decoded
from db.days import moment
from db.outcomes import Code, Outcome

PLAIN = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
# Errors stand as names of Java classes, under any status, where rows should be.
JAVA = re.compile(r"\borg\.archive\.[\w.]*?(\w+(?:Exception|Error))\b")
SHUT = ("AdministrativeAccessControlException", "RobotAccessControlException")  # by the owner, or by its robots.txt
RECORDS = re.compile(r"crawl-data/(?:[\w-][\w.-]*/)+[\w-][\w.-]*\.warc\.gz", re.ASCII)
CRAWL = re.compile(r"CC-MAIN-20\d\d-[0-5]\d", re.ASCII)  # by year and week: others are no time at all
STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
NUMBER = re.compile(r"[0-9]{1,15}")
SEEN = ("200", "-", "")  # '-': the same as at an earlier time


def read_wayback(body: bytes, status: int, headers: Headers, *, at: datetime | None = None) -> FinderAnswer:
    text = decoded(body).strip()
    if errors := JAVA.findall(text):
        shut = any(error in SHUT for error in errors)
        return only(Code.BLOCKED.of() if shut else Code.UNREADABLE_ANSWER.of(why=Code.TEXT.of(text=sentence_of(text))))
    if status == 504:  # filters that skip much
        return only(Code.OUT_OF_TIME.of(status=status))
    if wrong := trouble(status):
        return only(wrong)
    if text.startswith("["):
        try:
            document, _ = lenient_json(text)
        except NoJson as broken:
            return unparsed(broken, text)
        fields, *rows = document or [[]]
        if not isinstance(fields, list):
            return unreadable(text)
    elif text.startswith(("<", "{")):
        return unreadable(text)
    else:
        fields, rows = PLAIN, [line.split() for line in text.splitlines()]
    return _rows([str(name) for name in fields], rows, Harvest(at=at or moment()))


def _rows(fields: Sequence[str], rows: Sequence[Any], harvest: Harvest) -> FinderAnswer:
    """An empty row and one of one field, at the end, are the key to go on with."""
    go_on = None
    if len(rows) > 1 and rows[-2] == [] and isinstance(rows[-1], list) and len(rows[-1]) == 1:
        go_on = str(rows[-1][0])
        rows = rows[:-2]
    for row in filter(None, rows):
        fields_of_row = dict(zip(fields, row, strict=False)) if isinstance(row, list) else None
        _add(fields_of_row, "original", "statuscode", harvest)
    return harvest.answer(go_on=go_on)


def read_common_crawl(body: bytes, status: int, headers: Headers, *, at: datetime | None = None) -> FinderAnswer:
    text = decoded(body).strip()
    if wrong := _crawl_trouble(status, text):
        return only(wrong)
    if text and not text.startswith("{"):
        return unreadable(text)
    harvest = Harvest(at=at or moment())
    objects = list(_objects(text.splitlines()))
    cut = bool(objects) and objects[-1] is None
    for row in objects[:-1] if cut else objects:
        _add(row, "url", "status", harvest)
    return harvest.answer(Code.CUT_OFF.of(number=harvest.rows) if cut else None)


def _crawl_trouble(status: int, text: str) -> Outcome | None:
    if status == 404 and text.startswith("{"):
        return Code.NOTHING_FOUND.of()
    if status == 400:
        past = re.search(r"\bpage\b", text, re.I)
        return Code.LAST_PAGE.of() if past else Code.REFUSED_QUERY.of(text=sentence_of(text))
    if status in (403, 503):  # who goes on after 503 is answered 403 for hours, or not at all
        return Code.TOO_FAST.of(status=status)
    return trouble(status)


def _objects(lines: Iterable[str]) -> Iterable[dict[str, Any] | None]:
    """None for what is no object."""
    for line in filter(str.strip, lines):
        try:
            row, _ = lenient_json(line)
        except NoJson:
            row = None
        yield row if isinstance(row, dict) else None


def _add(row: dict[str, Any] | None, url: str, status: str, harvest: Harvest) -> None:
    if row is None:
        harvest.bad_lines += 1
    elif str(row.get(status, "")) in SEEN:
        at = _moment_of(row.get("timestamp"))
        harvest.row(row.get(url), said_date=at, capture=_capture(row, at) if at else None)
    elif found_address(row.get(url)) is None:
        harvest.bad_lines += 1
    else:
        harvest.rows += 1  # a redirect, an error: no page of that address


def _capture(row: Mapping[str, Any], at: str) -> Capture:
    """With the place of its record, where the row names one."""
    file = row.get("filename")
    numbers = [str(row.get(name, "")) for name in ("offset", "length")]
    if isinstance(file, str) and RECORDS.fullmatch(file) and all(NUMBER.fullmatch(number) for number in numbers):
        return Capture(at=at, file=file, offset=int(numbers[0]), length=int(numbers[1]))
    return Capture(at=at)


def _moment_of(stamp: Any) -> str | None:
    """20261107070102 → ISO 8601: a capture, so that the page is not younger."""
    if not (digits := STAMP.fullmatch(str(stamp))):
        return None
    try:
        return datetime.fromisoformat("{}-{}-{}T{}:{}:{}+00:00".format(*digits.groups())).isoformat()
    except ValueError:
        return None


def crawls(body: bytes) -> tuple[str, ...]:
    """The names of Common Crawl's indexes, newest first, as its collinfo.json has them; none where it has none."""
    try:
        document, _ = lenient_json(body)
    except NoJson:
        return ()
    rows = document if isinstance(document, list) else []
    names = (text_in(row, "id") for row in rows if isinstance(row, dict))
    return tuple(name for name in names if name and CRAWL.fullmatch(name))
