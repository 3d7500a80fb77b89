"""A query whose words are looked for elsewhere, where the texts are: here it is the articles that were found.

So all that is counted, drawn and listed of a search comes from the archive at hand, whatever found them.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from db.search.public.questions import FIELDS
from db.search.query import NOTHING, Filter, Query, Term

ELSEWHERE = "found elsewhere"  # a field that nobody can type


def words_alone(query: Query) -> str:
    """What is asked elsewhere: the words, and of the fields those that may be asked for there."""
    narrowed = [_narrowed(each) for each in query.filters if each.field in FIELDS]
    wanted = (" OR ".join(map(_typed, either)) for either in query.wanted)
    return " ".join([*wanted, *(f"-{_typed(term)}" for term in query.unwanted), *narrowed])


def _typed(term: Term) -> str:
    word = f'"{term.text}"' if term.literal and not term.star else term.text
    return f"{'title:' if term.title else ''}{word}{'*' if term.star else ''}"


def _narrowed(condition: Filter) -> str:
    """The last day, where a query has the first that is too late."""
    value = condition.value or NOTHING[0]
    if condition.field == "to":
        value = str(date.fromisoformat(value) - timedelta(days=1))
    return f'{"-" if condition.negative else ""}{condition.field}:"{value}"'


def found_elsewhere(query: Query, articles: Sequence[int]) -> Query:
    """`articles`: the best first."""
    found = Filter(ELSEWHERE, json.dumps(articles))
    return replace(query, wanted=(), unwanted=(), filters=(*query.filters, found))


def listed_elsewhere(query: Query) -> str | None:
    """As JSON."""
    return next((each.value for each in query.filters if each.field == ELSEWHERE), None)
