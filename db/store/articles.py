"""Tables `articles`, `aliases` and `article_keys`: what is kept, at which addresses, and what those are compared by."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypedDict

from db.days import day_after
from db.store.enrichment import extracts, links
from db.store.enrichment.copies import CopyStore
from db.store.leaving.tombstones import How, leave_tombstone, take_back
from db.store.refusals import finish
from db.store.rows import Family, Row, holes, now
from db.store.versions import come_back, erase, version_of, withdraw


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
    def save(
        self, article: Row, keys: Mapping[str, str], lead_key: str, reading: Row | None = None
    ) -> tuple[int, bool]:
        """Store an article under its identity, or its addresses as more of the same article's. Returns (id, is new).

        One that left and comes back has its number again, and its history. `reading`: how its page was read, columns of
        `versions`.
        """
        with self.db.atomic():
            stored = self.of_keys([article["identity"], *keys])
            article_id = int(stored["id"]) if stored else 0
            new = not article_id
            if new:
                article_id = self._enter(article, [article["identity"], *keys], reading or {})
            else:
                seen = "update articles set last_checked = max(coalesce(last_checked, ''), ?) where id = ?"
                self.db.execute(seen, [article["fetched_at"], article_id])
            self.add_addresses(article_id, {article["identity"]: article["url"], **keys}, article["url"])
            finish(self.db, lead_key, article["source"], article["url"])
            self.db.execute("delete from refusals where key = ?", [lead_key])
        return article_id, new

    def _enter(self, article: Row, keys: list[str], reading: Row) -> int:
        version = version_of(article) | reading
        number = take_back(self.db, keys)
        if number is None:
            number = self._insert("articles", article)
            self.db.insert("versions", version | {"article": number})
        else:
            self._insert("articles", article | {"id": number})
            come_back(self.db, number, version)
        fetched_at = article["fetched_at"]
        look = {"article": number, "source": article["source"], "looks": 0, "tries": 0, "checked_at": fetched_at}
        due = {"due": day_after(fetched_at), "full_at": fetched_at}
        self.db.insert("revisits", look | due, otherwise="replace")
        return number

    def add_addresses(self, article: int, keys: Mapping[str, str], url: str) -> None:
        """More keys and addresses of the same article."""
        with self.db.atomic():
            for key in keys:
                self.db.insert("article_keys", {"key": key, "article": article}, otherwise="ignore")
            links.connect(self.db, keys)
            self.add_aliases((each, article) for each in {*keys.values(), url})

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

    def every_key(self) -> Iterator[str]:
        return (key for (key,) in self.db.execute("select key from article_keys"))

    def keys(self, article: int | None) -> list[str]:
        rows = self.db.execute("select key from article_keys where article = ?", [article])
        return [key for (key,) in rows]

    def update(self, article: int, columns: Row) -> None:
        with self.db.atomic():
            self.db.table("articles").update(article, columns)

    def at(self, key: str) -> Row | None:
        """The article that is kept at the address with this key."""
        sql = "select articles.* from article_keys join articles on articles.id = article where key = ?"
        return next(self.db.query(sql, [key]), None)

    def forget(self, article: Row, how: How, why: str) -> None:
        """With all its addresses; a tombstone says so, its page stays kept, its versions stay and show nothing.

        `why`: see there. Of what was taken down there is nothing more.
        """
        with self.db.atomic():
            for table in ("aliases", "article_keys", "revisits"):
                self.db.execute(f"delete from {table} where article = ?", [article["id"]])
            if how in (How.BLOCK, How.EXCLUDE):
                erase(self.db, article["id"])
            else:
                withdraw(self.db, article["id"])
            left = self.db.execute("delete from articles where id = ?", [article["id"]]).rowcount
            CopyStore(self.db).forget(article["id"])
            links.unlink(self.db, article["id"])
            extracts.withdraw(self.db, article["id"])
            if left:
                leave_tombstone(self.db, article, how, why)
