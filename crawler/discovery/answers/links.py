"""A page as a list of what it links to at other hosts: an encyclopaedia's, or the text of an article of ours."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from scrapy.utils.url import url_has_any_extension
from w3lib.encoding import http_content_type_encoding

from crawler.discovery import documents
from crawler.discovery.answers.answer import FinderAnswer, Harvest, Headers, only, trouble
from crawler.discovery.answers.unwrapping import unwrapped
from crawler.discovery.leads import Lead, Unreadable
from crawler.discovery.listings import FILES
from db.days import moment
from db.outcomes import Code
from pipelines.identity import bare_host, domains

ANY = r"^https?://"
BOOK = re.compile(r"/isbn/|[?&]isbn=", re.I)
MOST = 2_000  # links of a page


def read(
    body: bytes,
    status: int,
    headers: Headers,
    *,
    page: str,
    denied: Callable[[str], bool] = lambda host: False,
    at: datetime | None = None,
) -> FinderAnswer:
    """`page`: its own address; `denied`: hosts that are no press, such as the encyclopaedia's sisters.

    `rows` counts what leads elsewhere; files and books are no leads. An archive's copy stands for the original.
    """
    if wrong := trouble(status):
        return only(wrong)
    encoding = http_content_type_encoding(
        next((headers[name] for name in headers if name.lower() == "content-type"), None)
    )
    try:
        found = documents.read_listing(body, page, encoding=encoding, link=ANY, limit=MOST)
    except Unreadable as error:
        return only(Code.UNREADABLE_ANSWER.of(why=error.outcome))
    return leads_of(found.leads, page, denied=denied, at=at)


def leads_of(
    links: Iterable[Lead],
    page: str,
    *,
    denied: Callable[[str], bool] = lambda host: False,
    at: datetime | None = None,
) -> FinderAnswer:
    """Of the links of a page; as `read`."""
    own = bare_host(page)
    titles: dict[str, Lead] = {}  # of an archive's copy and its original, the one with more to say
    for lead in links:
        url = unwrapped(lead.url)
        host = bare_host(url)
        elsewhere = host and host not in domains(own) and own not in domains(host) and not denied(host)
        if elsewhere and len(lead.title or "") >= len(titles.get(url, lead).title or ""):
            titles[url] = lead
    harvest = Harvest(at=at or moment())
    for url, lead in titles.items():
        if url_has_any_extension(url, FILES) or BOOK.search(url):
            harvest.rows += 1
        else:
            harvest.row(url, title=lead.title, sentence=lead.summary)
    return harvest.answer()
