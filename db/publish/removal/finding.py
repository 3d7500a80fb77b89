"""What one database knows of an article that is taken down: its numbers, and all that it is known by."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlite_utils import Database

from db.publish.removal.schema import Schema
from db.publish.removal.traces import Traces
from db.store.leaving.removals import digest_of
from db.store.leaving.tombstones import How

_IN = "(select value from json_each(?))"


@dataclass(frozen=True, slots=True)
class FoundTraces:
    traces: Traces = field(default_factory=Traces)
    articles: frozenset[int] = frozenset()
    pages: frozenset[int] = frozenset()


def find(db: Database, names: Iterable[str]) -> FoundTraces:
    """`names`: keys and addresses. Also of an article that has left, of a refusal, and of what waits."""
    schema, known = Schema(db), Traces(frozenset(names))
    numbers = _numbers(db, schema, known)
    addresses, keys = set(_addresses(db, schema, numbers)), set(_keys(db, schema, numbers))
    traces = Traces(
        addresses=frozenset(each for each in {*known.addresses, *addresses} if "://" in each),
        keys=frozenset(each for each in {*known.addresses, *keys} if "://" not in each and names_one(each)),
    )
    pages = _pages(db, schema, numbers, traces)
    traces |= Traces(addresses=frozenset(_landings(db, schema, pages, traces)))
    titles = frozenset(_titles(db, schema, numbers, traces))
    return FoundTraces(traces | Traces(titles=titles), numbers, pages)


def names_one(key: str) -> bool:
    """Not the front page of a site, which some pages give as their own address."""
    return not {"/", "?", "#"}.isdisjoint(key)


def names_with(db: Database, is_one: Callable[[str], bool]) -> frozenset[str]:
    """Keys and addresses of anything in this database that are meant."""
    schema = Schema(db)
    columns = ("key", "url", "identity", "canonical_url", "final_url")
    places = [(table, column) for column in columns for table in schema.with_column(column)]
    return frozenset(
        name
        for table, column in places
        for (name,) in db.execute(f'select distinct "{column}" from "{table}" where "{column}" is not null')
        if is_one(str(name))
    )


def other_titles(db: Database, titles: frozenset[str], found: FoundTraces) -> frozenset[str]:
    """Those that something else in the archive has, too: they tell nothing."""
    schema, own = Schema(db), json.dumps(sorted(found.articles))
    asked, keys = json.dumps(sorted(titles)), json.dumps(sorted(found.traces.keys))
    others = {"articles": f"id not in {_IN}", "versions": f"article not in {_IN}", "refusals": f"key not in {_IN}"}
    return frozenset(
        title
        for table, where in others.items()
        if schema.has(table, "title")
        for (title,) in db.execute(
            f"select title from {table} where title in {_IN} and {where}", [asked, keys if table == "refusals" else own]
        )
    )


def _numbers(db: Database, schema: Schema, known: Traces) -> frozenset[int]:
    spelt, digests = json.dumps(sorted(known.spellings)), json.dumps([digest_of(each) for each in known.names])
    asked = [
        ("articles", "url", "select id from articles where url in {}", spelt),
        ("articles", "identity", "select id from articles where identity in {}", spelt),
        ("aliases", "url", "select article from aliases where url in {}", spelt),
        ("article_keys", "key", "select article from article_keys where key in {}", spelt),
        ("tombstones", "key", "select article from tombstones where key in {}", spelt),
        ("tombstones", "url", "select article from tombstones where url in {}", spelt),
        ("tombstones", "key", "select article from tombstones where key in {}", digests),
    ]
    return frozenset(
        int(number)
        for table, column, sql, values in asked
        if schema.has(table, column)
        for (number,) in db.execute(sql.format(_IN), [values])
    )


def _of(db: Database, schema: Schema, numbers: frozenset[int], table: str, column: str) -> set[str]:
    own = "id" if table == "articles" else "article"
    if not schema.has(table, column, own):
        return set()
    sql = f'select "{column}" from {table} where {own} in {_IN} and "{column}" is not null'
    return {str(value) for (value,) in db.execute(sql, [json.dumps(sorted(numbers))])}


def _addresses(db: Database, schema: Schema, numbers: frozenset[int]) -> set[str]:
    """Also what it gives as its own address, and where it was found in the end, unless others do so, too."""
    found = set[str]()
    for table in ("articles", "aliases", "tombstones", "captures", "findings"):
        found |= _of(db, schema, numbers, table, "url")
    shared = [name for name in ("canonical_url", "final_url") if schema.has("articles", name)]
    elsewhere = " or ".join(f"{name} = ?" for name in ("url", *shared))
    for name in shared:
        for url in _of(db, schema, numbers, "articles", name):
            sql = f"select 1 from articles where id not in {_IN} and ({elsewhere})"
            values = [json.dumps(sorted(numbers)), *[url] * (len(shared) + 1)]
            if not db.execute(sql, values).fetchone():
                found.add(url)
    return found


def _keys(db: Database, schema: Schema, numbers: frozenset[int]) -> set[str]:
    keys = _of(db, schema, numbers, "article_keys", "key") | _of(db, schema, numbers, "articles", "identity")
    if schema.has("tombstones", "key"):  # of one that was taken down without a word there is a digest
        sql = f"select key from tombstones where article in {_IN} and how != '{How.EXCLUDE}'"
        keys |= {key for (key,) in db.execute(sql, [json.dumps(sorted(numbers))])}
    return keys


def _pages(db: Database, schema: Schema, numbers: frozenset[int], traces: Traces) -> frozenset[int]:
    if not schema.has("pages", "url", "final_url"):
        return frozenset()
    pages = {int(page) for table in ("articles", "versions") for page in _of(db, schema, numbers, table, "page")}
    spelt, keys = json.dumps(sorted(traces.spellings)), json.dumps(sorted(traces.keys))
    pages |= {
        page for (page,) in db.execute(f"select id from pages where url in {_IN} or final_url in {_IN}", [spelt] * 2)
    }
    refused = f"select page from refusals where page is not null and (url in {_IN} or key in {_IN})"
    pages |= {page for (page,) in db.execute(refused, [spelt, keys])}
    if schema.has("pages", "part_of"):
        sql = f"select id from pages where part_of in {_IN}"
        pages |= {page for (page,) in db.execute(sql, [json.dumps(sorted(pages))])}
    return frozenset(pages)


def _landings(db: Database, schema: Schema, pages: frozenset[int], traces: Traces) -> set[str]:
    """Where its pages and their parts were found in the end; not a front page or a login that others end at, too."""
    if not pages:
        return set()
    own = json.dumps(sorted(pages))
    sql = (
        f"select distinct url from pages where id in {_IN} union select distinct final_url from pages as own"
        f" where id in {_IN} and not exists (select 1 from pages where pages.final_url = own.final_url"
        f" and pages.id not in {_IN})"
    )
    return {url for (url,) in db.execute(sql, [own] * 3) if url}


def _titles(db: Database, schema: Schema, numbers: frozenset[int], traces: Traces) -> set[str]:
    titles = _of(db, schema, numbers, "articles", "title") | _of(db, schema, numbers, "versions", "title")
    if schema.has("_left_versions", "title"):
        sql = f"select title from _left_versions where version in (select id from versions where article in {_IN})"
        titles |= {title for (title,) in db.execute(sql, [json.dumps(sorted(numbers))]) if title}
    for own in _of(db, schema, numbers, "articles", "uncorrected"):
        titles.add(str(json.loads(own or "{}").get("title") or ""))
    keys = json.dumps(sorted(traces.keys))
    for table in ("refusals", "leads", "findings"):
        if schema.has(table, "key", "title"):
            sql = f"select title from {table} where key in {_IN} and title is not null"
            titles |= {title for (title,) in db.execute(sql, [keys])}
    return titles - {""}
