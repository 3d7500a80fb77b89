"""Table `links`: where the texts of kept articles link to, and which of it is an article of the archive, too."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from sqlite_utils import Database

from db.store.leaving.removals import removed
from db.store.rows import Family, Row, chunks, holes


class LinkRow(TypedDict):
    article: int
    url: str
    host: str
    text: str
    to_article: int | None
    primary_document: int  # 1: at a host of who acts in the story, by the registry, or in a council's system
    key: str  # what the address is compared by


_MANY = 500  # values of a statement
_TARGET = "(select article from article_keys where article_keys.key = links.key)"


class LinkStore(Family):
    def put(self, article: int, rows: Sequence[Row]) -> None:
        """In the place of those that it had; each as LinkRow, without `article` and `to_article`. None to what was
        taken down."""
        gone = removed(self.db, {row["key"] for row in rows})
        with self.db.atomic():
            self.db.execute("delete from links where article = ?", [article])
            self.db.conn.executemany(
                "insert or ignore into links (article, url, host, text, primary_document, key)"
                " values (:article, :url, :host, :text, :primary_document, :key)",
                [row | {"article": article} for row in rows if row["key"] not in gone],
            )
            self._write(f"update links set to_article = {_TARGET} where article = ?", [article])

    def unread(self, finder: str, limit: int) -> list[Row]:
        """Articles whose links a finder has not looked through, as they are now: article, page, url; the newest first.

        Its books know an article by the page that its text was read of.
        """
        sql = (
            "select articles.id as article, articles.url, coalesce(cast(page as text), 'article ' || id) as key"
            " from articles where exists (select 1 from links where links.article = articles.id)"
            " and not exists (select 1 from finder_requests where finder = ?"
            " and finder_requests.key = coalesce(cast(page as text), 'article ' || id)) order by id desc limit ?"
        )
        return list(self.db.query(sql, [finder, limit]))

    def of(self, article: int) -> list[LinkRow]:
        """In the order of the text."""
        return list(self._query(LinkRow, "select * from links where article = ? order by rowid", [article]))

    def addresses(self) -> list[str]:
        return [url for (url,) in self.db.execute("select distinct url from links")]

    def renew(self, targets: Mapping[str, tuple[str, bool]]) -> None:
        """address → what it is compared by, and whether it is a primary document, by the rules of today."""
        with self.db.atomic():
            self.db.conn.executemany(
                "update links set key = ?, primary_document = ? where url = ?",
                [(key, is_primary, url) for url, (key, is_primary) in targets.items()],
            )
            self._write(f"update links set to_article = {_TARGET}")


def connect(db: Database, keys: Iterable[str]) -> None:
    """An article has these keys now. Part of the transaction in which it gets them."""
    for part in chunks(list(keys), _MANY):
        db.execute(f"update links set to_article = {_TARGET} where key in ({holes(part)})", part)


def unlink(db: Database, article: int) -> None:
    """An article leaves. Part of the transaction in which it does."""
    db.execute("delete from links where article = ?", [article])
    db.execute("update links set to_article = null where to_article = ?", [article])
