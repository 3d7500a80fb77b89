"""The languages of the site: one folder of texts each, with its way to write dates and numbers."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from markupsafe import Markup

from db.days import there
from db.problem import Problem

TEXTS = Path(__file__).parent / "site" / "texts"
DEFAULT = "en"
PLURAL = {"one", "other"}

Text = str | dict[str, str] | list[str]  # dict: one, other; list: the twelve months

_current: ContextVar[str] = ContextVar("language", default=DEFAULT)  # of the request that is being answered


class TextError(Problem):
    """A file of texts cannot be read; the message says where."""


@cache
def languages() -> tuple[str, ...]:
    """The default first: en, de."""
    found = sorted(folder.name for folder in TEXTS.iterdir() if folder.is_dir())
    return tuple(sorted(found, key=lambda name: name != DEFAULT))


@cache
def catalogue(language: str) -> Mapping[str, Text]:
    """`front.lead` is the key `lead` of front.toml. Raises TextError."""
    texts: dict[str, Text] = {}
    for path in sorted((TEXTS / language).glob("*.toml")):
        try:
            read = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise TextError(f"{path}: {error}") from error
        texts |= dict(_flat(path.stem, read))
    return texts


def _flat(prefix: str, texts: dict[str, Any]) -> Iterator[tuple[str, Text]]:
    for name, value in texts.items():
        if isinstance(value, dict) and set(value) != PLURAL:
            yield from _flat(f"{prefix}.{name}", value)
        else:
            yield f"{prefix}.{name}", value


def own_name(name: str) -> str:
    """Deutsch"""
    with speaking(name):
        return t("names.own_name")


def language() -> str:
    return _current.get()


@contextmanager
def speaking(name: str) -> Iterator[None]:
    token = _current.set(name)
    try:
        yield
    finally:
        _current.reset(token)


def choose(wanted: str | None, accepted: str) -> str:
    """`wanted`: by the reader's own word, if there is one; `accepted`: what the browser says (RFC 9110, 12.5.4)."""
    if wanted in languages():
        return wanted
    ranges = []
    for place, part in enumerate(accepted.split(",")):
        name, _, parameters = part.strip().partition(";")
        quality = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", parameters)
        weight = float(quality[1]) if quality else 1.0
        if weight and (known := name.partition("-")[0].lower()) in languages():
            ranges.append((-weight, place, known))
    return min(ranges)[2] if ranges else DEFAULT


def find(key: str) -> Text | None:
    return catalogue(language()).get(key, catalogue(DEFAULT).get(key))


def t(key: str, **values: object) -> str:
    """The text of that key, with `values` in its {places}; `number` chooses between one and many.

    A text with markup in it is markup, and what stands in its places is escaped. Raises KeyError.
    """
    text = find(key)
    if isinstance(text, dict):
        text = text["one" if values.get("number") == 1 else "other"]
    if not isinstance(text, str):
        raise KeyError(f"{key}: no such text; add it to the files in {TEXTS}")
    shown = {name: number(value) if type(value) is int else value for name, value in values.items()}
    return (Markup(text) if "<" in text else text).format(**shown)


def named(value: str | None, group: str) -> str:
    """What a value is called: ("trade_press", "kind") → trade press; a value without a name is put in words."""
    text = find(f"names.{group}.{value}")
    return text if isinstance(text, str) else words(value)


def told(sentence: str, group: str) -> str | None:
    """What the archive or Datasette says in English, in the reader's language; None where no text of `group` says it.

    The English text of a key is what the sentence is known by: its places match whatever stands there.
    """
    if language() == DEFAULT:
        return sentence
    found = ((key, pattern.fullmatch(sentence)) for key, pattern in _patterns(group))
    return next((t(key, **match.groupdict()) for key, match in found if match), None)


@cache
def _patterns(group: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    texts = ((key, text) for key, text in catalogue(DEFAULT).items() if key.startswith(f"{group}."))
    return tuple((key, _pattern(text)) for key, text in texts if isinstance(text, str))


def _pattern(text: str) -> re.Pattern[str]:
    parts = Formatter().parse(text)
    return re.compile(
        "".join(re.escape(said) + (f"(?P<{name}>.+)" if name else "") for said, name, _, _ in parts), re.DOTALL
    )


@cache
def meanings(name: str) -> Mapping[str, Mapping[str, Any]]:
    """Of each table its title, its description and what its columns mean: data.toml, as Datasette's metadata has it."""
    tables: dict[str, dict[str, Any]] = {}
    for key, text in {**catalogue(DEFAULT), **catalogue(name)}.items():
        match key.split("."):
            case ["data", table, "columns", column]:
                tables.setdefault(table, {}).setdefault("columns", {})[column] = text
            case ["data", table, what]:
                tables.setdefault(table, {})[what] = text
    return tables


def titled(table: str) -> str:
    """source_nights → Sources night by night"""
    return meanings(language()).get(table, {}).get("title") or words(table)


def words(name: str | None) -> str:
    """trade_press → trade press"""
    return (name or "").replace("_", " ")


def number(value: float) -> str:
    """1,234; 1.234"""
    if type(value) is int and -1000 < value < 1000:  # most of them
        return str(value)
    return (
        f"{value:,}".replace(",", "\0").replace(".", t("names.decimal_sign")).replace("\0", t("names.thousands_sign"))
    )


def day(text: str | None) -> str:
    """27 November 2026"""
    try:
        found = date.fromisoformat((text or "")[:10])
    except ValueError:
        return text or ""
    return t("names.day", day=str(found.day), month=_months("months")[found.month - 1], year=str(found.year))


def moment(text: str | None) -> str:
    """27 November 2026, 06:12 CET: with the hour in Berlin, where there is one."""
    try:
        found = there(text or "")
    except (ValueError, OverflowError):
        return text or ""
    if len(text or "") <= 10:
        return day(text)
    return t("names.moment", day=day(found.isoformat()), hour=f"{found:%H:%M}", zone=named(found.tzname(), "zone"))


def month(text: str) -> str:
    """2024-03 → March 2024"""
    matched = _MONTH.fullmatch(text)
    return f"{_months('months')[int(matched[2]) - 1]} {matched[1]}" if matched else text


def short_month(text: str) -> str:
    """2024-03 → Mar"""
    matched = _MONTH.fullmatch(text)
    return _months("short_months")[int(matched[2]) - 1] if matched else text


_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def _months(name: str) -> list[str]:
    found = find(f"names.{name}")
    return found if isinstance(found, list) else []
