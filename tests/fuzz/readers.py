"""Readers of what strangers write, each as a function of bytes that raises nothing, whatever it is given.

`SEEDS` are invented inputs of the forms that are read; a fuzzer starts from them and from what it found
before (`found/`).
"""

import gzip
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from crawler.discovery import documents
from crawler.discovery.answers import cdx, gal, gdelt_doc, links, mediacloud
from crawler.discovery.leads import Form, Unreadable
from db.search.query import QueryError
from db.search.search import count, register
from db.store.connection import Mode, connect
from pipelines import dates
from pipelines.enrichment.facts import read_facts
from pipelines.extraction import json_ld
from revierspiegel.services.extract import ExtractError, extract, extract_warc
from tests.test_exports import make_archive

URL = "https://blatt.example/lokales/bedburg-1.html"
AT = datetime(2026, 11, 20, 3, 15, tzinfo=UTC)
FOUND = Path(__file__).with_name("found")


def document(form: Form, data: bytes) -> None:
    with suppress(Unreadable):
        read = documents.read(data, URL, expected=form)
        assert len(read.leads) <= read.listed
        assert all(lead.url.lower().startswith(("http://", "https://")) for lead in read.leads)


def linked_data(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for node in json_ld.walk(json_ld.parse(text)):
        json_ld.types(node)
        assert isinstance(json_ld.text(node, "headline", "name"), str)
    page(b"<html><script type='application/ld+json'>" + data + b"</script><h1>Titel</h1><p>Ein Satz.</p></html>")


def page(data: bytes) -> None:
    line = extract(data, URL)
    assert line["reason"] != "failed", line["detail"]


def day(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    dates.in_address(text)
    for said in (dates.date_of(text), dates.written(text), *(iso for iso, _ in dates.labelled(text))):
        assert said is None or dates.fineness(said)


def figure(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    lang = ("de", "en", "fr")[len(text) % 3]
    facts = read_facts(text, lang, "2026-11-20")
    for each in facts.figures:
        assert text[each.start : each.end] == each.text


def warc(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".warc.gz") as file, suppress(ExtractError):
        Path(file.name).write_bytes(data)
        assert all(line["reason"] != "failed" for line in extract_warc(file.name))


def answer(data: bytes) -> None:
    """Of each finder."""
    for read in (gal.read, mediacloud.read, gdelt_doc.read, cdx.read_wayback, cdx.read_common_crawl):
        read(data, 200, {}, at=AT)
    links.read(data, 200, {"Content-Type": "text/html"}, page=URL, at=AT)
    cdx.crawls(data)


def query(data: bytes) -> None:
    with suppress(QueryError):
        count(archive(), data.decode("utf-8", "replace"))


@cache
def archive() -> sqlite3.Connection:
    folder = tempfile.TemporaryDirectory()
    _kept.append(folder)
    connection = connect(make_archive(Path(folder.name) / "archive.db", 5), Mode.READ, threads=True)
    register(connection)
    return connection


_kept: list[tempfile.TemporaryDirectory[str]] = []

READERS: Mapping[str, Callable[[bytes], None]] = {
    "feed": partial(document, Form.FEED),
    "sitemap": partial(document, Form.SITEMAP),
    "json_ld": linked_data,
    "date": day,
    "figure": figure,
    "warc": warc,
    "answer": answer,
    "query": query,
    "page": page,
}


def record(body: bytes, headers: bytes = b"Content-Type: text/html") -> bytes:
    http = b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\n" + body
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://blatt.example/a\r\n"
    head += b"WARC-Date: 2026-11-20T03:15:00Z\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
    head += b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n" % len(http)
    return head + http + b"\r\n\r\n"


HTML = "<html lang=de><title>Bedburg</title><h1>Rechenzentrum</h1><time datetime='2026-11-20'></time><p>Ein Satz.</p>"
SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "feed": (
        b"<rss version='2.0'><channel><item><title>Bergheim &amp; mehr</title><link>https://blatt.example/a</link>"
        b"<pubDate>Fri, 20 Nov 2026 04:15:00 +0100</pubDate><guid isPermaLink='false'>7</guid></item></channel></rss>",
        b"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='/x/'><entry>"
        b"<title type='html'>&lt;b&gt;A&lt;/b&gt;</title>"
        b"<link rel='alternate' href='a'/><updated>2026-11-20T03:15:00Z</updated></entry></feed>",
        b'{"version": "https://jsonfeed.org/version/1.1", "items": '
        b'[{"url": "/a", "title": "A", "date_published": "2026"}]}',
        b"<?xml version='1.0' encoding='ISO-8859-1'?><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
        b" xmlns='http://purl.org/rss/1.0/'><item><title>\xfc</title><link>https://blatt.example/b</link></item></rdf:RDF>",
    ),
    "sitemap": (
        b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://blatt.example/a</loc>"
        b"<lastmod>2026-11-20</lastmod><news:news xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>"
        b"<news:title>A</news:title>"
        b"<news:publication_date>2026-11-20T03:15Z</news:publication_date></news:news></url></urlset>",
        b"<sitemapindex><sitemap><loc>/sitemap-2026-11.xml.gz</loc></sitemap></sitemapindex>",
        gzip.compress(b"<urlset><url><loc>https://blatt.example/a</loc></url></urlset>"),
        b"https://blatt.example/a\nhttps://blatt.example/b\n",
    ),
    "json_ld": (
        b'{"@context": "https://schema.org", "@type": ["NewsArticle"], "headline": "A", "author": [{"name": "B"}],'
        b' "datePublished": "2026-11-20T04:15:00+01:00", "isAccessibleForFree": "False", "articleBody": "Ein Satz."}',
        b'[{"@graph": [{"@id": "#a", "@type": "Article", "author": {"@id": "#b"}}, {"@id": "#b", "name": ["C", 7]}]}]',
        b'/*<![CDATA[*/{"@type":"LiveBlogPosting","liveBlogUpdate":[{"@type":"BlogPosting"}],}/*]]>*/',
    ),
    "date": (
        b"20. November 2026, 04:15 Uhr",
        b"Fri, 20 Nov 2026 04:15:00 +0100",
        b"Stand: 20.11.26, 4.15 Uhr MEZ; Ver\xc3\xb6ffentlicht am 19.11.2026",
        b"2026-11-20T04:15:00.123456+01:00",
        b"1795148223000",
        b"/2026/11/20/bedburg",
    ),
    "figure": (
        b"Microsoft investiert rund 3,2 Milliarden Euro in Bedburg, mehr als 2.600 Stellen entstehen bis 2027.",
        "„Wir brauchen 500 Megawatt“, sagte Bürgermeister Sascha Solbach (SPD), 15 bis 20 Hektar, 3.000 m²".encode(),
        b"It will spend $3.2bn by 2027; twenty-one thousand five hundred jobs, a third of them on 40 ha.",
        "Zwischen 1,5 und 2 Mio. Kubikmeter Wasser – 30 % weniger als 2023 – fließen 20,5 km weit.".encode(),
    ),
    "warc": (
        record(HTML.encode()),
        gzip.compress(record(HTML.encode())) + gzip.compress(record(b"x", b"Content-Encoding: gzip")),
        record(b"5\r\nhallo\r\n0\r\n\r\n", b"Transfer-Encoding: chunked\r\nContent-Type: text/html; charset=x"),
        record(b"\x1f\x8b\x08", b"Content-Encoding: br\r\nContent-Type: application/xhtml+xml"),
    ),
    "answer": (
        gzip.compress(b'{"date": "2026-11-20T03:15:00.000Z", "url": "https://blatt.example/a", "title": "Microsoft"}'),
        b'{"stories": [{"url": "https://blatt.example/a", "title": "A", "publish_date": "2026-11-20"}]}',
        b'{"articles": [{"url": "https://blatt.example/a", "title": "A", "seendate": "20261120T031500Z"}]}',
        b'[["timestamp","original","statuscode"],["20261120031500","https://blatt.example/a","200"]]',
        b'{"timestamp": "20261120031500", "url": "https://blatt.example/a", "status": "200"}',
    ),
    "query": (
        b'"Rechenzentrum Bedburg" OR (Baugenehmigung -Azure) title:Strom*',
        b"author:M\xc3\xbcller before:2026-11-20 after:2026 figure:investment=3.2bn place:Elsdorf",
        b'NEAR(a b) ^x +y {z} :: "" * - ( NOT AND',
        b"A 61 3.200 KI-Labor Neurather stra\xc3\x9fe",
    ),
    "page": (
        HTML.encode(),
        b"<!DOCTYPE html><meta charset=iso-8859-1><meta property='og:title' content='A'>"
        b"<article><h1>A</h1><p>B \xfc</p></article>",
        b"<html><body><table><tr><td><font>x<br>y</table><noscript><p>z</noscript><template><p>t</template><svg/>",
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><p>&nbsp;&#x200b;&#55357;</p></html>",
    ),
}


def corpus(name: str) -> list[bytes]:
    """Seeds, and what once went wrong."""
    return [*SEEDS[name], *(path.read_bytes() for path in sorted(FOUND.glob(f"{name}-*")))]
