"""Table `pages`: which record of which file is whose page, and whether it has been read. The files: warc.py."""

from collections.abc import Iterable
from typing import TypedDict

from db.store.rows import Family, Row


class PageRow(TypedDict):
    id: int
    source: str
    url: str
    final_url: str
    fetched_at: str
    status: int
    file: str
    offset: int
    length: int
    sha256: str
    done: int
    lead: str  # JSON
    part_of: int | None


# The newest page of each address, with the article or the refusal that it has become. A page that turned out to be an
# article which was there already, at another address, has become neither.
_NEWEST = """
    select pages.source, pages.id, articles.id, refusals.id from pages
    left join articles on articles.source = pages.source and articles.url = pages.url
    left join refusals on refusals.source = pages.source and refusals.url = pages.url and refusals.page is not null
    where pages.id in (select max(id) from pages where done = 1 and part_of is null group by source, url)
    and (articles.page is not null or (articles.id is null and refusals.id is not null))
    group by pages.id order by pages.id
"""


class PageStore(Family):
    def add(self, page: Row, parts: Iterable[int] = ()) -> int:
        with self.db.atomic():
            number = self._insert("pages", page)
            for part in parts:
                self.db.table("pages").update(part, {"part_of": number})
            return number

    def get(self, number: int | None) -> PageRow | None:
        return self._get(PageRow, "pages", number)

    def parts(self, page: int) -> list[PageRow]:
        """The further pages of a page, in their order."""
        return list(self._query(PageRow, "select * from pages where part_of = ? order by id", [page]))

    def unfinished(self) -> list[PageRow]:
        """Pages that were kept when a crawl was killed before they were read."""
        return list(self._query(PageRow, "select * from pages where done = 0 order by id"))

    def newest(self) -> list[tuple[str, int, int | None, int | None]]:
        """(source, page, article, refusal): the newest page of each address, with what it has become."""
        return list(self.db.execute(_NEWEST).fetchall())

    def sources(self) -> set[str]:
        return {source for (source,) in self.db.execute("select distinct source from pages")}

    def forget(self, page: int) -> None:
        """A kept page that cannot be read back is forgotten; its address is fetched again."""
        with self.db.atomic():
            self.db.table("pages").delete(page)
