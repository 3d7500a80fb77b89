"""What an audit draws from: all pages that passed the first glance and were judged, each text once.

Those are the kept articles and the refusals that have a score. Outside lies what no score can be had of: sources that
were not read, pages that were never listed or fetched, and those that were refused before they were judged.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from db.days import half_year

SURE = 0.9  # a score from which a kept article is hardly ever wrong
NEAR = 0.1  # a score from which a refusal was near the threshold

# Of a group of copies its first stands for all. A refusal has no group: the same title with the same weights is the
# same text, at another address.
_KEPT = """
    select articles.id, articles.url, articles.source, articles.title, articles.kind,
        coalesce(sources.lang, articles.lang, '') as lang,
        coalesce(articles.day, substr(articles.fetched_at, 1, 10)) as day,
        articles.score, articles.rules_version, articles.page, articles.outcomes as outcome
    from articles left join sources on sources.id = articles.source
    where articles.score is not null
        and articles.id = coalesce((select group_id from copies where article = articles.id), articles.id)
    order by articles.id
"""
_REFUSED = """
    select min(refusals.id) as id, refusals.url, refusals.source, refusals.title, sources.kind,
        coalesce(sources.lang, '') as lang, substr(coalesce(refusals.published, refusals.at), 1, 10) as day,
        refusals.score, refusals.rules_version, refusals.page, refusals.outcome, refusals.reason, refusals.features
    from refusals left join sources on sources.id = refusals.source
    where refusals.score is not null and refusals.reason in ('mention', 'off_topic')
    group by iif(refusals.title > '' and refusals.features > '', refusals.title, refusals.id), refusals.features,
        refusals.reason order by 1
"""
_OUTSIDE = "select reason, count(*) from refusals where score is null group by reason order by reason"
_WAITING = "select count(*) from leads"
_NOT_READ = "select count(*) from sources where last_success is null"
_FOUND_HOSTS = "select count(*) from found_hosts where state in ('new', 'seen')"
_COPIES = "select count(*) from copies where group_id is not null and group_id != article"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditUnit:
    id: str  # article-12, refusal-34
    url: str
    source: str
    title: str
    kind: str
    lang: str  # of its source
    day: str
    verdict: str
    band: str  # by its score: kept_sure, kept_close, mention, near, far, unnamed
    score: float
    rules_version: str
    page: int | None
    outcome: str | None  # JSON, with what decided

    @property
    def half_year(self) -> str:
        return half_year(self.day) or ""


def read_universe(connection: sqlite3.Connection, since: str = "", until: str = "") -> list[AuditUnit]:
    """Of those days, both included, in the order of their ids."""
    with closing(connection.cursor()) as cursor:
        cursor.row_factory = sqlite3.Row
        kept = [_unit(row, "article", "on") for row in cursor.execute(_KEPT)]
        refused = [
            _unit(row, "refusal", "mention" if row["reason"] == "mention" else "off")
            for row in cursor.execute(_REFUSED)
        ]
    return [unit for unit in kept + refused if since <= unit.day <= (until or "9999")]


def _unit(row: sqlite3.Row, what: str, verdict: str) -> AuditUnit:
    return AuditUnit(
        id=f"{what}-{row['id']}",
        url=row["url"],
        source=row["source"],
        title=row["title"] or "",
        kind=row["kind"] or "",
        lang=row["lang"],
        day=row["day"] or "",
        verdict=verdict,
        band=_band(row, verdict),
        score=row["score"],
        rules_version=row["rules_version"] or "",
        page=row["page"],
        outcome=row["outcome"],
    )


def _band(row: sqlite3.Row, verdict: str) -> str:
    match verdict:
        case "on":
            return "kept_sure" if row["score"] >= SURE else "kept_close"
        case "mention":
            return "mention"
    if not json.loads(row["features"] or "{}"):
        return "unnamed"  # the text does not name it: a menu or a teaser did
    return "near" if row["score"] >= NEAR else "far"


def read_outside(connection: sqlite3.Connection) -> dict[str, int]:
    """What no audit sees, in numbers: refused unjudged, by reason; waiting; sources that never answered; hosts
    that finders have found and that are no source; copies."""
    outside = {f"refused_{reason}": number for reason, number in connection.execute(_OUTSIDE)}
    numbers = {"waiting": _WAITING, "sources_not_read": _NOT_READ, "found_hosts": _FOUND_HOSTS, "copies": _COPIES}
    return outside | {name: connection.execute(sql).fetchone()[0] for name, sql in numbers.items()}


SMALLEST = 20  # units of a language; fewer are joined with others


def strata_of(units: Iterable[AuditUnit]) -> dict[str, list[AuditUnit]]:
    """By score and language: 'near:de', 'near:other'."""
    bands: dict[tuple[str, str], list[AuditUnit]] = {}
    for unit in units:
        bands.setdefault((unit.band, unit.lang), []).append(unit)
    strata: dict[str, list[AuditUnit]] = {}
    for (band, lang), members in sorted(bands.items()):
        strata.setdefault(f"{band}:{lang if lang and len(members) >= SMALLEST else 'other'}", []).extend(members)
    return strata


GROUPS = ("lang", "kind", "half_year", "rules_version")


def group_sizes(strata: Mapping[str, Iterable[AuditUnit]]) -> dict[str, dict[str, dict[str, int]]]:
    """Of each way to group, of each group, its units in each stratum: {'lang': {'de': {'near:de': 40}}}."""
    sizes: dict[str, dict[str, dict[str, int]]] = {name: {} for name in GROUPS}
    for name, value, stratum in _each(strata):
        of_group = sizes[name].setdefault(value, {})
        of_group[stratum] = of_group.get(stratum, 0) + 1
    return {name: dict(sorted(groups.items())) for name, groups in sizes.items()}


def _each(strata: Mapping[str, Iterable[AuditUnit]]) -> Iterator[tuple[str, str, str]]:
    for stratum, units in strata.items():
        for unit in units:
            yield from ((name, str(getattr(unit, name)), stratum) for name in GROUPS)
