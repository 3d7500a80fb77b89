"""What became of the invented articles of library.py: who copied whom, what changed, what is gone."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from db.store.archive import Archive
from db.store.enrichment.copy_tables import CopyRow
from db.store.rows import as_json
from db.store.versions import CHANGES, What

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
