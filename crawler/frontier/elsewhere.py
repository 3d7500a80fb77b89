"""A found page that gives an address at another host as its own: the article is that host's, and is fetched there.

It goes the way of all that finders name, past denied hosts, private addresses and the rooms of a night.
"""

import re
from dataclasses import replace

from crawler.discovery.answers.answer import FoundLead
from crawler.frontier.findings import Intake
from crawler.policy.strangers import Destination, destination
from db.outcomes import Code
from db.store.archive import Archive
from db.store.finders.findings import VIA
from db.store.rows import Row
from pipelines.article import Article, Reason, Rejected
from pipelines.identity import bare_host, key
from pipelines.intake.decisions import heed
from pipelines.storing.persons_words import PersonsWords

LONG = 80  # characters of a paragraph that tells one text from others


def place(article: Article, intake: Intake) -> Article | Rejected:
    """As it is where it is at home, also where its own address leads nowhere or has been refused before.

    Where that address is kept already, this one becomes another of the same article's.
    """
    finder = (article.found_via or "").removeprefix(f"{VIA} ")
    own_address = article.canonical_url or ""
    if finder == article.found_via or article.must_stay or not bare_host(own_address):
        return article
    goal = destination(own_address, intake.denials, intake.owners)
    if is_at_home(article, goal):
        return article
    if goal.refused:
        is_denied = goal.refused.code is Code.HOST_DENIED
        return Rejected(Reason.FOREIGN, goal.refused, replace(article, page=None)) if is_denied else article
    name = intake.key_of(own_address, goal.source)
    if name == key(article.url, article.source, article.hints):  # another view of it
        return article
    find = PersonsWords(intake.archive).decision
    heeded = heed(article, lambda keys, _: find(keys, own_address), [name])
    if isinstance(heeded, Rejected):
        return heeded if heeded.reason is Reason.DECIDED else replace(heeded, article=article)
    kept = intake.archive.articles.at(name)
    if kept and not is_akin(article, kept):
        return article
    if kept:
        own_keys = {key(url, article.source, article.hints): url for url in (article.url, article.final_url) if url}
        intake.archive.articles.add_addresses(kept["id"], own_keys, article.url)
        return article
    if name in intake.archive.frontier.known([name]) and not intake.archive.frontier.is_waiting(name):
        return article
    intake.take(finder, article.url, [FoundLead(url=own_address, title=article.title)])
    return Rejected(Reason.FOREIGN, Code.ITS_ADDRESS_IS_AT.of(host=goal.host, key=name), replace(article, page=None))


def is_at_home(article: Article, goal: Destination) -> bool:
    return goal.host in article.hints.hosts or (goal.source is not None and goal.source.id == article.source)


def is_akin(article: Article, kept: Row) -> bool:
    """Whether the page has the text that is kept at the address it gives as its own: many give a wrong one."""
    paragraphs = {paragraph for paragraph in article.text.split("\n\n") if len(paragraph) > LONG}
    return are_akin(article.title, kept["title"]) or not paragraphs.isdisjoint(kept["text"].split("\n\n"))


def are_akin(title: str, other: str) -> bool:
    """Whether most words of two headlines are the same."""
    words, others = (set(re.findall(r"\w{3,}", each.lower())) for each in (title, other))
    return 2 * len(words & others) > len(words | others)


def connect(archive: Archive) -> None:
    """Addresses of pages whose article is another host's, with that article once it is kept."""
    with archive.atomic():
        for row in archive.findings.at_other_hosts():
            if are_akin(row["title"] or "", row["article_title"]):
                archive.articles.add_addresses(row["article"], {row["key"]: row["url"]}, row["url"])
                archive.refusals.forget(row["id"])
