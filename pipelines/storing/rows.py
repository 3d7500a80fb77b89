"""Article → rows of the tables, and back from a kept page."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from db import outcomes
from db.days import day_of, in_utc
from db.store.archive import Archive
from db.store.pages import PageRow
from db.store.rows import Row, as_json
from db.store.warc import PageError, StoredPage, read_page, read_parts
from pipelines import dates
from pipelines.article import Article, Hints, Part
from pipelines.identity import identity, key

# What the rules give. An article stays the one that it is: number, address, identity and moments are not theirs.
OF_THE_ARTICLE = (
    "title authors agencies published published_utc day month date_precision date_source modified text subheads"
    " page_kind lang access score reasons outcomes terms features verdict rules_version words sha256 page uncorrected"
).split()

# Of these, what is judged.
JUDGED = frozenset("score reasons outcomes terms features verdict rules_version".split())


def withheld(article: Article, reserved: str) -> bool:
    """Whether text and page are not ours to keep: `reserved` is the registry's word on what a reservation means."""
    return bool(article.rights.reserved) and reserved != "keep"


def row(article: Article, run: int | None, reserved: str = "keep") -> dict[str, Any]:
    """The columns of the table `articles`. Of a text that is withheld its length and its digest stay."""
    own_title = article.uncorrected.get("title", article.title)  # the digest tells when the page changes
    content = f"{own_title}\n\n{article.text}".encode()
    day = day_of(article.published)
    return {
        "url": article.url,
        "source": article.source,
        "title": article.title,
        "authors": as_json(article.authors),
        "published": article.published,
        "published_utc": in_utc(article.published),
        "day": day,
        "month": day and day[:7],
        "date_precision": dates.fineness(article.published) if article.published else None,
        "text": "" if withheld(article, reserved) else article.text,
        "subheads": as_json(() if withheld(article, reserved) else article.subheads),
        "reservation": article.rights.said_by if article.rights.reserved else None,
        "rights": as_json(article.rights.as_dict()) if article.rights.as_dict() else None,
        "kind": article.hints.kind,
        "page_kind": article.page_kind,
        "lang": article.lang,
        "access": article.access,
        **judged(article),
        "outcomes": outcomes.as_json(article.outcomes),
        "terms": as_json(article.terms),
        "uncorrected": as_json(article.uncorrected) if article.uncorrected else None,
        "verdict": article.verdict,
        "agencies": as_json(article.agencies),
        "date_source": article.date_source,
        "modified": article.modified,
        "canonical_url": article.canonical_url,
        "final_url": article.final_url,
        "identity": identity(article),
        "found_via": article.found_via,
        "found_at": _text(article.found_at),
        "fetched_at": _text(article.fetched_at),
        "first_seen": min(filter(None, [_text(article.found_at), _text(article.fetched_at)]), default=None),
        "last_checked": _text(article.fetched_at),
        "words": len(article.text.split()),
        "sha256": hashlib.sha256(content).hexdigest(),
        "page": article.page,
        "run": run,
    }


def judged(article: Article) -> Row:
    """The columns of what was judged that articles and refusals share."""
    return {
        "score": article.score,
        "reasons": as_json(article.reasons),
        "features": as_json(dict(sorted(article.features.items()))) if article.features else None,
        "rules_version": article.rules_version,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def of_page(page: PageRow, body: bytes, hints: Hints) -> Article:
    """The article as it was when its page was kept: `page` is its row, `body` what it delivered."""
    lead = json.loads(page["lead"] or "{}")
    return Article(
        source=page["source"],
        url=page["url"],
        hints=hints,
        found_via=lead.get("found_via") or "",
        found_at=datetime.fromisoformat(lead["found_at"]) if lead.get("found_at") else None,
        title_hint=lead.get("title_hint"),
        date_hint=lead.get("date_hint"),
        encoding=lead.get("encoding"),
        final_url=page["final_url"],
        fetched_at=datetime.fromisoformat(page["fetched_at"]),
        status=page["status"],
        html=body,
        page=page["id"],
    )


def as_the_page_says(stored: Row) -> Article:
    """What can be corrected of a stored article, also where its page is not kept."""
    columns = {name: stored[name] for name in ("title", "published", "date_source", "page_kind")}
    columns |= {"authors": json.loads(stored["authors"] or "[]")} | json.loads(stored["uncorrected"] or "{}")
    authors = tuple(columns.pop("authors"))
    return Article(source=stored["source"], url=stored["url"], authors=authors, **columns)


def parts_of(archive: Archive, folder: Path, page: int) -> tuple[Part, ...]:
    """The further pages of an article whose first page is kept. Raises PageError."""
    kept = read_parts(archive, folder, page)
    return tuple(Part(url=row["final_url"], html=body, whole=json.loads(row["lead"])["whole"]) for row, body in kept)


def kept_page(archive: Archive, folder: Path, page: int | None, hints: Hints) -> Article | None:
    """The article as it was when that page of it was kept; None where the page cannot be had any more."""
    stored = archive.pages.get(page)
    try:
        if stored is None:
            return None
        body, _ = read_page(folder, stored)
        return replace(of_page(stored, body, hints), parts=parts_of(archive, folder, stored["id"]))
    except PageError:
        return None


def lead_of(article: Article) -> dict[str, Any]:
    """What was known before the page was fetched, as plain data."""
    names = ("found_via", "title_hint", "date_hint", "encoding")
    return {name: getattr(article, name) for name in names} | {"found_at": _text(article.found_at)}


def as_page(article: Article) -> StoredPage:
    charset = f"; charset={article.encoding}" if article.encoding else ""
    first = StoredPage(
        source=article.source,
        url=article.url,
        final_url=article.final_url or article.url,
        fetched_at=_text(article.fetched_at) or "",
        status=article.status,
        headers=(("Content-Type", f"text/html{charset}"),),
        body=article.html,
        lead=lead_of(article),
    )
    parts = (
        replace(first, url=part.url, final_url=part.url, body=part.html, lead={"whole": part.whole})
        for part in article.parts
    )
    return replace(first, parts=tuple(parts))


def refusal_row(article: Article) -> Row:
    """The columns of the table `refusals` that the article itself knows of."""
    rights = article.rights.as_dict()
    return {
        "key": key(article.url, article.source, article.hints),
        "url": article.url,
        "source": article.source,
        "title": article.title or article.title_hint,
        "published": article.published or article.date_hint,
        **judged(article),
        "rights": as_json(rights) if rights else None,
        "page": article.page,
    }
