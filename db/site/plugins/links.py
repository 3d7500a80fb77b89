"""The links of an article, as its page shows them: where its text leads, and which texts lead to it."""

from collections.abc import Set
from dataclasses import dataclass
from sqlite3 import Connection, Row

MOST = 30  # of each that are shown; the table has all

# Articles of the archive first, then primary documents, then all others; in the order of the text.
_TO = """select links.url, host, links.text, primary_document, to_article, title, lang, source, day
from links left join articles on articles.id = to_article where article = ?
order by to_article is null, primary_document = 0, links.rowid"""
_FROM = """select articles.id, title, lang, source, day from links join articles on articles.id = article
where to_article = ? order by published_utc is null, published_utc, articles.id"""


@dataclass(frozen=True, slots=True)
class ArticleLinks:
    to: list[Row]
    linked_from: list[Row]


def read(connection: Connection, tables: Set[str], article: int) -> ArticleLinks:
    """Nothing in an archive that has no such table yet."""
    if "links" not in tables:
        return ArticleLinks([], [])
    return ArticleLinks(*(connection.execute(sql, [article]).fetchall() for sql in (_TO, _FROM)))
