"""Samples that can be drawn again: of each stratum its share, and of each text one article.

A text is an article, or a group of articles that copy one another, for which its first stands. Each text has a number
that its id and the seed give it for good (permanent random numbers), so the same seed draws the same again on any
machine, and of an archive that has grown mostly the same.
"""

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from db.export.tables import ExportError, Selection, outlets, select_by
from db.language import t
from db.search.ranking import ask, best
from db.search.taken_along import TAKEN
from db.store.newsrooms import voice

BY = {
    **{name: f"a.{name}" for name in ("source", "kind", "page_kind", "lang", "access", "verdict", "month")},
    "newsroom": voice("a"),
    "year": "substr(a.month, 1, 4)",
}
MOST_SEED = 2**53  # what JSON and a spreadsheet still hold exactly

Stratum = tuple[str, ...]


class Drawing(StrEnum):
    STRATIFIED = "stratified"  # of each stratum its share, and at least one
    SYSTEMATIC = "systematic"  # of more strata than texts to draw: evenly through all of them


@dataclass(frozen=True, slots=True)
class SamplePlan:
    size: int
    by: tuple[str, ...] = ()
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """`weights`: of each article drawn, how many texts it stands for (1 / probability that it is drawn)."""

    weights: Mapping[int, float]
    texts: int  # that there were to draw from
    strata: int
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class Sample:
    plan: SamplePlan
    drawn: Drawn
    selection: Selection

    def as_dict(self) -> dict[str, object]:
        """As the manifest has it."""
        plan, drawn = self.plan, self.drawn
        planned = {"size": plan.size, "by": list(plan.by), "seed": plan.seed}
        counts = {"drawn": len(drawn.weights), "of_texts": drawn.texts, "strata": drawn.strata}
        return planned | {"drawing": str(drawn.drawing)} | counts

    def __str__(self) -> str:
        drawn, by = self.drawn, ", ".join(self.plan.by)
        strata = f" in {drawn.strata} strata ({by})" if by else ""
        line = f"{len(drawn.weights)} of {drawn.texts} texts{strata}, seed {self.plan.seed}"
        if drawn.drawing is Drawing.SYSTEMATIC:
            line += "; more strata than texts to draw: drawn evenly through all of them, so not one of each"
        return line


def read_plan(size: int | str, by: str = "", seed: int | str = 1) -> SamplePlan:
    """As a person types it: 200, source,month and 7. Raises ExportError."""
    strata = tuple(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    if unknown := [name for name in strata if name not in BY]:
        raise ExportError(t("exports.no_stratum", name=repr(unknown[0][:40]), known=", ".join(sorted(BY))))
    return SamplePlan(_whole(size, "exports.no_size", 1), strata, _whole(seed, "exports.no_seed", 0))


def _whole(written: int | str, wrong: str, least: int) -> int:
    digits = str(written).strip()
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 16 or not least <= int(digits) < MOST_SEED:
        raise ExportError(t(wrong, value=repr(digits[:40])))
    return int(digits)


def draw_sample(connection: sqlite3.Connection, plan: SamplePlan, query: str | None = None) -> Sample:
    """Of all articles, or those that a query finds; in the order of their ids. Raises QueryError."""
    drawn = draw(_strata(connection, plan, query), plan)
    sql = (
        f"select {TAKEN}, :seed as sample_seed, drawn.value as sample_weight"
        " from json_each(:weights) as drawn join articles on articles.id = cast(drawn.key as integer)"
        " order by articles.id"
    )
    selection = select_by(connection, "articles", sql, {"seed": plan.seed, "weights": json.dumps(drawn.weights)})
    return Sample(plan, drawn, replace(selection, outlets=outlets(connection)))


def select_sample(connection: sqlite3.Connection, plan: SamplePlan, query: str | None) -> Selection:
    return draw_sample(connection, plan, query).selection


def _strata(connection: sqlite3.Connection, plan: SamplePlan, query: str | None) -> dict[int, Stratum]:
    """The article that stands for each text, with its stratum: the first of its group, or of those that are found."""
    articles, params = "articles as a", list[object]()
    if query is not None:
        ids = best(ask(connection, query))
        articles, params = f"({ids.sql}) as found join articles as a using (id)", ids.params
    columns = "".join(f", coalesce({BY[name]}, '')" for name in plan.by)
    sql = f"select a.id, coalesce((select group_id from copies where article = a.id), a.id){columns} from {articles}"
    first_of: dict[int, tuple[int, Stratum]] = {}
    for article, group, *stratum in connection.execute(sql, params):
        if group not in first_of or article < first_of[group][0]:
            first_of[group] = article, tuple(map(str, stratum))
    return dict(first_of.values())


def draw(strata: Mapping[int, Stratum], plan: SamplePlan) -> Drawn:
    """`strata`: of each article that may be drawn."""
    sizes, size = Counter(strata.values()), min(plan.size, len(strata))
    if len(sizes) > size:
        weights, drawing = _systematic(strata, size, plan.seed), Drawing.SYSTEMATIC
    else:
        weights, drawing = _stratified(strata, allocate(sizes, size), plan.seed), Drawing.STRATIFIED
    return Drawn(dict(sorted(weights.items())), len(strata), len(sizes), drawing)


def _number(seed: int, name: object) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode()).digest()


def _stratified(strata: Mapping[int, Stratum], allocated: Mapping[Stratum, int], seed: int) -> dict[int, float]:
    members = defaultdict[Stratum, list[int]](list)
    for article in sorted(strata, key=lambda article: _number(seed, article)):
        members[strata[article]].append(article)
    return {
        article: len(articles) / allocated[stratum]
        for stratum, articles in members.items()
        for article in articles[: allocated[stratum]]
    }


def _systematic(strata: Mapping[int, Stratum], size: int, seed: int) -> dict[int, float]:
    """Each has the same chance, wherever it stands."""
    order = sorted(strata, key=lambda article: (strata[article], _number(seed, article)))
    start = (int.from_bytes(_number(seed, "start")[:8], "big") * len(order)) >> 64
    return {order[(start + step * len(order)) // size]: len(order) / size for step in range(size)}


def allocate(sizes: Mapping[Stratum, int], size: int) -> dict[Stratum, int]:
    """How many of each stratum, `size` together: in proportion, at least one, the rest by the largest remainders.

    `size` is not less than there are strata, nor more than there are texts.
    """
    alone = set[Stratum]()  # whose share is less than one
    while True:
        left = size - len(alone)
        texts = sum(number for stratum, number in sizes.items() if stratum not in alone)
        small = {stratum for stratum in sizes.keys() - alone if left * sizes[stratum] < texts}
        if not small:
            break
        alone |= small
    shares = {stratum: divmod(left * sizes[stratum], texts) for stratum in sizes.keys() - alone}
    allocated = dict.fromkeys(alone, 1) | {stratum: whole for stratum, (whole, _) in shares.items()}
    missing = size - sum(allocated.values())
    for stratum in _by_remainder(shares)[:missing]:
        allocated[stratum] += 1
    return allocated


def _by_remainder(shares: Mapping[Stratum, tuple[int, int]]) -> Sequence[Stratum]:
    return sorted(shares, key=lambda stratum: (-shares[stratum][1], stratum))
