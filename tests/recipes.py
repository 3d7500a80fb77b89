"""The recipes of docs/recipes.md, and what runs their blocks: in SQLite, pandas, DuckDB and R."""

import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "recipes.md"
TABLES = "articles changes copies figures quotes refusals runs source_nights sources voices".split()
DUCKDB = "-- DuckDB\n"
R = shutil.which("Rscript")
WITH_READERS = os.environ | {"PYTHONPATH": str(Path(sys.prefix) / "recipes")}  # where `make` puts what readers have
READING = """
import json, sys
import duckdb

def by_pandas(code):
    names = {}
    exec(code, names)
    return list(names["result"].itertuples(index=False, name=None))

blocks = json.load(sys.stdin)
answers = {name: (by_pandas(code), duckdb.sql(sql).fetchall()) for name, (code, sql) in blocks.items()}
json.dump(answers, sys.stdout, default=str)
"""
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Recipe:
    name: str  # of the saved query
    question: str
    blocks: dict[str, str]  # sql, python, duckdb, r


def read_recipes() -> list[Recipe]:
    recipes = []
    for section in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        blocks = {}
        for language, block in re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
            key = "duckdb" if block.startswith(DUCKDB) else language
            assert key not in blocks, section
            blocks[key] = block
        [name] = re.findall(r"^`/archive/(\w+)`$", section, re.MULTILINE)
        recipes.append(Recipe(name, section.partition("\n")[0], blocks))
    return recipes


def by_sqlite(archive: Path, sql: str) -> Rows:
    with sqlite3.connect(archive) as connection:
        rows = connection.execute(sql, dict.fromkeys(re.findall(r":([a-z]+)", sql))).fetchall()
    connection.close()
    return plain(rows)


def by_readers(recipes: Iterable[Recipe], folder: Path) -> dict[str, tuple[Rows, Rows]]:
    """What pandas and DuckDB answer, by the name of the recipe; in one process, as to start pandas takes a second."""
    blocks = {recipe.name: (recipe.blocks["python"], recipe.blocks["duckdb"]) for recipe in recipes}
    command = [sys.executable, "-c", READING]
    done = subprocess.run(
        command, cwd=folder, env=WITH_READERS, input=json.dumps(blocks), check=True, capture_output=True, text=True
    )
    return {name: (plain(one), plain(other)) for name, (one, other) in json.loads(done.stdout).items()}


def by_r(code: str, folder: Path) -> Rows:
    path = folder / "recipe.R"
    path.write_text(f'{code}\nwrite.csv(result, "result.csv", row.names = FALSE, na = "", fileEncoding = "UTF-8")\n')
    subprocess.run([str(R), "--vanilla", path.name], cwd=folder, check=True, capture_output=True, timeout=60)
    with (folder / "result.csv").open(encoding="utf-8", newline="") as file:
        return plain(list(csv.reader(file))[1:])


def plain(rows: Sequence[Sequence[object]]) -> Rows:
    """To be compared, in any order: numbers rounded, days as text, what is missing as nothing."""
    return sorted((tuple(map(_plain, row)) for row in rows), key=repr)


def _plain(cell: object) -> object:
    text = "" if cell is None else str(cell).removesuffix(" 00:00:00")
    if text in ("nan", "NaT", "NA"):
        return ""
    try:
        return round(float(text), 1)
    except ValueError:
        return text
