"""A person's word on an address: keep or drop. It has a row for each key that the address, or its article, has."""

from collections.abc import Iterable

from sqlite_utils import Database

from db.store.archive import Archive, Row

FIELDS = ("url", "word", "why", "by", "at")


def find(db: Database, keys: Iterable[str], url: str = "") -> Row | None:
    """The last word on any of the keys; `url` as it was written, for the keys change with the registry's patterns."""
    wanted = list(keys)
    holes = ",".join("?" for _ in wanted)
    sql = f"select * from decisions where key in ({holes}) or url = ? order by at desc limit 1"
    return next(db.query(sql, [*wanted, url]), None)


def every(db: Database) -> Iterable[Row]:
    return db.query(f"select distinct {', '.join(FIELDS)} from decisions order by at, url")


def keys_of(db: Database, url: str) -> list[str]:
    """All keys of the address that a word was given on."""
    return [key for (key,) in db.execute("select key from decisions where url = ?", [url])]


def put(db: Database, row: Row, keys: Iterable[str]) -> None:
    """`row` has source and FIELDS. An earlier word on any of the keys is taken back with all of its own."""
    with db.atomic():
        wanted = set(keys)
        while earlier := find(db, wanted, row["url"]):
            forget(db, earlier["url"])
        db.table("decisions").insert_all([row | {"key": key} for key in sorted(wanted)])


def forget(db: Database, url: str) -> None:
    with db.atomic():
        db.execute("delete from decisions where url = ?", [url])


def take_out(archive: Archive, article: Row, key: str, reason: str, detail: str) -> None:
    """An article leaves for the refusals, with its versions and all its addresses; its page stays kept."""
    with archive.db.atomic():
        for table in ("aliases", "article_keys", "versions"):
            archive.db.execute(f"delete from {table} where article = ?", [article["id"]])
        archive.db.execute("delete from articles where id = ?", [article["id"]])
        archive.refuse(article | {"key": key}, reason, detail, article["run"])
