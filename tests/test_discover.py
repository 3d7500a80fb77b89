import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery import markup
from crawler.discovery.documents import page_url, read, read_listing
from crawler.discovery.feeds import read as read_feed
from crawler.discovery.leads import Discovery, Form, Unreadable
from crawler.discovery.sitemaps import read as read_sitemap
from tests.conftest import SHARED, needs_shared
from tests.web.lists import list_of
from tests.web.press import stories_of_many
from tests.web.records import Record, at_moment, read_warc

URL = "https://blatt.example/rss/wirtschaft.xml"
SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'


def rss(items: str, head: str = "", attributes: str = 'version="2.0"') -> bytes:
    return f"<rss {attributes}><channel><title>Blatt</title>{head}{items}</channel></rss>".encode()


def urls(found: Discovery) -> list[str]:
    return [lead.url for lead in found.leads]


def items(*names: str) -> str:
    return "".join(f"<item><title>{n}</title><link>https://blatt.example/{n}</link></item>" for n in names)


RSS = rss(
    """<item><title>Kohle &amp;amp; Klima: <![CDATA[das <b>Revier</b>]]>
       baut um</title><link> https://blatt.example/a?x=1&amp;y=2#kommentare </link>
       <description>&lt;p&gt;Ein Rechenzentrum&lt;/p&gt;</description>
       <pubDate>Sat, 21 Nov 2026 08:00:00 +0100</pubDate></item>
       <item><title>B</title><guid>https://blatt.example/b</guid><dc:date>2026-11-20T07:00:00Z</dc:date></item>
       <item><media:title>Bild</media:title><title>C</title><link>/c</link>
       <guid isPermaLink="false">x17</guid></item>""",
    attributes='xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"',
)


def test_rss() -> None:
    found = read_feed(RSS, URL)
    assert (found.kind, found.listed, found.problem) == (Form.FEED, 3, None)
    third, first, second = found.leads  # what has no date may be of today
    assert (first.url, first.title) == ("https://blatt.example/a?x=1&y=2", "Kohle & Klima: das Revier baut um")
    assert (first.summary, first.published) == ("Ein Rechenzentrum", "2026-11-21T08:00:00+01:00")
    assert (second.url, second.published) == ("https://blatt.example/b", "2026-11-20T07:00:00+00:00")
    assert (third.url, third.title, third.published) == ("https://blatt.example/c", "C", None)


def test_atom_with_its_base_and_other_links() -> None:
    found = read_feed(
        b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://blatt.example/nachrichten/">
        <link rel="self" href="https://blatt.example/atom"/>
        <entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Erster <em>Spatenstich</em></div></title>
        <link rel="enclosure" href="bild.jpg"/><link rel="alternate" type="application/json" href="a.json"/>
        <link href="a.html"/><updated>2026-11-21T09:00:00+01:00</updated><published>2026-11-20</published></entry>
        <entry><id>https://blatt.example/b</id><source><title>Fremd</title></source></entry></feed>""",
        URL,
    )
    assert urls(found) == ["https://blatt.example/b", "https://blatt.example/nachrichten/a.html"]
    assert (found.leads[1].title, found.leads[1].published) == ("Erster Spatenstich", "2026-11-20")
    assert found.leads[0].title is None


def test_rdf_and_its_own_addresses() -> None:
    found = read_feed(
        b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><link>https://heim.example/blog/</link></channel>
        <item rdf:about="https://blatt.example/a"><title>A</title><dc:date>2026-11-20</dc:date></item>
        <item><title>B</title><link>b.html</link></item></rdf:RDF>""",
        URL,
    )
    assert urls(found) == ["https://heim.example/blog/b.html", "https://blatt.example/a"]
    assert found.leads[1].published == "2026-11-20"


def test_feedburner_keeps_the_address_of_the_paper() -> None:
    item = "<item><link>https://feed.example/~r/1</link><fb:origLink>https://blatt.example/a</fb:origLink></item>"
    assert urls(read_feed(rss(item, attributes='xmlns:fb="http://rssnamespace.org/feedburner/ext/1.0"'), URL)) == [
        "https://blatt.example/a"
    ]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "mailto:a@blatt.example", "http://", "https://[::1/", "ftp://x.example/a", "#oben"]
)
def test_an_item_without_an_address_is_counted_and_told(link: str) -> None:
    found = read_feed(rss(f"<item><title>x</title><link>{link}</link></item>" + items("b")), URL)
    assert (urls(found), found.listed) == (["https://blatt.example/b"], 2)
    assert str(found.problem) == "1 of 2 items have no address"


def test_an_address_listed_twice_counts_once() -> None:
    assert read_feed(rss(items("a", "b", "a")), URL).listed == 2


BOMB = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
DTD = f'<!DOCTYPE rss [<!ENTITY l0 "lol">{BOMB}]>'.encode()
XML = b'<?xml version="1.0" encoding="%s"?>'


def item(inner: str) -> bytes:
    return rss(f"<item>{inner}<link>https://blatt.example/a</link></item>")


BROKEN = {
    "undeclared entity": (rss(items("a", "b&nbsp;", "c")), 3),
    "bare ampersand": (rss("<item><title>A & B</title><link>https://blatt.example/a?x=1&y=2</link></item>"), 1),
    "unclosed tags of HTML": (item("<title>A<br>B < C</title>"), 1),
    "cut off in an item": (rss(items("a", "b", "c"))[:-70], 2),
    "cut off in a character": (rss(items("a", "b", "ü"))[: rss(items("a", "b", "ü")).index(b"\xc3") + 1], 2),
    "Latin-1 declared as UTF-8": (XML % b"UTF-8" + rss(items("Müll")).decode().encode("latin-1"), 1),
    "UTF-8 declared as UTF-16": (XML % b"UTF-16" + rss(items("a", "ü")), 2),
    "blank lines first": (b"\n\n" + XML % b"UTF-8" + rss(items("a")), 1),
    "a warning first": (b"<br />\n<b>Warning</b>: mysql\n" + XML % b"UTF-8" + rss(items("a")), 1),
    "junk behind": (rss(items("a", "b")) + b"<script>", 2),
    "control characters": (rss(items("a\x0b\x00", "b&#11;")), 2),
    "undeclared prefix": (item("<dc:title>Falsch</dc:title><title>Gut</title>"), 1),
    "bomb": (DTD + item("<title>&l9;</title>"), 1),
    "bomb in an attribute": (DTD + rss(items("a"), '<image x="&l9;"/>'), 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_feed_gives_what_can_be_read_and_says_what_was_wrong(name: str) -> None:
    body, listed = BROKEN[name]
    tracemalloc.start()
    found = read_feed(body, URL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.listed == listed
    assert "line" in str(found.problem)
    assert "lollol" not in str(found) and peak < 10**7


def test_what_mending_gives() -> None:
    lead = read_feed(BROKEN["bare ampersand"][0], URL).leads[0]
    assert (lead.title, lead.url) == ("A & B", "https://blatt.example/a?x=1&y=2")
    assert read_feed(BROKEN["Latin-1 declared as UTF-8"][0], URL).leads[0].title == "Müll"
    assert read_feed(BROKEN["unclosed tags of HTML"][0], URL).leads[0].title == "A B < C"
    assert read_feed(BROKEN["undeclared prefix"][0], URL).leads[0].title == "Gut"
    assert urls(read_feed(BROKEN["cut off in an item"][0], URL))[-1] == "https://blatt.example/b"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1", "windows-1252"])
def test_encodings(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    body = f'<?xml version="1.0" encoding="{name}"?>{rss(items("Müller")).decode()}'.encode(encoding)
    found = read_feed(body, URL)
    assert (found.leads[0].title, found.problem) == ("Müller", None)


def test_utf_8_declared_as_latin_1_is_read_as_utf_8() -> None:
    body = b'<?xml version="1.0" encoding="iso-8859-1"?>' + rss(items("Müller"))
    assert read_feed(body, URL).leads[0].title == "Müller"


def test_nothing_outside_the_document_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    entities = f'<!ENTITY a SYSTEM "{secret.as_uri()}"><!ENTITY % b SYSTEM "{secret.as_uri()}"> %b;'
    body = f"<!DOCTYPE rss [{entities}]>".encode() + rss(
        "<item><title>&a;</title><guid>https://blatt.example/a</guid></item>"
    )
    assert "geheim" not in str(read_feed(body, URL))


def test_sitemap_with_news() -> None:
    body = f"""{SITEMAP}<url><loc>https://blatt.example/a</loc><lastmod>2026-11-21</lastmod>
    <image:image xmlns:image="urn:i"><image:loc>https://blatt.example/a.jpg</image:loc></image:image>
    <xhtml:link xmlns:xhtml="urn:x" rel="alternate" href="https://blatt.example/en/a"/>
    <news:news><news:publication_date>2026-11-20T08:00:00+01:00</news:publication_date>
    <news:title>Spaten &amp; Stich</news:title><news:keywords>Bergheim, KI</news:keywords></news:news></url>
    <url><loc>https://blatt.example/b</loc><lastmod>2026-11-22</lastmod></url></urlset>""".encode()
    found = read_sitemap(body, URL)
    assert (found.kind, found.problem) == (Form.SITEMAP, None)
    assert urls(found) == ["https://blatt.example/b", "https://blatt.example/a"]
    lead = found.leads[1]
    assert (lead.title, lead.summary, lead.published) == ("Spaten & Stich", "Bergheim, KI", "2026-11-20T08:00:00+01:00")


def days(*dates: str) -> bytes:
    entries = (f"<url><loc>https://blatt.example/{d}</loc><lastmod>{d}</lastmod></url>" for d in dates)
    return f"{SITEMAP}{''.join(entries)}</urlset>".encode()


def test_which_leads_are_kept() -> None:
    body = days("2026-11-01", "2026-11-20", "2025-01-01", "2026-11-10")
    assert urls(read_sitemap(body, URL, limit=2)) == [
        "https://blatt.example/2026-11-20",
        "https://blatt.example/2026-11-10",
    ]
    assert read_sitemap(body, URL, limit=0).listed == 4
    since = read_sitemap(body, URL, since="2026-11-10")
    assert (len(since.leads), since.listed) == (2, 4)
    oldest = read_sitemap(body, URL, limit=1, rank=lambda lead: [-int(lead.url[-2:]), lead.url[-10:]])
    assert urls(oldest) == ["https://blatt.example/2026-11-01"]


def test_index_names_its_children_newest_first() -> None:
    child = "<sitemap><loc>https://blatt.example/{}</loc><lastmod>{}</lastmod></sitemap>"
    children = "".join(
        child.format(*c) for c in [("old", "2020-01-01"), ("mid", "2026-01-01"), ("new", "2026-11-01"), ("new", "")]
    )
    body = f"<sitemapindex>{children}<sitemap><loc>{URL}</loc></sitemap></sitemapindex>".encode()
    found = read_sitemap(body, URL, since="2025-01-01")
    assert (found.kind, found.listed, found.leads) == (Form.SITEMAP_INDEX, 0, ())
    assert found.more == ("https://blatt.example/new", "https://blatt.example/mid")


def test_sitemap_of_lines() -> None:
    found = read_sitemap(b"\xef\xbb\xbfhttps://blatt.example/a\r\n\r\nhttps://blatt.example/b\nnichts\n", URL)
    assert urls(found) == ["https://blatt.example/a", "https://blatt.example/b"]
    assert str(found.problem) == "1 of 3 lines are no address"


def test_packed_sitemaps() -> None:
    body = gzip.compress(days("2026-11-01", "2026-11-02"))
    assert read_sitemap(body, URL).listed == 2
    cut = gzip.compress(days(*(f"2026-11-{day:02}" for day in range(1, 31))), compresslevel=0)[:2000]
    assert 5 < read_sitemap(cut, URL).listed < 30
    with pytest.raises(Unreadable, match=r"^sitemap: gzip that cannot be unpacked$"):
        read_sitemap(b"\x1f\x8bnothing", URL)


def test_a_packed_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = (
        packer.compress(days("2026-11-01")[:-9])
        + b"".join(packer.compress(b"<!--" + b" " * 2**20 + b"-->") for _ in range(110))
        + packer.flush()
    )
    with pytest.raises(Unreadable, match=r"unpack to more than 104,857,600"):
        read_sitemap(bomb, URL)


def test_a_bare_ampersand_costs_no_entry_of_a_large_sitemap() -> None:
    body = days(*(f"2026-11-01&n={n}" for n in range(3000)))
    found = read_sitemap(body, URL)
    assert (found.listed, len(body) > 2 * markup.PIECE) == (3000, True)
    assert "https://blatt.example/2026-11-01&n=2999" in urls(found)


def test_memory_for_a_large_sitemap_does_not_grow_with_it() -> None:
    body = days(*(f"20{n % 27:02}-01-01T00:00:00+01:00?{n}" for n in range(5_000)))
    tracemalloc.start()
    found = read_sitemap(body, URL, limit=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.listed, len(found.leads)) == (5_000, 100)
    assert peak < 1_500_000  # of which 0.5 are for telling duplicates


@pytest.mark.parametrize(
    ("expected", "body", "message"),
    [
        (Form.FEED, b"", "feed: empty"),
        (Form.SITEMAP, b" \n", "sitemap: empty"),
        (Form.LISTING, b"", "listing: empty"),
        (
            Form.FEED,
            b"<!doctype html><title>Anmeldung</title>",
            "feed: this is an HTML page titled 'Anmeldung', not XML",
        ),
        (Form.SITEMAP, b'<?xml version="1.0"?><html><body>', "sitemap: this is an HTML page without a title, not XML"),
        (Form.FEED, b'{"items": []}', "feed: this is JSON, not XML"),
        (Form.FEED, b"%PDF-1.7\x00\x01", "feed: this is binary data, not XML"),
        (Form.FEED, b"<error>weg</error>", "feed: this is a document of <error>, not XML"),
        (Form.FEED, b"Bitte warten", "feed: this is text that begins 'Bitte warten', not XML"),
        (Form.FEED, b"<rss>\n\n<channel", "feed: XML breaks off at line 3"),
    ],
)
def test_what_a_document_is_instead(expected: Form, body: bytes, message: str) -> None:
    with pytest.raises(Unreadable) as error:
        read(body, URL, expected=expected)
    assert str(error.value).startswith(message)


def test_what_a_document_is_decides_how_it_is_read() -> None:
    sitemap, page = days("2026-11-01"), b'<html><a href="/a/1234567">Das Rechenzentrum im Revier w\xc3\xa4chst</a>'
    assert read(RSS, URL, expected=Form.SITEMAP).kind is Form.FEED
    assert read(RSS, URL, expected=Form.LISTING).kind is Form.FEED
    assert read(sitemap, URL, expected=Form.FEED, since="2026-12-01", limit=5).listed == 1
    assert read(page, URL, expected=Form.LISTING, link="/a/").leads[0].title == "Das Rechenzentrum im Revier wächst"
    for wrong in (lambda: read_feed(sitemap, URL), lambda: read_sitemap(RSS, URL), lambda: read_listing(RSS, URL)):
        with pytest.raises(Unreadable, match=r"this is a (feed|sitemap), not a"):
            wrong()
    with pytest.raises(TypeError):
        read(RSS, URL, expected=Form.FEED, limits=3)


def test_an_empty_feed_is_no_failure() -> None:
    assert read_feed(rss(""), URL) == Discovery(leads=(), listed=0, kind=Form.FEED)


def test_page_url() -> None:
    assert (
        page_url("https://land.example/presse?thema=wirtschaft&page=0", "page", 2)
        == "https://land.example/presse?thema=wirtschaft&page=2"
    )
    assert page_url("https://land.example/presse", "seite", 1) == "https://land.example/presse?seite=1"


SHAPES = [
    RSS,
    days("2026-11-01", "2026-11-02"),
    gzip.compress(days("2026-11-01")),
    *(body for body, _ in BROKEN.values()),
]
PARTS = (
    b"<rss>|<item>|</item>|<link>|<url><loc>|</loc>|<a href=|<![CDATA[|&|<!--|\x00|\xff\xfe|<?xml encoding='|<h2>|http://[|<html>|"
    b"<time datetime=|<!DOCTYPE rss [<!ENTITY x '|<base href=|{}:|<feed xml:base='|<?php|<sitemapindex>|</sitemap>"
).split(b"|")
hostile = (
    st.binary(max_size=300)
    | st.builds(
        lambda body, start, end: body[start:-end], st.sampled_from(SHAPES), st.integers(0, 60), st.integers(1, 400)
    )
    | st.lists(st.sampled_from(PARTS) | st.binary(max_size=6), max_size=30).map(b"".join)
    | st.builds(
        lambda body, at, junk: body[:at] + junk + body[at:],
        st.sampled_from(SHAPES),
        st.integers(0, 400),
        st.binary(max_size=9),
    )
)


@given(body=hostile, expected=st.sampled_from(Form), link=st.sampled_from([None, "."]))
def test_nothing_but_unreadable_is_raised(body: bytes, expected: Form, link: str | None) -> None:
    try:
        found = read(body, URL, expected=expected, link=link)
    except Unreadable as error:
        assert "\n" not in str(error)
    else:
        assert len(found.leads) <= found.listed
        assert all(lead.url.startswith(("http://", "https://", "HTTP")) for lead in found.leads)


@pytest.mark.parametrize(
    "part",
    [
        b"<item>",
        b"&",
        b"<![CDATA[",
        b"<a<",
        b"<a href='x'>",
        b"<div>",
        b"<!--",
        b"</item>",
        b"<title>",
        b"<time>",
        b"-",
        b"<h2><a href=/a-b-c-d>",
    ],
)
def test_repetition_does_not_hang(part: bytes) -> None:
    for head in (b"<rss>", b"<rss><channel><item>", b"<html><a href='/a'>"):
        for expected in (Form.FEED, Form.LISTING):
            try:
                read(head + part * 5_000, URL, expected=expected)
            except Unreadable:
                continue


def recorded_elsewhere() -> tuple[Record, ...]:
    return tuple(read_warc(SHARED / "corpus" / "press-dev.warc.gz"))


@pytest.mark.parametrize("records", [stories_of_many, pytest.param(recorded_elsewhere, marks=needs_shared("corpus"))])
def test_what_recorded_outlets_list_is_read_completely(records: Callable[[], Iterable[Record]]) -> None:
    for host, pages in at_moment(records()).items():
        held = {page.url.partition("#")[0] for page in pages.values()}
        for form, path in ((Form.FEED, "/feed"), (Form.SITEMAP, "/sitemap.xml"), (Form.LISTING, "/")):
            document = list_of(path, pages.values())
            assert document
            found = read(document.body, f"https://{host}/", expected=form)
            assert (set(urls(found)), found.problem) == (held, None)
            assert all(lead.published for lead in found.leads) or form is Form.LISTING
