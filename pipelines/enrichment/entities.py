"""People, bodies and places of the story, as the lists name them, wherever a text has one of their forms."""

from dataclasses import dataclass
from enum import StrEnum


class EntityKind(StrEnum):
    PERSON = "person"
    BODY = "body"
    PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    kind: EntityKind
    name: str  # as the list has it
    text: str  # as the article has it
    start: int
    end: int


def find_entities(text: str, lang: str) -> tuple[Mention, ...]:
    return ()


def find_places(text: str, lang: str) -> tuple[Mention, ...]:
    return tuple(mention for mention in find_entities(text, lang) if mention.kind is EntityKind.PLACE)
