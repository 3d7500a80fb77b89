"""/search?q=…&with=…: a second search beside the first, as counts or as shares of all that was listed."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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


def rows_of(months: list[ComparedMonth], what: str, shares: bool) -> Iterator[dict[str, str | int | float | None]]:
    for each in months:
        row: dict[str, str | int | float | None] = {"month": each.month}
        row |= {what: each.numbers[0], f"{what}_with": each.numbers[1], "listed": each.listed}
        if shares:
            first, second = each.shares or (None, None)
            row |= {"per_1000": rounded(first), "per_1000_with": rounded(second)}
        yield row


def rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)


def as_csv(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    written = io.StringIO()
    table = csv.DictWriter(written, columns)
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()


def as_json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False)
