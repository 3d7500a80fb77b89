"""An article as others cite it: RIS, BibTeX, CSL-JSON, COinS and the metadata that reference managers read in a page.

What is not known is left out: a date has the parts that the page gave, and no more.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import urlencode

import rispy  # type: ignore[import-untyped]

ARCHIVE = "Revierspiegel"

# The kinds of source whose pieces a reader would look for under the name of a paper or a station.
_PRESS = ("press", "broadcaster")

_LANGUAGES = {"de": "ngerman", "en": "english", "fr": "french", "nl": "dutch"}  # as babel and biblatex name them


class Genre(StrEnum):
    NEWS = "news"
    RELEASE = "release"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Name:
    """A person; `literal` alone where it is not certain which word is the family's."""

    family: str = ""
    given: str = ""
    particle: str = ""  # von, van der: written before the family name
    literal: str = ""

    def inverted(self) -> str:
        """von der Aue, Änne"""
        return self.literal or f"{self.particle} {self.family}, {self.given}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    id: int
    key: str  # stable as long as the year is: blatt2025-17
    genre: Genre
    title: str
    container: str  # the outlet's name
    issued: tuple[int, ...]  # year, month, day, as far as known
    accessed: tuple[int, ...]
    authors: tuple[Name, ...]
    agencies: tuple[str, ...]
    url: str | None
    lang: str | None


def cite(row: Mapping[str, Any], outlets: Mapping[str, str]) -> Citation:
    """`row` has the columns of `articles`, `outlets` the names of the sources."""
    source = str(row["source"] or "")
    issued = parts(row["published"])
    year = str(issued[0]) if issued else ""
    return Citation(
        id=int(row["id"]),
        key=f"{re.sub(r'[^a-z0-9-]', '', source.lower()) or 'article'}{year}-{row['id']}",
        genre=_genre(row["kind"], row["page_kind"]),
        title=_line(row["title"]),
        container=_line(outlets.get(source) or source),
        issued=issued,
        accessed=parts(row["fetched_at"]),
        authors=tuple(map(name, _listed(row["authors"]))),
        agencies=tuple(_listed(row["agencies"])),
        url=next((url for url in (row["final_url"], row["url"]) if re.match(r"https?://", str(url or ""))), None),
        lang=_line(row["lang"]) or None,
    )


def _genre(kind: str | None, page_kind: str | None) -> Genre:
    if page_kind == "release":
        return Genre.RELEASE
    return Genre.NEWS if kind is None or kind.endswith(_PRESS) else Genre.PAGE


def parts(moment: str | None) -> tuple[int, ...]:
    """Year, month and day of an ISO 8601 text, as far as it goes; nothing where it is no date."""
    match = re.match(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?=$|[T ]))?)?(?![\d-])", moment or "")
    numbers = tuple(int(number) for number in match.groups() if number) if match else ()
    try:
        date(*[*numbers, 1, 1][:3])
    except (TypeError, ValueError):
        return ()
    return numbers


def iso(day: tuple[int, ...]) -> str:
    return "-".join(f"{number:02}" for number in day)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def _line(text: object) -> str:
    """In one line, without what is no text."""
    return _CONTROL.sub("", " ".join(str(text or "").split()))


def _listed(stored: str | None) -> list[str]:
    try:
        values = json.loads(stored or "[]")
    except ValueError:
        return []
    return [line for line in map(_line, values) if line] if isinstance(values, list) else []


# Names

_PARTICLES = frozenset(
    "von vom zu zum zur van de den der des ter ten te da das do dos di del della du la le lo al el bin ibn".split()
)
_BODIES = frozenset(  # words of desks and firms: 'Redaktion Musterdorf' is nobody's name
    "redaktion newsroom news desk team staff agentur presse pressestelle zeitung ressort stadt kreis gmbh ag".split()
)
_LATIN = "[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]"  # where the family's name comes last; other scripts have orders of their own
_WORD = re.compile(f"{_LATIN}+(?:['’-]{_LATIN}+)*")
_INITIAL = re.compile(rf"{_LATIN}\.(?:-?{_LATIN}\.)*")  # K.  K.-H.


def name(text: str) -> Name:
    """Split where the form leaves no doubt in the languages of this press; else the whole, as it stands.

    'Ursula von der Aue' and 'Aue, Ursula' have one reading each. Of three words the last is taken for the family's:
    double given names are common here. Titles, suffixes, desks, other scripts and lone words stay whole.
    """
    whole = _line(text)
    family, comma, given = map(str.strip, whole.partition(","))
    person = _split(f"{given} {family}" if comma else whole)
    if person and comma and family not in (person.family, f"{person.particle} {person.family}"):
        person = None  # 'Jo Bär, Musterdorf' is not 'Musterdorf Jo Bär'
    return person or Name(literal=whole)


def _split(whole: str) -> Name | None:
    words = whole.split()
    small = [at for at, word in enumerate(words) if word in _PARTICLES]
    first, last = (small[0], small[-1] + 1) if small else (len(words) - 1, len(words) - 1)
    given, particle, family = words[:first], words[first:last], words[last:]
    spelt = [word for word in given if not _INITIAL.fullmatch(word)]
    sure = (
        1 <= len(given) <= 4
        and len(family) == 1
        and len(particle) == len(small)
        and len(spelt) <= (1 if small else 2)  # 'Ludwig Mies van der Rohe' is of the family Mies van der Rohe
        and all(map(_is_capital, [*spelt, *family]))
        and _BODIES.isdisjoint(word.lower() for word in words)
    )
    return Name(family[0], " ".join(given), " ".join(particle)) if sure else None


def _is_capital(word: str) -> bool:
    """Müller, McCoy, Meyer-Bär, O'Hara; neither dpa, ASB, Max2, Dr. nor Van"""
    shouted = len(word) > 1 and word.isupper()
    return bool(_WORD.fullmatch(word)) and word[0].isupper() and not shouted and word.lower() not in _PARTICLES


# RIS


class _Ris(rispy.RisWriter):  # type: ignore[misc]
    NEWLINE: ClassVar[str] = "\r\n"  # as the format's description wants it

    def set_header(self, count: int) -> str:
        return ""  # rispy numbers the references; a strict reader wants TY first


_ris = _Ris(list_tags=["AU", "N1"], delimiter_tags_mapping={})


def as_ris(citation: Citation) -> str:
    """NEWS and ELEC are what Zotero reads as newspaperArticle and webpage, and EndNote as their like."""
    reference = {
        "type_of_reference": "NEWS" if citation.genre is Genre.NEWS else "ELEC",
        "id": citation.key,
        "title": citation.title,
        "authors": [author.inverted() for author in citation.authors],
        "secondary_title": citation.container,
        "year": f"{citation.issued[0]:04}" if citation.issued else "",
        "date": _slashed(citation.issued),
        "type_of_work": _genre_in_words(citation),
        "language": citation.lang,
        "urls": citation.url,
        "access_date": _slashed(citation.accessed),
        "name_of_database": ARCHIVE,
        "accession_number": str(citation.id),
        "notes": [_note(citation)] if citation.agencies else [],
    }
    return str(_ris.formats([{tag: value for tag, value in reference.items() if value}])) + _ris.NEWLINE


def _slashed(day: tuple[int, ...]) -> str:
    """2025/11/20/, 2025/11//: the three slashes are the format's"""
    return "/".join([*(f"{number:02}" for number in day), "", "", ""][:3]) + "/" if day else ""


def _genre_in_words(citation: Citation) -> str:
    return "Press release" if citation.genre is Genre.RELEASE else ""


def _note(citation: Citation) -> str:
    return f"Agency: {', '.join(citation.agencies)}"


# BibTeX

_LATEX = {letter: f"\\{letter}" for letter in "$&%#_"} | {
    "{": "\\textbraceleft{}",  # BibTeX counts the brace of an escaped one, too
    "}": "\\textbraceright{}",
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
}
_ESCAPED = str.maketrans(_LATEX)
_IN_ADDRESS = str.maketrans({letter: f"%{ord(letter):02X}" for letter in "\\{} "})
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def as_bibtex(citation: Citation) -> str:
    """`date` is read by biblatex, `year` and `month` by BibTeX."""
    news = citation.genre is Genre.NEWS
    title, container = citation.title.translate(_ESCAPED), citation.container.translate(_ESCAPED)
    named = {
        "author": " and ".join(map(_bibtex_name, citation.authors)),
        "title": f"{{{title}}}",  # in braces of its own: styles would write German nouns small
        "journal" if news else "organization": container,
        "entrysubtype": "newspaper" if news else "",
        "type": _genre_in_words(citation),
        "date": iso(citation.issued),
        "year": f"{citation.issued[0]:04}" if citation.issued else "",
        "url": (citation.url or "").translate(_IN_ADDRESS),
        "urldate": iso(citation.accessed),
        "note": _note(citation).translate(_ESCAPED) if citation.agencies else "",
        "langid": _LANGUAGES.get(citation.lang or "", ""),
    }
    fields = [f"  {field} = {{{value}}},\n" for field, value in named.items() if value]
    if len(citation.issued) > 1:
        fields.append(f"  month = {_MONTHS[citation.issued[1] - 1]},\n")
    return f"@{'article' if news else 'online'}{{{citation.key},\n{''.join(fields)}}}\n\n"


def _bibtex_name(author: Name) -> str:
    """BibTeX knows `von Last, First` by itself; what is in braces it does not take apart."""
    written = author.inverted().translate(_ESCAPED)
    return f"{{{written}}}" if author.literal else written


# CSL-JSON


def as_csl(citation: Citation) -> dict[str, Any]:
    item = {
        "id": citation.key,
        "type": "article-newspaper" if citation.genre is Genre.NEWS else "webpage",
        "title": citation.title,
        "container-title": citation.container,
        "author": [_csl_name(author) for author in citation.authors],
        "issued": _csl_day(citation.issued),
        "accessed": _csl_day(citation.accessed),
        "URL": citation.url,
        "language": citation.lang,
        "genre": _genre_in_words(citation),
        "note": _note(citation) if citation.agencies else "",
        "archive": ARCHIVE,
        "archive_location": str(citation.id),
    }
    return {field: value for field, value in item.items() if value}


def _csl_name(author: Name) -> dict[str, str]:
    named = {
        "family": author.family,
        "given": author.given,
        "non-dropping-particle": author.particle,
        "literal": author.literal,
    }
    return {part: value for part, value in named.items() if value}


def _csl_day(day: tuple[int, ...]) -> dict[str, list[list[int]]]:
    return {"date-parts": [list(day)]} if day else {}


# In a page


def as_coins(citation: Citation) -> str:
    """What the title of an empty `<span class="Z3988">` holds; the types are Zotero's, for COinS has none of news."""
    pairs = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:dc"),
        ("rfr_id", f"info:sid/{ARCHIVE.lower()}"),
        ("rft.type", _item_type(citation)),
        ("rft.title", citation.title),
        ("rft.source", citation.container),
        ("rft.date", iso(citation.issued)),
        ("rft.identifier", citation.url),
        ("rft.language", citation.lang),
        *(("rft.au", author.inverted()) for author in citation.authors),
    ]
    return urlencode([(key, value) for key, value in pairs if value])


def as_metadata(citation: Citation) -> Iterator[tuple[str, str]]:
    """Names and contents of <meta>: Highwire's, Dublin Core's, and Zotero's own for the type.

    Without `z:itemType` Zotero takes whatever has a `citation_title` for a journal article.
    """
    pairs = [
        ("z:itemType", _item_type(citation)),
        ("citation_title", citation.title),
        *(("citation_author", author.inverted()) for author in citation.authors),
        ("citation_publication_date", "/".join(f"{number:02}" for number in citation.issued)),
        ("citation_public_url", citation.url),
        ("citation_language", citation.lang),
        ("DC.title", citation.title),
        *(("DC.creator", author.inverted()) for author in citation.authors),
        ("DC.source", citation.container),
        ("DC.date", iso(citation.issued)),
        ("DC.identifier", citation.url),
        ("DC.language", citation.lang),
    ]
    return ((key, value) for key, value in pairs if value)


def _item_type(citation: Citation) -> str:
    return "newspaperArticle" if citation.genre is Genre.NEWS else "webpage"
