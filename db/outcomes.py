"""What became of a page, a visit or a run: a code with its parameters. Words are made of it where a person reads.

In the database an outcome is JSON beside its English words: {"code": "too_short", "params": {"number": 143}}. Nothing
reads the words back.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from db.language import DEFAULT, language, speaking, t

Parameter = Any  # a text, a number, None, another outcome, or texts by language: {"en": …, "de": …}


class Code(StrEnum):
    """Each is a key of outcomes.toml in every language."""

    TEXT = "text"  # words of another program, such as a library's error; {text}


@dataclass(frozen=True, slots=True)
class Outcome:
    code: Code
    params: Mapping[str, Parameter] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        params = {name: value.as_dict() if isinstance(value, Outcome) else value for name, value in self.params.items()}
        return {"code": str(self.code), "params": params}

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """What `as_dict` gave. Raises ValueError for a code that there is not."""
        params = {
            name: cls.of(each) if isinstance(each, dict) and each.keys() == {"code", "params"} else each
            for name, each in value["params"].items()
        }
        return cls(Code(value["code"]), params)

    def __str__(self) -> str:
        """In English, as the archive keeps it."""
        with speaking(DEFAULT):
            return say(self)


def say(outcome: Outcome) -> str:
    """In the reader's language."""
    return t(f"outcomes.{outcome.code}", **{name: _said(value) for name, value in outcome.params.items()})


def _said(value: Parameter) -> Any:
    if isinstance(value, Outcome):
        return say(value)
    if isinstance(value, Mapping):
        return value.get(language(), value.get(DEFAULT, ""))
    return value


def as_json(outcomes: Iterable[Outcome]) -> str:
    """Several of one thing, in their order: a JSON list."""
    return json.dumps([each.as_dict() for each in outcomes], ensure_ascii=False)


def from_json(text: str | None) -> tuple[Outcome, ...]:
    return tuple(Outcome.of(each) for each in json.loads(text or "[]"))
