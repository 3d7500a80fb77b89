"""The words by which figures are told, as `figures.toml` has them."""

import re
import tomllib
from pathlib import Path

_READ = tomllib.loads(Path(__file__).with_name("figures.toml").read_text("utf-8"))


def _forms(words: str) -> list[str]:
    return [word.replace("|", " ") for word in words.split()]


def _patterns(table: str) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.I) for name, pattern in _READ[table].items()}


HEDGES = frozenset(_forms(_READ["hedges"]))
LONGEST_HEDGE = max(len(hedge.split()) for hedge in HEDGES)
FIRST_OF_HEDGES = frozenset(hedge.split()[0] for hedge in HEDGES)
LAST_OF_HEDGES = frozenset(hedge.split()[-1] for hedge in HEDGES)
HEDGES_OF_YEARS = frozenset(_READ["years_hedges"].split())
UNITS = {form: unit for unit, forms in _READ["units"].items() for form in _forms(forms)}
FIRST_OF_UNITS = frozenset(form.split()[0] for form in UNITS if " " in form)
KINDS = {unit: kind for kind, units in _READ["kinds"].items() for unit in units.split()}
NOUNS = _patterns("nouns")
CUES = {table: _patterns(table) for table in ("money", "agents", "people", "times", "strays", "fluids")}
