"""The links in the text of an article: where they lead, and in what words."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from pipelines.article import BodyLink
from pipelines.extraction.markup import flat

# To hand the page on, at whatever network: no link of the text.
SHARING = re.compile(
    r"/sharer\b|/sharing/share|/share(?:-offsite)?/?\?|/shareArticle|/intent/(?:tweet|post)|/pin/create"
    r"|://(?:wa\.me|(?:api|web)\.whatsapp\.com)/|://(?:t|telegram)\.me/share|/spi/shares/",
    re.I,
)
LONGEST_ADDRESS = 2_000  # characters; longer ones are data
LONGEST_TEXT = 500


def links_of(anchors: Iterable[HtmlElement], url: str) -> Iterator[BodyLink]:
    """`url`: of the page."""
    for anchor in anchors:
        address, text = _address(anchor, url), flat(anchor)[:LONGEST_TEXT].encode("utf-8", "replace").decode()
        if address and text:
            yield BodyLink(url=address, text=text)


def _address(anchor: HtmlElement, url: str) -> str | None:
    """Without its fragment; None where it is none on the web."""
    href = " ".join((anchor.get("href") or "").split())
    try:
        base = anchor.getroottree().find(".//base[@href]")
        here = url if base is None else urljoin(url, base.get("href"))
        address = urljoin(here, href.replace(" ", "%20")).partition("#")[0]
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
        address.encode()  # half a character is none
    except ValueError:
        return None
    return address if usable and len(address) <= LONGEST_ADDRESS and not SHARING.search(address) else None
