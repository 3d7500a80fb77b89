"""The links of an article → rows of the table `links`."""

from collections.abc import Callable
from dataclasses import dataclass

from db.store.rows import Row
from pipelines.article import Article
from pipelines.identity import bare_host, keys, normal
from pipelines.storing.rows import withheld


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """What the registry knows of an address."""

    key: str  # what it is compared by
    is_primary: bool  # at a host of who acts in the story: the company, a government, a town


FindTarget = Callable[[str], LinkTarget]


def unknown_target(url: str) -> LinkTarget:
    """By whoever knows no registry."""
    return LinkTarget(normal(url), False)


def link_rows(article: Article, reserved: str, find_target: FindTarget) -> list[Row]:
    """None where the text is withheld; none to the article itself. `reserved`: the registry's word on reservations."""
    if withheld(article, reserved):
        return []
    own, rows = keys(article), []
    for link in article.links:
        target = find_target(link.url)
        if target.key not in own:
            row = {"url": link.url, "host": bare_host(link.url), "text": link.text, "key": target.key}
            rows.append(row | {"primary_document": int(target.is_primary)})
    return rows
