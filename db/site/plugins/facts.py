"""What happened and why, in the reader's language: said from the stored outcomes.

Where there is none, as of a row that somebody else has written, the English words beside it stand for themselves.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from datasette import hookimpl
from jinja2 import Environment
from markupsafe import Markup, escape

from db.language import DEFAULT, language
from db.outcomes import Code, Outcome, from_json, say
from db.site.plugins.reading import opening


@dataclass(frozen=True, slots=True)
class Fact:
    text: str
    attributes: dict[str, str] = field(default_factory=dict)  # for xmlattr: its language, where it is not the page's


def facts(stored: str | None, words: Iterable[str]) -> list[Fact]:
    """Each of the outcomes that a column holds; else each of the words."""
    if stored:
        with suppress(ValueError):  # somebody has written into the archive
            return [as_fact(each) for each in from_json(stored)]
    return [Fact(each, english()) for each in words]


def as_fact(outcome: Outcome) -> Fact:
    return Fact(say(outcome), english() if outcome.code is Code.TEXT else {})


def english() -> dict[str, str]:
    return {} if language() == DEFAULT else {"lang": DEFAULT}


def fact(stored: str | None, words: str | None, length: int | None = None) -> Markup:
    """All that a column holds as one line of HTML, of at most so many characters."""
    parts = facts(stored, [words] if words else [])
    text = "; ".join(part.text for part in parts)
    shown = escape(opening(text, length) if length else text)
    foreign = parts and all(part.attributes for part in parts)
    return Markup(f'<span lang="{DEFAULT}">{shown}</span>') if foreign else shown


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.filters |= {"as_fact": as_fact, "fact": fact, "facts": facts}
