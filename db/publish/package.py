"""A snapshot as a data package (datapackage.org, version 2): a CSV file a table, and what describes them.

Nothing goes into it that is not in the public file. The first snapshot of a month is frozen as a package, which is
written once and never changed; to withdraw one, its folder is removed and a note takes its place.
"""

import hashlib
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from db.export.cells import FLAGS
from db.export.csv_quoting import csv_pieces
from db.language import DEFAULT, meanings
from db.problem import Problem
from db.publish.allowed import SNAPSHOT
from db.store.connection import Mode, connect

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
DESCRIPTOR, CITATION, CRATE, ZENODO = "datapackage.json", "CITATION.cff", "ro-crate-metadata.json", ".zenodo.json"
NOTE = "WITHDRAWN.txt"
TITLE = "Revierspiegel"
SUBJECT = "The press on Microsoft's investment in North Rhine-Westphalia"
DESCRIPTION = (
    f"{SUBJECT}: which articles appeared where and when, what publishers changed, what they took over from each other,"
    " the figures they name, and counts of words. There are titles and first words of articles, but no texts."
)
KEYWORDS = ("press", "news", "media studies", "data centres", "Rheinisches Revier", "North Rhine-Westphalia")
CC0 = {
    "name": "CC0-1.0",
    "title": "CC0 1.0: what this project has written, metadata and counts",
    "path": "https://creativecommons.org/publicdomain/zero/1.0/",
}
# Of titles, extracts, and texts that their publishers have released.
PUBLISHERS = {"name": "other-closed", "title": "Titles and words of articles belong to their publishers"}
WITH_WORDS = ("articles", "versions")  # tables

_DAYS = frozenset({"day"})
_SPAN = "select min(day), max(day) from articles where day > ''"
_JSON = {
    "articles.authors": "array",
    "articles.agencies": "array",
    "changes.kinds": "array",
    "copies.credit": "array",
    "runs.reasons": "object",
    "source_nights.reasons": "object",
}
_TYPES = {"INTEGER": "integer", "INT": "integer", "REAL": "number", "FLOAT": "number", "NUMERIC": "any"}


class PackageError(Problem):
    """The package is not there; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFacts:
    """The row of table `snapshot`, and which time its articles are of."""

    name: str
    made_at: str
    until: str | None  # end of the last run
    program: str
    rules_version: str | None
    articles: int
    sources: int
    extract_words: int | None
    first_day: str | None  # of its articles
    last_day: str | None

    @property
    def day(self) -> str:
        return self.made_at[: len("2026-11-29")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedFile:
    name: str
    bytes: int
    sha256: str
    rows: int | None = None  # none of what describes the others
    table: str | None = None


def facts_of(connection: sqlite3.Connection) -> SnapshotFacts:
    row = connection.execute(f"select {', '.join(SNAPSHOT)} from snapshot").fetchone()
    first, last = connection.execute(_SPAN).fetchone()
    return SnapshotFacts(**dict(zip(SNAPSHOT, row, strict=True)), first_day=first, last_day=last)


def reports_of(connection: sqlite3.Connection) -> dict[str, Any]:
    return {name: json.loads(content) for name, content in connection.execute("select * from snapshot_reports")}


def write_package(snapshot: Path, folder: Path, *, packed: bool = False) -> tuple[PackagedFile, ...]:
    """`folder` is complete or is not there; `packed`: with all of it as one file, too. Raises PackageError."""
    if folder.exists():
        raise PackageError(f"{folder}: is there already; name another folder, or move it away")
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        with closing(connect(snapshot, Mode.IMMUTABLE)) as connection:
            files = _write(connection, part)
        if packed:
            _pack(part, packed_name(folder))
        part.rename(folder)
    except OSError as error:
        raise PackageError(f"{folder}: cannot be written ({error.strerror}); make room") from error
    except sqlite3.Error as error:
        raise PackageError(f"{snapshot}: cannot be read ({error}); run 'revierspiegel publish'") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return files


def freeze(snapshot: Path) -> Path | None:
    """The package of the snapshot's month, where there is none yet: then its folder. Raises PackageError."""
    with closing(connect(snapshot, Mode.IMMUTABLE)) as connection:
        month = facts_of(connection).day[:7]
    folder = packages_of(snapshot.parent) / month
    if folder.exists():
        return None
    write_package(snapshot, folder, packed=True)
    return folder


def _pack(package: Path, name: str) -> None:
    files = sorted(package.iterdir())
    with zipfile.ZipFile(package / name, "w", zipfile.ZIP_DEFLATED) as whole:
        for path in files:
            whole.write(path, path.name)


def packed_name(package: Path) -> str:
    return f"revierspiegel-{package.name}.zip"


def withdraw(package: Path, note: str) -> None:
    """Its files leave; the folder stays with the note, so that nothing is written there again. Raises PackageError."""
    try:
        (package / NOTE).write_text(f"{note}\n", "utf-8")  # first: it says so, too, where a kill comes in between
        for path in package.iterdir():
            if path.name != NOTE:
                path.unlink()
    except OSError as error:
        raise PackageError(f"{package}: could not be withdrawn ({error.strerror}); make the folder yours") from error


def is_withdrawn(package: Path) -> bool:
    """Whether the note is all that is left."""
    return [path.name for path in package.iterdir()] == [NOTE]


def packages_of(public: Path) -> Path:
    return public / "packages"


def _write(connection: sqlite3.Connection, folder: Path) -> tuple[PackagedFile, ...]:
    facts, reports = facts_of(connection), reports_of(connection)
    schemas = {table: schema_of(connection, table) for table in packaged_tables(connection)}
    files = [_write_table(connection, table, schema, folder) for table, schema in schemas.items()]
    resources = [_resource(file, schema) for file, schema in zip(files, schemas.values(), strict=True)]
    files.append(_describe(folder / DESCRIPTOR, descriptor(facts, reports, resources)))
    files.append(_put(folder / CITATION, yaml.safe_dump(citation(facts), allow_unicode=True, sort_keys=False)))
    return *files, _describe(folder / ZENODO, zenodo(facts)), _describe(folder / CRATE, crate(facts, files))


def packaged_tables(connection: sqlite3.Connection) -> tuple[str, ...]:
    """All that are for people: no index and no table of the program's own."""
    rows = connection.execute("pragma table_list").fetchall()
    return tuple(sorted(name for _, name, kind, *_ in rows if kind == "table" and not name.startswith(("_", "sqlite"))))


def schema_of(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    """Of its columns; those that a snapshot has in name alone (virtual ones) are none."""
    columns = connection.execute(f'pragma table_info("{table}")').fetchall()
    meant = meanings(DEFAULT).get(table, {}).get("columns", {})
    fields = [
        {"name": name, "type": _type(table, name, kind), "description": meant.get(name, "")}
        | ({"trueValues": ["1"], "falseValues": ["0"]} if name in FLAGS else {})
        for _, name, kind, *_ in columns
    ]
    key = [name for _, name, _, _, _, place in sorted(columns, key=lambda column: column[5]) if place]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    return schema | ({"primaryKey": key} if key else {})


def _type(table: str, name: str, kind: str) -> str:
    if name in FLAGS:
        return "boolean"
    if kind.upper() != "TEXT":
        return _TYPES.get(kind.upper(), "string")
    return "date" if name in _DAYS else _JSON.get(f"{table}.{name}", "string")


def _write_table(connection: sqlite3.Connection, table: str, schema: Mapping[str, Any], folder: Path) -> PackagedFile:
    names = [field["name"] for field in schema["fields"]]
    columns = ", ".join(f'"{name}"' for name in names)
    path, digest, size = folder / f"{table}.csv", hashlib.sha256(), 0
    with path.open("wb") as stream:
        for piece in csv_pieces(names, connection.execute(f'select {columns} from "{table}" order by 1')):
            data = piece.encode()
            digest.update(data)
            size += stream.write(data)
    rows = connection.execute(f'select count(*) from "{table}"').fetchone()[0]
    return PackagedFile(name=path.name, bytes=size, sha256=digest.hexdigest(), rows=rows, table=table)


def _resource(file: PackagedFile, schema: Mapping[str, Any]) -> dict[str, Any]:
    meant = meanings(DEFAULT).get(file.table or "", {})
    return {
        "name": file.table,
        "type": "table",
        "path": file.name,
        "title": meant.get("title", file.table),
        "description": meant.get("description", ""),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        "rows": file.rows,
        "licenses": [CC0, PUBLISHERS] if file.table in WITH_WORDS else [CC0],
        "schema": schema,
    }


def descriptor(facts: SnapshotFacts, reports: Mapping[str, Any], resources: Sequence[Any]) -> dict[str, Any]:
    return {
        "$schema": PROFILE,
        "name": facts.name,
        "title": f"{TITLE}: {SUBJECT}",
        "description": DESCRIPTION,
        "version": facts.day,
        "created": facts.made_at,
        "keywords": list(KEYWORDS),
        "contributors": [{"title": TITLE, "roles": ["creator"]}],
        "licenses": [CC0, PUBLISHERS],
        "sources": [{"title": "The publishers' own pages, each linked from its row in articles.csv"}],
        "snapshot": asdict(facts),
        "reports": dict(reports),
        "resources": list(resources),
    }


def citation(facts: SnapshotFacts) -> dict[str, Any]:
    """citation-file-format.github.io, 1.2.0"""
    return {
        "cff-version": "1.2.0",
        "message": "Please cite the data with the name of the snapshot.",
        "type": "dataset",
        "title": f"{TITLE}: {SUBJECT}",
        "abstract": DESCRIPTION,
        "authors": [{"name": TITLE}],
        "version": facts.name,
        "date-released": facts.day,
        "license": CC0["name"],
        "keywords": list(KEYWORDS),
    }


def zenodo(facts: SnapshotFacts) -> dict[str, Any]:
    """What Zenodo's own metadata is filled with (developers.zenodo.org)."""
    return {
        "upload_type": "dataset",
        "title": f"{TITLE}: {SUBJECT}",
        "description": DESCRIPTION,
        "creators": [{"name": TITLE}],
        "version": facts.name,
        "publication_date": facts.day,
        "access_right": "open",
        "license": "cc-zero",
        "keywords": list(KEYWORDS),
    }


def crate(facts: SnapshotFacts, files: Sequence[PackagedFile]) -> dict[str, Any]:
    """RO-Crate 1.1 (w3id.org/ro/crate): the same for who reads schema.org."""
    described = [
        {
            "@id": file.name,
            "@type": "File",
            "name": meanings(DEFAULT).get(file.table or "", {}).get("title", file.name),
            "contentSize": str(file.bytes),
            "sha256": file.sha256,
            "encodingFormat": "text/csv" if file.table else "text/plain",
        }
        for file in files
    ]
    root = dataset(facts) | {"@id": "./", "hasPart": [{"@id": file["@id"]} for file in described]}
    root |= {"license": {"@id": CC0["path"]}, "creator": {"@id": "#revierspiegel"}}
    about = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    licence = {"@id": CC0["path"], "@type": "CreativeWork", "name": CC0["title"]}
    creator = {"@id": "#revierspiegel", "@type": "Organization", "name": TITLE}
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": [about, root, licence, creator, *described]}


def dataset(facts: SnapshotFacts) -> dict[str, Any]:
    """schema.org's Dataset."""
    return {
        "@type": "Dataset",
        "name": f"{TITLE}: {SUBJECT}",
        "description": DESCRIPTION,
        "identifier": facts.name,
        "version": facts.day,
        "datePublished": facts.day,
        "keywords": list(KEYWORDS),
        "license": CC0["path"],
        "temporalCoverage": f"{facts.first_day or '..'}/{facts.last_day or '..'}",
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": TITLE},
    }


def _describe(path: Path, content: object) -> PackagedFile:
    return _put(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _put(path: Path, text: str) -> PackagedFile:
    data = text.encode()
    path.write_bytes(data)
    return PackagedFile(name=path.name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
