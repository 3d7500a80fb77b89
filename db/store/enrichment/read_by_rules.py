"""What is read out of each article by rules of one version: a table says by which; without a row there it is due."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from db.store.rows import Family

DEPENDS_ON = ("text", "lang", "published")  # columns of `articles`: where one changes, the article is due


class SaidRow(NamedTuple):
    """Columns of `articles`."""

    id: int
    text: str
    lang: str | None
    published: str | None


class ReadByRules(Family):
    read_table: ClassVar[str]

    def due(self, rules: str) -> list[int]:
        """Articles that were not read by these rules as they are; those that were never read come first."""
        sql = (
            f"select id from articles left join {self.read_table} as done on article = id"
            " where done.rules_version is not ? order by article is not null, id"
        )
        return [article for (article,) in self.db.execute(sql, [rules])]

    def forget_rules(self) -> None:
        """Then all are due."""
        self._write(f"delete from {self.read_table}")

    def read(self, articles: Sequence[int]) -> Iterator[SaidRow]:
        sql = f"select {', '.join(SaidRow._fields)} from articles where id = ?"
        for article in articles:
            row = self.db.execute(sql, [article]).fetchone()
            if row:
                yield SaidRow(*row)


def statements(read_table: str, tables: Sequence[str], trigger: str) -> tuple[str, ...]:
    """The table, and the triggers by which rows of `tables` go with their article, and what changes is due."""
    dropped = " ".join(f"delete from {table} where article = old.id;" for table in (*tables, read_table))
    old, new = (", ".join(f"{which}.{name}" for name in DEPENDS_ON) for which in ("old", "new"))
    return (
        f"create table {read_table} (article integer primary key, rules_version text not null)",
        f"create trigger {trigger}_delete after delete on articles begin {dropped} end",
        f"create trigger {trigger}_update after update of {', '.join(DEPENDS_ON)} on articles"
        f" when ({old}) is not ({new}) begin delete from {read_table} where article = old.id; end",
    )
