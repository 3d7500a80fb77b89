"""What a person wrote in a file of ours → our values; and what is wrong with it, told in words.

An error reads *file: entry: key: what is wrong, what is expected*. A reader turns one value into ours and tells what is
wrong with it; what it returns then is not used.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.problem import Problem

Tell = Callable[[str], None]
Reader = Callable[[Any, Tell], Any]

SOME_TEXT = r"(?s).*\S.*"
ADDRESS_EXPECTED = 'an address without spaces such as "https://www.example.org/"'
FRACTION_EXPECTED = "a number from 0 to 1"
DAY_EXPECTED = "a day such as 2024-01-01"


class ConfigError(Problem):
    """A file of ours cannot be used; one line for each thing wrong in it."""

    def __init__(self, file: str, errors: Iterable[str]) -> None:
        self.errors = tuple(f"{file}: {error}" for error in errors)
        super().__init__("\n".join(self.errors))


def toml(path: Path, remedy: str, *, raises: type[ConfigError] = ConfigError) -> dict[str, Any]:
    """`remedy` is told where there is no file. Raises `raises`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise raises(path.name, [unopened(path, error, remedy)]) from error
    except UnicodeDecodeError as error:
        raise raises(path.name, [f"byte {error.start}: not UTF-8, expected a TOML file in UTF-8"]) from error
    except tomllib.TOMLDecodeError as error:
        wrong, _, place = str(error).removesuffix(")").rpartition(" (at ")
        raise raises(path.name, [f"{place}: {wrong}, expected TOML"]) from error


def unopened(path: Path, error: OSError, remedy: str) -> str:
    return f"{path.absolute()}: cannot be read ({error.strerror}), expected a file; {remedy}"


def under(tell: Tell, place: str) -> Tell:
    return lambda error: tell(f"{place}: {error}")


def unknown(key: str, keys: Iterable[str]) -> str:
    return f"{key}: unknown key" + (guess(key, keys) or f", expected one of {', '.join(keys)}")


def guess(word: str, choices: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(choices), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def listed(things: Iterable[object]) -> str:
    return " and ".join(dict.fromkeys(map(str, things)))


def table(value: Any, readers: dict[str, Reader], required: dict[str, str], tell: Tell) -> dict[str, Any]:
    if not isinstance(value, dict):
        tell(f"{value!r}, expected a table with {', '.join(required or readers)}")
        return {}
    for key in value:
        if key not in readers:
            tell(unknown(key, readers))
    for key, expected in required.items():
        if key not in value:
            tell(f"{key}: missing, expected {expected}")
    return {key: read(value[key], under(tell, key)) for key, read in readers.items() if key in value}


def many(one: Reader, value: Any, tell: Tell) -> tuple[Any, ...]:
    if not isinstance(value, list):
        tell(
            "one table, expected a list of them: [[ … ]]"
            if isinstance(value, dict)
            else f"{value!r}, expected a list: [ … ]"
        )
        return ()
    return tuple(one(item, under(tell, str(number))) for number, item in enumerate(value, 1))


def some(one: Reader, value: Any, tell: Tell) -> tuple[Any, ...]:
    """As `many`, at least one."""
    if value == []:
        tell("is empty, expected at least one")
    return many(one, value, tell)


def form(shape: str, expected: str, value: Any, tell: Tell) -> str:
    if not isinstance(value, str) or not re.fullmatch(shape, value):
        tell(f"{value!r}, expected {expected}")
    return str(value)


def choice(choices: type[StrEnum], value: Any, tell: Tell) -> StrEnum | None:
    if value in list(choices):
        return choices(value)
    tell(f"{value!r} is none of {', '.join(choices)}{guess(str(value), choices)}")
    return None


def number(low: int, high: int, value: Any, tell: Tell) -> int:
    if type(value) is not int or not low <= value <= high:  # `true` is an int too
        tell(f"{value!r}, expected a whole number from {low} to {high}")
        return low
    return value


def fraction(value: Any, tell: Tell) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        tell(f"{value!r}, expected {FRACTION_EXPECTED}")
        return 0.0
    return float(value)


def flag(value: Any, tell: Tell) -> bool:
    if not isinstance(value, bool):
        tell(f"{value!r}, expected true or false")
    return value is True


def day(value: Any, tell: Tell) -> date:
    if type(value) is not date:  # a moment is a date, too
        tell(f"{value!r}, expected {DAY_EXPECTED}")
        return date.min
    return value


def pattern(groups: int | None, value: Any, tell: Tell) -> str:
    if not isinstance(value, str) or not value:
        tell(f"{value!r}, expected a regular expression")
        return ""
    try:
        count = re.compile(value).groups
    except re.error as error:
        tell(f"{value!r}: {error}, expected a regular expression")
        return ""
    if groups is not None and count != groups:
        tell(f"{value!r} has {count} groups, expected exactly {groups}; write (?:…) for a group that is not the id")
    return value


def web_address(templates: Iterable[str], value: Any, tell: Tell) -> str:
    """`templates`: what may stand in braces, such as '{YYYY}'."""
    url = str(value)
    for template in templates:
        url = url.replace(template, "1")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        whole = False
    if not isinstance(value, str) or not whole or re.search(r"[\s\x00-\x1f\x7f<>\"\\]", url):
        tell(f"{value!r}, expected {ADDRESS_EXPECTED}")
    elif strange := re.search(r"\{[^}]*\}?", url):
        tell(f"{value!r} holds {strange.group()}, expected no template but {listed(templates)}")
    return str(value)
