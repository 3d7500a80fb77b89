"""What is new, as Atom and JSON Feed: the newest arrivals, those of a search, and what publishers have changed since.

An entry's id is a tag: URI of the archive and the article's number: a reader knows it again wherever the archive is
served from. Of a text there is only the beginning: the whole of it is the publisher's.
"""

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from lxml import etree
from lxml.builder import ElementMaker
from w3lib.url import safe_url_string

from db.days import BERLIN
from db.export.changes import NEEDED, ChangeFilter, ListedChange, page_of
from db.language import named
from db.problem import Problem
from db.search.query import Query
from db.search.ranking import ask, matching

ENTRIES = 50
OPENING = 300  # characters

ATOM = "http://www.w3.org/2005/Atom"
_atom = ElementMaker(namespace=ATOM, nsmap={None: ATOM})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# A late find is news too, so the crawl counts first; of one crawl the newest, as it may have brought too many.
_ARTICLES = f"""
    select * from articles where id in (
        select id from articles {{some}} order by run desc, coalesce(published_utc, fetched_at) desc, id desc
        limit {ENTRIES}
    )
"""


class FeedError(Problem):
    """The feed cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    id: str
    title: str
    updated: str  # RFC 3339, as all moments here
    published: str | None
    outlet: str
    authors: tuple[str, ...]
    opening: str
    lang: str | None
    original: str | None  # address at the publisher's
    page: str  # path in this archive
    kinds: tuple[str, ...] = ()  # of change


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    id: str
    title: str
    updated: str
    entries: tuple[FeedEntry, ...]


# Reading


def newest(connection: sqlite3.Connection, query: str | None = None, asked: Query | None = None) -> Feed:
    """What the latest crawls have brought, in the order in which it was published. Raises FeedError, QueryError.

    `asked`: what the query became where its words were looked for elsewhere.
    """
    ids, params = matching(ask(connection, asked or query), "x.article") if query else ("", [])
    rows = connection.execute(_ARTICLES.format(some=f"where id in ({ids})" if ids else ""), params)
    home, names = authority(connection), _names(connection)
    newest_first = sorted(rows, key=_place, reverse=True)
    entries = [_entry(row, names, f"{home}:article/{row['id']}") for row in newest_first]
    if not query:
        return _feed(connection, f"{home}:articles", "Revierspiegel: new articles", entries)
    digest = hashlib.sha256(query.encode()).hexdigest()[:16]  # a tag may hold few of the letters that a query may
    return _feed(connection, f"{home}:search/{digest}", f"Revierspiegel: {query}", entries)


def _place(row: sqlite3.Row) -> tuple[str, int]:
    return row["published_utc"] or row["fetched_at"], row["id"]


def changed(connection: sqlite3.Connection, asked: ChangeFilter) -> Feed:
    """What has changed in articles that were here before, and what has gone. Raises FeedError."""
    home, names = authority(connection), _names(connection)
    known = {each for (each,) in connection.execute("select name from sqlite_master where type = 'table'")}
    listed = page_of(connection, asked, ENTRIES) if known >= NEEDED else []
    entries = [_entry_of_change(change, home, names) for change in listed]
    arguments = urlencode({name: value for name, value in asdict(asked).items() if value})
    if not arguments:
        return _feed(connection, f"{home}:versions", "Revierspiegel: changed articles", entries)
    digest = hashlib.sha256(arguments.encode()).hexdigest()[:16]
    return _feed(connection, f"{home}:changes/{digest}", f"Revierspiegel: changed articles ({arguments})", entries)


def _entry_of_change(change: ListedChange, home: str, names: Mapping[str, str]) -> FeedEntry:
    """Its summary says in the reader's language what kind of change it is; its page shows the change itself."""
    article, kinds = f"article/{change.article}", ", ".join(named(kind, "change") for kind in change.kinds)
    version = change.version
    return FeedEntry(
        id=f"{home}:{article}/version/{version}" if version else f"{home}:{article}/disappearance/{change.number}",
        title=_plain(change.title or "(no headline)"),
        updated=in_full(change.at) or _now(),
        published=None,
        outlet=_plain(names.get(change.source) or change.source),
        authors=(),
        opening=opening(f"{kinds[:1].upper()}{kinds[1:]}. {change.opening}"),
        lang=change.lang if re.fullmatch(r"[a-z]{2,3}", change.lang or "") else None,
        original=safe_url_string(change.url) if re.match(r"https?://", change.url) else None,
        page=f"{article}@{version}/changes" if version else article,
        kinds=change.kinds,
    )


def authority(connection: sqlite3.Connection) -> str:
    """`tag:` and who vouches for the ids: REVIERSPIEGEL_AUTHORITY, else a name that follows from the first crawl.

    Names under .invalid are nobody's (RFC 2606), and two archives must not share their ids. Raises FeedError.
    """
    setting = os.environ.get("REVIERSPIEGEL_AUTHORITY", "").strip()
    if not setting:
        began = connection.execute("select min(started) from runs").fetchone()[0] or ""
        return f"tag:{hashlib.sha256(began.encode()).hexdigest()[:12]}.revierspiegel.invalid,2025"
    name, _, since = setting.partition(",")
    if not re.fullmatch(r"[\w.+-]+@[\w.-]+|[a-z0-9-]+(\.[a-z0-9-]+)+", name, re.A) or not re.fullmatch(
        r"(\d{4}(-\d\d){0,2})?", since
    ):
        raise FeedError(
            f"REVIERSPIEGEL_AUTHORITY={setting}: expected a host or mail address of yours and a year in which it was, "
            "as in archive.example.org,2026"
        )
    return f"tag:{name},{since or '2025'}"


def _names(connection: sqlite3.Connection) -> Mapping[str, str]:
    return dict(tuple(row) for row in connection.execute("select id, name from sources"))


def _feed(connection: sqlite3.Connection, id: str, title: str, entries: Sequence[FeedEntry]) -> Feed:
    updated = max((entry.updated for entry in entries), default=None) or _last_look(connection)
    return Feed(id=id, title=title, updated=updated, entries=tuple(entries))


def _last_look(connection: sqlite3.Connection) -> str:
    """Up to when it is known that there is nothing: the end of the last crawl, the start of one that goes on, now."""
    last = connection.execute("select coalesce(ended, started) from runs order by id desc limit 1").fetchone()
    return in_full(last[0] if last else None) or _now()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _entry(row: sqlite3.Row, names: Mapping[str, str], id: str) -> FeedEntry:
    original = next((url for url in (row["final_url"], row["url"]) if re.match(r"https?://", url or "")), None)
    return FeedEntry(
        id=id,
        title=_plain(row["title"] or "(no headline)"),
        updated=in_full(row["fetched_at"]) or in_full(row["first_seen"]) or _now(),
        published=in_full(row["published"]),
        outlet=_plain(names.get(row["source"]) or row["source"]),
        authors=tuple(_authors(row["authors"])),
        opening=opening(row["text"]),
        lang=row["lang"] if re.fullmatch(r"[a-z]{2,3}", row["lang"] or "") else None,
        original=safe_url_string(original) if original else None,
        page=f"article/{row['id']}",
    )


def _authors(stored: str | None) -> Iterator[str]:
    try:
        values = json.loads(stored or "[]")
    except ValueError:
        return
    yield from filter(None, map(_plain, values if isinstance(values, list) else []))


def _plain(text: object) -> str:
    return " ".join(_NOT_XML.sub("", str(text)).split())


def in_full(moment: str | None) -> str | None:
    """RFC 3339 knows no bare day: it begins at midnight in Berlin, where the story is."""
    try:
        parsed = datetime.fromisoformat(moment or "")
    except ValueError:
        return None
    zoned = parsed if parsed.tzinfo else parsed.replace(tzinfo=BERLIN if len(moment or "") <= 10 else UTC)
    return zoned.isoformat(timespec="seconds")


def opening(text: str | None) -> str:
    """The first paragraph, ending at a word."""
    first = _plain((text or "").lstrip().partition("\n\n")[0])
    return first if len(first) <= OPENING else first[: OPENING - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


# Writing


def as_atom(feed: Feed, base: str, own: str) -> bytes:
    """`base` is the address of the site, with a closing slash; `own` that of the feed."""
    root = _atom.feed(
        _atom.id(feed.id),
        _atom.title(_plain(feed.title)),
        _atom.updated(feed.updated),
        _atom.link(rel="self", type="application/atom+xml", href=safe_url_string(own)),
        _atom.link(rel="alternate", type="text/html", href=base),
        _atom.author(_atom.name("Revierspiegel")),
        *(_atom_entry(entry, base) for entry in feed.entries),
    )
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _atom_entry(entry: FeedEntry, base: str) -> Any:
    page = base + entry.page
    element = _atom.entry(
        _atom.id(entry.id),
        _atom.title(entry.title),
        _atom.updated(entry.updated),
        *([_atom.published(entry.published)] if entry.published else []),
        *(_atom.author(_atom.name(author)) for author in entry.authors or (entry.outlet,)),
        _atom.category(term=entry.outlet, label=entry.outlet),
        *(_atom.category(term=kind, label=named(kind, "change")) for kind in entry.kinds),
        _atom.link(rel="alternate", type="text/html", href=entry.original or page),
        _atom.link(rel="related", type="text/html", href=page, title="In the archive"),
        *([_atom.summary(entry.opening)] if entry.opening else []),
    )
    if entry.lang:
        element.set("{http://www.w3.org/XML/1998/namespace}lang", entry.lang)
    return element


def as_json_feed(feed: Feed, base: str, own: str) -> bytes:
    """JSON Feed 1.1; `own` is the feed's address."""
    items = [
        {
            "id": entry.id,
            "url": base + entry.page,
            "external_url": entry.original,
            "title": entry.title,
            "content_text": entry.opening,
            "date_published": entry.published,
            "date_modified": entry.updated,
            "authors": [{"name": author} for author in entry.authors or (entry.outlet,)],
            "tags": [entry.outlet, *entry.kinds],
            "language": entry.lang,
        }
        for entry in feed.entries
    ]
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": base,
        "feed_url": own,
        "items": [{name: value for name, value in item.items() if value is not None} for item in items],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode("utf-8", "replace")
