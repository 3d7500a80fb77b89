"""Tables `articles`, `aliases` and `article_keys`: what is kept, at which addresses, and what those are compared by."""

from collections.abc import Iterable, Mapping
from typing import TypedDict

from db.store.refusals import finish
from db.store.rows import Family, Row, holes, now
from db.store.tombstones import How, leave_tombstone
from db.store.versions import version_of


class ArticleRow(TypedDict):
    id: int
    url: str
    source: str
    title: str
    authors: str | None
    published: str | None
    published_utc: str | None
    month: str | None
    text: str
    kind: str | None
    page_kind: str | None
    lang: str | None
    access: str | None
    score: float | None
    reasons: str | None
    verdict: str | None
    rules_version: str | None
    agencies: str | None
    date_source: str | None
    modified: str | None
    canonical_url: str | None
    final_url: str | None
    identity: str
    found_via: str | None
    found_at: str | None
    fetched_at: str
    words: int | None
    sha256: str | None
    page: int | None
    run: int | None
    reservation: str | None
    rights: str | None
    first_seen: str | None
    last_checked: str | None
    date_precision: str | None
    subheads: str | None
    day: str | None
    outcomes: str | None
    terms: str | None
    uncorrected: str | None
    features: str | None


class AliasRow(TypedDict):
    url: str
    article: int
    seen_at: str


class ArticleKeyRow(TypedDict):
    key: str
    article: int


class ArticleStore(Family):
    def save(self, article: Row, keys: Mapping[str, str], lead_key: str) -> tuple[int, bool]:
        """Store an article under its identity, or its addresses as more of the same article's. Returns (id, is new)."""
        with self.db.atomic():
            stored = self.of_keys([article["identity"], *keys])
            article_id = int(stored["id"]) if stored else 0
            new = not article_id
            if new:
                article_id = self._insert("articles", article)
                self.db.table("versions").insert(version_of(article) | {"article": article_id})
            else:
                seen = "update articles set last_checked = max(coalesce(last_checked, ''), ?) where id = ?"
                self.db.execute(seen, [article["fetched_at"], article_id])
            rows = [{"key": key, "article": article_id} for key in (article["identity"], *keys)]
            self.db.table("article_keys").insert_all(rows, pk="key", ignore=True)
            self.add_aliases((url, article_id) for url in {*keys.values(), article["url"]})
            finish(self.db, lead_key, article["source"], article["url"])
            self.db.execute("delete from refusals where key = ?", [lead_key])
        return article_id, new

    def add_aliases(self, addresses: Iterable[tuple[str, int]]) -> None:
        """Note other addresses of articles: (url, article)."""
        sql = (
            "insert or ignore into aliases (url, article, seen_at) select :url, :article, :at"
            " where not exists (select 1 from articles where id = :article and url = :url)"
        )
        with self.db.atomic():
            for url, article in addresses:
                self.db.execute(sql, {"url": url, "article": article, "at": now()})

    def get(self, number: int | None) -> Row | None:
        return self._get(Row, "articles", number)

    def of_keys(self, keys: list[str]) -> Row | None:
        """Id, title, text and what was corrected of the article that has one of the keys."""
        wanted = f"select article from article_keys where key in ({holes(keys)})"
        sql = f"select id, title, text, uncorrected from articles where id in ({wanted}) limit 1"
        return next(self.db.query(sql, keys), None)

    def keys(self, article: int | None) -> list[str]:
        rows = self.db.execute("select key from article_keys where article = ?", [article])
        return [key for (key,) in rows]

    def update(self, article: int, columns: Row) -> None:
        with self.db.atomic():
            self.db.table("articles").update(article, columns)

    def forget(self, article: Row, how: How, why: str) -> None:
        """With its versions and all its addresses; a tombstone says so, and its page stays kept. `why`: see there."""
        with self.db.atomic():
            for table in ("aliases", "article_keys", "versions"):
                self.db.execute(f"delete from {table} where article = ?", [article["id"]])
            if self.db.execute("delete from articles where id = ?", [article["id"]]).rowcount:
                leave_tombstone(self.db, article, how, why)
