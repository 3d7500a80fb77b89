"""What lists the articles of the invented outlets, feeds, sitemaps and pages of links, as real sites have them."""

import gzip
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from itertools import groupby
from typing import Any

from crawler.demo import looks
from crawler.demo.newsroom import Answer
from crawler.demo.pieces import Outlet, Piece

Document = Mapping[str, Any]
SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
DUBLIN_CORE = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


def answers(outlet: Outlet, document: Document, pieces: Sequence[Piece]) -> dict[str, Answer]:
    """path → what the outlet answers there; `pieces` with the newest first."""
    return FORMS[document["form"]](outlet, document, pieces[: document.get("newest")])


def reply(body: bytes, kind: str) -> Answer:
    return Answer(body=body, kind=kind, headers={"ETag": f'"{zlib.crc32(body):08x}"'})


def xml(outlet: Outlet, text: str, kind: str = "application/xml") -> Answer:
    head = f'<?xml version="1.0" encoding="{outlet.charset.upper()}"?>\n'
    return reply((head + text).encode(outlet.charset, "xmlcharrefreplace"), kind)


def rss(outlet: Outlet, document: Document, pieces: Sequence[Piece]) -> dict[str, Answer]:
    items = [
        f"<item><title>{escape(piece.title)}</title>"
        f"<link>{escape(outlet.url(piece) + document.get('campaign', ''))}</link>"
        f"<description><![CDATA[<p>{piece.summary}</p>]]></description>"
        f'<guid isPermaLink="false">{piece.number}</guid>'
        f"<pubDate>{format_datetime(moment(piece))}</pubDate></item>"
        for piece in pieces
    ]
    items += [f"<item><title>Von anderswo</title><link>{escape(url)}</link></item>" for url in outlet.elsewhere]
    head = f"<title>{escape(outlet.name)}</title><link>{outlet.site}/</link>"
    text = f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'
    return {document["path"]: xml(outlet, text, "application/rss+xml; charset=utf-8")}


def atom(outlet: Outlet, document: Document, pieces: Sequence[Piece]) -> dict[str, Answer]:
    entries = "".join(
        f'<entry><id>tag:{piece.outlet},{piece.number}</id><title type="html">{escape(escape(piece.title))}</title>'
        f'<link rel="alternate" href="{escape(outlet.url(piece))}"/><published>{piece.published}</published>'
        f'<updated>{piece.published}</updated><summary type="text">{escape(piece.summary)}</summary></entry>'
        for piece in pieces
    )
    head = f'<title>{escape(outlet.name)}</title><link rel="self" href="{outlet.site}{document["path"]}"/>'
    text = f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'
    return {document["path"]: xml(outlet, text, "application/atom+xml")}


def rdf(outlet: Outlet, document: Document, pieces: Sequence[Piece]) -> dict[str, Answer]:
    urls = [escape(outlet.url(piece)) for piece in pieces]
    order = "".join(f'<rdf:li rdf:resource="{url}"/>' for url in urls)
    items = "".join(
        f'<item rdf:about="{url}"><title>{escape(piece.title)}</title><link>{url}</link>'
        f"<description>{escape(piece.summary)}</description><dc:date>{piece.published}</dc:date></item>"
        for url, piece in zip(urls, pieces, strict=True)
    )
    head = f"<title>{escape(outlet.name)}</title><link>{outlet.site}/</link><items><rdf:Seq>{order}</rdf:Seq></items>"
    text = f'<rdf:RDF {RDF} {DUBLIN_CORE}><channel rdf:about="{outlet.site}/">{head}</channel>{items}</rdf:RDF>'
    return {document["path"]: xml(outlet, text, "application/rdf+xml")}


def sitemap(outlet: Outlet, document: Document, pieces: Sequence[Piece]) -> dict[str, Answer]:
    urls = "".join(f"<url><loc>{outlet.site}{path}</loc></url>" for path in outlet.shelves)
    urls += "".join(
        f"<url><loc>{escape(outlet.url(piece))}</loc><lastmod>{piece.published}</lastmod></url>" for piece in pieces
    )
    return {document["path"]: xml(outlet, f"<urlset {SITEMAP}>{urls}</urlset>")}


def index(outlet: Outlet, document: Document, pieces: Sequence[Piece]) -> dict[str, Answer]:
    """An index of one packed sitemap a year."""
    packed: dict[str, Answer] = {}
    children = ""
    for year, some in groupby(pieces, lambda piece: piece.date.year):
        path, of_year = f"/sitemap-{year}.xml.gz", list(some)
        plain = sitemap(outlet, {"path": path}, of_year)[path].body
        packed[path] = reply(gzip.compress(plain, mtime=0), "application/gzip")
        children += f"<sitemap><loc>{outlet.site}{path}</loc><lastmod>{of_year[0].published}</lastmod></sitemap>"
    return {document["path"]: xml(outlet, f"<sitemapindex {SITEMAP}>{children}</sitemapindex>")} | packed


def news(outlet: Outlet, document: Document, pieces: Sequence[Piece]) -> dict[str, Answer]:
    house = f"<news:name>{escape(outlet.name)}</news:name>"
    urls = "".join(
        f"<url><loc>{escape(outlet.url(piece))}</loc><news:news><news:publication>{house}<news:language>{piece.lang}"
        f"</news:language></news:publication><news:publication_date>{piece.published}</news:publication_date>"
        f"<news:title>{escape(piece.title)}</news:title></news:news></url>"
        for piece in pieces
    )
    spaces = f'{SITEMAP} xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return {document["path"]: xml(outlet, f"<urlset {spaces}>{urls}</urlset>")}


def listing(outlet: Outlet, document: Document, pieces: Sequence[Piece]) -> dict[str, Answer]:
    """The newest on the first page, the others on pages of their own where the document has a `page`."""
    size = document.get("size", len(pieces))
    count = -(-len(pieces) // size)
    answers = {}
    for number in range(1, count + 1):
        path = document["path"] + (f"?{document['page']}={number}" if number > 1 else "")
        links = "".join(f'<a href="?{document["page"]}={n}">{n}</a>' for n in range(2, count + 1))
        some = pieces[(number - 1) * size : number * size]
        text = looks.shelf(outlet, "Aktuelle Meldungen", some, f'<div class="pagination">{links}</div>')
        answers[path] = html(outlet, text)
    return answers


def html(outlet: Outlet, text: str) -> Answer:
    """The charset stands in the header, or, where it is an old one, on the page alone."""
    kind = "text/html; charset=utf-8" if outlet.charset == "utf-8" else "text/html"
    return reply(re.sub(r"\n\s*\n", "\n", text).encode(outlet.charset, "xmlcharrefreplace"), kind)


def moment(piece: Piece) -> datetime:
    return datetime.fromisoformat(piece.published)


FORMS: dict[str, Callable[[Outlet, Document, Sequence[Piece]], dict[str, Answer]]] = {
    "rss": rss,
    "atom": atom,
    "rdf": rdf,
    "sitemap": sitemap,
    "index": index,
    "news": news,
    "listing": listing,
}
