"""A table as a workbook (XLSX): its rows, what its columns mean, and which texts had to be cut."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import IO, Any, Protocol

from db.export.cells import Cell, Shortened, Written, typed, written
from db.language import find, language, meanings, speaking, t
from db.store.finders.catalogue import CitedFinder

SHEET_ROWS = 1_048_576  # of Excel, the names of the columns included
IN_MEMORY = 4 << 20  # bytes; what is larger lies on the disk
MEASURED = 100  # rows by which the width of a column is chosen
NARROWEST, WIDEST = 8, 50  # characters
DAY, MOMENT = 14, 22  # Excel's own formats, which it shows as the reader's system writes dates

_HOW_WRITTEN = {
    None: "",
    Written.MOMENT: "downloads.sheet.moment",
    Written.IN_UTC: "downloads.sheet.in_utc",
    Written.WORDS: "downloads.sheet.words",
    Written.FLAG: "downloads.sheet.flag",
}


@dataclass(frozen=True, slots=True)
class Workbook:
    file: IO[bytes]  # at its beginning
    length: int  # bytes
    rows: int
    shortened: int  # texts


class Sheets(Protocol):
    """What a workbook is made of."""

    @property
    def table(self) -> str: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Iterable[Sequence[object]]: ...
    @property
    def finders(self) -> Sequence[CitedFinder]: ...


def make_workbook(content: Sheets, languages: Sequence[str], folder: Path | None = None) -> Workbook:
    """What the columns mean stands there once in each of `languages`, which may be none. Who asks closes the file.

    `folder`: of what is too large for memory, where it is not that of the system.
    """
    import xlsxwriter  # 50 ms, for which no other export shall wait

    file = SpooledTemporaryFile(IN_MEMORY, dir=str(folder) if folder else None)  # noqa: SIM115 - it is given away
    try:
        shortened: list[Shortened] = []
        with (
            TemporaryDirectory(dir=folder) as parts,
            xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": parts}) as book,
        ):
            number = _Sheet(book, re.sub(r"\W", "", content.table)).fill(
                content.columns, typed(content.columns, content.rows, shortened)
            )
            for name in languages:
                with speaking(name):
                    _add_meanings(book, content.table, content.columns)
            if content.finders:
                with speaking(languages[0]):
                    _add_finders(book, content.finders)
            if shortened:
                with speaking(languages[0]):
                    _add_shortened(book, content.columns[0], shortened)
        length = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Workbook(file, length, number, len(shortened))


def _add_meanings(book: Any, table: str, columns: Sequence[str]) -> None:
    meant = meanings(language()).get(table, {}).get("columns", {})
    head = [t("downloads.sheet.column"), t("downloads.sheet.meaning"), t("downloads.sheet.written")]
    hows = ((name, _HOW_WRITTEN[written(name)]) for name in columns)
    _Sheet(book, t("downloads.sheet.columns")).fill(
        head, ([name, meant.get(name) or _of_no_table(name), t(how) if how else None] for name, how in hows)
    )


def _of_no_table(column: str) -> str | None:
    """What a column means that is added on the way."""
    meant = find(f"names.added.{column}")
    return meant if isinstance(meant, str) else None


def _add_finders(book: Any, finders: Sequence[CitedFinder]) -> None:
    """How those are cited that have named something here."""
    head = [t(f"finders.{name}") for name in ("finder", "citation", "terms", "terms_at")]
    rows = ([finder.name, *finder.in_language(language()), finder.terms_url] for finder in finders)
    _Sheet(book, t("finders.sheet")).fill(head, rows)


def _add_shortened(book: Any, first: str, shortened: Sequence[Shortened]) -> None:
    head = [first, t("downloads.sheet.row"), t("downloads.sheet.column"), t("downloads.sheet.length")]
    rows = ([each.first, each.row, each.column, each.length] for each in shortened)
    _Sheet(book, t("downloads.sheet.shortened")).fill(head, rows)


class _Sheet:
    def __init__(self, book: Any, name: str) -> None:
        self.sheet = book.add_worksheet(name[:31])  # Excel's limit
        self.bold, self.usual = book.add_format({"bold": True}), book.add_format()
        self.day, self.moment = (book.add_format({"num_format": form, "align": "left"}) for form in (DAY, MOMENT))

    def fill(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
        """The number of rows below the names of the columns."""
        widths = [max(NARROWEST, len(name) + 3) for name in columns]  # with the arrow of the filter
        number = 0
        for place, name in enumerate(columns):
            self.sheet.write_string(0, place, name, self.bold)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                self._put(number, place, cell)
            if number <= MEASURED:
                widths = [max(width, _width(cell)) for width, cell in zip(widths, row, strict=True)]
        for place, width in enumerate(widths):
            self.sheet.set_column(place, place, min(width, WIDEST))
        self.sheet.freeze_panes(1, 0)
        self.sheet.autofilter(0, 0, number, len(columns) - 1)
        self.sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{SHEET_ROWS}"})
        return number

    def _put(self, row: int, place: int, cell: Cell) -> None:
        """Never by `write`, which makes formulas, links and numbers of texts."""
        match cell:
            case "" | None:
                pass
            case str():
                if cell.startswith("<r>") and cell.endswith("</r>"):
                    # XlsxWriter 3.3 takes it for rich text of its own, and would put it into the file as it is
                    self.sheet.write_rich_string(row, place, cell[:1], self.usual, cell[1:])
                else:
                    self.sheet.write_string(row, place, cell)
            case bool():
                self.sheet.write_boolean(row, place, cell)
            case datetime():
                self.sheet.write_datetime(row, place, cell, self.moment)
            case date():
                self.sheet.write_datetime(row, place, cell, self.day)
            case _:
                self.sheet.write_number(row, place, cell)


def _width(cell: Cell) -> int:
    match cell:
        case datetime():
            return len("03.03.2025 06:00")
        case date():
            return len("03.03.2025")
    return 0 if cell is None else len(str(cell))
