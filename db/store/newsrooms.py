"""Tables `publishers` and `newsrooms`: whose each source is, and whose national pages it has, from month to month.

Papers that have their pages from one newsroom are one voice. A source without a claim is its own, by its name.
"""

import json
from collections.abc import Iterable, Sequence
from typing import TypedDict

from db.store.rows import Family, Row

TABLES = ("publishers", "newsrooms")


class PublisherRow(TypedDict):
    source: str
    name: str
    since: str  # YYYY or YYYY-MM: the first month
    until: str | None  # the first month in which it holds no more
    evidence: str


class NewsroomRow(PublisherRow):
    pass


def claimed(table: str, row: str) -> str:
    """The name that holds for the source and month of `row`; where no month is known, the one that holds now."""
    month = f"coalesce(nullif({row}.month, ''), '9999')"
    return (
        f"(select name from {table} as claim where claim.source = {row}.source and claim.since <= {month}"
        f" and (claim.until is null or {month} < claim.until))"
    )


def voice(row: str) -> str:
    return (
        f"coalesce({claimed('newsrooms', row)}, nullif((select name from sources where id = {row}.source), ''),"
        f" {row}.source)"
    )


VIEW = (
    f"create view voices as select id as article, source, day, {claimed('publishers', 'articles')} as publisher,"
    f" {claimed('newsrooms', 'articles')} as newsroom, {voice('articles')} as voice from articles"
)

# Sources that are not the same voice in all months that there are; and the others with theirs. To count the articles of
# each month took twice as long.
CHANGING = (
    "select source from newsrooms where until is not null"
    " or since > (select min(month) from _combinations where month > '' and number)"
)
UNCHANGING = (
    f"select source, {voice('c')} from (select distinct source, '' as month from _combinations) as c"
    f" where source not in ({CHANGING})"
)


class NewsroomStore(Family):
    def write(self, sources: Sequence[str], publishers: Iterable[Row], newsrooms: Iterable[Row]) -> None:
        """In place of what is there of these sources; of those that have left the registry it stays."""
        names = json.dumps(list(sources))
        with self.db.atomic():
            for table, rows in zip(TABLES, (publishers, newsrooms), strict=True):
                self.db.execute(f"delete from {table} where source in (select value from json_each(?))", [names])
                self.db.table(table).insert_all(rows)
