"""What each kind of finder is asked, and by which reader its answers are read."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crawler.discovery.answers import answer as answers
from crawler.discovery.answers import cdx as cdx_answers
from crawler.discovery.answers import gal as gal_answers
from crawler.discovery.answers import gdelt_doc as doc_answers
from crawler.discovery.answers import links as link_answers
from crawler.discovery.answers import mediacloud as mediacloud_answers
from crawler.discovery.answers.answer import FinderAnswer
from crawler.discovery.leads import Lead
from crawler.discovery.requests import cdx, gal, gdelt_doc, links, mediacloud
from crawler.discovery.requests.queries import filled
from crawler.discovery.requests.request import Answered, FinderRequest
from crawler.registry.finders import Finder, FinderKind
from db.outcomes import Code
from db.store.enrichment.links import LinkRow
from pipelines.identity import bare_host, domains
from pipelines.relevance.matching import MatchRule, who_cores
from pipelines.relevance.profile import Profile

CRAWLS = "crawls"  # key of the list of Common Crawl's indexes, whose names are kept as what to go on with
CRAWLS_BACK = timedelta(days=60)
NO_TROUBLE = frozenset({*answers.COMPLETE, *answers.HALVES, Code.NO_FILE})


def requests(
    finder: Finder,
    profile: Profile,
    hosts: list[str],
    days: tuple[date, date],
    done: Mapping[str, Answered],
    now: datetime,
) -> Iterator[FinderRequest]:
    """Those of a night; `done` grows while they are taken."""
    since, until = days
    match finder.kind:
        case FinderKind.GAL:
            return gal.requests(finder, since, until, done, now)
        case FinderKind.LINKS:
            return links.requests(finder, done, now)
        case FinderKind.MEDIACLOUD:
            return mediacloud.requests(finder, filled(finder, profile), since, until, done, now)
        case FinderKind.GDELT_DOC:
            return gdelt_doc.requests(finder, filled(finder, profile), since, until, done, now)
        case FinderKind.WAYBACK:
            return cdx.wayback(finder, hosts, who_cores(profile), days, done, now)
        case FinderKind.COMMONCRAWL:
            listed = done.get(CRAWLS)
            if listed is None or (listed.at.date() != now.date()):
                return iter([cdx.crawl_list(finder)])
            crawls = cdx.crawls_of((listed.go_on or "").split(), since, until)
            return cdx.common_crawl(finder, crawls, hosts, who_cores(profile), done, now)
        case FinderKind.OWN_LINKS:
            return iter(())


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was had from a finder, or is kept."""

    url: str
    body: bytes
    status: int
    headers: Mapping[str, str]


def read(finder: Finder, page: Delivered, *, denied: Callable[[str], bool], rule: MatchRule) -> FinderAnswer:
    given = page.body, page.status, page.headers
    match finder.kind:
        case FinderKind.GAL:
            return gal_answers.read(*given, rule=rule)
        case FinderKind.LINKS:
            return link_answers.read(*given, page=page.url, denied=denied)
        case FinderKind.MEDIACLOUD:
            return mediacloud_answers.read(*given)
        case FinderKind.GDELT_DOC:
            return doc_answers.read(*given)
        case FinderKind.WAYBACK:
            return cdx_answers.read_wayback(*given)
        case FinderKind.COMMONCRAWL:
            return cdx_answers.read_common_crawl(*given)
        case FinderKind.OWN_LINKS:
            raise ValueError("the links of our own articles are read already")


def read_own(links: Iterable[LinkRow], page: str, *, denied: Callable[[str], bool]) -> FinderAnswer:
    """Of an article of ours, at the address `page`."""
    leads = (Lead(url=link["url"], title=link["text"]) for link in links)
    return link_answers.leads_of(leads, page, denied=denied)


def read_crawls(body: bytes, status: int) -> FinderAnswer:
    if wrong := answers.trouble(status):
        return answers.only(wrong)
    names = cdx_answers.crawls(body)
    outcome = Code.ROWS_READ.of(number=len(names)) if names else Code.UNREADABLE_ANSWER.of(why=Code.NO_ENTRY.of())
    return FinderAnswer(rows=len(names), outcome=outcome, go_on=" ".join(names) or None)


def is_trouble(answer: FinderAnswer) -> bool:
    return answer.outcome.code not in NO_TROUBLE


def start_of(finder: Finder, since: date, until: date) -> date:
    """From when on it is asked. The index that is out last may be weeks old."""
    return min(since, until - CRAWLS_BACK) if finder.kind is FinderKind.COMMONCRAWL else since


def hosts_of(finder: Finder) -> frozenset[str]:
    """Where it is asked."""
    urls = (finder.address, finder.crawls, *finder.pages)
    return frozenset(filter(None, map(bare_host, urls)))


def request_headers(finder: Finder) -> dict[str, str]:
    secret = finder.secret()
    return mediacloud.headers(secret) if secret else {}


def apart(hosts: Iterable[str]) -> list[str]:
    """In their order, without those below another: indexes answer for all of a domain."""
    wanted = dict.fromkeys(hosts)
    return [host for host in wanted if not is_below(host, wanted)]


def is_below(host: str, others: Collection[str]) -> bool:
    return any(domain in others for domain in domains(host) - {host})


def most(finder: Finder) -> int | None:
    """Matches of one answer; of one page of ours few."""
    return finder.per_page or None
