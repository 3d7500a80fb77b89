import json
import re
from typing import Any
from urllib.parse import parse_qs

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware

from db.export.citations import Name, as_bibtex, as_coins, as_csl, as_metadata, as_ris, cite, name, parts
from db.export.styles.references import STYLES, in_words

OUTLETS = {"blatt": "Musterdorfer Blatt", "amt": "Amt & Söhne"}
ROW: dict[str, Any] = {
    "id": 17,
    "source": "blatt",
    "title": "Microsoft baut in Musterdorf",
    "authors": '["Änne Groß", "Ursula von der Aue", "Redaktion Musterdorf"]',
    "published": "2025-11-20T06:00:00+01:00",
    "fetched_at": "2025-11-21T02:00:00+00:00",
    "url": "https://blatt.example/a?id=1;b=2",
    "final_url": "https://blatt.example/a_b/50%25#top",
    "lang": "de",
    "kind": "local_press",
    "page_kind": "article",
    "agencies": '["dpa"]',
}
HOSTILE = [
    "50 % mehr: $5 & #1 {Revier} \\write18 ~ ^ _ <b>",
    "} @article{x, title = {y",
    "Zeile\nTY  - BOOK\nER  - ",
    "Zeile\u2028TI  - zwei\x85drei\x0bvier",
    "\x00Null\x1b[31m",
    "\"Anführung\" „unten“ »so« 'einfach'",
    "{",
    "\\",
    "Größe ÄÖÜ ß € – … 🙂 王",
    "=1+1",
    "%Kommentar",
]


def plain(title: str) -> str:
    return "".join(letter for letter in " ".join(title.split()) if letter.isprintable())


def ris(**changed: Any) -> dict[str, Any]:
    text = as_ris(cite(ROW | changed, OUTLETS))
    assert text.startswith("TY  - ") and text.endswith("\r\nER  - \r\n\r\n")
    (reference,) = rispy.loads(text)
    return dict(reference)


def bibtex(**changed: Any) -> tuple[str, dict[str, str]]:
    text = as_bibtex(cite(ROW | changed, OUTLETS))
    assert text.count("{") == text.count("}")  # BibTeX itself knows no escaped brace
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    (entry,) = LatexDecodingMiddleware().transform(library).entries
    return f"@{entry.entry_type}{{{entry.key}", {field.key: str(field.value) for field in entry.fields}


def test_a_newspaper_article_as_ris() -> None:
    assert ris() == {
        "type_of_reference": "NEWS",
        "id": "blatt2025-17",
        "title": "Microsoft baut in Musterdorf",
        "authors": ["Groß, Änne", "von der Aue, Ursula", "Redaktion Musterdorf"],
        "secondary_title": "Musterdorfer Blatt",
        "year": "2025",
        "date": "2025/11/20/",
        "language": "de",
        "urls": ["https://blatt.example/a_b/50%25#top"],
        "access_date": "2025/11/21/",
        "name_of_database": "Revierspiegel",
        "accession_number": "17",
        "notes": ["Agency: dpa"],
    }


def test_a_newspaper_article_as_bibtex() -> None:
    head, fields = bibtex()
    assert head == "@article{blatt2025-17"
    assert {field: value for field, value in fields.items() if field not in ("url", "month")} == {
        "author": "Groß, Änne and von der Aue, Ursula and Redaktion Musterdorf",
        "title": "Microsoft baut in Musterdorf",
        "journal": "Musterdorfer Blatt",
        "entrysubtype": "newspaper",
        "date": "2025-11-20",
        "year": "2025",
        "urldate": "2025-11-21",
        "note": "Agency: dpa",
        "langid": "ngerman",
    }
    written = as_bibtex(cite(ROW, OUTLETS))
    assert "  url = {https://blatt.example/a_b/50%25#top},\n" in written  # an address is not escaped
    assert "and {Redaktion Musterdorf}}" in written
    assert "  month = nov,\n" in written


def test_a_newspaper_article_as_csl() -> None:
    assert as_csl(cite(ROW, OUTLETS)) == {
        "id": "blatt2025-17",
        "type": "article-newspaper",
        "title": "Microsoft baut in Musterdorf",
        "container-title": "Musterdorfer Blatt",
        "author": [
            {"family": "Groß", "given": "Änne"},
            {"family": "Aue", "given": "Ursula", "non-dropping-particle": "von der"},
            {"literal": "Redaktion Musterdorf"},
        ],
        "issued": {"date-parts": [[2025, 11, 20]]},
        "accessed": {"date-parts": [[2025, 11, 21]]},
        "URL": "https://blatt.example/a_b/50%25#top",
        "language": "de",
        "note": "Agency: dpa",
        "archive": "Revierspiegel",
        "archive_location": "17",
    }


@pytest.mark.parametrize(
    ("kind", "page_kind", "expected"),
    [
        ("regional_press", "article", ("NEWS", "article-newspaper", "@article", "newspaperArticle")),
        ("broadcaster", "ticker", ("NEWS", "article-newspaper", "@article", "newspaperArticle")),
        (None, None, ("NEWS", "article-newspaper", "@article", "newspaperArticle")),
        ("government", "release", ("ELEC", "webpage", "@online", "webpage")),
        ("company", "article", ("ELEC", "webpage", "@online", "webpage")),
        ("trade_press", "release", ("ELEC", "webpage", "@online", "webpage")),
    ],
)
def test_press_is_told_from_releases(kind: str | None, page_kind: str | None, expected: tuple[str, ...]) -> None:
    row = ROW | {"kind": kind, "page_kind": page_kind, "source": "amt"}
    citation = cite(row, OUTLETS)
    bib = as_bibtex(citation)
    types = parse_qs(as_coins(citation))["rft.type"]
    told = (as_ris(citation)[6:10], as_csl(citation)["type"], bib.partition("{")[0], types[0])
    assert told == expected
    released = page_kind == "release"
    assert ("M3  - Press release" in as_ris(citation)) == ("type = {Press release}" in bib) == released
    assert as_csl(citation).get("genre") == ("Press release" if released else None)
    assert "Amt \\& Söhne" in bib


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("2025-11-20T00:30:00+01:00", (2025, 11, 20)),  # as the page counts days
        ("2025-11-20", (2025, 11, 20)),
        ("2025-11-20 06:00", (2025, 11, 20)),
        ("2025-11", (2025, 11)),
        ("2025", (2025,)),
        (None, ()),
        ("", ()),
        ("<i>", ()),
        ("2025-13-01", ()),
        ("2025-02-30", ()),
        ("20251120", ()),
        ("2025-1", ()),
    ],
)
def test_a_date_is_as_exact_as_it_is_known(published: str | None, expected: tuple[int, ...]) -> None:
    assert parts(published) == expected
    row = ROW | {"published": published}
    csl = as_csl(cite(row, OUTLETS))
    assert csl.get("issued") == ({"date-parts": [list(expected)]} if expected else None)
    assert ("date" in ris(**row)) == ("date" in bibtex(**row)[1]) == bool(expected)
    assert ("DC.date" in dict(as_metadata(cite(row, OUTLETS)))) == bool(expected)
    assert csl["id"] == f"blatt{expected[0] if expected else ''}-17"


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_a_title(title: str) -> None:
    row = ROW | {"title": title}
    assert ris(**row)["title"] == plain(title)
    assert as_csl(cite(row, OUTLETS))["title"] == plain(title)
    head, fields = bibtex(**row)
    assert head == "@article{blatt2025-17" and fields["year"] == "2025"
    # pylatexenc, which bibtexparser reads LaTeX with, writes a circumflex of its own and knows no \textbraceleft
    assert "".join(fields["title"].replace("ˆ", "^").split()) == "".join(re.sub("[{}]", "", plain(title)).split())
    assert as_bibtex(cite(row, OUTLETS)).count("\\textbrace") == title.count("{") + title.count("}")
    assert parse_qs(as_coins(cite(row, OUTLETS)))["rft.title"] == [plain(title)]


def test_what_is_not_known_is_left_out() -> None:
    bare = {"authors": None, "published": None, "lang": None, "agencies": None, "kind": None, "page_kind": None}
    bare |= {"final_url": None, "url": "javascript:alert(1)", "source": "neu", "fetched_at": None}
    assert as_csl(cite(ROW | bare, OUTLETS)) == {
        "id": "neu-17",
        "type": "article-newspaper",
        "title": "Microsoft baut in Musterdorf",
        "container-title": "neu",
        "archive": "Revierspiegel",
        "archive_location": "17",
    }
    assert set(bibtex(**bare)[1]) == {"title", "journal", "entrysubtype"}
    assert "UR" not in as_ris(cite(ROW | bare, OUTLETS))
    assert as_csl(cite(ROW | {"authors": "not a list", "agencies": '{"a": 1}'}, OUTLETS)).get("author") is None


NAMES = {
    "Änne Groß": Name("Groß", "Änne"),
    "  Änne   Groß ": Name("Groß", "Änne"),
    "Hans-Peter Meyer-Bär": Name("Meyer-Bär", "Hans-Peter"),
    "Hans Peter Müller": Name("Müller", "Hans Peter"),
    "K.-H. Schmidt": Name("Schmidt", "K.-H."),
    "J. R. R. Bauer": Name("Bauer", "J. R. R."),
    "Peter O'Hara": Name("O'Hara", "Peter"),
    "Ida McAue": Name("McAue", "Ida"),
    "Ursula von der Aue": Name("Aue", "Ursula", "von der"),
    "von der Aue, Ursula": Name("Aue", "Ursula", "von der"),
    "Aue, Ursula von der": Name("Aue", "Ursula", "von der"),
    "Jan van den Berg": Name("Berg", "Jan", "van den"),
    "Karl-Theodor zu Muster": Name("Muster", "Karl-Theodor", "zu"),
    "Maria de la Cruz": Name("Cruz", "Maria", "de la"),
    "Müller, Hans": Name("Müller", "Hans"),
    "Müller, Hans Peter": Name("Müller", "Hans Peter"),
    "Söğüt Çelik": Name("Çelik", "Söğüt"),
}
WHOLE = [
    "Madonna",
    "dpa",
    "red",
    "ASB",
    "Van der Berg",
    "Jan Van der Berg",
    "van der Berg",
    "al Hassan",
    "Ludwig Mies van der Rohe",
    "Herbert von und zu Stein",
    "Dr. Hans Müller",
    "Hans Müller jun.",
    "Martin Muster II",
    "Jo Bär, Musterdorf",
    "Jo Bär, Dr.",
    "Redaktion Musterdorf",
    "Stadt Bergheim",
    "Max M.",
    "Anna & Bert",
    "Anna und Bert",
    "Jean d’Arcy",
    "王 小明",
    "Анна Петрова",
    "José María Muñoz López Vega Ruiz",
    "jo@blatt.example",
    "Jo99 Bär",
]


@pytest.mark.parametrize(("text", "expected"), [*NAMES.items(), *((text, Name(literal=text)) for text in WHOLE)])
def test_names_are_split_where_there_is_no_doubt(text: str, expected: Name) -> None:
    assert name(text) == expected
    row = ROW | {"authors": json.dumps([text])}
    assert ris(**row)["authors"] == [expected.inverted()]
    assert bibtex(**row)[1]["author"] == expected.inverted()


def test_what_zotero_reads_in_a_page() -> None:
    told = list(as_metadata(cite(ROW | {"title": 'Ein "Zeichen" & mehr'}, OUTLETS)))
    assert told[0] == ("z:itemType", "newspaperArticle")
    assert [content for key, content in told if key == "citation_author"] == [
        "Groß, Änne",
        "von der Aue, Ursula",
        "Redaktion Musterdorf",
    ]
    once = dict(told)
    assert once["citation_title"] == once["DC.title"] == 'Ein "Zeichen" & mehr'
    assert once["citation_publication_date"] == "2025/11/20" and once["DC.date"] == "2025-11-20"
    assert once["DC.source"] == "Musterdorfer Blatt"
    assert once["citation_public_url"] == ROW["final_url"]
    assert parse_qs(as_coins(cite(ROW, OUTLETS)))["rft.source"] == ["Musterdorfer Blatt"]


def words(**changed: Any) -> list[str]:
    """In each style."""
    return [str(in_words(cite(ROW | changed, OUTLETS), style)) for style in STYLES]


def test_a_reference_in_words() -> None:
    address = "https://blatt.example/a_b/50%25#top"
    assert words() == [
        "Groß, Ä., von der Aue, U., &amp; Redaktion Musterdorf. (2025, November 20). Microsoft baut in Musterdorf. "
        f"<i>Musterdorfer Blatt</i>. {address}",
        "Groß, Änne, Ursula von der Aue, and Redaktion Musterdorf. 2025. “Microsoft baut in Musterdorf.” "
        f"<i>Musterdorfer Blatt</i>, November 20. {address}.",
        "GROSS, Änne, Ursula VON DER AUE und REDAKTION MUSTERDORF, 2025. Microsoft baut in Musterdorf. "
        "<i>Musterdorfer Blatt</i> [online]. 20 November 2025. [Zugriff am: 21 November 2025]. "
        f"Verfügbar unter: {address}",
    ]


def test_a_reference_without_author_or_date_says_nothing_twice() -> None:
    assert [each.partition(" https")[0] for each in words(authors="[]", title="Wer baut?", published=None)] == [
        "Wer baut? (n.d.). <i>Musterdorfer Blatt</i>. Retrieved November 21, 2025, from",
        "Musterdorfer Blatt. n.d. “Wer baut?”",
        "Wer baut?, [kein Datum]. <i>Musterdorfer Blatt</i> [online]. [Zugriff am: 21 November 2025]. Verfügbar unter:",
    ]
    office = words(authors="[]", kind="government", source="amt", published="2025-11-20")
    assert [each.partition(" 2025")[0][:24] for each in office] == [
        "Amt &amp; Söhne. (2025, ",
        "Amt &amp; Söhne.",
        "Microsoft baut in Muster",
    ]


@pytest.mark.parametrize("title", [*HOSTILE, '<span class="nocase">', "<img src=x onerror=alert(1)> \ue000a\ue001"])
def test_a_hostile_headline_stays_text_in_words(title: str) -> None:
    for text in words(title=title, authors=json.dumps([title])):
        assert not re.sub("</?i>", "", text).count("<")
        assert text.count("<i>") == text.count("</i>") == 1
