import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from lxml.html import document_fromstring

from pipelines import dates
from pipelines.extraction import authors, bylines, clean, json_ld, metadata, publication_dates
from tests.conftest import ROOT

URL = "https://talbote.example/lokales/baubeginn-12.html"


def read(head: str = "", body: str = "", lang: str = "de") -> metadata.Metadata:
    head = f"<head><title>Baubeginn im Frühjahr | Talbote</title>{head}</head>"
    html = f"<html lang='{lang}'>{head}<body>{body}</body></html>"
    return metadata.read(document_fromstring(html), URL, fetched_at=datetime(2024, 5, 1, tzinfo=UTC))


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


ARTICLE = '{"@type": "NewsArticle", "headline": "Baubeginn", "datePublished": "2024-03-18T09:12:00+01:00"}'


@pytest.mark.parametrize(
    "text",
    [
        ARTICLE,
        f"[{ARTICLE}]",
        f'{{"@graph": [{{"@type": "WebPage"}}, {ARTICLE}]}}',
        f"<!-- {ARTICLE} -->",
        f"//<![CDATA[\n{ARTICLE}\n//]]>",
        ARTICLE.replace("}", ",}"),
        ARTICLE.replace('"Baubeginn"', '"Bau\nbeginn"'),
        ARTICLE + ";",
    ],
)
def test_json_ld_is_read_with_its_usual_slips(text: str) -> None:
    assert read(ld(text)).published == "2024-03-18T09:12:00+01:00"


def test_articles_beside_the_pages_own_are_not_believed() -> None:
    other = ARTICLE.replace("2024-03-18", "2020-01-01")
    assert read(ld(f'{{"@type": "ItemList", "itemListElement": [{other}]}}')).published is None
    assert json_ld.parse("[" * 100_000) is None


def test_title_without_the_outlet() -> None:
    site = '<meta property="og:site_name" content="Talbote">'
    assert read(site).title == "Baubeginn im Frühjahr"
    assert read(site, "<h1>Talbote</h1>").title == "Baubeginn im Frühjahr"
    double = '<meta property="og:title" content="Stadt &amp;amp; Land: Baubeginn im Frühjahr - Talbote">'
    assert read(site + double).title == "Stadt & Land: Baubeginn im Frühjahr"


def test_the_editors_headline_goes_before_the_one_for_search_engines() -> None:
    head = ld('{"@type": "NewsArticle", "headline": "Die Bagger kommen ins Frühjahr"}')
    assert read(head, "<h1>Baubeginn im Frühjahr</h1>").title == "Die Bagger kommen ins Frühjahr"


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (
            '<meta property="article:published_time" content="2024-03-18T09:12:00+01:00">',
            "",
            ("2024-03-18T09:12:00+01:00", "meta"),
        ),
        ('<meta name="dc.date" content="2024-03-18">', "", ("2024-03-18", "meta")),
        (
            "",
            "<h1>Baubeginn</h1><time datetime='2024-04-19T12:00:00Z'>19. April</time>",
            ("2024-04-19T12:00:00+00:00", "time"),
        ),
        ("", "<h1>Baubeginn</h1><div class='date'>19. April 2024, 12 Uhr</div>", ("2024-04-19", "text")),
        ("", "<h1>Baubeginn</h1><p>Tal, 19.04.2024</p>", ("2024-04-19", "text")),
        ("", "<h1>Baubeginn</h1><a href='/x'><time datetime='2024-01-01'>1.1.</time></a>", (None, None)),
        (
            '<meta name="date" content="2034-01-01"><meta name="dc.date" content="2024-03-18">',
            "",
            ("2024-03-18", "meta"),
        ),
    ],
)
def test_dates(head: str, body: str, expected: tuple[str | None, str | None]) -> None:
    told = read(head, body)
    assert (told.published, told.date_source) == expected


def test_the_outlets_own_clock_goes_before_utc() -> None:
    utc = ld(ARTICLE.replace("2024-03-18T09:12:00+01:00", "2024-03-17T23:12:00Z"))
    local = '<meta name="date" content="2024-03-18T00:12:00+01:00">'
    assert (told := read(utc + local)).published == "2024-03-18T00:12:00+01:00" and told.date_source == "json-ld"


@pytest.mark.parametrize(
    ("raw", "iso"),
    [
        ("2024-04-28T10:00:00+0200", "2024-04-28T10:00:00+02:00"),
        ("2024-04-28 18:11:01.0", "2024-04-28"),
        ("Fri, 19 Apr 2024 08:30:00 +0200", "2024-04-19T08:30:00+02:00"),
        ("19. April 2024", "2024-04-19"),
        ("April 19, 2024", "2024-04-19"),
        ("1. Mrz. 2024", "2024-03-01"),
        ("Stand: 3.5.2024, 7 Uhr", "2024-05-03"),
        ("20240419", "2024-04-19"),
        ("31.02.2024", None),
        ("heute", None),
    ],
)
def test_date_forms(raw: str, iso: str | None) -> None:
    assert dates.read(raw) == iso


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("Von Anna Beispiel und Dr. Bernd von der Muster", ("Anna Beispiel", "Bernd von der Muster")),
        ("BERND MUSTER, dpa", ("BERND MUSTER",)),
        ("Redaktion Talbote", ()),
        ("Talbote", ()),
        ("https://social.example/talbote", ()),
        ("Anna Beispiel, Düsseldorf", ("Anna Beispiel",)),
        ("Text: Anna Beispiel / Fotos: Bernd Muster", ("Anna Beispiel",)),
        ("Pressestelle Stadt Tal", ()),
        ("Frau Muster", ()),
        ("Herr Muster", ()),
        ("Anna Beispiel 3. Februar 2026", ("Anna Beispiel",)),
        ("Anna Beispiel, Bernd Muster 3. Februar 2026, 16:20 Uhr", ("Anna Beispiel", "Bernd Muster")),
        ("Von Anna Beispiel am Dienstag, den 03.02.2026", ("Anna Beispiel",)),
        ("By Anna Example, updated Feb 3, 2026", ("Anna Example",)),
        ("admin", ()),
    ],
)
def test_persons(field: str, names: tuple[str, ...]) -> None:
    assert bylines.persons([field], {"talbote"}) == names


def test_agencies() -> None:
    fields = ["Anna Beispiel, dpa", "AFP/Reuters", "dpa/lnw", "(dpa/bw)"]
    assert [bylines.agencies_in(field) for field in fields] == [("dpa",), ("AFP", "Reuters"), ("dpa/lnw",), ("dpa",)]
    assert bylines.credited("Düsseldorf (dpa/lnw) - Der Bau beginnt.\n\nMehr folgt.") == ("dpa/lnw",)
    assert bylines.credited("Der Bau (mit Garten) beginnt.\n\nDie AP ist nicht gemeint.") == ()


def test_an_outlet_under_any_of_its_names_is_no_author() -> None:
    names = "".join(f'<meta name="{name}" content="Tal Bote (www.tb.example)">' for name in ("publisher", "author"))
    assert read(f'<meta property="og:site_name" content="TB.example">{names}').authors == ()


def test_a_page_on_a_person_names_no_author() -> None:
    assert read("", "<h1>Bau</h1><p>Mehr: <a href='/personen/anna-beispiel'>Anna Beispiel</a></p>").authors == ()


def test_authors_from_json_ld_before_byline() -> None:
    node = (
        '{"@type": "NewsArticle", "headline": "x", "author": [{"@id": "#a"}, {"@type": "Organization", "name": "dpa"}]}'
    )
    told = read(ld(f'{{"@graph": [{node}, {{"@id": "#a", "@type": "Person", "name": "Anna Beispiel"}}]}}'))
    assert told.authors == ("Anna Beispiel",)
    assert read("", "<h1>Bau</h1><p class='byline'>Von <a>Bernd Muster</a>, 3 Min.</p>").authors == ("Bernd Muster",)
    assert read('<meta name="author" content="Anna Beispiel">').authors == ("Anna Beispiel",)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (
            "<div class='autorzeile'>Anna Beispiel, Bernd Muster 3. Februar 2026</div>",
            ("Anna Beispiel", "Bernd Muster"),
        ),
        ("<div class='storyAuthor'>Anna Beispiel</div>", ("Anna Beispiel",)),
        ("<div class='authority'>Untere Baubehörde</div>", ()),
        ("<p><strong>Anna Beispiel</strong></p>", ("Anna Beispiel",)),
        ("<p>Von Anna Beispiel</p>", ("Anna Beispiel",)),
        ("<p><strong>Frau Muster, wer kommt zum Fest?</strong></p>", ()),
        ("<p><strong>Anna Beispiel, Bernd Muster?</strong></p>", ()),
        ("<p><strong>Anna Beispiel gewinnt, Bernd Muster.</strong></p>", ()),
        ("<p><strong>„Willkommen, Anna Beispiel!“</strong></p>", ()),
        ("<p><strong>Frau Muster</strong></p>", ()),
    ],
)
def test_authors_from_the_lines_under_the_heading(line: str, names: tuple[str, ...]) -> None:
    assert read("", f"<h1>Bau</h1>{line}").authors == names


def test_class_names_are_read_as_words() -> None:
    for name in "date articleDate publishDate article-date pubdate Datum".split():
        assert publication_dates.DATE_PARTS.search(name), name
    for name in "update updated validate candidate datenschutz timeline".split():
        assert not publication_dates.DATE_PARTS.search(name), name
    for name in "author c-AuthorName articleAuthor Autor byline autorzeile".split():
        assert authors.BYLINE_PARTS.search(name), name
    for name in "authority authorize autoritaet bylined co2autorail".split():
        assert not authors.BYLINE_PARTS.search(name), name


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/lokales/baubeginn-12.html", URL),
        ("https://talbote.example/", None),
        ("", None),
        ("undefined", None),
        ("javascript:void(0)", None),
        ("http://[broken", None),
    ],
)
def test_canonical_address(href: str, expected: str | None) -> None:
    assert read(f'<link rel="canonical" href="{href}">').canonical_url == expected


@pytest.mark.parametrize(
    ("og", "expected"),
    [
        ("https://andere.example/lokales/baubeginn-im-fruehjahr-77.html", True),
        ("https://andere.example/lokales/BAUBEGINN_FRÜHJAHR", True),
        ("https://andere.example/", False),
        ("https://andere.example/lokales/baubeginn", False),  # a section
        ("https://andere.example/artikel/4711", False),
        ("https://www.talbote.example/baubeginn-im-fruehjahr", False),  # its own: `identity` knows better
        ("https://m.talbote.example/baubeginn-im-fruehjahr", False),
        ("/baubeginn-im-fruehjahr", False),
        ("ftp://andere.example/baubeginn-fruehjahr", False),
        ("http://[kaputt/baubeginn-fruehjahr", False),
    ],
)
def test_an_address_elsewhere_that_only_opengraph_names(og: str, expected: bool) -> None:
    head = f'<meta property="og:url" content="{og}">'
    assert read(head).canonical_url == (og if expected else None)
    assert read(f'{head}<link rel="canonical" href="/lokales/baubeginn-12.html">').canonical_url == URL
    assert read(f'{head}<link rel="canonical" href="undefined">').canonical_url is None


def test_language() -> None:
    assert read(lang="de-AT").lang == "de"
    assert read('<meta property="og:locale" content="en_GB">', lang="").lang == "en"
    assert read(lang="").lang is None


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        ("<p>Aktualisiert: 25.02.2024, 07.40 Uhr<br>Publiziert: 24.02.2024, 14.05 Uhr</p>", "2024-02-24"),
        ("<table><tr><td>Talstadt</td><td>Dienstag, den 20. Februar 2024</td></tr></table>", "2024-02-20"),
        ("<p class='info'>Anna Beispiel | 20.02.24</p>", "2024-02-20"),
        ("<div>Par <b>Anna Beispiel</b> – 20 févr. 2024 à 19:02 – Temps de lecture : 2 min</div>", "2024-02-20"),
        ("<span>20 februari 2024</span>", "2024-02-20"),
        ("<small>20 de febrero de 2024</small>", "2024-02-20"),
        (
            "<p>Talstadt, 20. Februar 2024 – Der Bau des Rechenzentrums beginnt nach Angaben der Stadt.</p>",
            "2024-02-20",
        ),
        ("<p>Das Fest am 20. Februar 2024 im Park war nach Angaben der Stadt gut besucht.</p>", None),
        ("<figure><p>Die Baustelle am 20. Februar 2024</p></figure>", None),
        ("<div id='fuss'>© Talbote · Stand: 1.1.2008</div>", None),
        ("<div><h3><a href='/x'>Chor sucht Stimmen</a></h3><span>20.02.2024</span></div>", None),
    ],
)
def test_the_day_beside_the_headline(lines: str, day: str | None) -> None:
    assert read("", f"<main><h1>Baubeginn</h1>{lines}</main>").published == day


def test_of_two_days_in_one_line_every_process_takes_the_same() -> None:
    """Python orders sets by a number that each process draws anew."""
    line = "Aus dem Rathaus und der Stadt<br>12. März 2024<br>Ausgabe der Woche Nummer elf<br>14. März 2024"
    page = f"<h1>Baubeginn im Frühjahr</h1><p>{line}</p><p>Im März beginnt der Bau.</p>"
    code = "import sys; from tests.test_metadata import read; print(read(body=sys.argv[1]).published)"
    days = {
        subprocess.run(
            [sys.executable, "-c", code, page],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "14"
    }
    assert days == {"2024-03-12\n"}


def test_a_day_that_a_sites_links_lead_to_is_the_articles() -> None:
    link = "<a href='/2024/03/18' rel='bookmark'><time datetime='2024-03-18T10:00:00+01:00'>18. März</time></a>"
    assert read("", f"<h1>Baubeginn</h1><span>{link}</span>").published == "2024-03-18T10:00:00+01:00"


def test_a_change_before_the_publication_is_none() -> None:
    assert read(ld(ARTICLE.replace('"headline"', '"dateModified": "2024-03-17", "headline"'))).modified is None
    assert read(ld(ARTICLE.replace('"headline"', '"dateModified": "2024-03-19", "headline"'))).modified == "2024-03-19"


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (
            "<p><a href='/team/a'>Anna Beispiel</a><a href='/team/b'>Bernd Muster</a></p>",
            ["Anna Beispiel", "Bernd Muster"],
        ),
        ("<p>VON ANNA BEISPIEL UND BERND MUSTER</p>", ["ANNA BEISPIEL", "BERND MUSTER"]),
        ("<p>Anna Beispiel | 3. März 2024</p>", ["Anna Beispiel"]),
        ("<dl><dt>Autor</dt><dd>Anna Beispiel</dd></dl>", ["Anna Beispiel"]),
        ("<dl><dd>Geschrieben von: <span>Anna Beispiel</span></dd></dl>", ["Anna Beispiel"]),
        ("<p>Das Gespräch führte Anna Beispiel</p>", ["Anna Beispiel"]),
        ("<p>8. März 2024 · 49 Minuten · von und mit Anna Beispiel</p>", ["Anna Beispiel"]),
        ("<p>Door Anna Beispiel</p>", ["Anna Beispiel"]),
        ("<p>(apa) Von Anna Beispiel</p>", ["Anna Beispiel"]),
        ("<p>Lokalredaktion Bergheim | 3. März 2024</p>", []),
        ("<p>Weitere Meldungen</p><p>3. März 2024</p>", []),
    ],
)
def test_names_beside_the_headline(lines: str, names: list[str]) -> None:
    assert list(read("", f"<main><h1>Baubeginn</h1>{lines}</main>").authors) == names


def test_an_article_signed_at_its_end() -> None:
    text = "Der Bau des Rechenzentrums an der Landstraße beginnt nach Angaben der Stadt im kommenden Frühjahr. " * 3
    end = "<p>Anna Beispiel, 3. März 2024</p>"
    told = read("", f"<h1>Baubeginn</h1><p>{text}</p>{end}")
    assert (told.authors, told.published) == (("Anna Beispiel",), "2024-03-03")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Von Anna Beispiel (mit Material von dpa/lnw)", ("dpa/lnw",)),
        ("Bron: ANP", ("ANP",)),
        ("Par Anna Beispiel (avec AFP)", ("AFP",)),
        ("By Anna Example, Associated Press", ("AP",)),
        ("Der Pa und die Ap", ()),
        ("sid", ("SID",)),
    ],
)
def test_agencies_in_bylines(line: str, names: tuple[str, ...]) -> None:
    assert bylines.agencies_in(line) == names


@pytest.mark.parametrize(
    "body",
    [
        "<h1><a href='/'>Talbote</a></h1><h2>Baubeginn im Frühjahr</h2>",
        "<div role='heading' aria-level='1'>Baubeginn im Frühjahr</div>",
        "<h1><small>Talstadt</small><br>Baubeginn im Frühjahr</h1>",
        "<h1><span class='dachzeile'>Streit um Halle</span> <span>Baubeginn im Frühjahr</span></h1>",
        "<h1 class='logo'>Nachrichten aus dem Tal</h1><h1>Baubeginn im Frühjahr</h1>",
        "<span class='titel'>Baubeginn im Frühjahr</span>",
    ],
)
def test_the_headline_whatever_it_is_called(body: str) -> None:
    assert read("", body).title == "Baubeginn im Frühjahr"


def test_a_wording_for_networks_is_the_headline_only_where_a_reader_sees_it() -> None:
    social = '<meta property="og:title" content="Bagger rollen: So geht der Baubeginn los">'
    heading = "<h1>Baubeginn im Frühjahr</h1>"
    assert read(social, heading).title == "Baubeginn im Frühjahr"
    assert read(social, f"{heading}<p>Bagger rollen: So geht der Baubeginn los</p>").title.startswith("Bagger rollen")


@pytest.mark.parametrize(
    ("head", "body", "day"),
    [
        (
            "",
            "<h1>Bau</h1><blockquote><time datetime='2024-01-01'></time></blockquote><p>2.2.2024</p>",
            "2024-02-02",
        ),
        (
            "",
            "<h1>Bau</h1><p>Eingereicht: <time>1.1.2024</time></p><p>Erschienen: <time>2.2.2024</time></p>",
            "2024-02-02",
        ),
        ('<meta name="date" content="2024-03-03">', "<h1>Bau</h1><p>Erschienen am: 02.02.2024</p>", "2024-02-02"),
        (
            '<meta name="date" content="02/03/2024">',
            "<h1>Bau</h1><p>Text</p><p>Erstellt am: 03.02.2024</p>",
            "2024-02-03",
        ),
        ("", "<article><aside><ul><li class='date'>02.02.2024</li></ul></aside><h1>Bau</h1></article>", "2024-02-02"),
        (
            "",
            "<h1>Bau</h1><p><b>Datum:</b> 02.02.2024<br><b>Autor:</b> Anna Beispiel<br>Quelle: Talbote</p>",
            "2024-02-02",
        ),
        (
            "",
            "<h1>Bau</h1><div><strong>Tal, (02.02.2024). Der Kreistag hat am Montag den Bau genehmigt.</strong></div>",
            "2024-02-02",
        ),
        ("", "<h1>Bau</h1><p>2.2.2024 - Der Kreistag hat am Montag den Bau genehmigt.</p>", "2024-02-02"),
        (
            "",
            "<h1>Bau</h1><span property='schema:dateCreated' content='2024-02-02T12:45:46+00:00'></span>",
            "2024-02-02T12:45:46+00:00",
        ),
        ("", "<h1>Bau<br><small>02.02.2024 • Kreistag</small></h1>", "2024-02-02"),
    ],
)
def test_days_where_pages_show_them(head: str, body: str, day: str) -> None:
    assert read(head, body).published == day


def test_a_live_blog_whose_date_runs_along_is_of_its_first_entry() -> None:
    entries = '[{"datePublished": "2024-03-19T14:10:00Z"}, {"datePublished": "2024-03-18T11:50:00Z"}]'
    blog = (
        f'{{"@type": "LiveBlogPosting", "headline": "Baubeginn", "datePublished": "%s", "liveBlogUpdate": {entries}}}'
    )
    assert (read(ld(blog % "2024-03-19T14:10:00Z")).published or "")[:10] == "2024-03-18"
    assert (read(ld(blog % "2024-03-17T09:00:00Z")).published or "")[:10] == "2024-03-17"


def test_json_ld_of_another_article_is_not_believed() -> None:
    about = '"headline": "Wildpark erweitert", "url": "https://talbote.example/x", "datePublished": "2024-03-18"'
    other = f'{{"@type": "NewsArticle", {about}}}'
    assert read(ld(other), "<h1>Baubeginn im Frühjahr</h1>").published is None


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://talbote.example/20240202/bau", "2024-02-02"),
        ("https://talbote.example/2024/2/2/bau", "2024-02-02"),
        ("https://talbote.example/sport/spielplan-2025-26-1-steht.html", None),
        ("https://talbote.example/bau-2024123456", None),
    ],
)
def test_days_in_addresses(url: str, day: str | None) -> None:
    assert dates.in_address(url) == day


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("Anna Beispiel, Neu Delhi", ("Anna Beispiel",)),
        ("Anna Beispiel, NDF TALLAND", ("Anna Beispiel",)),
        ("Ein Artikel von Anna Beispiel", ("Anna Beispiel",)),
        ("(Anna Beispiel, mit Material der dpa)", ("Anna Beispiel",)),
        ("© Bernd Muster", ()),
        ("Liebe Leserinnen", ()),
        ("Ort Talstadt", ()),
    ],
)
def test_who_is_no_author(field: str, names: tuple[str, ...]) -> None:
    assert bylines.persons([field], {"talbote"}) == names


def test_a_title_that_ends_with_a_span_of_days_is_whole() -> None:
    span = "Wetter im Kreis: 14. - 20. Mai 2024"
    assert read(f'<meta property="og:title" content="{span}">', f"<h1>{span}</h1>").title == span


@pytest.mark.parametrize(
    ("lang", "beside", "day"),
    [
        ("en-US", "", "2024-03-04"),
        ("en-GB", "", "2024-04-03"),
        ("en", "Next meeting: 03/21/2024", "2024-03-04"),
        ("en-US", "Next meeting: 21/03/2024", "2024-04-03"),
    ],
)
def test_days_between_slashes_are_read_as_the_page_writes_them(lang: str, beside: str, day: str) -> None:
    body = f"<h1>Baubeginn im Frühjahr</h1><p>Posted 03/04/2024</p><p>{beside}</p>"
    assert read(body=body, lang=lang).published == day


def test_the_day_of_a_headline_in_a_list_of_others_is_theirs() -> None:
    others = "<section><h2>Others read</h2><ul><li>A bridge <time>3 February 2024</time></li></ul></section>"
    text = f"<p>{'The council met and talked of the building. ' * 5}</p>" * 2
    assert read(body=f"<main><article><h1>Baubeginn</h1>{text}</article>{others}</main>").published is None
    links = '<div><a href="/2">Was mit der alten Brücke am Markt wird</a> <time>3 February 2024</time></div>'
    assert read(body=f"<main><h1>Baubeginn</h1>{links}</main>").published is None


def test_the_day_in_what_a_script_is_given_to_show() -> None:
    state = '{"story": {"title": "Baubeginn im Frühjahr", "firstPublishedAt": "2024-03-04T05:00:00Z"}%s}'
    others = ', "more": [{"title": "Die Brücke", "publishedAt": "2024-02-01T05:00:00Z"}]'
    for text in (state % "", state % others):
        found = read(body=f"<h1>Baubeginn im Frühjahr</h1><script>{text}</script>")
        assert (found.published, found.date_source) == ("2024-03-04T05:00:00+00:00", "script")


@pytest.mark.parametrize(
    "heading",
    [
        "<span>TB+</span> Baubeginn im Frühjahr",
        "<svg><title>Plus</title><path d='M0'/></svg>Baubeginn im Frühjahr",
    ],
)
def test_a_sign_before_the_headline_is_not_of_it(heading: str) -> None:
    tree = clean.parse(f"<html><head><title>Baubeginn im Frühjahr</title></head><body><h1>{heading}</h1></body></html>")
    assert metadata.read(tree, URL).title == "Baubeginn im Frühjahr"


@pytest.mark.parametrize(
    ("body", "authors"),
    [
        ("<p>Anna Beispiel</p><p>Reporterin für Energie</p>", ("Anna Beispiel",)),
        ("<p>Am Ticker: Anna Beispiel (abe), Bernd Muster (bmu)</p>", ("Anna Beispiel", "Bernd Muster")),
        ("<div><button>Send Flowers</button><button>Plant Trees</button></div><p>3. März 2024</p>", ()),
    ],
)
def test_persons_beside_the_headline(body: str, authors: tuple[str, ...]) -> None:
    assert read(body=f"<h1>Baubeginn im Frühjahr</h1>{body}").authors == authors


def test_an_agency_in_brackets_at_the_end_of_a_line() -> None:
    assert read(body="<h1>Baubeginn</h1><p>Z Bergheimu Jan Przykład (PAP)</p>").agencies == ("PAP",)


@pytest.mark.parametrize(
    ("day", "lang"),
    [("25 maja 2026", "pl"), ("25. května 2026", "cs"), ("25. toukokuuta 2026", "fi"), ("25 мая 2026", "ru")],
)
def test_months_of_other_languages(day: str, lang: str) -> None:
    assert dates.written(day) == "2026-05-25", lang


def test_json_ld_of_a_film_or_of_a_teaser_is_not_the_pages() -> None:
    film = ld('{"@type": "VideoObject", "name": "Wetter am Sonntag", "uploadDate": "2024-04-27"}')
    assert read(film, "<h1>Baubeginn im Frühjahr</h1><p>Publié le 3 mars 2024</p>").published == "2024-03-03"
    teaser = ld('{"@type": "NewsArticle", "headline": "Konzern verlegt Termin", "datePublished": "2024-04-27"}')
    front = "<h1>Talbote</h1><article><h2><a href='/2'>Konzern verlegt Termin</a></h2></article>"
    assert not read(teaser, front).says_article


def test_the_headline_is_what_the_outlets_h1_leaves_of_the_title() -> None:
    body = "<h1>Talbote</h1><h2><a href='/lokales/baubeginn-12.html'>Baubeginn im Frühjahr</a></h2>"
    assert read(body=body).title == "Baubeginn im Frühjahr"


def test_the_day_beside_the_headline_goes_before_one_far_below() -> None:
    below = "<section><h2>Mehr</h2><article><time>2.4.24</time><h3>Haushalt</h3></article></section>"
    prose = f"<p>{'Der Rat tagt. ' * 20}</p>" * 2
    body = f"<main><h1>Baubeginn</h1><p>von Anna Beispiel, 19.3.24</p>{prose}</main>{below}"
    assert read(body=body).published == "2024-03-19"
    box = "<aside><dl><dt>Datum:</dt><dd>18. März 2024</dd><dt>Rubrik:</dt><dd>Umwelt</dd></dl></aside>"
    assert read(body=f"<h1>Baubeginn</h1>{box}").published == "2024-03-18"


@pytest.mark.parametrize(
    "body",
    [
        "<h1>Gemeinde Talstadt</h1><div itemscope><h3 itemprop='headline'>Der Bagger rollt</h3></div>",
        "<h1><a href='/'>Zeitung für das Tal</a></h1><div class='tytul-artykulu'>Der Bagger rollt</div>",
        "<nav><a href='/presse'>Presse</a></nav><h1>Presse</h1><article><h2>Der Bagger rollt</h2></article>",
        "<h1>Der Talbote</h1><font size='5'><b>Der Bagger rollt</b></font>",
    ],
)
def test_the_name_of_the_site_or_of_its_section_is_no_headline(body: str) -> None:
    html = (
        f"<html><head><title>Detail: Der Talbote</title></head><body>{body}<p>{'Der Rat tagt. ' * 20}</p></body></html>"
    )
    assert metadata.read(document_fromstring(html), URL).title == "Der Bagger rollt"


def test_a_heading_that_begins_like_the_page_goes_before_the_outlet_behind_the_line() -> None:
    html = "<title>Bahnhalt | Freie Wähler</title><h1>Freie Wähler</h1><h2>Bahnhalt Talstadt: Wir bleiben dran</h2>"
    assert metadata.read(document_fromstring(html), URL).title == "Bahnhalt Talstadt: Wir bleiben dran"
    html = "<title>Kommentar: Der Bagger rollt | Talbote</title><h1>Der Bagger rollt</h1><h2>Kommentare (4)</h2>"
    assert metadata.read(document_fromstring(html), URL).title == "Der Bagger rollt"
    html = "<title>Netze: Der Bagger rollt an | Talbote</title><h2>Netze</h2><h1>Der Bagger rollt an</h1>"  # a kicker
    assert metadata.read(document_fromstring(html), URL).title == "Der Bagger rollt an"


HEADING = "<main><h1>Baubeginn im Frühjahr</h1>"
PROSE = f"<p>{'Der Rat tagt. ' * 20}</p>"


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        # what the page says of itself to readers goes before what stands for the whole site
        (
            '<meta name="dcterms.created" content="2016-09-01">',
            "<dl><dt>Published</dt><dd>18 March 2024</dd><dt>Last updated</dt><dd>2 April 2024</dd></dl>",
            "2024-03-18",
        ),
        ('<meta name="dcterms.created" content="2016-09-01">', "", "2016-09-01"),
        (
            '<meta property="datePublished" content="2018-10-01">',
            "<table><tr><th>Anmeldung bis</th><td>22.3.2024</td></tr>"
            "<tr><th>Meldung vom</th><td>18.3.2024</td></tr></table>",
            "2024-03-18",
        ),
        (
            ld('{"@type": "WebPage", "name": "KQTX 9", "datePublished": "2017-08-21"}'),
            "<p>18. März 2024</p>",
            "2024-03-18",
        ),
        (ld('{"@type": "WebPage", "name": "Baubeginn im Frühjahr", "datePublished": "2024-03-18"}'), "", "2024-03-18"),
        (
            ld('{"@type": "SocialMediaPosting", "headline": "Der letzte Zug", "datePublished": "2021-03-01"}'),
            "<p>18. März 2024</p>",
            "2024-03-18",
        ),
        # the day of something else
        ("", "<div>Stichwahl-Termin: 22. April 2024 – <a>Briefwahl</a></div>", None),
        ("", "<div>Anmeldeschluss: 22.4.2024</div><p>18.3.2024</p>", "2024-03-18"),
        (
            "",
            f"{2 * PROSE}</main><div><p><a href='/1'>Fähre fällt aus</a><time>2.4.2024</time></p>"
            "<p><a href='/2'>Markt</a><time>1.4.2024</time></p></div>",
            None,
        ),
        # forms
        ("", "<div><span>18</span><span>Mär</span><span>2024</span></div>", "2024-03-18"),
        ("", "<div><span>Anna Muster</span> <span>Geplaatst: 18-03-24, 21:45</span></div>", "2024-03-18"),
        ("", "<small>Mo., 18. März 24</small>", "2024-03-18"),
        ("", "<p>Am 18. März 24 Bäume gepflanzt</p>", None),
        (
            "",
            "<span><b>Date</b> 18/03/2024 <b>School</b> Geography, Earth, Rocks, Stars and Sciences</span>",
            "2024-03-18",
        ),
        ("", "<abbr class='published' title='2024-03-18T09:12:00Z'>lundi</abbr>", "2024-03-18T09:12:00+00:00"),
        # in what scripts are given to show: that of the object with the headline
        (
            "",
            '<script>s={"feed":[{"title":"Markt","display_date":"2024-03-01"}],'
            '"content":{"title":"Baubeginn im Frühjahr","created_date":"2024-02-01",'
            '"display_date":"2024-03-18T09:12:00Z"}}</script>',
            "2024-03-18T09:12:00+00:00",
        ),
        (
            "",
            '<script>s={related:[{slug:"markt",publishedAt:1709280000000}],story:{title:"Baubeginn im Frühjahr",'
            "publishedAt:1710753120000}}</script>",
            "2024-03-18T09:12:00+00:00",
        ),
        (
            "",
            '<script>s=[{"title":"A","publishedAt":"2024-03-01"},{"title":"B","publishedAt":"2024-03-02"}]</script>',
            None,
        ),
    ],
)
def test_the_day_of_an_article(head: str, body: str, expected: str | None) -> None:
    assert read(head, HEADING + body).published == expected


def test_months_first_also_with_years_of_two_digits() -> None:
    sidebar = "<td><small>Posted 03/28/24</small></td>"
    body = f"<table><tr>{sidebar}<td>{HEADING}<small>Posted 04/03/24</small></td></tr></table>"
    assert read(body=body).published == "2024-04-03"


def test_names_beside_handles_and_as_links_of_a_byline() -> None:
    assert read(body=f"{HEADING}<div class='byline'><p>By Anna Example <a href='#'>@anna_ex</a></p></div>").authors == (
        "Anna Example",
    )
    byline = "<div class='b-byline'><span>By <a>Anna Example</a> Staff Writer</span></div>"
    assert read(body=HEADING + byline).authors == ("Anna Example",)
    assert read(body=f"{HEADING}<p>Szanowny Użytkowniku</p><p>18. März 2024</p>").authors == ()


def test_a_signature_below_the_part_with_the_text() -> None:
    body = f"{HEADING}<div>{PROSE}</div><p>Text: Anna Muster | <time>18. März 2024</time></p></main>"
    told = read(body=body)
    assert (told.authors, told.published) == (("Anna Muster",), "2024-03-18")


def test_braces_in_page_state_take_no_time() -> None:
    """30 kB of them took minutes, as each pair was taken out of a copy of the rest, for each day anew."""
    days = '"datePublished":"2024-01-01",' * 200
    state = f'x="Baubeginn im Revier";{"{" * 12_000}{"}" * 12_000}{days}'
    html = f"<h1>Baubeginn im Revier</h1><script>{state}</script>{PROSE}"
    began = time.process_time()
    assert metadata.read(document_fromstring(html), URL).published == "2024-01-01"
    assert time.process_time() - began < 1
