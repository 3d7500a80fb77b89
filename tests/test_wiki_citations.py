"""What Wikipedia and Wikidata are given: whatever a headline holds, it stays one value of one template."""

import html
import re
from typing import Any

import pytest

from db.export.citations import cite
from db.export.wiki_citations import as_cite_news, as_internetquelle, as_wikidata
from tests.test_citations import HOSTILE, OUTLETS, ROW, plain


def written(as_template: Any, **changed: Any) -> str:
    return str(as_template(cite(ROW | changed, OUTLETS)))


def fields_of(template: str) -> dict[str, str]:
    """As MediaWiki takes it apart: pipes part, the first equals sign names."""
    assert template.startswith("{{") and template.endswith("}}\n")
    inner = template[2:-3]
    assert not re.search(r"[{}\[\]<>\n]|~~|''|__", inner)
    return dict(part.split("=", 1) for part in inner.split(" |")[1:])


def test_a_newspaper_article_on_wikipedia() -> None:
    assert written(as_cite_news) == (
        "{{cite news |last1=Groß |first1=Änne |last2=von der Aue |first2=Ursula |author3=Redaktion Musterdorf"
        " |title=Microsoft baut in Musterdorf |url=https://blatt.example/a_b/50%25#top |work=Musterdorfer Blatt"
        " |agency=dpa |date=2025-11-20 |access-date=2025-11-21 |language=de}}\n"
    )
    assert written(as_internetquelle) == (
        "{{Internetquelle |autor=Änne Groß, Ursula von der Aue, Redaktion Musterdorf"
        " |url=https://blatt.example/a_b/50%25#top |titel=Microsoft baut in Musterdorf |werk=Musterdorfer Blatt"
        " |datum=2025-11-20 |abruf=2025-11-21}}\n"
    )
    assert "|date=November 2025 |" in written(as_cite_news, published="2025-11")
    assert written(as_cite_news, page_kind="release").startswith("{{cite press release |")
    assert "|website=Amt &amp; Söhne |" not in written(as_cite_news, kind="government", source="amt")
    assert "|website=Amt & Söhne |" in written(as_cite_news, kind="government", source="amt")


def test_a_reference_on_wikidata() -> None:
    assert written(as_wikidata, authors='["Änne Groß"]').split("\t") == [
        *("S854", '"https://blatt.example/a_b/50%25#top"', "S1476", 'de:"Microsoft baut in Musterdorf"'),
        *("S2093", '"Änne Groß"', "S407", "Q188"),
        *("S577", "+2025-11-20T00:00:00Z/11", "S813", "+2025-11-21T00:00:00Z/11\n"),
    ]
    assert "S577\t+2025-11-00T00:00:00Z/10\t" in written(as_wikidata, published="2025-11")
    assert "S577" not in written(as_wikidata, published=None)


@pytest.mark.parametrize(
    "title",
    [
        *HOSTILE,
        "a | b || c |title=x",
        "}}{{Löschen}}",
        "[[Datei:x.jpg]] <ref>",
        "~~~~ '''fett''' __TOC__",
        "&#124; &amp;",
    ],
)
def test_a_hostile_title_stays_one_value(title: str) -> None:
    for template, field in ((as_cite_news, "title"), (as_internetquelle, "titel")):
        told = fields_of(written(template, title=title))
        assert html.unescape(told[field]) == plain(title)
        assert told.keys() == fields_of(written(template)).keys()
    line = written(as_wikidata, title=title)
    assert line.count("\n") == 1 and "||" not in line and len(line.split("\t")) == 16
    address = fields_of(written(as_cite_news, final_url="https://a.example/x|y}}z [1]<b>"))["url"]
    assert address == "https://a.example/x%7Cy%7D%7Dz%20%5B1%5D%3Cb%3E"
