"""A person's own list of articles → addresses: plain text, CSV, BibTeX, RIS, told apart by what is in the file."""

import csv
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import rispy  # type: ignore[import-untyped]
from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.middlewares import LatexDecodingMiddleware
from bibtexparser.model import Block, Field, ParsingFailedBlock
from bibtexparser.model import Entry as Reference

from crawler.discovery.encodings import decoded
from crawler.discovery.leads import ADDRESS_MAX, TITLE_MAX, address
from db.problem import Problem
from pipelines import dates
from pipelines.dates import date_of

LARGEST = 50_000_000  # bytes; a bibliography with abstracts has about 3,000 an entry
MOST_REFERENCES = 20_000  # of BibTeX, which takes half a millisecond each
TEXT = "addresses (https://…), one a line, or CSV, BibTeX or RIS"


class AddressListError(Problem):
    """file: place: what is wrong, what is expected"""


class _NoList(ValueError):
    """What the file is instead of a list, and what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An address, or what is wrong where there is none."""

    url: str | None = None
    title: str | None = None
    date: str | None = None  # ISO 8601, as far as it is known: a year, a month, a day, a moment
    line: int
    problem: str | None = None


def read(path: Path) -> tuple[Entry, ...]:
    """Each address once, in the order of the list. Raises AddressListError where there is none."""
    try:
        entries = tuple(_once(_entries(_text(path))))
    except OSError as error:
        raise AddressListError(f"{path}: cannot be read ({error.strerror}), expected a file") from error
    except csv.Error as error:
        raise AddressListError(f"{path}: not read as a table ({error}), expected CSV with a column 'url'") from error
    except _NoList as error:
        raise AddressListError(f"{path}: {error}") from error
    if not any(entry.url for entry in entries):
        first = f"line {entries[0].line}: {entries[0].problem}; " if entries else ""
        raise AddressListError(f"{path}: {first}no address in it, expected {TEXT}")
    return entries


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise _NoList(f"more than {LARGEST // 1_000_000} MB, expected a list of addresses; split it")
    if data.startswith(b"PK\x03\x04"):
        raise _NoList("a workbook or another packed file, expected text; save the table as CSV")
    text = decoded(data)
    strange = len(CONTROL.findall(text))
    if data.startswith(b"%PDF") or "\0" in text or strange * 100 > len(text):  # some stray ones come with copied titles
        raise _NoList(f"not a text, expected {TEXT}")
    return CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _entries(text: str) -> Iterable[Entry]:
    lines = text.split("\n")
    if re.search(r"^TY  -", text, re.MULTILINE):
        return _from_ris(lines)
    if re.search(r"^[ \t]*@\w+[ \t]*[{(]", text, re.MULTILINE):
        return _from_bibtex(text)
    table = _table(lines)
    return _from_table(lines, table) if table else _from_text(lines)


def _once(entries: Iterable[Entry]) -> Iterator[Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.url is None or entry.url not in seen:
            yield entry
        seen.add(entry.url or "")


# Addresses, dates


IN_TEXT = re.compile(r"""https?://[^\s<>"]+""", re.IGNORECASE)
AS_BROWSERS_SHOW_IT = re.compile(r"(?:[\w-]{1,63}\.){1,9}[a-z]{2,63}/[^\s<>\"]*", re.IGNORECASE)
AFTER_IT = ".,;:!?'`*»«“”„’‘…"  # punctuation of the sentence


def _addresses(text: str) -> Iterator[str]:
    """All of a text; where it is nothing but one without a scheme, that one."""
    text = text.strip()
    if AS_BROWSERS_SHOW_IT.fullmatch(text):
        text = f"https://{text}"
    for word in dict.fromkeys(IN_TEXT.findall(text)):
        candidate = _without_end(word[: ADDRESS_MAX + 1])
        if url := address(candidate, candidate):
            yield url


def _without_end(text: str) -> str:
    """A closing bracket belongs to the sentence where the address has not opened it."""
    surplus = {mark: text.count(mark) - text.count(opening) for opening, mark in ("()", "[]", "{}")}
    end = len(text)
    while end and (text[end - 1] in AFTER_IT or surplus.get(text[end - 1], 0) > 0):
        end -= 1
        if text[end] in surplus:
            surplus[text[end]] -= 1
    return text[:end]


def _shown(value: str) -> str:
    return repr(value[:77] + "…" if len(value) > 80 else value)


NUMBERS = re.compile(r"((?:19|20)\d\d)(?:[-/](\d\d?))?(?:[-/](\d\d?))?(?:[T/ ].*)?")
MONTH_AND_YEAR = re.compile(r"([^\W\d_]{3,9})\.?\s+((?:19|20)\d\d)|(\d\d?)[./]((?:19|20)\d\d)")


def _date(*values: str | None) -> str | None:
    """Of the first value that is a date, or half of one."""
    for raw in filter(None, values):
        text = " ".join(raw[:80].split())
        if date := date_of(text) or _half(text):
            return date
    return None


def _half(text: str) -> str | None:
    if match := NUMBERS.fullmatch(text):
        year, month, day = match.groups()
    elif match := MONTH_AND_YEAR.fullmatch(text):
        name, *numbers = match.groups()
        year, month, day = numbers[0] or numbers[2], str(dates.MONTHS.get((name or "").lower(), numbers[1] or 0)), None
    else:
        return None
    if day and (full := dates.made(year, month, day)):
        return full
    first = dates.made(year, month, "1") if month else None
    return first[:7] if first else year


# Plain text


COMMENT = re.compile(r"(?:^|\s)#.*")


def _from_text(lines: Sequence[str]) -> Iterator[Entry]:
    for number, line in enumerate(lines, 1):
        words = COMMENT.sub("", line).strip()
        urls = list(_addresses(words))
        yield from (Entry(url=url, line=number) for url in urls)
        if words and not urls:
            yield Entry(line=number, problem=f"{_shown(words)} holds no address, expected https://…")


# Tables


NAMES_OF = {
    "url": ("url", "link", "address", "adresse"),
    "title": ("title", "titel"),
    "date": ("date", "datum", "publication year"),
}
SAMPLE = 200  # rows by which a table without a header is known
LONGEST_HEADER = 10_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    delimiter: str
    first: int  # line at which the rows begin, from 0
    url: int  # column
    named: str  # in words
    title: tuple[int, ...] = ()
    date: tuple[int, ...] = ()


def _table(lines: Sequence[str]) -> _Table | None:
    """None where the lines are no table. A tab before a semicolon before a comma: addresses may have commas."""
    first = next((at for at, line in enumerate(lines) if not re.match(r"\s*$|\s*#|sep=.$", line)), None)
    if first is None:
        return None
    return _headed(lines[first], first) or next(filter(None, (_headless(lines, first, by) for by in "\t;,")), None)


def _headed(line: str, first: int) -> _Table | None:
    for delimiter in "\t;,":
        header = next(csv.reader([line[:LONGEST_HEADER]], delimiter=delimiter))
        names = [name.strip().lower() for name in header]
        at = {key: tuple(names.index(name) for name in labels if name in names) for key, labels in NAMES_OF.items()}
        if at["url"]:
            url = at["url"][0]
            named = f"the column {header[url].strip()!r}"
            return _Table(
                delimiter=delimiter, first=first + 1, url=url, named=named, title=at["title"], date=at["date"]
            )
    return None


def _headless(lines: Sequence[str], first: int, delimiter: str) -> _Table | None:
    """The column that holds addresses, where all rows are alike and its neighbours cannot be parts of addresses."""
    filled = [line for line in lines[first : first + SAMPLE] if not re.match(r"\s*(?:#|$)", line)]
    sample = [line for line in filled if len(line) < LONGEST_HEADER]
    rows = list(csv.reader(sample, delimiter=delimiter))
    if len({len(row) for row in rows}) != 1 or len(rows[0]) == 1 or (delimiter == "," and len(rows) == 1):
        return None
    counts = [sum(bool(IN_TEXT.fullmatch(cell.strip())) for cell in column) for column in zip(*rows, strict=True)]
    url = counts.index(max(counts))
    beside = [cell for row in rows for at, cell in enumerate(row) if at != url]
    apart = any(not cell.strip() or " " in cell.strip() or (not cell.isdigit() and date_of(cell)) for cell in beside)
    if max(counts) * 2 < len(rows) or not (apart or delimiter == "\t"):
        return None
    return _Table(delimiter=delimiter, first=first, url=url, named=f"column {url + 1}")


def _from_table(lines: Sequence[str], table: _Table) -> Iterator[Entry]:
    rows = csv.reader((f"{line}\n" for line in lines[table.first :]), delimiter=table.delimiter)
    end, row = 0, [""]
    for row in rows:
        number, end = table.first + end + 1, rows.line_num
        cells = dict(enumerate(row))
        value = cells.get(table.url, "").strip()
        comment = row[:1] and row[0].startswith("#") and not IN_TEXT.search(value)
        if comment or not any(cell.strip() for cell in row):
            continue
        yield _entry(
            [value],
            number,
            title=next((cells[at] for at in table.title if cells.get(at)), None),
            date=_date(*(cells.get(at) for at in table.date)),
            problem=f"{table.named} has {_shown(value) if value else 'nothing'}, expected https://…",
        )
    if row and row[-1].endswith("\n"):
        yield Entry(line=number, problem='a quotation mark is opened and not closed, expected another "')


def _entry(values: Iterable[str], line: int, *, title: str | None, date: str | None, problem: str) -> Entry:
    """With the first address in the values; with the problem where there is none."""
    url = next((url for value in values for url in _addresses(value)), None)
    plain = " ".join((title or "")[: 2 * TITLE_MAX].split())[:TITLE_MAX]
    return Entry(url=url, title=plain or None, date=date, line=line, problem=None if url else problem)


# RIS


RIS_TAG = re.compile(r"([A-Z][A-Z0-9])  -")
RIS_KEPT = {tag: tag for tag in ("TY", "TI", "T1", "UR", "L1", "L2", "LK", "DA", "PY", "Y1", "UK")}


def _from_ris(lines: Sequence[str]) -> Iterator[Entry]:
    begins: list[int] = []
    records = rispy.RisParser(
        mapping=RIS_KEPT,
        list_tags=[*RIS_KEPT],  # what is continued on further lines is joined here, not line by line
        delimiter_tags_mapping={},  # an address may have a semicolon
        skip_unknown_tags=True,
    ).parse_lines(_closed(lines, begins))
    for begin, record in zip(begins, records, strict=True):
        dated = [value for tag in ("DA", "Y1", "PY") for value in record.get(tag, [])]
        yield _entry(
            [value for tag in ("UR", "LK", "L1", "L2") for value in record.get(tag, [])],
            begin,
            title=" ".join(record.get("TI", record.get("T1", []))),
            date=_date(*dated),
            problem="the reference has no address, expected UR  - https://…",
        )


def _closed(lines: Iterable[str], begins: list[int]) -> Iterator[str]:
    """Every reference with its end: where it is missing, the parser would lose the reference without a word."""
    open_ = False
    for number, line in enumerate(lines, 1):
        tag = RIS_TAG.match(line)
        if tag and tag[1] in ("TY", "ER"):
            if open_:
                yield "ER  - "
            open_ = tag[1] == "TY"
            if open_:
                begins.append(number)
                yield line
        elif open_:
            yield line
    if open_:
        yield "ER  - "


# BibTeX


LATEX = re.compile(r"\\([%_&#~{}$])|\{?\\(textasciitilde|textunderscore)(?:\{\}|\s)?\}?|\{([_~])\}")
LATEX_NAMES = {"textasciitilde": "~", "textunderscore": "_"}


def _from_bibtex(text: str) -> Iterator[Entry]:
    if (count := len(re.findall(r"@\w*[ \t]*[{(]", text))) > MOST_REFERENCES:
        raise _NoList(f"{count} references, expected {MOST_REFERENCES} at most; split it")
    with _muted("bibtexparser"):  # what it would warn of is told with the entry
        blocks = parse_string(text).blocks
        references = [_fields(block) for block in blocks if isinstance(block, Reference | ParsingFailedBlock)]
        titles = _plain([fields.get("title", "") for _, fields in references])
    for (line, fields), title in zip(references, titles, strict=True):
        wrong = "the reference has no address, expected url = {https://…}"
        yield _entry(
            [_without_latex(fields.get(name, "")) for name in ("url", "howpublished", "note")],
            line,
            title=title,
            date=_date(fields.get("date"), _day(fields), fields.get("year")),
            problem=wrong if fields else "not read as BibTeX, expected @article{key, url = {https://…}}",
        )


@contextmanager
def _muted(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def _fields(block: Block) -> tuple[int, dict[str, str]]:
    """The line and what stands there; of a reference whose key or field stands there twice, too."""
    line = (block.start_line or 0) + 1
    while isinstance(block, ParsingFailedBlock) and block.ignore_error_block:
        block = block.ignore_error_block
    fields = block.fields if isinstance(block, Reference) else []
    return line, {field.key.lower(): str(field.value).strip('{}" \n') for field in reversed(fields)}


def _plain(titles: Sequence[str]) -> list[str]:
    """Without LaTeX: umlauts as letters, no braces."""
    library = Library(
        [
            Reference(entry_type="article", key=str(at), fields=[Field("title", title[:TITLE_MAX])])
            for at, title in enumerate(titles)
        ]
    )
    plain = LatexDecodingMiddleware().transform(library).entries_dict
    return [str(plain[key]["title"]) if (key := str(at)) in plain else title for at, title in enumerate(titles)]


def _day(fields: Mapping[str, str]) -> str:
    """year, month (a number or a name) and day as far as they are there"""
    month = fields.get("month", "").rstrip(".")
    parts = [fields.get("year", ""), str(dates.MONTHS.get(month.lower(), month)), fields.get("day", "")]
    return "-".join(parts[: parts.index("")] if "" in parts else parts)


def _without_latex(address: str) -> str:
    """A percent sign or an underscore that is escaped for LaTeX is none in an address."""
    spelt = LATEX.sub(lambda match: match[1] or LATEX_NAMES.get(match[2] or "") or match[3], address)
    return re.sub("[{}]", " ", spelt)  # what is left of \url{…} and \href{…}{…}
