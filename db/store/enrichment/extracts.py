"""Table `extracts`: the few words of an article's text that everybody may see, chosen once and for good.

The row stays when the article leaves, without the words: one that comes back gets no others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict

from sqlite_utils import Database

from db.store.rows import Family, now

TABLE = "create table extracts (article integer primary key, words text not null, at text not null)"
# The page may be read by all, nobody reserves mining, and it was not behind a wall when it was last looked at.
IS_OPEN = """(articles.access = 'free' and coalesce(articles.reservation, '') = '' and coalesce((
select what from disappearances where article = articles.id and what in ('walled', 'back') order by at desc, id desc
limit 1), '') != 'walled')"""


class ExtractRow(TypedDict):
    article: int
    words: str  # '' where there are none, or none any more
    at: str


@dataclass(frozen=True, slots=True)
class Extractable:
    """An article, and what was taken from it; None where nothing was decided yet."""

    article: int
    title: str
    text: str
    is_open: bool
    words: str | None


class ExtractStore(Family):
    def undecided_or_shown(self) -> Iterator[Extractable]:
        sql = f"""select id, title, text, {IS_OPEN}, extracts.words from articles left join extracts on article = id
        where extracts.words is null or extracts.words != ''"""
        for number, title, text, is_open, words in self.db.execute(sql):
            yield Extractable(number, title, text, bool(is_open), words)

    def decide(self, words: Mapping[int, str]) -> None:
        """By article. What was chosen before can only be withdrawn."""
        sql = (
            "insert into extracts (article, words, at) values (?, ?, ?)"
            " on conflict (article) do update set words = '' where excluded.words != words"
        )
        with self.db.atomic():
            self.db.conn.executemany(sql, [(article, each, now()) for article, each in words.items()])

    def withdraw_of_others(self) -> None:
        """Of articles that are not there."""
        self._write("update extracts set words = '' where words != '' and article not in (select id from articles)")


def withdraw(db: Database, article: int) -> None:
    db.execute("update extracts set words = '' where article = ?", [article])
