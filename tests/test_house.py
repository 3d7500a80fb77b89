"""The house: imports point the way the article travels, and no file or function grows without end."""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ["revierspiegel", "schedules", "crawler", "pipelines", "db"]
FILES = sorted(path for room in ROOMS for path in ROOT.glob(f"{room}/**/*.py"))
FOLDERS = {  # in each room, in the order in which they may be imported: a folder knows those before it
    "revierspiegel": ("services", "commands"),
    "crawler": ("registry", "discovery", "policy", "frontier", "webarchive", "spiders", "reporting", "demo"),
    "pipelines": ("intake", "extraction", "relevance", "enrichment", "storing"),
    "db": ("store", "search", "audit", "export", "operations", "publish", "site"),
}
OVER_ALL = (  # modules of a room that join its folders
    "pipelines/pipeline.py",
    "pipelines/stages.py",
    "pipelines/worker.py",
    "crawler/run.py",
    "crawler/settings.py",
    "revierspiegel/main.py",
)
Nodes = tuple[ast.AST, ...]
LARGE = ("pipelines/extraction",)  # over 2,000 lines until the reading of pages is one piece


def of_each_file(check: Callable[[Path], None]) -> Callable[[], None]:
    """One test, which names each file that fails: one a file would cost ten times what it checks."""

    def test() -> None:
        wrong = []
        for path in FILES:
            try:
                check(path)
            except AssertionError as error:
                wrong.append(f"{path.relative_to(ROOT)}: {error}")
        assert not wrong, "\n".join(wrong)

    return test


@cache
def nodes_of(path: Path) -> Nodes:
    """Of its syntax tree."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


def imported(nodes: Nodes) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


@of_each_file
def test_imports_point_to_the_right(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    to_the_left = ROOMS[: ROOMS.index(room)]
    assert not set(imported(nodes_of(path))) & set(to_the_left)


@of_each_file
def test_folders_of_a_room_are_imported_in_their_order(path: Path) -> None:
    room, *folder = path.relative_to(ROOT).parts[:-1]
    order = FOLDERS.get(room, ())
    if path.relative_to(ROOT).as_posix() in OVER_ALL:
        return
    later = order[order.index(folder[0]) + 1 :] if folder else order
    for node in nodes_of(path):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.module.partition(".")[2].partition(".")[0] not in later or not node.module.startswith(room)


@pytest.mark.parametrize("room", FOLDERS)
def test_folders_are_those_of_the_house_and_end(room: str) -> None:
    folders = [path for path in (ROOT / room).iterdir() if path.is_dir() and list(path.glob("*.py"))]
    assert {folder.name for folder in folders} <= set(FOLDERS[room])
    for folder in folders:
        if folder.relative_to(ROOT).as_posix() not in LARGE:
            assert sum(len(path.read_text("utf-8").splitlines()) for path in folder.glob("*.py")) < 2000


@of_each_file
def test_files_and_functions_end(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    for node in nodes_of(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is long"
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            assert len([name for name in given if name.arg not in ("self", "cls")]) <= 6, f"{node.name} wants too much"


# The first words of a statement, as a text that SQLite could be given begins with them.
READS = re.compile(r"\s*(select\s.+\sfrom|select exists|with \w+ as|pragma)\b", re.I | re.S)
WRITES = re.compile(
    r"\s*(insert (or \w+ )?into|replace into|update \S+ set|delete from|vacuum|reindex|attach"
    r"|(create|drop|alter) (unique |virtual |temp )?(table|index|trigger|view))\b",
    re.I,
)
EXECUTES = frozenset({"execute", "executemany", "executescript"})
TABLE_WRITES = frozenset({"insert", "insert_all", "upsert", "upsert_all", "create_index", "add_column"})
WRITERS = ("db/store/", "db/publish/", "db/search/")


def texts(nodes: Nodes) -> Iterator[str]:
    """What is written as text, f-strings with X for what they are filled with; docstrings are none."""
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | told:
            yield node.value


def called(nodes: Nodes) -> set[str]:
    calls = (node.func for node in nodes if isinstance(node, ast.Call))
    return {call.attr for call in calls if isinstance(call, ast.Attribute)}


@of_each_file
def test_the_archive_is_asked_in_db_and_written_in_store(path: Path) -> None:
    name, nodes = path.relative_to(ROOT).as_posix(), nodes_of(path)
    assert name == "db/store/connection.py" or "sqlite3.connect" not in path.read_text("utf-8")
    if name.startswith(WRITERS):
        return
    assert not [text for text in texts(nodes) if WRITES.match(text)]
    assert not called(nodes) & TABLE_WRITES - {"insert"}  # lists have `insert`, too
    if not name.startswith("db/"):
        assert not [text for text in texts(nodes) if READS.match(text)]
        assert not called(nodes) & EXECUTES
        assert "sqlite_utils" not in imported(nodes)


def test_statements_are_known_when_they_are_seen() -> None:
    lines = """
        db.execute("select a from b")
        db.execute(f"update {table} set x = 1")
        db.execute("  INSERT OR IGNORE INTO t values (1)")
        "delete from docstrings"
    """
    nodes = tuple(ast.walk(ast.parse(dedent(lines))))
    assert [bool(WRITES.match(text)) for text in texts(nodes)].count(True) == 2
    assert [bool(READS.match(text)) for text in texts(nodes)].count(True) == 1
    assert called(nodes) == {"execute"}


def test_one_class_one_name() -> None:
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for path in FILES:
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_wiring_names_things_that_exist() -> None:
    from scrapy.utils.misc import load_object

    from crawler import settings

    for names in (settings.ITEM_PIPELINES, settings.EXTENSIONS, settings.DOWNLOADER_MIDDLEWARES):
        for name in names:
            assert load_object(name)


@of_each_file
def test_days_and_months_are_those_of_berlin(path: Path) -> None:
    """A day of the machine or of UTC is another one for two hours of each night: `db.days.today` is the one to ask."""
    text = path.read_text("utf-8")
    assert not re.search(r"date\.today\(\)|utcnow|now\(UTC\)(?:\.date\(\)|:%Y-%m)", text)
