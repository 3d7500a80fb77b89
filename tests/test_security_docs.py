"""Each test that docs/security.md names is there."""

import ast
import re
from pathlib import Path

from tests.conftest import ROOT


def test_what_is_said_to_show_it_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/security.md").read_text("utf-8"))
    assert len(named) > 40
    missing = [f"{path}::{name}" for path, name in named if not is_there(ROOT / path, name)]
    assert missing == []


def is_there(path: Path, name: str) -> bool:
    if not path.is_file():
        return False
    functions = {
        node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
    }
    return not name or name in functions
