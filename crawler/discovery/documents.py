"""Finding: what a feed, a sitemap or a listing page lists becomes leads: bytes in, leads out."""

from typing import Any

from w3lib.url import add_or_replace_parameter

from crawler.discovery import feeds, listings, sitemaps
from crawler.discovery.leads import Choice, Discovery, Form, Unreadable
from crawler.discovery.markup import form_of, head_of, instead, pieces, recognised
from db.outcomes import Code


def read(
    body: bytes, url: str, *, expected: Form, encoding: str | None = None, link: str | None = None, **choice: Any
) -> Discovery:
    """What the document is decides how it is read; an HTML page is a listing only where one was expected.

    `encoding` and `link` are for listings, `choice` the fields of Choice. Raises Unreadable.
    """
    if expected is Form.LISTING and form_of(head_of(body)) in (Form.LISTING, None):
        return read_listing(body, url, encoding=encoding, link=link, **choice)
    form = recognised(body, (expected, Form.FEED, Form.SITEMAP, Form.SITEMAP_INDEX))
    name = expected.replace("_", " ")
    if form is Form.FEED:
        return feeds.read_as(name, body, url, Choice(**choice))
    return sitemaps.read_as(name, body, url, form, Choice(**choice))


def read_listing(
    body: bytes,
    url: str,
    *,
    encoding: str | None = None,
    link: str | None = None,
    **choice: Any,
) -> Discovery:
    """The links of an HTML page whose absolute address matches `link`; without it, those that look like articles.

    `encoding` is what the HTTP header says, `choice` the fields of Choice. Raises Unreadable.
    """
    head = head_of(body)
    if form_of(head) not in (Form.LISTING, None):
        raise Unreadable(Code.IS_NO_HTML.of(form="listing", what=instead(head)))
    return listings.read(b"".join(pieces(body)), url, encoding=encoding, link=link, choice=Choice(**choice))


def page_url(url: str, parameter: str, number: int) -> str:
    return add_or_replace_parameter(url, parameter, str(number))
