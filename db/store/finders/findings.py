"""Table `findings`: every match of every finder, whether the archive knows the address or not."""

from collections.abc import Iterable
from typing import TypedDict

from db.outcomes import Code
from db.store.leaving.removals import removed
from db.store.rows import Family, Row, holes

REGISTRY = "registry"  # a finder like the others: its feeds and listings, and what they brought
VIA = "finder"  # `found_via` of what only a finder has named is "finder gal"
BY_FINDER = f"found_via >= '{VIA} ' and found_via < '{VIA}!'"  # as `like`, which no index of them could be used for
INDEX = f"create index idx_articles_by_finder on articles (run, source) where {BY_FINDER}"


NO_ROOM = (Code.NO_ROOM_FOR_HOST.value, Code.QUEUE_FULL.value)


class FindingRow(TypedDict):
    key: str
    finder: str
    query: str | None  # what was asked: an address, a query, a page
    url: str
    title: str | None
    said_date: str | None  # the finder's own word, and never a date of publication
    first_at: str
    last_at: str
    article: int | None
    outcome: str | None  # what became of the match when it was last found, as JSON
    host: str


_WRITE = (
    "insert into findings (key, finder, query, url, title, said_date, first_at, last_at, article, outcome, host)"
    " values (:key, :finder, :query, :url, :title, :said_date, :at, :at, :article, :outcome, :host)"
    " on conflict (key, finder) do update set last_at = max(last_at, excluded.last_at),"
    " title = coalesce(title, excluded.title), said_date = coalesce(said_date, excluded.said_date),"
    " article = coalesce(excluded.article, article), outcome = excluded.outcome"
)
# Every kept article counts as found by the registry, unless it was queued for a finder's word.
_KEPT = (
    "select id, identity as key, url, title, found_via as query, coalesce(found_at, fetched_at) as at from articles"
    f" where coalesce(found_via, '') not like '{VIA} %' and not exists"
    f" (select 1 from findings where findings.article = articles.id and finder = '{REGISTRY}')"
)
_NUMBER = "(select article from article_keys where article_keys.key = findings.key)"
_AT_OTHER_HOSTS = (
    "select refusals.id, refusals.key, refusals.url, refusals.title, article, articles.title as article_title"
    " from refusals join article_keys on article_keys.key = json_extract(refusals.outcome, '$.params.key')"
    " join articles on articles.id = article where refusals.reason = 'foreign'"
    f" and json_extract(refusals.outcome, '$.code') = '{Code.ITS_ADDRESS_IS_AT}'"
)


class FindingStore(Family):
    def write(self, rows: Iterable[Row]) -> None:
        """Each row as FindingRow, with `at` in place of the first and last time; not of what was taken down."""
        named = list(rows)
        gone = removed(self.db, {row["key"] for row in named})
        with self.db.atomic():
            self.db.conn.executemany(_WRITE, [row for row in named if row["key"] not in gone])

    def connect(self) -> None:
        """To the articles that they have become; what has left the archive is one no more."""
        self._write(f"update findings set article = {_NUMBER} where article is not {_NUMBER}")

    def kept_without(self) -> list[Row]:
        """Articles that the registry has brought and that have no row of it: id, key, url, title, query, at."""
        return list(self.db.query(_KEPT))

    def without_room(self, hosts: int, each: int) -> list[FindingRow]:
        """Matches that there was no room for: at hosts that most finders name, then at the oldest; so many of each."""
        left = f"from findings where article is null and json_extract(outcome, '$.code') in ({holes(NO_ROOM)})"
        first = f"select host {left} group by host order by count(distinct finder) desc, min(first_at), host limit ?"
        place = "row_number() over (partition by host order by first_at, key) as place"
        columns = ", ".join(FindingRow.__annotations__)
        sql = (
            f"select {columns} from (select *, {place} {left} and host in ({first})) where place <= ? order by first_at"
        )
        return list(self._query(FindingRow, sql, [*NO_ROOM, *NO_ROOM, hosts, each]))

    def of_article(self, article: int) -> list[FindingRow]:
        """The oldest first."""
        sql = "select * from findings where article = ? order by first_at, finder"
        return list(self._query(FindingRow, sql, [article]))

    def at_other_hosts(self) -> list[Row]:
        """Pages that gave another host's address as their own, and which article that is now, if it is kept."""
        return list(self.db.query(_AT_OTHER_HOSTS))
