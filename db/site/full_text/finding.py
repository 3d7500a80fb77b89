"""Which articles have what was asked for: their numbers and their extracts, and nothing else of a text.

Found in a process of its own, in the archive with the texts. An article's extract is the one that was fixed when it was
first published, whatever is asked, and whenever.
"""

from dataclasses import dataclass
from sqlite3 import Connection

from db.search.public.common import without_rare_phrases
from db.search.query import Query
from db.search.ranking import ask, best, newest
from db.search.search import Order, count
from db.site.answering.results import of_one_moment

PAGE = 5_000  # articles: on the public site one answer is what its pages, lists and picture are made of
SECONDS = 4


@dataclass(frozen=True, slots=True)
class FoundArticles:
    total: int
    page: int
    last_page: int
    extracts: dict[int, str]  # by article, in their order

    def as_json(self) -> dict[str, object]:
        articles = [{"id": article, "extract": extract} for article, extract in self.extracts.items()]
        return {"total": self.total, "page": self.page, "pages": self.last_page, "articles": articles}


def find_articles(connection: Connection, query: Query, order: Order, page: int) -> FoundArticles:
    """Raises QueryError."""
    of_one_moment(connection)
    asked = without_rare_phrases(ask(connection, query, widely=False))
    total = count(connection, asked)
    last = max(1, -(-total // PAGE))
    page = min(page, last)
    ids = (best if order == "best" else newest)(asked)
    rows = connection.execute(
        f"select id, (select words from extracts where article = id) from ({ids.sql}) order by {ids.order}"
        " limit ? offset ?",
        [*ids.params, PAGE, (page - 1) * PAGE],
    )
    return FoundArticles(total, page, last, {article: extract or "" for article, extract in rows})
