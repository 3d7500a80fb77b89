"""The words by which changes are told, as `changes.toml` has them."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

Words = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWords:
    turning: Words
    fillers: Words
    roles: Words
    role_endings: Words
    speech: Words
    determiners: Words
    first_names: Words
    places: Words
    place_endings: Words
    companies: Words
    body_endings: Words
    legal_forms: Words
    no_names: Words
    units: Words
    notes: tuple[str, ...]  # regular expressions
    note_labels: str
    note_heads: str


def _load() -> ChangeWords:
    read = tomllib.loads(Path(__file__).with_name("changes.toml").read_text("utf-8"))
    words = {field.name: frozenset(read[field.name].split()) for field in fields(ChangeWords) if field.type is Words}
    return ChangeWords(
        **words, notes=tuple(read["notes"]), note_labels=read["note_labels"], note_heads=read["note_heads"]
    )


WORDS = _load()
