"""/search?q=…&with=…: a second search beside the first, as counts or as shares of all that was listed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datasette.app import Datasette

from db.language import t
from db.search.query import Query, QueryError
from db.site.answering.dispatch import Question, dispatcher_of, kind_of_search
from db.site.answering.processes import Late
from db.site.answering.results import SECONDS
from db.site.comparison import ComparedMonth, compare


@dataclass(frozen=True, slots=True)
class ComparedSearches:
    months: list[ComparedMonth]
    problem: str = ""  # with the second search


async def compared(
    datasette: Datasette, first: Query, second: Query, folded: bool, narrowed: Mapping[str, str]
) -> ComparedSearches:
    """Of a first search that has been answered already. Raises Refused, TooBusy."""
    kinds = {kind_of_search(query) for query in (first, second)}
    kind = Question.BROAD_SEARCH if Question.BROAD_SEARCH in kinds else Question.SEARCH
    try:
        asked = dispatcher_of(datasette).do(kind, SECONDS, compare, (first, second), folded, dict(narrowed))
        return ComparedSearches(await asked)
    except QueryError as error:
        return ComparedSearches([], str(error))
    except Late:
        return ComparedSearches([], t("search.too_long", number=SECONDS))


def columns_of(what: str, shares: bool) -> tuple[str, ...]:
    """`what`: articles or texts."""
    columns = ("month", what, f"{what}_with", "listed")
    return (*columns, "per_1000", "per_1000_with") if shares else columns


def rows_of(months: list[ComparedMonth], shares: bool) -> Iterator[tuple[str | int | float | None, ...]]:
    for each in months:
        row = (each.month, *each.numbers, each.listed)
        yield (*row, *map(rounded, each.shares or (None, None))) if shares else row


def rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)
