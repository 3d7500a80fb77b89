"""Inputs that are built to do harm, by reader: each large, deep, endless, cut off or contradictory in one way.

`python -m tests.fuzz.inputs` reads them all and writes a line of JSON: what fell, the most memory that it took, and
whom it tried to reach.
"""

import gzip
import json
import logging
import resource
import socket
import sys
from collections.abc import Callable, Mapping

from tests.fuzz.readers import READERS, record

MIB = 1 << 20
JSON_FEED = b'{"version": "https://jsonfeed.org/version/1", "items": '
HTML_PACKED = b"Content-Type: text/html\r\nContent-Encoding: "
NEWS = b"<item><title>A</title><link>https://blatt.example/%d</link></item>"
ENTITIES = b"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>%s]>" % b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12)
)


def rss(items: bytes, head: bytes = b"") -> bytes:
    return head + b"<rss version='2.0'><channel>" + items + b"</channel></rss>"


def urlset(urls: bytes, head: bytes = b"") -> bytes:
    return head + b"<urlset>" + urls + b"</urlset>"


def html(body: bytes) -> bytes:
    return b"<html><title>T</title><h1>T</h1>" + body + b"</html>"


Made = Callable[[], bytes]
INPUTS: Mapping[str, Mapping[str, Made]] = {
    "feed": {
        "entities that grow": lambda: rss(b"<item><title>&m;</title><link>/a</link></item>", ENTITIES),
        "a file as entity": lambda: rss(
            b"<title>&x;</title>", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
        ),
        "an address as entity": lambda: rss(b"&x;", b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1/x'>%x;]>"),
        "a grammar elsewhere": lambda: rss(b"", b"<!DOCTYPE rss SYSTEM 'http://169.254.169.254/latest'>"),
        "20,000 items": lambda: rss(b"".join(NEWS % n for n in range(20_000))),
        "100,000 levels": lambda: rss(b"<a>" * 100_000),
        "an attribute of a megabyte": lambda: rss(b"<item a='" + b"x" * MIB + b"'/>"),
        "nothing but NUL": lambda: bytes(MIB),
        "another encoding than it says": lambda: "<rss>ü</rss>".encode("utf-16") + b"<?xml encoding='utf-7'?>",
        "a bomb": lambda: gzip.compress(bytes(32 * MIB)),
        "script as link": lambda: rss(
            b"<item><link>javascript:alert(1)</link></item><item><link>data:,x</link></item>"
        ),
        "JSON of 100,000 levels": lambda: JSON_FEED + b"[" * 100_000,
        "JSON with half a character": lambda: JSON_FEED + b'[{"url": "\\ud800"}]}',
        "JSON with a number of 100,000 digits": lambda: b'{"version": 1, "items": [{"id": ' + b"9" * 100_000 + b"}]}",
    },
    "sitemap": {
        "a bomb": lambda: gzip.compress(b"<urlset>" + bytes(32 * MIB)),
        "half a gzip": lambda: gzip.compress(urlset(b"<url/>" * 999))[:-20],
        "an index of itself": lambda: b"<sitemapindex><sitemap><loc>/sitemap.xml</loc></sitemap></sitemapindex>",
        "30,000 addresses": lambda: urlset(b"<url><loc>https://blatt.example/a</loc></url>" * 30_000),
        "entities that grow": lambda: urlset(b"<url><loc>&m;</loc></url>", ENTITIES),
        "days that are none": lambda: urlset(b"<url><loc>/a</loc><lastmod>-9999-99-99T99:99Z</lastmod></url>" * 99),
        "a line of a megabyte": lambda: b"https://blatt.example/" + b"a" * MIB,
        "an address of this machine": lambda: urlset(b"<url><loc>http://[::1]:22/</loc></url>"),
    },
    "json_ld": {
        "100,000 levels": lambda: b'{"@graph":' * 100_000,
        "nodes that are each other": lambda: b'[{"@id":"a","author":{"@id":"b"}},{"@id":"b","author":{"@id":"a"}}]',
        "5,000 nodes": lambda: b"[" + b'{"@type":"NewsArticle","headline":"A"},' * 5_000 + b"0]",
        "types that are none": lambda: b'{"@type": {"@type": [null, 7, {}]}, "headline": [[["A"]]], "author": 7}',
        "a number of 100,000 digits": lambda: b'{"@type":"Article","wordCount":' + b"9" * 100_000 + b"}",
        "half a character": lambda: b'{"@type":"Article","headline":"\\udfff","author":{"name":"\\ud83d"}}',
        "a selector without end": lambda: b'{"@type":"Article","hasPart":{"cssSelector":"' + b":not(" * 5000 + b'"}}',
        "a day without end": lambda: b'{"@type":"Article","datePublished":"' + b"2026-11-20T" * 20_000 + b'"}',
    },
    "date": {
        "a million digits": lambda: b"1" * MIB,
        "digits of another script": lambda: "٢٠٢٦-١١-٢٠ २०.११.२०२६".encode(),
        "a year that is none": lambda: b"0000-00-00T24:60:61+99:99",
        "the end of time": lambda: b"9" * 30,
        "5,000 days": lambda: b"Stand: 31.12.2026, 23:59 Uhr; " * 5_000,
        "a zone of a kilobyte": lambda: b"2026-11-20 04:15 " + b"Z" * 1024,
        "right to left": lambda: "\u202e6202.11.02\u202c".encode(),
        "an address of nothing but days": lambda: b"/2026/11/20" * 5000,
    },
    "figure": {
        "a hundred thousand digits": lambda: b"7" * 100_000 + b" Euro",
        "5,000 amounts": lambda: b"3,2 Milliarden Euro und " * 5000,
        "number words without end": lambda: b"dreihundert" * 3000 + b" Stellen",
        "units alone": lambda: b"Euro Megawatt Hektar " * 5000,
        "digits of another script": lambda: "٣٫٢ Milliarden Euro, ½ Mio. m²".encode(),
        "signs without end": lambda: b"-" * 50_000 + b"1.000.000.000.000,5 EUR",
        "marks that never close": lambda: "„“»«".encode() * 10_000,
        "a sentence of 100 kB": lambda: b"und weil " * 11_000 + b"500 Megawatt",
    },
    "warc": {
        "cut off": lambda: record(b"<p>x</p>" * 99)[:-200],
        "a length too large": lambda: record(b"x").replace(b"Content-Length: ", b"Content-Length: 9"),
        "a length too small": lambda: record(b"x" * 900).replace(b"Content-Length: 9", b"Content-Length: "),
        "a length below zero": lambda: record(b"x").replace(b"Content-Length: ", b"Content-Length: -"),
        "a bomb": lambda: gzip.compress(record(bytes(32 * MIB)), 1),
        "a packed bomb in it": lambda: record(
            gzip.compress(bytes(32 * MIB)), b"Content-Encoding: gzip\r\nContent-Type: text/html"
        ),
        "brotli that is none": lambda: record(b"x" * 99, HTML_PACKED + b"br"),
        "chunks that are none": lambda: record(b"zz\r\nx", b"Transfer-Encoding: chunked\r\nContent-Type: text/html"),
        "a head of a megabyte": lambda: record(b"x", b"A: " + b"x" * MIB),
        "garbage between": lambda: record(b"<p>a</p>") + b"\xff" * 999 + record(b"<p>b</p>"),
        "half a gzip member": lambda: gzip.compress(record(b"<p>a</p>" * 999))[:-30],
    },
    "answer": {
        "a bomb": lambda: gzip.compress(b"\n" * (8 * MIB)),
        "JSON of 100,000 levels": lambda: b'{"articles":' + b"[" * 100_000,
        "rows that are none": lambda: b'{"stories": [7, null, [], {"url": {}}], "articles": [[], "x", {"url": 7}]}',
        "a page of captcha": lambda: b"<html><title>Just a moment...</title><form action='/x'>",
        "20,000 rows": lambda: b'{"url": "https://blatt.example/a", "timestamp": "20261120031500"}\n' * 20_000,
        "addresses of this machine": lambda: (
            b'{"articles": [{"url": "http://127.0.0.1:22/"}, {"url": "file:///etc/passwd"}]}'
        ),
        "half a character": lambda: b'{"stories": [{"url": "https://blatt.example/a", "title": "\\ud800"}]}',
    },
    "query": {
        "10,000 brackets": lambda: b"(" * 10_000,
        "100,000 letters": lambda: b"a" * 100_000,
        "5,000 alternatives": lambda: b" OR ".join([b"a"] * 5000),
        "marks that never close": lambda: b'"' * 999,
        "signs alone": lambda: b"* - : ^ + NEAR( ) {} \x00 \xff",
        "filters without end": lambda: b"before:2026 " * 2000,
        "SQL": lambda: b"' OR 1=1; drop table articles; --",
        "one letter with a star": lambda: b"a* " * 100,
    },
    "page": {
        "100,000 levels": lambda: html(b"<div>" * 100_000),
        "a million brackets": lambda: html(b"<" * 1_000_000),
        "5,000 attributes": lambda: html(b"<p " + b" ".join(b"a%d=1" % n for n in range(5_000)) + b">x</p>"),
        "tables in tables": lambda: html(b"<table><tr><td>" * 3000),
        "a script of 5 MB": lambda: html(b"<script>" + b"x=1;" * 1_300_000 + b"</script><p>Satz.</p>"),
        "20,000 headlines": lambda: html(b"<h1>A</h1>" * 20_000),
        "pictures in words in pictures": lambda: html(b"<svg><foreignObject><math><mtext>" * 1000),
        "nothing but NUL": lambda: bytes(MIB),
        "references that are none": lambda: html(b"&#1114112;&#xd800;&#0;&bogus;" * 20_000),
        "another base and another encoding": lambda: html(b"<base href='javascript:'><meta charset=x-none><p>\xff</p>"),
        "comments that never close": lambda: html(b"<!--" * 100_000),
    },
}


def read_all() -> dict[str, object]:
    fallen, reached = [], []
    logging.disable(logging.CRITICAL)

    def connect(_: socket.socket, address: object) -> None:
        reached.append(str(address))
        raise OSError("nobody is asked")

    socket.socket.connect = connect  # type: ignore[method-assign, assignment]
    for reader, inputs in INPUTS.items():
        for name, made in inputs.items():
            try:
                READERS[reader](made())
            except Exception as error:  # whatever it is: it is what is looked for
                fallen.append(f"{reader}: {name}: {type(error).__name__}: {error}"[:300])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"number": sum(map(len, INPUTS.values())), "fallen": fallen, "reached": reached, "mib": memory}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(read_all()) + "\n")
