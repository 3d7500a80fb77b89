"""Tables `versions`, `changes` and `disappearances`: what articles have said, and what became of them."""

import json
from typing import TypedDict

from db.store.rows import Row, as_json


class VersionRow(TypedDict):
    """As the page has it: what a person corrects makes no version."""

    id: int
    article: int
    seen_at: str
    title: str
    text: str | None  # '' where it is withheld; None of an article that has left
    sha256: str
    page: int | None
    authors: str | None
    access: str | None
    page_kind: str | None
    lang: str | None
    rules: str | None  # by which the page was read; None: before there was such a column


class ChangeRow(TypedDict):
    version: int
    article: int
    before: int  # the version before
    at: str
    kinds: str  # JSON
    size: float


class DisappearanceRow(TypedDict):
    id: int
    article: int
    at: str
    what: str
    url: str | None
    detail: str | None
    outcome: str | None


def version_of(article: Row) -> Row:
    """A row of `versions` of what `article` has: its page's own words, whatever a person says."""
    same = {name: article.get(name) for name in ("text", "sha256", "page", "access", "lang")}
    uncorrected = json.loads(article.get("uncorrected") or "{}")
    own = {name: uncorrected.get(name, article.get(name)) for name in ("title", "page_kind")}
    authors = as_json(uncorrected["authors"]) if "authors" in uncorrected else article.get("authors")
    return {"seen_at": article["fetched_at"], "authors": authors} | own | same


def own_title(article: Row) -> str:
    """As the page has it, whatever a person says."""
    return str(json.loads(article.get("uncorrected") or "{}").get("title", article["title"]))
