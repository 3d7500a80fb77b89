"""What became of the invented articles of library.py (copied, changed, gone), and what they say."""

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from db.store.archive import Archive
from db.store.enrichment import facts
from db.store.enrichment.copy_tables import CopyRow
from db.store.rows import as_json
from db.store.versions import CHANGES, What

PLACES, SPEAKERS = [f"Ort {number}" for number in range(130)], [f"Person {number}" for number in range(8_000)]
ROLES = ("original", "agency", "shortened", "rewrite", "release_based", "mirror")


def changes(archive: Archive) -> Iterator[dict[str, Any]]:
    """One of each article, as if its version had followed itself: as many as there are articles."""
    dice = random.Random(8)
    versions = archive.db.execute("select max(id), article, max(seen_at) from versions group by article").fetchall()
    for version, article, seen_at in versions:
        kinds = dice.choices(CHANGES, weights=(5, 4, 5, 3, 20, 1, 3, 4, 30), k=dice.choice((1, 1, 1, 2)))
        row = {"version": version, "article": article, "before": version, "at": seen_at}
        yield row | {"kinds": as_json(sorted(set(kinds))), "size": round(dice.random() / 4, 4)}


def disappearances(archive: Archive) -> Iterator[dict[str, Any]]:
    """Of one article in fifty; a wall in the moment of its change."""
    for article, at in archive.db.execute("select article, at from changes where article % 50 = 0").fetchall():
        what = What.WALLED if article % 100 else What.GONE
        yield {"article": article, "at": at, "what": str(what), "detail": ""}


def copies(articles: Sequence[int]) -> Iterator[CopyRow]:
    """A third of the articles in groups of neighbours, most of them of two or three, some of dozens."""
    dice, place = random.Random(7), 0
    while place < len(articles):
        group = articles[place : place + (2 + int(dice.expovariate(0.5)) if dice.random() < 0.11 else 1)]
        for number, each in enumerate(group if len(group) > 1 else ()):
            yield CopyRow(
                article=each,
                group_id=group[0],
                role=dice.choice(ROLES[1:]) if number else ROLES[0],
                share=round(dice.uniform(0.5, 1), 4),
                matched=group[number - 1] if number else group[1],
                release=None,
                release_share=None,
                release_quoted_share=None,
                credit="[]",
                seen_at=None,
            )
        place += len(group)


def say(archive: Archive, articles: Sequence[int]) -> None:
    """Of each article some figures, quotations and mentions of places, the first names far more often than the last."""
    dice, tables = random.Random(9), {name: list[dict[str, Any]]() for name in ("figures", "quotes", "entities")}
    of_places, of_speakers = (list(accumulate(1 / (n + 5) for n in range(len(names)))) for names in (PLACES, SPEAKERS))
    where = {"text": "", "start": 0, "end": 1, "sentence": "Ein Satz, in dem es steht.", "rules_version": "1"}
    for article in articles:
        row = where | {"article": article}
        for _ in range(dice.choice((0, 1, 2, 3, 5))):
            value = dice.choice((1, 2, 3, 5)) * 10 ** dice.randint(0, 4)
            kind = dice.choice(facts.FIGURE_KINDS)
            tables["figures"].append(row | {"kind": kind, "value": value, "unit": "count"})
        for name in dice.choices(SPEAKERS, cum_weights=of_speakers, k=dice.choice((0, 0, 1, 2, 4))):
            tables["quotes"].append(row | {"speaker": name})
        for name in dice.choices(PLACES, cum_weights=of_places, k=dice.choice((1, 2, 4, 8))):
            tables["entities"].append(row | {"kind": "place", "name": name})
    archive.facts.put_places(
        {"name": name, "kind": "town", "part_of": None, "wikidata": None, "latitude": None, "longitude": None}
        for name in PLACES
    )
    for table, rows in tables.items():
        archive.db.table(table).insert_all(rows)
    for statement in facts.LINES_AGAIN:
        archive.db.execute(statement)
