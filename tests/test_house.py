"""The house: imports point the way the article travels, and no file or function grows without end."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ["revierspiegel", "schedules", "crawler", "pipelines", "db"]
FILES = sorted(path for room in ROOMS for path in ROOT.glob(f"{room}/**/*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_to_the_right(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    to_the_left = ROOMS[: ROOMS.index(room)]
    assert not set(imported(ast.parse(path.read_text("utf-8")))) & set(to_the_left)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_end(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is long"
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            assert len([name for name in given if name.arg not in ("self", "cls")]) <= 6, f"{node.name} wants too much"


def test_wiring_names_things_that_exist() -> None:
    from scrapy.utils.misc import load_object

    from crawler import settings

    for names in (settings.ITEM_PIPELINES, settings.EXTENSIONS, settings.DOWNLOADER_MIDDLEWARES):
        for name in names:
            assert load_object(name)
