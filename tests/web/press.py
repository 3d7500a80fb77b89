"""Our own recorded web: the labelled pages of tests/quality on their invented hosts, and an outlet with many."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.demo.newsroom import Answer, page
from pipelines.identity import bare_host
from tests.stories import FESTIVAL, WINDOWS
from tests.web.records import Record, labels

QUALITY = Path(__file__).parents[1] / "quality"
MANY = "www.revierzeitung.example"  # two sources of the registry are on it
FORMS = (  # of what lists a host's pages, one host after the other; links to what is no article are not followed
    'feeds = ["{site}/feed.xml"]',
    'news_sitemaps = ["{site}/sitemap-news.xml"]',
    'listings = ["{site}/aktuelles"]',
)
SOURCE = """
[[source]]
id = "{id}"
name = "{id}"
homepage = "{site}/"
kind = "regional_press"
{lists}
"""


@cache
def gold() -> dict[str, dict[str, Any]]:
    """The labels of our pages, by address."""
    return labels(QUALITY / "labels.jsonl")


def records_of_ours() -> tuple[Record, ...]:
    labelled = [
        Record(
            url=url,
            answer=Answer(body=(QUALITY / "pages" / row["file"]).read_bytes(), kind="text/html"),
            title=row["title"] or "",
            day=row["date"] or "2025-11-01",
        )
        for url, row in gold().items()
    ]
    return (*labelled, *stories_of_many())


def stories_of_many(count: int = 4) -> list[Record]:
    """None of them is on the topic."""
    found = []
    for number in range(1, count + 1):
        title, paragraphs = (FESTIVAL, WINDOWS)[number % 2]
        title, day = f"{title}, Teil {number}", f"2025-10-{number:02}"
        answer = page(title, [f"Dies ist Teil {number} der Folge.", *paragraphs], day=f"{day}T09:30:00+02:00")
        found.append(Record(url=f"https://{MANY}/folge/{number}", answer=answer, title=title, day=day))
    return found


def registry_of_ours() -> str:
    """A source for each of our hosts, and two for the one with many articles."""
    sites = {"{0.scheme}://{0.netloc}".format(urlsplit(url)): row["refused"] for url, row in gold().items()}
    forms = {site: FORMS[at % 2] if refused else FORMS[at % 3] for at, (site, refused) in enumerate(sites.items())}
    entries = [SOURCE.format(id=source_id(site), site=site, lists=forms[site].format(site=site)) for site in sites]
    many = f"https://{MANY}"
    of_many = {"": 'feeds = ["{site}/rss/alles"]', "-aktuell": "\n".join(FORMS[1:])}
    entries += [
        SOURCE.format(id=source_id(many) + name, site=many, lists=lists.format(site=many))
        for name, lists in of_many.items()
    ]
    return "".join(entries)


def source_id(url: str) -> str:
    return bare_host(url).removesuffix(".example").replace(".", "-")
