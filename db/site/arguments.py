"""What a table can be asked in its address. Datasette's own views take what they do not know for an error of theirs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from datasette.filters import Filters
from datasette.utils import urlsafe_components
from datasette.utils.asgi import BadRequest, MultiParams

from db.export.cells import JSON_COLUMNS
from db.language import t

# A page has a link for each value of a facet, and all of them hold the whole query string.
LONGEST = 4_000  # bytes of a query string
MOST_FILTERS = 30
MOST_FACETS = 5  # besides those that metadata.yaml names

COMPARISONS = tuple(key for key, _, _ in Filters([]).lookups())
SHAPES = ("arrays", "objects", "array", "object", "arrayfirst")
OF_COLUMNS = ("_sort", "_sort_desc", "_facet", "_facet_array", "_facet_date", "_col", "_nocol", "_label")
NUMBERS = ("_timelimit", "_ttl", "_facet_size", "_size")
SWITCHES = ("_labels", "_json_infinity")
LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    keys: Sequence[str]  # of its primary key; none of a view, and of a table without one
    is_view: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        return (*self.columns, *(() if self.is_view or "rowid" in self.columns else ("rowid",)))


def check(arguments: MultiParams, table: Table) -> None:
    """Raises BadRequest, which says what there is."""
    pairs = [(name, value) for name in arguments for value in arguments.getlist(name)]
    filters = [(name, value) for name, value in pairs if not name.startswith("_") or "__" in name]
    if len(filters) > MOST_FILTERS:
        raise BadRequest(t("asked.too_many_filters", number=len(filters), most=MOST_FILTERS))
    facets = sum(name.startswith("_facet") and name != "_facet_size" for name, _ in pairs)
    if facets > MOST_FACETS:
        raise BadRequest(t("asked.too_many_facets", number=facets, most=MOST_FACETS))
    for name, value in pairs:
        if name in OF_COLUMNS and value:
            _check_column(name, value, table)
        elif name in NUMBERS and value and not _is_size(name, value):
            raise BadRequest(t("asked.no_number", argument=name, value=_short(value)))
        elif name in SWITCHES and value not in ("", "on", "off", "true", "false", "1", "0"):
            raise BadRequest(t("asked.no_switch", argument=name, value=_short(value)))
        elif name == "_shape" and value not in SHAPES:
            raise BadRequest(t("asked.no_shape", value=_short(value), known=", ".join(SHAPES)))
    for name, value in filters:
        _check_filter(name, value, table)
    if arguments.get("_next"):
        _check_next(arguments["_next"], table, bool(arguments.get("_sort") or arguments.get("_sort_desc")))


def check_length(query_string: str) -> None:
    """Raises BadRequest."""
    if len(query_string) > LONGEST:
        raise BadRequest(t("asked.too_long", length=len(query_string), most=LONGEST))


def _check_column(argument: str, name: str, table: Table) -> None:
    columns = table.named if argument.startswith("_sort") and not table.keys else table.columns
    if argument == "_nocol":  # a key stays
        columns = [column for column in columns if column not in table.keys]
    elif argument == "_facet_array":
        columns = [column for column in columns if column in JSON_COLUMNS]
    if name not in columns:
        known = ", ".join(columns)
        raise BadRequest(t("asked.no_column", argument=argument, name=_short(name), columns=known))


def _check_filter(name: str, value: str, table: Table) -> None:
    column, comparison = name.rsplit("__", 1) if "__" in name else (name, "exact")
    if column not in table.named:
        raise BadRequest(t("asked.no_filter", name=_short(column), columns=", ".join(table.columns)))
    if comparison not in COMPARISONS:
        known = ", ".join(COMPARISONS)
        raise BadRequest(t("asked.no_comparison", column=column, name=_short(comparison), known=known))
    if comparison in ("gt", "gte", "lt", "lte") and value.isdigit() and not _is_number(value):
        raise BadRequest(t("asked.no_number", argument=name, value=_short(value)))
    if comparison in ("in", "notin") and value.startswith("[") and not all(_values(value)):
        raise BadRequest(t("asked.no_list", argument=name, value=_short(value)))


def _is_size(name: str, value: str) -> bool:
    return (value.isdecimal() and len(value) <= 9) or (value == "max" and name.endswith("_size"))


def _is_number(digits: str) -> bool:
    """That SQLite has: ² is a digit, too."""
    return digits.isdecimal() and len(digits) < 20 and int(digits) <= LARGEST


def _values(listed: str) -> Iterator[bool]:
    """Of each value of a JSON list whether SQLite can compare with it."""
    try:
        values = json.loads(listed)
    except (ValueError, RecursionError):
        yield False
    else:
        for value in values:
            whole = isinstance(value, int) and -LARGEST <= value <= LARGEST
            yield whole or value is None or isinstance(value, str | float)


def _check_next(mark: str, table: Table, is_sorted: bool) -> None:
    if table.is_view:
        is_mark = mark.isdecimal() and len(mark) < 10
    else:
        length = len(urlsafe_components(mark)) - (len(table.keys) or 1)
        is_mark = length == 0 or (length == 1 and is_sorted)
    if not is_mark:
        raise BadRequest(t("asked.no_next", value=_short(mark)))


def check_through(value: str, references: Sequence[tuple[str, str]]) -> None:
    """`references`: tables that refer to this one, each with one of its columns. Raises BadRequest."""
    try:
        asked = json.loads(value)
        is_known = (asked["table"], asked["column"]) in references and isinstance(asked["value"], str | int | float)
    except (ValueError, LookupError, TypeError, RecursionError):
        is_known = False
    if not is_known:
        known = ", ".join(f"{name}.{column}" for name, column in references) or "–"
        raise BadRequest(t("asked.no_through", value=_short(value), known=known))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
