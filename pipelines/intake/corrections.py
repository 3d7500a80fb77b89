"""A person's corrections of what is read of a page: from the words of the command line into the article."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum

from db.days import BERLIN
from db.validation import Tell, choice, guess, under
from pipelines import dates
from pipelines.article import Article, Correction, Field

FindCorrections = Callable[[Iterable[str], str], tuple[Correction, ...]]  # (keys, address) → the last of each field

OTHER_NAMES = {"date": Field.PUBLISHED}
DATE_EXPECTED = "a day such as 2026-05-11 or a moment such as 2026-05-11T08:30+02:00"


class ArticleKind(StrEnum):
    """What a page may be that is kept."""

    ARTICLE = "article"
    RELEASE = "release"
    INTERVIEW = "interview"
    COMMENTARY = "commentary"
    TICKER = "ticker"
    MEDIA = "media"
    OTHER = "other"


# A list may be an article that looks so. A wall stays one: it may stand in the place of an article only tonight.
CORRECTABLE_KINDS = frozenset((*ArticleKind, "list"))


def corrected(article: Article) -> Article:
    """With what people say in the place of what the page says, which is noted beside it."""
    columns: dict[str, str | tuple[str, ...]] = {}
    for correction in article.corrections:
        if correction.field is not Field.KIND or article.page_kind in CORRECTABLE_KINDS:
            columns |= correction.columns
    uncorrected = {name: getattr(article, name) for name in columns}
    return replace(article, uncorrected=uncorrected, **columns)  # type: ignore[arg-type]


# As a person writes it: published=2026-05-11


def read_setting(setting: str, tell: Tell) -> tuple[Field, str]:
    """NAME=VALUE as field and value."""
    name, equals, value = setting.partition("=")
    if not equals:
        tell(f"{setting!r}, expected NAME=VALUE such as published=2026-05-11")
    field = read_field(name, tell)
    if equals and field:
        value = READERS[field](" ".join(value.encode("utf-8", "replace").decode().split()), under(tell, name.strip()))
    return field or Field.TITLE, value


def read_field(name: str, tell: Tell) -> Field | None:
    names = {**{str(field): field for field in Field}, **OTHER_NAMES}
    field = names.get(name.strip().lower())
    if field is None:
        tell(f"{name!r} cannot be corrected, expected one of {', '.join(Field)}{guess(name, names)}")
    return field


def read_settings(settings: Iterable[str], tell: Tell) -> dict[Field, str]:
    """Several of one command; only authors may be given more than once."""
    values: dict[Field, str] = {}
    for setting in settings:
        field, value = read_setting(setting, tell)
        if field is Field.AUTHOR and field in values:
            value = _authors(f"{values[field]}; {value}", tell)
        elif field in values:
            tell(f"{field}: given twice, expected one value")
        values[field] = value
    return values


def _date(value: str, tell: Tell) -> str:
    """An hour without an offset is one in Berlin."""
    try:
        iso = date.fromisoformat(value).isoformat()
    except ValueError:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            tell(f"{value!r} is no date, expected {DATE_EXPECTED}")
            return value
        iso = (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).isoformat(timespec="seconds")
    if not dates.believable(iso, dates.latest(None)):
        tell(f"{value!r}, expected a day from {dates.FIRST_DAY} to today")
    return iso


def _title(value: str, tell: Tell) -> str:
    if not value:
        tell("empty, expected the headline")
    return value


def _authors(value: str, tell: Tell) -> str:
    """Empty where no person is named."""
    return "; ".join(dict.fromkeys(filter(None, map(str.strip, value.split(";")))))


def _kind(value: str, tell: Tell) -> str:
    choice(ArticleKind, value, tell)
    return value


READERS: dict[Field, Callable[[str, Tell], str]] = {
    Field.PUBLISHED: _date,
    Field.AUTHOR: _authors,
    Field.TITLE: _title,
    Field.KIND: _kind,
}
