"""An article as Wikipedia (English and German) and Wikidata cite it: templates, and lines for QuickStatements."""

import re

from db.export.citations import Citation, Genre, Name, iso
from db.language import month, speaking

# What would end a template, or begin markup, as the character reference that shows the same.
_MARKUP = {letter: f"&#{ord(letter)};" for letter in "|{}[]~'_"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ALONE = re.compile(r"(?<!')'(?!')|(?<!_)_(?!_)|(?<!~)~(?!~)|&(?!#?\w+;)")  # that are nothing but what they look like
_IN_ADDRESS = str.maketrans({letter: f"%{ord(letter):02X}" for letter in "|{}[]<>\"' "})
_TEMPLATES = {Genre.NEWS: "cite news", Genre.RELEASE: "cite press release", Genre.PAGE: "cite web"}

# Items of languages on Wikidata.
_LANGUAGES = {"de": "Q188", "en": "Q1860", "fr": "Q150", "nl": "Q7411", "es": "Q1321", "it": "Q652", "pl": "Q809"}
_DAY, _MONTH, _YEAR = 11, 10, 9  # how exactly a date is known


def as_cite_news(citation: Citation) -> str:
    """{{cite news}}, {{cite press release}} or {{cite web}} of the English Wikipedia."""
    news = citation.genre is Genre.NEWS
    place = "work" if news else "publisher" if citation.genre is Genre.RELEASE else "website"
    fields = [
        *(pair for number, author in enumerate(citation.authors, 1) for pair in _english_name(author, number)),
        ("title", citation.title),
        ("url", citation.url),
        (place, citation.container),
        ("agency", ", ".join(citation.agencies) if news else ""),
        ("date", _written(citation.issued, "en")),
        ("access-date", _written(citation.accessed, "en")),
        ("language", citation.lang if citation.lang != "en" else ""),
    ]
    return _template(_TEMPLATES[citation.genre], fields)


def as_internetquelle(citation: Citation) -> str:
    """{{Internetquelle}} of the German Wikipedia."""
    fields = [
        ("autor", ", ".join(_in_order(author) for author in citation.authors)),
        ("url", citation.url),
        ("titel", citation.title),
        ("werk", citation.container),
        ("datum", _written(citation.issued, "de")),
        ("abruf", _written(citation.accessed, "de")),
        ("sprache", citation.lang if citation.lang != "de" else ""),
    ]
    return _template("Internetquelle", fields)


def as_wikidata(citation: Citation) -> str:
    """The reference of a statement, as it ends a line of QuickStatements."""
    lang = citation.lang or ""
    lang = lang if re.fullmatch("[a-z]{2,3}", lang) else "und"
    fields = [
        ("S854", f'"{citation.url.translate(_IN_ADDRESS)}"' if citation.url else ""),
        ("S1476", f'{lang}:"{citation.title}"' if citation.title else ""),
        *(("S2093", f'"{_in_order(author)}"') for author in citation.authors),
        ("S407", _LANGUAGES.get(lang, "")),
        ("S577", _moment(citation.issued)),
        ("S813", _moment(citation.accessed)),
    ]
    line = "\t".join(f"{field}\t{value}" for field, value in fields if value)
    return re.sub(r"\|(?=\|)", "| ", line) + "\n"  # two would be the end of a line


def _template(name: str, fields: list[tuple[str, str | None]]) -> str:
    written = (
        f"{field}={value.translate(_IN_ADDRESS) if field == 'url' else _text(value)}"
        for field, value in fields
        if value
    )
    return f"{{{{{' |'.join([name, *written])}}}}}\n"


def _text(value: str) -> str:
    plain = {match.start() for match in _ALONE.finditer(value)}
    return "".join(letter if at in plain else _MARKUP.get(letter, letter) for at, letter in enumerate(value))


def _english_name(author: Name, number: int) -> list[tuple[str, str]]:
    if author.literal:
        return [(f"author{number}", author.literal)]
    return [(f"last{number}", f"{author.particle} {author.family}".strip()), (f"first{number}", author.given)]


def _in_order(author: Name) -> str:
    """Ursula von der Aue"""
    return author.literal or " ".join(filter(None, [author.given, author.particle, author.family]))


def _written(day: tuple[int, ...], language: str) -> str:
    """2025-11-20; November 2025, since 2025-11 might be two years."""
    if len(day) == 2:
        with speaking(language):
            return month(iso(day))
    return iso(day)


def _moment(day: tuple[int, ...]) -> str:
    year, month, number = (*day, 0, 0, 0)[:3]
    precision = (_YEAR, _MONTH, _DAY)[len(day) - 1]
    return f"+{year:04}-{month:02}-{number:02}T00:00:00Z/{precision}" if day else ""
