import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipelines.article import Article, Hints, Reason, Rejected
from pipelines.extraction import boilerplate, clean

SENTENCE = "Der Bau des Rechenzentrums an der Landstraße beginnt nach Angaben der Stadt im kommenden Frühjahr. "
PARAGRAPHS = [f"{number}. Absatz: {SENTENCE * 3}".strip() for number in range(1, 6)]


def page(body: str = "", head: str = "", paragraphs: list[str] | None = None, after: str = "") -> bytes:
    prose = "".join(f"<p>{text}</p>" for text in (PARAGRAPHS if paragraphs is None else paragraphs))
    return f"""<!doctype html><html lang="de"><head><meta charset="utf-8"><title>Baubeginn im Frühjahr - Talbote</title>
    <meta property="og:site_name" content="Talbote">{head}</head><body><nav><a href="/">Start</a></nav><main><article>
    <h1>Baubeginn im Frühjahr</h1>{body}{prose}</article>{after}</main></body></html>""".encode()


def article(html: bytes, **fields: object) -> Article:
    return Article(source="talbote", url="https://talbote.example/lokales/baubeginn-12.html", html=html, **fields)


def read(html: bytes, **fields: object) -> Article:
    cleaned, rejected = clean.read(article(html, **fields))
    assert rejected is None, rejected
    return cleaned


def reason(html: bytes, **fields: object) -> Reason | None:
    rejected = clean.read(article(html, **fields))[1]
    return rejected.reason if rejected else None


def json_ld(**fields: object) -> str:
    node = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Baubeginn im Frühjahr"} | fields
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def test_text_is_the_articles_paragraphs() -> None:
    assert read(page()).text.split("\n\n") == PARAGRAPHS


def test_the_lead_belongs_to_the_text_and_the_title_does_not() -> None:
    lead = "Nach langer Planung steht der Termin für den Baubeginn fest, sagt der Bürgermeister."
    text = read(page(f'<div class="field--teaser"><p>{lead}</p></div>')).text
    assert text.split("\n\n") == [lead, *PARAGRAPHS]


@pytest.mark.parametrize(
    ("pattern", "parts", "others"),
    [
        (boilerplate.PICTURE, "picBox bild Bild bildBox images imageCredit", "picking imagery bildung photographer"),
    ],
)
def test_class_names_are_read_as_words(pattern: re.Pattern[str], parts: str, others: str) -> None:
    assert [name for name in parts.split() if not pattern.search(name)] == []
    assert [name for name in others.split() if pattern.search(name)] == []


@pytest.mark.parametrize(
    "foreign",
    [
        '<aside><h2>Das könnte Sie auch interessieren</h2><article class="teaser"><h3><a href="/x">FREMD</a></h3>'
        "<p>FREMD: In der Nachbarstadt wird seit Jahren über eine Brücke gestritten, nun liegt ein Plan vor.</p>"
        "</article></aside>",
        '<section class="contact"><h2>Überblick</h2><p>Pressekontakt</p><p>FREMD, Telefon: 0211 / 0</p></section>',
        "<h3>Lesen Sie auch</h3><ul><li><a href='/y'>FREMD: Streit um die Brücke in der Nachbarstadt</a></li></ul>",
        '<div class="newsletter-box"><p>FREMD: Melden Sie sich an und lesen Sie morgens die Nachrichten.</p></div>',
        '<div class="social-share"><a href="https://s.example">FREMD teilen</a></div>',
        '<div id="comments"><p>FREMD: Ein Leser schreibt hier, was er von diesem Bau hält, ausführlich.</p></div>',
        "<figure><img src='b.jpg'><figcaption>FREMD: Die Baustelle im Herbst. Foto: Agentur</figcaption></figure>",
        "<div hidden><p>FREMD: Das steht im Quelltext, aber kein Mensch sieht es auf dieser Seite.</p></div>",
    ],
)
def test_what_is_no_article_is_left_out(foreign: str) -> None:
    text = read(page(after=foreign)).text
    assert "FREMD" not in text and text.split("\n\n") == PARAGRAPHS
    assert "FREMD" not in read(page(paragraphs=[*PARAGRAPHS[:3], "</p>" + foreign + "<p>", *PARAGRAPHS[3:]])).text


def test_the_contact_block_ends_a_press_release() -> None:
    contact = "<h2>Pressekontakt</h2><p>FREMD, Pressestelle der Stadt Tal</p><p>Telefon 0211 / 0</p>"
    assert read(page(paragraphs=[*PARAGRAPHS, f"</p>{contact}<p>"])).text.split("\n\n") == PARAGRAPHS


def test_paid_text_hidden_in_json_ld_is_never_taken() -> None:
    paid = "GEHEIM: Dieser bezahlte Satz steht nur in den Daten für Suchmaschinen. " * 30
    head = json_ld(isAccessibleForFree=False, articleBody=paid, datePublished="2024-03-18T09:00:00+01:00")
    teaser = PARAGRAPHS[0]
    shown = read(page(head=head, paragraphs=[teaser]))
    assert (shown.text, shown.access) == (teaser, "teaser")
    for tag in ("template", "noscript", "script"):
        hidden = page(f"<{tag}><p>{paid}</p></{tag}>", head=head, paragraphs=[teaser])
        assert "GEHEIM" not in read(hidden).text
    walled, rejected = clean.read(article(page(head=head, paragraphs=[])))
    assert rejected is not None and rejected.reason is Reason.WALL
    assert walled.access == "walled" and "GEHEIM" not in walled.text


def test_access() -> None:
    assert read(page()).access == "free"
    assert read(page(head=json_ld(isAccessibleForFree=True))).access == "free"
    assert read(page(head=json_ld(isAccessibleForFree="False"))).access == "metered"
    offer = "Jetzt weiterlesen mit dem Digitalabo, monatlich kündbar für 9,90 Euro im Monat."
    teaser = read(page(head=json_ld(isAccessibleForFree=False), paragraphs=[PARAGRAPHS[0], offer]))
    assert teaser.access == "teaser" and "kündbar" not in teaser.text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (b"", Reason.NOT_HTML),
        (b"\x00" * 500, Reason.NOT_HTML),
        (b"%PDF-1.7 stream", Reason.NOT_HTML),
        (b'<?xml version="1.0"?><rss><channel><item/></channel></rss>', Reason.NOT_HTML),
        (page(paragraphs=[]), Reason.NO_TEXT),
        (page(paragraphs=["Ein kurzer Satz steht hier auf der Seite, und das ist alles."]), Reason.TOO_SHORT),
        (page().replace("Baubeginn im Frühjahr".encode(), b""), Reason.NO_TITLE),
        (
            b"<html><title>Seite nicht gefunden</title><h1>Fehler 404</h1><p>Die Seite gibt es nicht mehr.</p>",
            Reason.MISSING,
        ),
        (
            b"<html><title>Just a moment...</title><p>Verifying you are human. This may take a few seconds.</p>",
            Reason.WALL,
        ),
        (b"<html><title>Access denied</title><h1>Access denied</h1><p>You do not have access.</p>", Reason.WALL),
        (
            b"<html><title>Zustimmung</title><p>Mit Werbung weiterlesen: wir brauchen Ihre Zustimmung.</p>",
            Reason.WALL,
        ),
    ],
)
def test_refusals(html: bytes, expected: Reason) -> None:
    assert reason(html) is expected


def test_a_short_item_of_three_sentences_is_an_article() -> None:
    assert len(read(page(paragraphs=[SENTENCE * 3])).text) < 320


def test_scrambled_letters_are_refused() -> None:
    scrambled = [
        text.translate(str.maketrans("abcdefghijklmnopqrstuvwxyz", "bcdefghijklmnopqrstuvwxyza")) for text in PARAGRAPHS
    ]
    assert reason(page(paragraphs=scrambled)) is Reason.GARBLED


def test_a_list_of_teasers_is_no_article() -> None:
    teasers = "".join(
        f'<div class="item"><h2><a href="/{n}">Meldung {n}</a></h2><p>{SENTENCE}</p></div>' for n in range(20)
    )
    html = f"<html lang=de><title>Alle Artikel - Talbote</title><main><h1>Alle Artikel</h1>{teasers}</main>".encode()
    assert reason(html) is Reason.NOT_AN_ARTICLE


@pytest.mark.parametrize(
    ("html", "encoding"),
    [
        (page(), None),
        (page(), "iso-8859-1"),  # UTF-8 announced as Latin-1
        (page().decode().replace("utf-8", "iso-8859-1").encode("cp1252"), None),
        (page().decode().encode("cp1252"), "utf-8"),  # and the other way round
        (b"\xef\xbb\xbf" + page(), "windows-1252"),
        (page().decode().encode("utf-16"), None),
        (page().decode().encode().decode("cp1252").encode(), "utf-8"),  # encoded twice
    ],
)
def test_umlauts_come_out_right(html: bytes, encoding: str | None) -> None:
    cleaned = read(html, encoding=encoding)
    assert cleaned.title == "Baubeginn im Frühjahr" and "Landstraße" in cleaned.text


def test_kinds() -> None:
    assert read(page(head=json_ld())).page_kind == "article"
    assert read(page(), hints=Hints(kind="government")).page_kind == "release"
    assert read(page('<p class="kicker">Pressemitteilung</p>')).page_kind in ("release", "other")
    assert read(page(head=json_ld(**{"@type": "LiveBlogPosting"}))).page_kind == "ticker"
    assert read(page(head=json_ld(**{"@type": "OpinionNewsArticle"}))).page_kind == "commentary"


@pytest.mark.parametrize("name", ["dachzeile", "a-kicker", "topline", "overline", "eyebrow", "StoryKicker"])
def test_the_line_above_the_heading_tells_the_kind_and_is_no_text(name: str) -> None:
    kicker = f'<p class="{name}">Interview zum Stand der Arbeiten in der Stadt</p>'
    for above in (f"{kicker}<h1>", f"{kicker}<div><h1>", f"<div><div>{kicker}</div></div><h1>"):
        told = read(page(head=json_ld()).replace(b"<h1>", above.encode()))
        assert (told.page_kind, told.text.split("\n\n")) == ("interview", PARAGRAPHS)


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        ("2024-03-18T09:12:00+01:00", ("2024-03-18T09:12:00+01:00", "feed")),
        ("2024-05-02", ("2024-05-02", "feed")),  # somewhere it is tomorrow
        ("2024-05-03T00:30:00+02:00", (None, None)),
        ("1970-01-01T00:00:00+00:00", (None, None)),
        ("gestern", (None, None)),
        (None, (None, None)),
    ],
)
def test_the_feeds_date_is_believed_where_it_can_be(hint: str | None, expected: tuple[str | None, str | None]) -> None:
    told = read(page(), date_hint=hint, fetched_at=datetime(2024, 5, 1, 12, tzinfo=UTC))
    assert (told.published, told.date_source) == expected
    dated = page(head=json_ld(datePublished="2024-03-17"))
    assert read(dated, date_hint=hint, fetched_at=datetime(2024, 5, 1, tzinfo=UTC)).published == "2024-03-17"


def test_language_is_the_texts_where_the_page_is_wrong() -> None:
    assert read(page()).lang == "de"
    assert read(page().replace(b'lang="de"', b'lang="en-US"')).lang == "de"
    assert read(page().replace(b'lang="de"', b""), hints=Hints(lang="de")).lang == "de"


def test_clean_gives_the_refusal_and_lets_the_page_go() -> None:
    assert cleaned(page()).html == b""
    refused = clean.clean(article(b""))
    assert isinstance(refused, Rejected)
    assert str(refused) == "not_html: empty page"
    assert refused.article == article(b"")


def cleaned(html: bytes) -> Article:
    result = clean.clean(article(html))
    assert isinstance(result, Article)
    return result


@pytest.mark.parametrize(
    ("work", "ours"),
    [
        (lambda: clean.against(None), True),  # None has no page_kind: a slip of ours
        (lambda: clean.parse("<p>").xpath("//["), False),
        (lambda: clean.parse(""), False),
    ],
)
def test_a_slip_of_ours_is_told_from_what_breaks_the_libraries(work: Callable[[], object], ours: bool) -> None:
    with pytest.raises(Exception) as raised:
        work()
    assert clean.is_ours(raised.value) is ours


HOSTILE = {
    "null bytes": page().replace(b"<p>", b"<p>\x00\x00"),
    "five megabytes of div": b"<div>" * 1_000_000,
    "nested": b"<div>" * 10_000 + page(),
    "unclosed inline": page() + b"<span><b>" * 10_000,
    "no utf-8": page().replace(b"Absatz", b"\xff\xfe\xc3\x28"),
    "huge attribute": page().replace(b"<main>", b'<main class="' + b"a " * 1_000_000 + b'">'),
    "deep json": page(head='<script type="application/ld+json">' + '[{"a":' * 50_000 + "</script>"),
    "many links": page(after='<a href="/x">Link</a> ' * 100_000),
    "many headings": b"<h1>x</h1><p class=kicker>a</p>" * 4_000,
    "every byte": bytes(range(256)) * 1000,
    "comment only": b"<!-- -->",
    "frames": b"<frameset><frame src=x></frameset>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_end_in_an_article_or_a_refusal(name: str) -> None:
    cleaned, rejected = clean.read(article(HOSTILE[name]))
    assert rejected is not None or cleaned.text


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("Rechen\xadzentrum, Rechen&shy;zentrum, Rechen&#173;zentrum", "Rechenzentrum, Rechenzentrum, Rechenzentrum"),
        ("Rechen&shy;<br>zentrum", "Rechenzentrum"),
        ("Rechen-<br>zentrum am Rhein-<br />Kanal", "Rechenzentrum am Rhein-Kanal"),
        ("Kirchen- und Gemeinderat, Kirchen-<br>und Gemeinderat", "Kirchen- und Gemeinderat, Kirchen- und Gemeinderat"),
        ("Eﬃzienz und Oﬀenheit", "Effizienz und Offenheit"),
        ("Frühjahr", "Frühjahr"),
        ("31&#8239;400 und 3,2&nbsp;Milliarden&#8203;", "31 400 und 3,2 Milliarden"),
    ],
)
def test_words_are_whole_as_a_reader_sees_them(written: str, seen: str) -> None:
    assert seen in read(page(paragraphs=[*PARAGRAPHS, f"Am Ende steht, was zu sagen war: {written}."])).text


@pytest.mark.parametrize(
    "box",
    [
        "<div class='k1'><h4>Der Talbote ist frei</h4><p>FREMD: Menschen wie Sie bezahlen ihn.</p></div>",
        "<div class='k2'><span>Anzeige</span><p>FREMD: Solaranlagen vergleichen und sparen.</p></div>",
        "<div class='k3'><div><a href='/1'>FREMD: Stadtwerke erhöhen die Preise</a><p>Es wird teurer.</p></div>"
        "<div><a href='/2'>FREMD: Hallenbad bleibt zu bis Herbst</a><p>Es dauert länger.</p></div></div>",
        "<p>FREMD: Unser Newsletter kommt jeden Morgen, hier kostenlos abonnieren.</p>",
        "<p>FREMD: Haben Sie Hinweise? Schreiben Sie an hinweise@talbote.example</p>",
        "<div class='w'><h3>Jetzt 4 Wochen gratis</h3><ul><li>FREMD: ohne Werbung</li></ul><p>FREMD: 9 €</p></div>",
        f"<blockquote><p>{SENTENCE}</p></blockquote>",
        "<div class='ArticleSidebar'><p>FREMD: Was sonst an diesem Tag in der Region geschah, kurz erzählt.</p></div>",
    ],
)
def test_boxes_between_the_paragraphs_are_left_out(box: str) -> None:
    text = read(page(paragraphs=[*PARAGRAPHS[:3], f"</p>{box}<p>", *PARAGRAPHS[3:]])).text
    assert text.split("\n\n") == PARAGRAPHS


def test_a_question_for_consent_above_a_stub_is_not_its_text() -> None:
    stub = "Mehr dazu heute am Nachmittag auf dieser Seite."
    layer = "<p>Wir und unsere 183 Partner speichern mit Ihrer Einwilligung Daten auf Ihrem Gerät.</p>"
    html = page(head=json_ld(datePublished="2024-03-18T09:00:00+01:00"), paragraphs=[stub])
    cleaned, rejected = clean.read(article(html.replace(b"<nav>", f"<div>{layer}</div><nav>".encode())))
    assert rejected is not None and (rejected.reason, cleaned.text) == (Reason.TOO_SHORT, stub)


def test_what_stands_above_the_headline_is_the_pages() -> None:
    banner = "<p>Noch 2 freie Artikel in diesem Monat, danach bitte registrieren.</p><p>Ausgabe 14 · Seite 5</p><h1>"
    assert read(page().replace(b"<h1>", banner.encode())).text.split("\n\n") == PARAGRAPHS


def test_class_names_of_a_whole_system_do_not_say_what_a_part_is() -> None:
    html = page().replace(b"<p>", b'<p class="cmp-text__paragraph">').replace(b"</article>", b"</div>")
    assert read(html.replace(b"<article>", b'<div class="cmp-container">')).text.split("\n\n") == PARAGRAPHS


def test_questions_that_unfold_are_read() -> None:
    folded = "<div class='accordion'><h3><button>Wer bezahlt den Bau?</button></h3><p>Der Konzern allein.</p></div>"
    text = read(page(paragraphs=[*PARAGRAPHS, f"</p>{folded}<p>"])).text
    assert text.split("\n\n")[-2:] == ["Wer bezahlt den Bau?", "Der Konzern allein."]


def test_a_page_without_prose_has_no_text() -> None:
    wall = "<div class='paywall'><h3>Weiterlesen mit Plus</h3><p>Vier Wochen kostenlos testen.</p></div>"
    html = page(head=json_ld(isAccessibleForFree=False), paragraphs=[], after=wall).replace(b"<main>", b"Talbote<main>")
    assert reason(html) is Reason.WALL


def test_a_page_laid_out_in_tables() -> None:
    links = (f"{n}. April 2026 <a href='/{n}'>Chor sucht Stimmen {n}</a>" for n in range(1, 9))
    others = "<b>Weitere Meldungen</b><br>" + "<br>".join(links)
    text = "<br><br>".join(PARAGRAPHS)
    html = f"""<html><title>Talbote</title><table><tr><td>{others}</td><td>
    <font size="5">Baubeginn im Frühjahr</font><br><font size="1">Dienstag, 21. April 2026 - von Anna Beispiel</font>
    <br><br>{text}</td></tr>
    <tr><td colspan=2>Talbote-Verlag · Online seit 12.03.1999 · Stand: 31.12.2008</td></tr></table></html>"""
    told = read(html.encode())
    assert (told.title, told.published, told.authors) == ("Baubeginn im Frühjahr", "2026-04-21", ("Anna Beispiel",))
    assert told.text.split("\n\n") == PARAGRAPHS


WRAPPED = {
    "in a form": ("<form method='post'>", "</form>"),
    "under a name of other parts": ("<div class='status-publish category-ads widget'>", "</div>"),
    "in a grid named sidebar": ("<div class='sidebar-grid'><div class='sidebar-grid__content'>", "</div></div>"),
    "in <noscript>": ("<noscript>", "</noscript>"),
    "in an element of no name": ("<paragraph>", "</paragraph>"),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_what_only_wraps_the_text_takes_nothing_away(name: str) -> None:
    before, after = WRAPPED[name]
    prose = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    assert read(page(f"{before}{prose}{after}", paragraphs=[])).text.split("\n\n") == PARAGRAPHS


def test_a_text_in_several_frames_is_read_to_its_end() -> None:
    frames = "".join(f"<div class='frame'><div class='body'><p>{text}</p></div></div>" for text in PARAGRAPHS)
    box = "<aside><p>FREMD: Was sonst an diesem Tag in der Region geschah, kurz erzählt.</p></aside>"
    text = read(page(frames.replace("</div></div>", f"</div></div>{box}", 1), paragraphs=[])).text
    assert text.split("\n\n") == PARAGRAPHS


def test_a_list_among_the_paragraphs_belongs_to_the_text() -> None:
    entries = ["Wer die Baustelle betritt, trägt einen Helm.", "Kinder kommen nur mit einer Aufsicht hinein."]
    items = "".join(f"<li>{entry}</li>" for entry in entries)
    assert read(page(paragraphs=[*PARAGRAPHS, f"</p><ul>{items}</ul><p>"])).text.split("\n\n") == [
        *PARAGRAPHS,
        *entries,
    ]


@pytest.mark.parametrize("label", ["Lesen Sie auch: ", "Newsblog: ", "KI in der Schule? "])
def test_a_label_with_a_link_leads_elsewhere_and_a_sentence_does_not(label: str) -> None:
    teaser = f'{label}<a href="/politik/wie-es-weitergeht-77.html">Wie es mit dem Ausbau weitergeht</a>'
    sentence = 'Das steht in dem <a href="/gutachten.pdf">Gutachten der Bezirksregierung</a>.'
    text = read(page(paragraphs=[*PARAGRAPHS[:3], teaser, sentence, *PARAGRAPHS[3:]])).text
    assert text.split("\n\n") == [*PARAGRAPHS[:3], "Das steht in dem Gutachten der Bezirksregierung.", *PARAGRAPHS[3:]]


LINK = '<a href="/politik/wie-es-weitergeht-77.html">Wie es mit dem Ausbau weitergeht</a>'


@pytest.mark.parametrize(
    "teaser",
    [
        f"<h3>{LINK}</h3>",
        f"<blockquote>{LINK}</blockquote>",
        f"<ul><li>{LINK} – was die Anwohner sagen</li><li><a href='/x'>Wer im Rat den Ton angibt</a>: sie</li></ul>",
        f"<ul><li><b>{LINK}</b></li></ul>",
        f"<div><p>Verkehr</p><h4>{LINK}</h4><p>Die Stadt will die Straße im nächsten Jahr breiter machen.</p></div>",
        f"<p>{LINK} – hier lesen Sie mehr.</p>",
        f"<p>Lesen Sie dazu auch unseren Bericht „{LINK}“.</p>",
        '<ol><li><a href="#teil-1">Was bisher geschah</a></li><li><a href="#teil-2">Stück für Stück:</a> wie</li></ol>',
    ],
)
def test_the_headline_of_another_article_is_no_text(teaser: str) -> None:
    text = read(page(paragraphs=[*PARAGRAPHS[:3], f"</p>{teaser}<p>", *PARAGRAPHS[3:]])).text
    assert text.split("\n\n") == PARAGRAPHS


def test_links_of_which_the_text_is_made_stay() -> None:
    """Subheads that all are links, names in a list, footnotes."""
    goods = [
        f'</p><h3><a href="https://laden.example/{n}">Zelt {n} für Wanderer</a></h3><p>{PARAGRAPHS[n]}'
        for n in range(4)
    ]
    people = "".join(
        f'<li><a href="/{name}">{name}</a> spricht für die Anwohner</li>' for name in ("Anna Arndt", "Bo Berg")
    )
    note = '<li id="fn1"><a href="#ref1">↑ Stelle</a></li><li><a name="fn2"></a>Nach dem Plan vom Mai 2025.</li>'
    text = read(page(paragraphs=[*goods, f"</p><ul>{people}</ul><p>{PARAGRAPHS[4]}", f"</p><ol>{note}</ol><p>"])).text
    for kept in ("Zelt 3 für Wanderer", "Bo Berg spricht für die Anwohner", "Nach dem Plan vom Mai 2025."):
        assert kept in text


def test_a_sentence_said_twice_in_one_place_stays() -> None:
    said = "„Das war so nicht gemeint.“"
    assert read(page(paragraphs=[PARAGRAPHS[0], said, PARAGRAPHS[1], said, *PARAGRAPHS[2:]])).text.count(said) == 2


@pytest.mark.parametrize(
    "foreign",
    [
        '<div><p>window.addEventListener("load", function () { document.title = "FREMD"; });</p></div>',
        "<div><h3>FREMD</h3><p>Beim Klick werden externe Inhalte geladen und Daten übertragen.</p><button>Ja</button>"
        "</div>",
        "<div><h3>FREMD</h3><p>Jeden Morgen das Neueste aus dem Tal im Postfach.</p><input><button>Her</button></div>",
    ],
)
def test_what_speaks_to_browsers_and_buyers_is_left_out(foreign: str) -> None:
    text = read(page(paragraphs=[*PARAGRAPHS[:3], f"</p>{foreign}<p>", *PARAGRAPHS[3:]])).text
    assert text.split("\n\n") == PARAGRAPHS


def test_hidden_text_of_a_paid_page_is_never_added() -> None:
    folded = f"<div class='toggle hideOnInit'>{''.join(f'<p>GEHEIM {text}</p>' for text in PARAGRAPHS)}</div>"
    paid = read(page(head=json_ld(isAccessibleForFree=False), paragraphs=[PARAGRAPHS[0], f"</p>{folded}<p>"]))
    assert "GEHEIM" not in paid.text and paid.access == "teaser"
    assert "GEHEIM" in read(page(paragraphs=[*PARAGRAPHS[:3], f"</p>{folded}<p>"])).text


LANGUAGES = {
    "fi": "Kaupunginvaltuusto hyväksyi maanantaina uuden sähköaseman rakentamisen vanhan sokeritehtaan viereen."
    " Hankkeen puolesta äänesti kolmekymmentäyksi valtuutettua, ja seitsemän vastusti sitä pitkän keskustelun jälkeen.",
    "hu": "A városi tanács hétfőn jóváhagyta a második alállomás építését a régi cukorgyár területén. A terv mellett"
    " harmincegy képviselő szavazott, heten ellenezték, mert attól tartanak, hogy nő a forgalom.",
    "ru": "Районный совет в понедельник одобрил строительство второй подстанции на месте старого завода. За"
    " проект проголосовал тридцать один депутат, семеро были против из-за шума и грузовиков.",
    "ko": "군의회는 월요일 옛 설탕 공장 부지에 두 번째 변전소를 건설하는 계획을 승인했다."
    " 주민들은 공사 기간 동안 늘어날 화물차 통행을 걱정하고 있다. 의원 서른한 명이 찬성했다.",
    "results": "1. Jule Brandt (TV Rödgen) 12,41 Sek., 2. Mette Claas (SV Haintal) 12,66 Sek., 3. Ronja Dietz (TuS)"
    " 12,70 Sek., 4. Arne Eckel (TV Rödgen) 13,02 Sek., 5. Bo Flemming (LG Weser) 13,19 Sek.",
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_language_is_garbled(lang: str) -> None:
    assert reason(page(paragraphs=[f"{LANGUAGES[lang]} ({n})" for n in range(1, 5)])) is None


def test_one_sentence_is_an_article_where_the_page_says_so() -> None:
    sentence = "Die Landstraße ist von Montag an wegen Bauarbeiten gesperrt, teilte die Stadt Tal mit."
    assert reason(page(paragraphs=[sentence])) is Reason.TOO_SHORT
    assert reason(page(head=json_ld(datePublished="2024-03-18"), paragraphs=[sentence])) is None


@pytest.mark.parametrize(
    "headline", ["Anmeldung für den Ferienkurs läuft", "Verbotene Stadt: Forbidden City im Museum"]
)
def test_a_title_alone_refuses_nothing(headline: str) -> None:
    html = page(paragraphs=PARAGRAPHS[:1]).replace("Baubeginn im Frühjahr".encode(), headline.encode())
    login = b"<header><form><input type='password'></form></header><nav>"
    assert reason(html.replace(b"<nav>", login)) is None


def test_a_front_page_that_says_article_is_a_list() -> None:
    teasers = "".join(
        f"<li><article><a href='/{n}'><h3>Meldung {n}</h3></a><p>{SENTENCE}</p></article></li>" for n in range(9)
    )
    collection = '<script type="application/ld+json">{"@type": "CollectionPage", "name": "Talbote"}</script>'
    head = f'<title>Nachrichten</title><meta property="og:type" content="article">{collection}'
    assert reason(f"<html lang=de><head>{head}</head><body><ol>{teasers}</ol></body>".encode()) is Reason.NOT_AN_ARTICLE


def test_the_trace_says_what_was_corrected_and_why() -> None:
    box = "<div class='newsletter-box'><p>FREMD: Melden Sie sich an und lesen Sie morgens die Nachrichten.</p></div>"
    lead = '<h2 class="lead">Nach langer Planung steht fest, wann der Bau beginnt, sagt der Bürgermeister.</h2>'
    steps = {(each.step, each.kind) for each in read(page(lead, after=box)).trace}
    assert {("above", "drop"), ("parts", "drop"), ("lead", "add")} & steps
    refused = clean.clean(article(page(paragraphs=[])))
    assert isinstance(refused, Rejected) and refused.article
    assert str(refused.article.trace[-1]).startswith("refused by 'no_text'")


def test_a_step_that_is_left_out_leaves_its_lines() -> None:
    program = '<p>window.addEventListener("load", function () { document.title = "FREMD"; });</p>'
    html = page(paragraphs=[*PARAGRAPHS, f"</p>{program}<p>"])
    assert "FREMD" not in read(html).text
    assert "FREMD" in clean.read(article(html), frozenset(["lines"]))[0].text


def test_subheads_are_told_from_paragraphs() -> None:
    prose = (
        "Der Kreis hat am Dienstag die Pläne für das Gelände am Rand des Reviers vorgestellt und um Hinweise gebeten."
    )
    page = (
        "<html lang=de><head><title>Pläne für das Gelände</title></head><body><article><h1>Pläne für das Gelände</h1>"
        f"<h2>Was im Sommer beschlossen werden soll, und wer es bezahlt</h2><p>{prose} Eins.</p><p>{prose} Zwei.</p>"
        f"<h3>Kreis will <em>mitreden</em></h3><p>{prose} Drei.</p><p>{prose} Vier.</p></article></body></html>"
    )
    cleaned, rejected = clean.read(Article(source="blatt", url="https://blatt.example/a", html=page.encode()))
    assert rejected is None
    assert cleaned.subheads == ("Kreis will mitreden",)
    assert "Kreis will mitreden" in cleaned.text.split("\n\n")


def test_other_items_of_the_row_in_which_it_is_open_are_not_its_text() -> None:
    other = "".join(
        f"<div class='item'><h2><a href='/{n}'>Meldung {n}</a></h2><div>{n}. Ein Baum. {SENTENCE * 3}</div></div>"
        for n in range(1, 4)
    )
    body = f"<div class='item open'><h1>Baubeginn im Frühjahr</h1><div>{PARAGRAPHS[0]}</div></div>{other}"
    assert (
        read(f"<html><title>Baubeginn im Frühjahr</title><body><main>{body}</main></body></html>".encode()).text
        == (PARAGRAPHS[0])
    )


def test_a_page_whose_text_stands_under_headlines_that_lead_elsewhere_is_a_list() -> None:
    teasers = "".join(
        f"<article><a href='/{n}'><h2>Überschrift {n}</h2></a><p>{n}. {SENTENCE * 2}</p></article>" for n in range(6)
    )
    head = '<meta property="og:type" content="article"><meta property="article:published_time" content="2019-03-01">'
    front = f"<html><head><title>Energie</title>{head}</head><body><main><h1>Energie</h1>{teasers}</main></body></html>"
    assert reason(front.encode()) is Reason.NOT_AN_ARTICLE
    assert reason(page(head=head, after=teasers)) is None


def test_an_offer_below_an_empty_part_that_is_paid_for_is_a_wall() -> None:
    reader = (
        "„Ich habe die Zeitung meines Vaters weitergeführt und lese sie zum Frühstück, wie er.“ Brigitte L., Neudorf"
    )
    offer = f"<section><h2>Lesen Sie mit TB+</h2><p>Der erste Monat kostet nichts.</p>{f'<p>{reader}</p>' * 3}"
    part = {"@type": "WebPageElement", "isAccessibleForFree": False}
    for selector, refused in ((".text", Reason.WALL), ("::", None)):
        head = json_ld(isAccessibleForFree=False, hasPart=part | {"cssSelector": selector})
        assert reason(page(f'<div class="text"></div>{offer}</section>', head=head, paragraphs=[])) is refused
        assert read(page('<div class="text"></div>', head=head)).text.split("\n\n") == PARAGRAPHS


def test_a_question_in_the_place_of_the_headline_that_the_page_names() -> None:
    asks = "<p>Wir und unsere 164 Partner legen Dateien auf Ihrem Gerät ab; ohne Werbung lesen Sie für 4 Euro.</p>" * 3
    head = '<meta property="og:title" content="Microsoft baut"><meta name="date" content="2026-09-08">'
    why = "".join(f"<p>{n}. Der Absatz sagt, wofür die Daten gebraucht werden, und wie lange.</p>" for n in range(20))
    body = f"<main><h1>Ihre Wahl bei uns</h1>{asks}{why}</main>"
    assert reason(f"<html><head><title>Talbote</title>{head}</head><body>{body}</body></html>".encode()) is Reason.WALL


def test_nothing_but_offers_of_a_paid_article_is_a_wall() -> None:
    plans = "".join(
        f"<div><h3>Abo {n}</h3><p>{n} Euro im Monat, jederzeit kündbar, auch im Netz.</p></div>" for n in range(9)
    )
    offer = f'<section class="offer-hero"><p>Jetzt abonnieren und weiterlesen.</p>{plans}</section>'
    head = json_ld(isAccessibleForFree=False, datePublished="2024-03-18T09:12:00+01:00")
    assert reason(page(offer, head=head, paragraphs=[])) is Reason.WALL


def test_a_short_paid_article_with_its_lead_beside_offers_is_a_teaser() -> None:
    offer = '<section class="offer-hero"><p>Jetzt abonnieren und weiterlesen.</p><p>Monatlich kündbar.</p></section>'
    lead = "<p>Der Baubeginn im Frühjahr steht fest, sagt die Stadt.</p>"
    head = json_ld(isAccessibleForFree=False, datePublished="2024-03-18T09:12:00+01:00")
    assert read(page(lead + offer, head=head, paragraphs=[])).access == "teaser"


def test_a_cookie_layer_refuses_no_article_whose_social_title_is_another() -> None:
    layer = "<div><p>Wir und unsere 164 Partner legen Dateien auf Ihrem Gerät ab.</p></div>"
    html = page(head='<meta property="og:title" content="Jetzt wird gebaggert">').replace(
        b"<body>", b"<body>" + layer.encode()
    )
    assert read(html).text.split("\n\n") == PARAGRAPHS


def test_a_short_item_whose_headline_leads_to_itself_is_no_list() -> None:
    own = "<h2><a href='/lokales/baubeginn-12.html'>Baubeginn im Frühjahr</a></h2>"
    item = f"<article>{own}<p>{SENTENCE * 3}</p></article>"
    others = "".join(f"<div><h3><a href='/{n}'>Überschrift {n}</a></h3></div>" for n in range(6))
    html = f"<html><head><title>Baubeginn im Frühjahr</title></head><body><main>{item}{others}</main></body></html>"
    assert reason(html.encode()) is None


def test_sections_with_anchored_headings_are_of_the_article() -> None:
    sections = "".join(
        f'<section class="block"><h2><a href="#teil-{n}">Teil {n}</a></h2><p>{text}</p></section>'
        for n, text in enumerate(PARAGRAPHS[1:])
    )
    body = f'<section class="block"><h1>Baubeginn im Frühjahr</h1><p>{PARAGRAPHS[0]}</p></section>{sections}'
    html = f"<html><head><title>Baubeginn im Frühjahr</title></head><body><main>{body}</main></body></html>"
    text = read(html.encode()).text.split("\n\n")
    assert [paragraph for paragraph in text if paragraph in PARAGRAPHS] == PARAGRAPHS


def test_text_set_line_by_line_is_read() -> None:
    words = " ".join(PARAGRAPHS).split()[:200]
    lines = (" ".join(words[n : n + 8]) for n in range(0, len(words), 8))
    boxes = "".join(f'<div style="bottom:{900 - 12 * n}px">{line}</div>' for n, line in enumerate(lines))
    html = f"<html><head><title>Baubeginn</title></head><body><div id='pf1'>{boxes}</div></body></html>"
    assert read(html.encode()).text.split() == words
