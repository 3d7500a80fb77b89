"""What has been published, for good: a line a snapshot in public/snapshots.jsonl, also of those that are gone."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from db.publish import shelf
from db.publish.package import DESCRIPTOR, SnapshotFacts, facts_of, packages_of
from db.store.connection import Mode, connect

RECORD = "snapshots.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSnapshot:
    facts: SnapshotFacts
    file: Path | None  # none: it is kept no more
    package: Path | None  # the folder that was made of it


def keep_record(snapshot: Path) -> None:
    """Raises OSError, sqlite3.Error."""
    with (snapshot.parent / RECORD).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(_facts(snapshot)), ensure_ascii=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def recorded_names(public: Path) -> set[str]:
    return {facts.name for facts in _recorded(public / RECORD)}


def published_snapshots(public: Path) -> list[PublishedSnapshot]:
    """Oldest first."""
    files = {path.stem: path for path in shelf.snapshots(public.parent)}
    packages = dict(_packages(public))
    facts_by_name = {facts.name: facts for facts in _recorded(public / RECORD)}
    for name in files.keys() - facts_by_name.keys():
        with suppress(sqlite3.Error):
            facts_by_name[name] = _facts(files[name])
    every = sorted(facts_by_name.values(), key=lambda facts: facts.made_at)
    return [
        PublishedSnapshot(facts=facts, file=files.get(facts.name), package=packages.get(facts.name)) for facts in every
    ]


def _facts(snapshot: Path) -> SnapshotFacts:
    with closing(connect(snapshot, Mode.IMMUTABLE)) as connection:
        return facts_of(connection)


def _recorded(path: Path) -> Iterator[SnapshotFacts]:
    """A line that was cut off is none."""
    with suppress(OSError):
        for line in path.read_text("utf-8").splitlines():
            with suppress(ValueError, TypeError):
                yield SnapshotFacts(**json.loads(line))


def _packages(public: Path) -> Iterator[tuple[str, Path]]:
    """By the name of their snapshot."""
    for folder in sorted(packages_of(public).glob("[0-9]*")):
        with suppress(OSError, ValueError, KeyError):
            yield json.loads((folder / DESCRIPTOR).read_text("utf-8"))["name"], folder
