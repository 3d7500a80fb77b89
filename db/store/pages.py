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


# Of an article the page that its text is from: a later look may have found a wall, or another article. Of a refusal the
# newest page of its address, whichever came last: files bring older ones. One that turned out to be an article which
# was there already has become neither.
_NEWEST = """
    select pages.source, pages.id, articles.id, null from articles join pages on pages.id = articles.page
    union all
    select pages.source, pages.id, null, refusals.id from pages
    join refusals on refusals.source = pages.source and refusals.url = pages.url and refusals.page is not null
    where pages.id in (
        select first_value(id) over (partition by source, url order by fetched_at desc, id desc)
        from pages where done = 1 and part_of is null
    )
    and not exists (select 1 from articles where articles.source = pages.source and articles.url = pages.url)
    group by pages.id order by 2
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
        """(source, page, article, refusal): the page of each article, and the newest of each refused address."""
        return list(self.db.execute(_NEWEST).fetchall())

    def last_of_hosts(self, most: int, since: str) -> list[PageRow]:
        """The last page of each source that was asked since then, so many of them."""
        newest = "select max(id) from pages where fetched_at >= ? group by source order by 1 desc limit ?"
        return list(self._query(PageRow, f"select * from pages where id in ({newest})", [since, most]))

    def sources(self) -> set[str]:
        return {source for (source,) in self.db.execute("select distinct source from pages")}

    def forget(self, page: int) -> None:
        """A kept page that cannot be read back is forgotten; its address is fetched again."""
        with self.db.atomic():
            self.db.table("pages").delete(page)
