"""The languages of the site: one folder of texts each, with the locale by which dates and numbers are written."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup

from db.days import BERLIN, there
from db.problem import Problem

if TYPE_CHECKING:
    from babel import Locale

TEXTS = Path(__file__).parent / "site" / "texts"
DEFAULT = "en"
PLURAL = {"zero", "one", "two", "few", "many", "other"}  # forms that languages have (CLDR); all have the last
SHOWN = 10_000  # numbers and days that are kept as they are written, a few hundred bytes each

Text = str | dict[str, str]  # dict: plural forms

_current: ContextVar[str] = ContextVar("language", default=DEFAULT)  # of the request that is being answered


class TextError(Problem):
    """A file of texts cannot be read; the message says where."""


@cache
def languages() -> tuple[str, ...]:
    """The default first: en, de."""
    names = sorted(folder.name for folder in TEXTS.iterdir() if folder.is_dir())
    return tuple(sorted(names, key=lambda name: name != DEFAULT))


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
        if isinstance(value, dict) and not ("other" in value and value.keys() <= PLURAL):
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
        if weight and (code := name.partition("-")[0].lower()) in languages():
            ranges.append((-weight, place, code))
    return min(ranges)[2] if ranges else DEFAULT


def find(key: str) -> Text | None:
    return catalogue(language()).get(key, catalogue(DEFAULT).get(key))


def t(key: str, **values: object) -> str:
    """The text of that key, with `values` in its {places}; `number` chooses the plural form.

    A text with markup in it is markup, and what stands in its places is escaped. Raises KeyError.
    """
    text = find(key)
    if isinstance(text, dict):
        text = text.get(plural(language(), values.get("number")), text["other"])
    if not isinstance(text, str):
        raise KeyError(f"{key}: no such text; add it to the files in {TEXTS}")
    shown = {name: number(value) if type(value) is int else value for name, value in values.items()}
    return (Markup(text) if "<" in text else text).format(**shown)


def named(value: str | None, group: str) -> str:
    """What a value is called: ("trade_press", "kind") → trade press; a value without a name is put in words."""
    text = find(f"names.{group}.{value}")
    return text if isinstance(text, str) else words(value)


def translated(sentence: str, group: str) -> str | None:
    """What another program says in English, in the reader's language; None where no text of `group` says it.

    The English text of a key is what the sentence is known by: its places match whatever stands there.
    """
    if language() == DEFAULT:
        return sentence
    matches = ((key, pattern.fullmatch(sentence)) for key, pattern in _patterns(group))
    return next((t(key, **match.groupdict()) for key, match in matches if match), None)


@cache
def _patterns(group: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    texts = ((key, text) for key, text in catalogue(DEFAULT).items() if key.startswith(f"{group}."))
    return tuple((key, _pattern(text)) for key, text in texts if isinstance(text, str))


def _pattern(text: str) -> re.Pattern[str]:
    parts = Formatter().parse(text)
    return re.compile(
        "".join(re.escape(literal) + (f"(?P<{name}>.+)" if name else "") for literal, name, _, _ in parts), re.DOTALL
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


# Numbers and dates are written by Babel, from Unicode's CLDR. It is imported where something is written first: commands
# that write nothing for readers do not wait for it. What it writes is kept: 20 to 40 µs each, hundreds on a page.


@cache
def locale(name: str) -> "Locale":
    from babel import Locale

    return Locale.parse(str(catalogue(name)["names.locale"]))


@lru_cache(SHOWN)
def plural(name: str, amount: object) -> str:
    """One of PLURAL."""
    return locale(name).plural_form(amount) if isinstance(amount, int | float) else "other"


def read_locales() -> None:
    """What the first page in each language would wait for: 50 ms."""
    for name in languages():
        with speaking(name):
            number(1000)
            moment("2026-01-01T00:00:00Z")
            month("2026-01")
            short_month("2026-01")


def number(value: float) -> str:
    """1,234; 1.234"""
    if type(value) is int and -1000 < value < 1000:  # most of them
        return str(value)
    return _number(language(), value)


@lru_cache(SHOWN, typed=True)
def _number(name: str, value: float) -> str:
    from babel.numbers import format_decimal

    form = None if isinstance(value, int) else "#,##0.0"  # 12.0 MB stands beside 12.5 MB
    return format_decimal(value, form, locale(name), decimal_quantization=False)


def signed(value: float) -> str:
    """+1.20; −0,40"""
    from babel.numbers import format_decimal

    return format_decimal(value + 0.0, "+0.00;'−'0.00", locale(language()))  # -0.0 + 0.0 is 0.0


def decimal(value: float) -> str:
    """0.743; 0,743"""
    from babel.numbers import format_decimal

    return format_decimal(value + 0.0, "0.000", locale(language()))


def percent(share: float) -> str:
    """79.7 %; 79,7 %"""
    return f"{number(round(100 * share, 1))}\u00a0%"


def day(text: str | None) -> str:
    """27 November 2026"""
    try:
        return _day(language(), date.fromisoformat((text or "")[:10]))
    except ValueError:
        return text or ""


@lru_cache(SHOWN)
def _day(name: str, day: date) -> str:
    from babel.dates import format_date

    return format_date(day, "long", locale(name))


def moment(text: str | None) -> str:
    """27 November 2026, 06:12 CET: with the hour in Berlin, where there is one."""
    try:
        local = there(text or "")
    except (ValueError, OverflowError):
        return text or ""
    if len(text or "") <= 10:
        return day(text)
    zone = _zone(language(), "daylight" if local.dst() else "standard")
    return t("names.moment", day=_day(language(), local.date()), hour=f"{local:%H:%M}", zone=zone)


@cache
def _zone(name: str, variant: Literal["daylight", "standard"]) -> str:
    from babel.dates import get_timezone_name

    return get_timezone_name(BERLIN, "short", locale=locale(name), zone_variant=variant)


def month(text: str) -> str:
    """2024-03 → March 2024"""
    return _month(language(), text) if _MONTH.fullmatch(text) else text


@lru_cache(SHOWN)
def _month(name: str, text: str) -> str:
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", date.fromisoformat(f"{text}-01"), locale=locale(name))


def short_month(text: str) -> str:
    """2024-03 → Mar"""
    matched = _MONTH.fullmatch(text)
    return _short_months(language())[int(matched[1])] if matched else text


@cache
def _short_months(name: str) -> Mapping[int, str]:
    """Of the language, not of the region: Sep has room below a column, British Sept has none."""
    from babel import Locale

    months: Mapping[int, str] = Locale(locale(name).language).months["stand-alone"]["abbreviated"]
    return months


_MONTH = re.compile(r"(?!0000)\d{4}-(0[1-9]|1[0-2])")
