"""Two searches month by month, and what was listed in each month. Counted in a process of its own, as results are."""

from collections.abc import Mapping
from dataclasses import dataclass
from sqlite3 import Connection

from db.search.query import Query
from db.search.search import ask, by_month
from db.site.answering.results import of_one_moment
from db.store.finders.hosts import OUTSIDE

SHARE_OF = 1_000  # what was newly listed: of a hundred it would be a fraction of one article in most months

# As the timeline counts it: an item once, when it was new in a list of a source; nobody lists all of a found host.
LISTED = f"""select substr(night, 1, 7) as month, sum(source_nights.new) as listed
from source_nights join runs on runs.id = source_nights.run
where runs.kind = 'crawl' and source_nights.answered and source not in ({OUTSIDE})
and (:source is null or source = :source)
and (:kind is null or source in (select id from sources where kind = :kind)) group by 1"""


@dataclass(frozen=True, slots=True)
class ComparedMonth:
    month: str  # YYYY-MM
    numbers: tuple[int, int]  # articles, or texts
    listed: int | None  # None where no source was read

    @property
    def shares(self) -> tuple[float, float] | None:
        """Of a thousand that were newly listed."""
        if not self.listed:
            return None
        first, second = (SHARE_OF * number / self.listed for number in self.numbers)
        return first, second


def compare(
    connection: Connection, queries: tuple[Query, Query], folded: bool, of: Mapping[str, str]
) -> list[ComparedMonth]:
    """The months in which either found something; `of`: the source or the kind of sources that both are narrowed to.

    Raises QueryError.
    """
    of_one_moment(connection)
    first, second = (dict(by_month(connection, ask(connection, query), folded)) for query in queries)
    listed = dict(connection.execute(LISTED, {"source": of.get("source"), "kind": of.get("kind")}).fetchall())
    return [
        ComparedMonth(month, (first.get(month, 0), second.get(month, 0)), listed.get(month))
        for month in sorted({*first, *second})
    ]
