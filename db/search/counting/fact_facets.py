"""How many of the articles, or texts, that a query finds say what: kinds of figures, speakers, places.

Beside facets.py, because it takes longer than all of them where many are found: 150 ms of 100,000.
"""

import sqlite3
from collections import Counter

from db.search.ranking import ExpandedQuery, matching

FACT_FACETS = ("figure", "speaker", "place")
FEW = 5_000  # articles: of so many it takes 15 ms
MOST_VALUES = 50  # of a facet

_LINES = "group_concat(l.lines, char(10))"


def tally_facts(
    connection: sqlite3.Connection, query: ExpandedQuery, folded: bool = False
) -> dict[str, list[tuple[str, int]]]:
    """The values that most have, most first. `folded`: of each value the texts that have an article with it."""
    sql, params = matching(query, _LINES)
    numbers = Counter((connection.execute(sql, params).fetchone()[0] or "").split("\n"))
    if folded:
        sql, params = matching(query, f"p.group_id, {_LINES}")
        for _, lines in connection.execute(f"{sql} group by p.group_id", params):
            of_group = lines.split("\n")
            numbers.subtract(of_group)
            numbers.update(set(of_group))
    values: dict[str, list[tuple[str, int]]] = {name: [] for name in FACT_FACETS}
    for line, number in sorted((+numbers).items(), key=lambda pair: (-pair[1], pair[0])):
        name, _, value = line.partition(" ")
        if value and len(values[name]) < MOST_VALUES:
            values[name].append((value, number))
    return values
