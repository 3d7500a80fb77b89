"""Why an address is in the archive, or why not."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crawler.registry.owners import source_of
from crawler.registry.sources import Source, denied_by, load_registry
from db.home import archive_path, pages_path
from db.outcomes import Outcome, from_json, parts
from db.store.archive import Archive
from db.store.crawl.frontier import TRIES
from db.store.leaving.removals import RemovalRow
from db.store.rows import Row
from db.store.warc import PageError, read_page
from db.weighing import weighing
from pipelines.article import Article, Correction, Decision, Hints, as_far_as_read
from pipelines.extraction.clean import clean
from pipelines.identity import key, normal
from pipelines.storing.rows import of_page


def explain(url: str) -> dict[str, Any]:
    """What is known of the address: `answer` in a sentence, `reasons` in words, and the rows behind it.

    `reading`: what the rules of today drop from its kept page, add and refuse, in words.
    """
    registry = load_registry()
    source = source_of(url, registry.sources)
    rows = known_of(url, source)
    reading = reading_of(rows, source)
    answer, reasons = _answer(rows)
    denied = denied_by(url, registry)
    if removal := removal_of(url, source):
        answer, reasons = f"taken down on {removal['at']}, and never fetched again", [removal["why"]]
    if denied and not rows["article"]:
        answer = f"never taken: {denied.host} is {denied.why}"
    elif not answer:
        answer = (
            f"never seen: no feed, sitemap or listing of {source.name} has named it"
            if source
            else "never seen: no source of the registry is at this host"
        )
    return (
        {"url": url, "source": source.id if source else None, "answer": answer, "reasons": reasons}
        | rows
        | {"reading": reading}
    )


def removal_of(url: str, source: Source | None) -> RemovalRow | None:
    with Archive(archive_path(), read_only=True) as archive:
        return archive.removals.of([url, normal(url)] + ([key(url, source.id, source.hints())] if source else []))


def reading_of(rows: dict[str, Any], source: Source | None) -> list[str]:
    try:
        article = read_anew(rows, source)
    except PageError:
        return ["its page cannot be read back"]
    return list(map(str, article.trace)) if article else []


def read_anew(rows: dict[str, Any], source: Source | None) -> Article | None:
    """Its kept page, as the rules of today read it; None where there is none. Raises PageError."""
    number = (rows["article"] or rows["refusal"] or {}).get("page")
    with Archive(archive_path(), read_only=True) as archive:
        page = archive.pages.get(number)
    if page is None:
        return None
    article = of_page(page, read_page(pages_path(), page)[0], source.hints() if source else Hints())
    corrections = tuple(map(Correction.of, rows["corrections"]))
    return as_far_as_read(clean(replace(article, corrections=corrections)))


def known_of(url: str, source: Source | None) -> dict[str, Any]:
    """article, refusal, waiting, decision: each a row or None; corrections: rows, the last of each field.

    What people say holds for all keys of the article.
    """
    keys = [normal(url)] + ([key(url, source.id, source.hints())] if source else [])
    with Archive(archive_path(), read_only=True) as archive:
        decision = archive.decisions.find(keys, url)
        corrections = archive.corrections.find(keys, url)
        keys += archive.decisions.keys(decision["url"]) if decision else []
        keys += [key for row in corrections for key in archive.corrections.keys(row["url"])]
        rows = archive.look_up(keys, url)
        keys += archive.articles.keys(rows["article"]["id"]) if rows["article"] else []
        return rows | {"decision": decision, "corrections": archive.corrections.find(keys, url)}


def _answer(rows: dict[str, Any]) -> tuple[str, list[str]]:
    answer, reasons = _from_rows(rows)
    decision = Decision.of(rows["decision"])
    corrections = tuple(map(Correction.of, rows["corrections"]))
    outcomes = {str(correction.outcome) for correction in corrections}  # as stored: without the value
    own = json.loads((rows["article"] or {}).get("uncorrected") or "{}")
    if json.loads((rows["article"] or {}).get("rights") or "{}").get("not_asked"):
        reasons = [*reasons, "robots.txt and tdmrep.json of its site were not asked: it is from a web archive"]
    reasons = [*(_beside(each, own) for each in corrections), *(reason for reason in reasons if reason not in outcomes)]
    if decision and decision.outcome not in _parts(rows):
        reasons = [str(decision), *reasons]
    spoken = "decided on" if decision else "corrected" if corrections else ""
    return answer or (spoken and f"never seen, and {spoken}"), reasons


def _beside(correction: Correction, own: Mapping[str, object]) -> str:
    """`own`: what the page itself says, by column."""
    value = own.get(next(iter(correction.columns)))
    return f"{correction} (the page itself says {value})" if value else str(correction)


def _parts(rows: dict[str, Any]) -> list[Outcome]:
    """What is stored of why it is kept, or refused; an archive that is not migrated yet has nothing of it."""
    stored = (rows["article"] or {}).get("outcomes") or (rows["refusal"] or {}).get("outcome")
    return list(parts(from_json(stored)))


def _from_rows(rows: dict[str, Any]) -> tuple[str, list[str]]:
    if article := rows["article"]:
        other = f" (found at {article['url']})"
        reasons = weighed(article, article.get("outcomes")) or json.loads(article["reasons"] or "[]")
        return f"kept as article {article['id']}: {article['title']}{other}", reasons
    if refusal := rows["refusal"]:
        reasons = weighed(refusal, refusal.get("outcome"))
        if not reasons:
            judged = json.loads(refusal["reasons"] or "[]") if refusal.get("features") else []
            reasons = list(filter(None, [refusal["detail"], *judged]))
        return f"refused on {refusal['at']}: {refusal['reason']}", reasons
    if lead := rows["waiting"]:
        tried = f", asked for in vain on {lead['tries']} of {TRIES} nights: {lead['error']}" if lead["tries"] else ""
        return f"waiting in the queue since {lead['found_at']}{tried}", []
    return "", []


def weighed(row: Row, outcomes: str | None) -> list[str]:
    """The sum of which its score is made, line by line; none where nothing was weighed."""
    found = weighing(outcomes)
    if found is None:
        return []
    made = f"a probability of {100 * row['score']:.1f} % by the rules in version {row['rules_version']}"
    weights = (f"{weight.value:+.2f}  {weight.reason}" for weight in found.weights)
    return [*map(str, found.others), *weights, f"{found.sum:+.2f}  is the sum: {made}"]
