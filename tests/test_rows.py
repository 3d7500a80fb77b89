"""The typed rows of the families of tables say what the migrations make."""

import types
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints, is_typeddict

import pytest
from sqlite_utils import Database

from db import store
from db.store.migrations import migrations

TYPES = {"TEXT": {str}, "INTEGER": {int}, "FLOAT": {float}, "REAL": {float}, "NUMERIC": {float, str}}
ROOM = Path(store.__path__[0])
FAMILIES = sorted(".".join(path.relative_to(ROOM).with_suffix("").parts) for path in ROOM.rglob("*.py"))
NAMES = {"ArticleKeyRow": "article_keys", "AliasRow": "aliases", "AddressRow": "addresses", "CopyRow": "copies"}
NAMES |= {"EntityRow": "entities", "FinderEntryRow": "finders"}
MAY_BE_NULL = {("site_rules", "run")}  # part of a key: SQLite allows it where the key has several


def table_of(name: str) -> str:
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name.removesuffix("Row"))
    return NAMES.get(name, f"{words.removeprefix('_')}s")


ROWS = {
    table_of(name): thing
    for family in FAMILIES
    for name, thing in vars(import_module(f"db.store.{family}")).items()
    if is_typeddict(thing)
}


@pytest.fixture(scope="module")
def blank() -> Any:
    with Database(memory=True) as db:
        migrations.apply(db)
        yield db


def test_each_table_has_a_typed_row(blank: Database) -> None:
    ours = {name for name in blank.table_names() if not name.startswith(("_", "articles_fts", "sqlite_"))}
    assert set(ROWS) == ours


@pytest.mark.parametrize("table", ROWS)
def test_a_typed_row_says_what_the_migrations_make(blank: Database, table: str) -> None:
    columns = {column.name: column for column in blank.table(table).columns}
    hints = get_type_hints(ROWS[table])
    assert list(hints) == list(columns)
    for name, hint in hints.items():
        kinds = set(get_args(hint)) if isinstance(hint, types.UnionType) else {hint}
        assert kinds - {types.NoneType} == TYPES[columns[name].type], name
        if columns[name].notnull or (columns[name].is_pk and (table, name) not in MAY_BE_NULL):
            assert types.NoneType not in kinds, name
