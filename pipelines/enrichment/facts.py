"""What a text says, in one reading: figures, quotes, people, bodies and places; and by which rules."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.enrichment.changes import language_of
from pipelines.enrichment.entities import Mention, find_entities
from pipelines.enrichment.figures import Figure, find_figures
from pipelines.enrichment.quotes import Quote, find_quotes

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
RULES = (
    *(HERE / name for name in ("facts.py", "figures.py", "figures.toml", "quotes.py")),
    *(
        HERE / name
        for name in ("entities.py", "name_lists.py", "names.py", "people.toml", "bodies.toml", "places.toml")
    ),
    *(ROOT / "db" / name for name in ("written_numbers.py", "normal_forms.py", "normal_forms.toml")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    figures: tuple[Figure, ...]
    quotes: tuple[Quote, ...]
    mentions: tuple[Mention, ...]


def read_facts(text: str, lang: str | None, published: str | None = None) -> Facts:
    lang = (lang or language_of(text))[:2].lower()
    return Facts(
        figures=find_figures(text, lang, published),
        quotes=find_quotes(text, lang),
        mentions=find_entities(text, lang),
    )


@cache
def facts_rules() -> str:
    """A digest of our own code and lists: nobody has to remember to count it up."""
    digest = hashlib.sha256()
    for path in RULES:
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
