"""What came, went and changed between two snapshots."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from db.problem import Problem
from db.publish import shelf
from db.publish.package import SnapshotFacts, facts_of
from db.store.connection import Mode, connect

COMPARED = ("title", "verdict", "page_kind", "kind", "day")
_ARTICLES = f"select id, url, source, {', '.join(COMPARED)} from articles order by id"


class UnknownSnapshotError(Problem):
    """There is no snapshot of that name; the message says which there are."""


class SnapshotArticle(NamedTuple):
    id: int
    url: str
    source: str
    title: str
    verdict: str | None
    page_kind: str | None
    kind: str | None
    day: str | None


class ChangedArticle(NamedTuple):
    article: SnapshotArticle  # as it is now
    before: Mapping[str, str | None]  # what has another value now, and its old one


@dataclass(frozen=True, slots=True)
class SnapshotDifference:
    before: SnapshotFacts
    after: SnapshotFacts
    came: Sequence[SnapshotArticle]
    went: Sequence[SnapshotArticle]
    changed: Sequence[ChangedArticle]
    by_source: Mapping[str, tuple[int, int]]  # articles before and after

    def as_dict(self) -> dict[str, Any]:
        return {
            "before": asdict(self.before),
            "after": asdict(self.after),
            "came": [article._asdict() for article in self.came],
            "went": [article._asdict() for article in self.went],
            "changed": [each.article._asdict() | {"before": dict(each.before)} for each in self.changed],
            "sources": {source: {"before": one, "after": other} for source, (one, other) in self.by_source.items()},
        }


def find_snapshot(home: Path, name: str) -> Path:
    """By its name, its day, or as a file; `current` is the one that is served. Raises UnknownSnapshotError."""
    there = shelf.snapshots(home)
    names = {name, f"revierspiegel-{name}"}
    path = shelf.current(home) if name == "current" else next((each for each in there if each.stem in names), None)
    if path is None and (beside := Path(name)).is_file():
        path = beside
    if path is None:
        known = ", ".join(each.stem for each in there[-5:]) or "none; run 'revierspiegel publish'"
        raise UnknownSnapshotError(f"{name}: there is no such snapshot; the newest are {known}")
    return path


def compare_snapshots(before: Path, after: Path) -> SnapshotDifference:
    """Raises UnknownSnapshotError."""
    (facts_before, old), (facts_after, new) = _read(before), _read(after)
    number_before, number_after = (Counter(article.source for article in side.values()) for side in (old, new))
    pairs = [(old[id], new[id]) for id in new if id in old]
    return SnapshotDifference(
        before=facts_before,
        after=facts_after,
        came=[article for id, article in new.items() if id not in old],
        went=[article for id, article in old.items() if id not in new],
        changed=[ChangedArticle(now, changes) for then, now in pairs if (changes := _changes(then, now))],
        by_source={
            source: (number_before[source], number_after[source]) for source in sorted({*number_before, *number_after})
        },
    )


def _read(path: Path) -> tuple[SnapshotFacts, dict[int, SnapshotArticle]]:
    try:
        with closing(connect(path, Mode.IMMUTABLE)) as connection:
            articles = map(SnapshotArticle._make, connection.execute(_ARTICLES))
            return facts_of(connection), {article.id: article for article in articles}
    except sqlite3.Error as error:
        raise UnknownSnapshotError(f"{path}: is no snapshot ({error}); name another") from error


def _changes(then: SnapshotArticle, now: SnapshotArticle) -> dict[str, str | None]:
    return {name: getattr(then, name) for name in COMPARED if getattr(then, name) != getattr(now, name)}


def as_lines(difference: SnapshotDifference, most: int = 20) -> Iterator[str]:
    """For a person; of each kind `most` articles."""
    for word, facts in (("before", difference.before), ("after", difference.after)):
        rules = facts.rules_version or "–"
        yield f"{word:<8} {facts.name}: {facts.articles} articles, {facts.sources} sources, rules {rules}"
    changed = [f"{_line(each.article)} ({_old_and_new(each)})" for each in difference.changed]
    kinds = {"came": list(map(_line, difference.came)), "went": list(map(_line, difference.went)), "changed": changed}
    for word, lines in kinds.items():
        yield f"{word:<8} {len(lines)}"
        yield from lines[:most]
        if len(lines) > most:
            yield f"         and {len(lines) - most} more; --json has all"
    for source, (one, other) in difference.by_source.items():
        if one != other:
            yield f"source   {source}: {one} → {other}"


def _line(article: SnapshotArticle) -> str:
    return f"  {article.id:>6} {article.day or '–':<10} {article.source}: {article.title}"


def _old_and_new(changed: ChangedArticle) -> str:
    return ", ".join(f"{name}: {old} → {getattr(changed.article, name)}" for name, old in changed.before.items())
