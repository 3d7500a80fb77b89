"""The folder of audits, and its files that only grow: a JSON object a line."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from db.home import home


def audits_path() -> Path:
    return home() / "audits"


def append_line(path: Path, row: Mapping[str, object]) -> None:
    """On the disk before it returns. Half a line, as a kill leaves it, stays a line of its own."""
    with path.open("a+b") as stream:
        if stream.tell() and not _ends_with_newline(path):
            stream.write(b"\n")
        stream.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Without what is no object, as half a line of a command that was killed."""
    for line in path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row
