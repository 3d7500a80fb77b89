"""The versions of an archive that had no more than one of each article: what they say stands in `articles`."""

from sqlite_utils import Database


def own(name: str) -> str:
    """As the page has it, whatever a person says."""
    return f"iif(json_type(a.uncorrected, '$.{name}') is null, a.{name}, json_extract(a.uncorrected, '$.{name}'))"


def fill(db: Database) -> None:
    db.execute(
        f"update versions set title = {own('title')}, text = a.text, sha256 = coalesce(a.sha256, versions.sha256),"
        f" authors = {own('authors')}, access = a.access, page_kind = {own('page_kind')}, lang = a.lang"
        " from articles as a where a.id = versions.article and versions.text is null"
    )


def fill_last_seen(db: Database) -> None:
    """Of the newest when it was last looked at, where its page was there then and nothing is said against it."""
    db.execute("update versions set last_seen = seen_at")
    db.execute(
        "update versions set last_seen = max(last_seen, coalesce(a.last_checked, last_seen))"
        " from articles as a join revisits as r on r.article = a.id"
        " where a.id = versions.article and r.outcome is null and r.missing_at is null and versions.id ="
        " (select id from versions as v where v.article = a.id order by seen_at desc, id desc limit 1)"
    )
