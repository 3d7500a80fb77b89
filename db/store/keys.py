"""The keys by which addresses are told apart, wherever they stand, and by which rules they were made."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from db.store.rows import Family

# Each row has the key of its address; articles have several, of their own.
TABLES = ("leads", "refusals", "decisions", "corrections")


# A person's word has a row for each key, and keeps those that it had.
_COPY = {
    table: f'insert or ignore into {table} (key, url, source, {what}, why, "by", at)'
    f' select ?, url, source, {what}, why, "by", at from {table} where key = ?'
    for table, what in (("decisions", "word"), ("corrections", "field, value"))
}


@dataclass(frozen=True, slots=True)
class Keyed:
    """An address with its key."""

    table: str  # one of TABLES
    key: str
    url: str
    source: str | None


class KeyStore(Family):
    def rules(self) -> int | None:
        """By which rules the keys were made; None where nobody has said."""
        row = self.db.execute("select max(rules) from _key_rules").fetchone()
        return None if row[0] is None else int(row[0])

    def of_articles(self) -> Iterator[tuple[int, str, str]]:
        """(article, its source, one of its addresses)"""
        sql = (
            "select id, source, url from articles union all"
            " select article, source, aliases.url from aliases join articles on articles.id = article order by 1"
        )
        yield from self.db.execute(sql)

    def of_others(self) -> Iterator[Keyed]:
        """Newest first, so that the newest of two that become one has the key."""
        for table, newest in zip(TABLES, ("found_at", "at", "at", "at"), strict=True):
            for row in self.db.execute(f"select key, url, source from {table} order by {newest} desc"):
                yield Keyed(table, *row)

    def renew(self, rules: int, articles: Iterable[tuple[str, int]], others: Iterable[tuple[Keyed, str]]) -> None:
        """Write the keys that differ: (key, article), (as it was, its new key). Articles keep their old ones too.

        So do decisions and corrections. What would have the key of another stays as it is; a lead goes, for the other
        one waits for the same article.
        """
        with self.db.atomic():
            self.db.conn.executemany("insert or ignore into article_keys (key, article) values (?, ?)", articles)
            for keyed, new in others:
                if copy := _COPY.get(keyed.table):
                    self.db.execute(copy, [new, keyed.key])
                    continue
                changed = self._write(f"update or ignore {keyed.table} set key = ? where key = ?", [new, keyed.key])
                if not changed and keyed.table == "leads":
                    self._write("delete from leads where key = ?", [keyed.key])
            self.db.execute("delete from _key_rules")
            self.db.execute("insert into _key_rules (rules) values (?)", [rules])
