"""Ready-made files: everything the archive holds, in the forms that people ask for, as of one moment.

They are made in a folder of their own, and `exports` beside the archive is a link to the newest such folder: swapped in
one step, so that nobody ever sees half of it.
"""

import fcntl
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from db.audit.flow import FLOW_COLUMNS, read_flow
from db.audit.reporting import last_audit
from db.export.studies.samples import SamplePlan, draw_sample
from db.export.tables import ExportError, ExportFormat, columns, reading, select, write_file
from db.language import DEFAULT, languages, meanings
from db.search.hints.missing_nights import missing_nights, watched_sources
from db.search.query import Query
from db.store.finders.catalogue import CitedFinder, cited

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Ready:
    name: str
    table: str
    form: ExportFormat
    what: str  # the key of what a reader is told: texts/*/downloads.toml, [what]
    sample: SamplePlan | None = None  # that is drawn of the table


READY = (
    Ready("articles.csv", "articles", ExportFormat.CSV, "articles"),
    Ready("articles.xlsx", "articles", ExportFormat.XLSX, "xlsx"),
    Ready("articles-excel.csv", "articles", ExportFormat.EXCEL, "excel"),
    Ready("articles.json", "articles", ExportFormat.JSON, "json"),
    Ready("articles.jsonl", "articles", ExportFormat.JSONL, "jsonl"),
    Ready("articles.ris", "articles", ExportFormat.RIS, "ris"),
    Ready("articles.bib", "articles", ExportFormat.BIBTEX, "bibtex"),
    Ready("articles.csl.json", "articles", ExportFormat.CSL, "csl"),
    Ready("sample.csv", "articles", ExportFormat.CSV, "sample", SamplePlan(200, ("source", "month"), seed=7)),
    Ready("links.csv", "links", ExportFormat.CSV, "links"),
    Ready("refusals.csv", "refusals", ExportFormat.CSV, "refusals"),
    Ready("source_nights.csv", "source_nights", ExportFormat.CSV, "nights"),
    Ready("sources.csv", "sources", ExportFormat.CSV, "sources"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    name: str
    bytes: int
    sha256: str
    table: str | None = None  # none for what describes the others
    form: str | None = None
    rows: int | None = None
    shortened: int | None = None  # texts that had to be cut
    sample: dict[str, object] | None = None  # how it was drawn


class FileState(StrEnum):
    WHOLE = "whole"
    MISSING = "missing"
    CHANGED = "changed"  # is not what was written


def folder_of(archive: Path) -> Path:
    return archive.with_name("exports")


def make(archive: Path, ready: tuple[Ready, ...] = READY) -> tuple[File, ...]:
    """All of `ready`, and what describes them, in place of those before. Raises ExportError; those before then stay."""
    shelf = archive.with_name(".exports")
    try:
        shelf.mkdir(exist_ok=True)
        with _alone(shelf):
            folder = shelf / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
            folder.mkdir()
            try:
                files = _write(archive, folder, ready)
                _swap(folder, folder_of(archive))
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            for other in shelf.iterdir():  # what is being read from them stays readable until it is closed
                if other.is_dir() and other != folder:
                    shutil.rmtree(other, ignore_errors=True)
    except OSError as error:
        raise ExportError(f"{error.filename or shelf}: cannot be written ({error.strerror}); make room") from error
    except sqlite3.Error as error:
        raise ExportError(f"{archive}: cannot be read ({error}); run `revierspiegel doctor`") from error
    return files


@contextmanager
def _alone(shelf: Path) -> Iterator[None]:
    """One maker at a time; the kernel lets go of the lock when a process ends, in any way."""
    with (shelf / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(archive: Path, folder: Path, ready: tuple[Ready, ...]) -> tuple[File, ...]:
    with reading(archive) as connection:
        files = [_data(connection, folder / entry.name, entry) for entry in ready]
        finders = cited(connection)
        missing = missing_nights(watched_sources(connection), Query())
        flow = read_flow(connection)
        table_columns = {entry.table: columns(connection, entry.table) for entry in ready}
    files += [_describe(folder / columns_file(name), _meanings(name, table_columns)) for name in languages()]
    audit = last_audit(archive.parent)
    manifest = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "missing_nights": missing.as_dict() if missing else None,
        "rules_versions": flow.rules,
        "audit": asdict(audit) if audit else None,
        "flow": [dict(zip(FLOW_COLUMNS, row, strict=True)) for row in flow.rows()],
        "cite": [_citation(finder) for finder in finders],
        "files": [{name: value for name, value in asdict(file).items() if value is not None} for file in files],
    }
    described = [*files, _describe(folder / MANIFEST, manifest)]
    (folder / SUMS).write_text("".join(f"{file.sha256}  {file.name}\n" for file in described), "utf-8")
    return tuple(files)


def _citation(finder: CitedFinder) -> dict[str, Any]:
    names = ("id", "name", "homepage", "citation", "terms", "terms_url")
    return {name: getattr(finder, name) for name in names}


def _data(connection: sqlite3.Connection, path: Path, ready: Ready) -> File:
    sample = draw_sample(connection, ready.sample) if ready.sample else None
    done = write_file(ready.form, sample.selection if sample else select(connection, ready.table), path)
    return File(
        name=ready.name,
        bytes=path.stat().st_size,
        sha256=done.sha256,
        table=ready.table,
        form=ready.form,
        rows=done.rows,
        shortened=done.shortened,
        sample=sample.as_dict() if sample else None,
    )


def columns_file(language: str) -> str:
    """columns.json, columns.de.json: the data dictionary in that language."""
    return "columns.json" if language == DEFAULT else f"columns.{language}.json"


def _meanings(language: str, table_columns: dict[str, tuple[str, ...]]) -> dict[str, dict[str, str]]:
    """As the site shows it."""
    tables = meanings(language)
    return {
        table: {name: tables.get(table, {}).get("columns", {}).get(name, "") for name in names}
        for table, names in table_columns.items()
    }


def _describe(path: Path, content: Any) -> File:
    data = (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
    path.write_bytes(data)
    return File(name=path.name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def _swap(folder: Path, link: Path) -> None:
    if link.exists() and not link.is_symlink():
        raise ExportError(f"{link}: is no link to exports of ours; move it away, and they will be made there")
    beside = folder / "link"
    beside.symlink_to(Path(folder.parent.name) / folder.name)  # relative: the home may be moved
    beside.replace(link)


# Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    at: str  # ISO 8601, UTC
    folder: Path
    files: tuple[File, ...]


def made(archive: Path) -> Made | None:
    """What the manifest says; None where nothing has been made, or nothing that can be read."""
    folder = folder_of(archive).resolve()  # all from one folder, also where it is swapped meanwhile
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        files = tuple(File(**{name: file.get(name) for name in File.__slots__}) for file in manifest["files"])
        return Made(at=manifest["made_at"], folder=folder, files=files)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def find(bundle: Made, name: str) -> File | None:
    """Also what describes the others, and is in no manifest."""
    path = bundle.folder / name
    if name in (MANIFEST, SUMS) and path.is_file():
        facts = path.stat()
        digest = _digest(path, facts.st_ino, facts.st_mtime_ns)
        return File(name=name, bytes=facts.st_size, sha256=digest)
    return next((file for file in bundle.files if file.name == name), None)


def state(folder: Path, file: File) -> FileState:
    """Whether the file is what the manifest says. Its content is read once, and again when its size or time changes."""
    path = folder / Path(file.name).name
    try:
        facts = path.stat()
        if facts.st_size != file.bytes or _digest(path, facts.st_ino, facts.st_mtime_ns) != file.sha256:
            return FileState.CHANGED
    except OSError:
        return FileState.MISSING
    return FileState.WHOLE


@lru_cache(maxsize=256)
def _digest(path: Path, inode: int, changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
