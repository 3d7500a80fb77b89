"""Who copies whom among articles that are in no archive: lines of JSON in, one for one, by the archive's own tables."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from db.store.enrichment.copies import CopyStore, ReadRow
from db.store.enrichment.copy_tables import CopyRow
from pipelines.enrichment.copies import seen
from pipelines.storing.enrich import enrich_copies
from revierspiegel.services.json_lines import read_article

NEEDED = ("url", "text")
OPTIONAL = ("source", "kind", "page_kind", "title", "published")  # may be null


def copies_of(lines: Iterable[str]) -> list[dict[str, Any]]:
    """A line that is no article has an `error` instead."""
    answers = [read_article(line, NEEDED, OPTIONAL) for line in lines]
    articles = [answer for answer in answers if "error" not in answer]
    articles.sort(key=lambda article: (seen(article["published"]).latest, article["url"]))
    rows = [_row(number, article) for number, article in enumerate(articles, start=1)]
    store = CopyStore.in_memory(rows)
    enrich_copies(store)
    found = {row["article"]: row for row in store.every()}
    store.db.close()
    numbers = {id(article): number for number, article in enumerate(articles, start=1)}
    urls = {number: article["url"] for number, article in enumerate(articles, start=1)}
    return [
        _answer(urls, numbers[id(answer)], found.get(numbers[id(answer)])) if id(answer) in numbers else answer
        for answer in answers
    ]


def _row(number: int, article: Mapping[str, Any]) -> ReadRow:
    return ReadRow(
        id=number,
        url=article["url"],
        text=article["text"],
        source=article["source"] or _host(article["url"]),
        kind=article["kind"],
        page_kind=article["page_kind"],
        published=article["published"],
        agencies=None,
        first_seen=None,
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def _answer(urls: Mapping[int, str], number: int, row: CopyRow | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"url": urls[number]}
    names = ("group", "role", "share", "release", "release_share", "release_quoted_share")
    if row is None:
        return answer | dict.fromkeys(names)
    return answer | {
        "group": row["group_id"] and urls[row["group_id"]],
        "role": row["role"],
        "share": row["share"],
        "release": row["release"] and urls[row["release"]],
        "release_share": row["release_share"],
        "release_quoted_share": row["release_quoted_share"],
    }
