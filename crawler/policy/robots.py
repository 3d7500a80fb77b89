"""robots.txt as RFC 9309 has it: what it says to us, and its place before every request."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler.discovery.encodings import decoded
from crawler.policy.answers import NOT_THE_SITE, NotAllowed, outcome_of
from crawler.policy.site_rules import LONGEST, SiteRules, keeper_of, of_robots
from db.outcomes import Code, Outcome
from pipelines.article import Reason
from pipelines.intake.rights import Rule, of_origin, read_tdmrep

PRODUCT = "Revierspiegel"  # robots.txt names the product, not the version

LINE = re.compile(  # with the slips that other readers forgive
    r"\s*(?:(?P<agent>user[ -]?agent)|(?P<allow>allow)|(?P<disallow>dis+al+[oa]w|diasllow)|(?P<delay>crawl[ -]delay))"
    r"(?:\s*:|\s)(?P<value>[^#]*)",
    re.IGNORECASE,
)
TOKEN = re.compile(r"\*(?!\S)|[a-z_-]+", re.IGNORECASE)  # RFC 9309, 2.2.1
WORD = re.compile(r"[^\s/*]+")  # of robots whose names have digits, against the RFC: AI2Bot
SECONDS = re.compile(r"\d{1,9}(?:[.,]\d{1,9})?")  # 10, 2.5, 10s
STRAY_BREAKS = re.compile(r"[\x00-\x08\x0b-\x1f\x85\u2028\u2029]")  # no ends of lines, but for Python


@dataclass(slots=True)
class Group:
    """What several robots are told together."""

    names: set[str] = field(default_factory=set)  # in lower case; * for all that are not named
    rules: list[str] = field(default_factory=list)  # Allow: …, Disallow: …
    delays: list[float] = field(default_factory=list)


class Rules:
    """A robots.txt that was read."""

    def __init__(self, groups: tuple[Group, ...] = ()) -> None:
        self._groups = groups
        self._parsed: dict[str, Protego] = {}

    @property
    def delay(self) -> float | None:
        """Our Crawl-delay in seconds, the longest where there are several; None where there is none."""
        return max((delay for group in self._of(PRODUCT) for delay in group.delays), default=None)

    def allowed(self, url: str, robot: str = PRODUCT) -> bool:
        """Whether a robot of that name may ask for the address; the longest rule that matches decides."""
        if robot not in self._parsed:
            rules = [rule for group in self._of(robot) for rule in group.rules]
            self._parsed[robot] = Protego.parse("\n".join(["User-agent: *", *rules]))
        return bool(self._parsed[robot].can_fetch(url, "*"))

    def _of(self, robot: str) -> list[Group]:
        """All groups that name the robot; those for all others where none does."""
        named = [group for group in self._groups if robot.lower() in group.names]
        return named or [group for group in self._groups if "*" in group.names]


def read(body: bytes) -> Rules:
    """The first 500 KiB of a robots.txt, in any encoding with a byte order mark; what is no rule is passed over."""
    whole = body if len(body) <= LONGEST else body[:LONGEST].rpartition(b"\n")[0]  # half a line would say another thing
    return Rules(tuple(_groups(decoded(whole))))


def _groups(text: str) -> Iterator[Group]:
    """Several lines of robots begin a group; what ends them is Allow, Disallow or Crawl-delay, and no other line."""
    group, begun = Group(), False
    for line in map(LINE.match, re.split(r"\r\n|\r|\n", text)):
        if line is None:
            continue
        value = STRAY_BREAKS.sub("", line["value"]).strip()
        if line["agent"]:
            if begun:
                yield group
                group, begun = Group(), False
            group.names |= {match[0].lower() for pattern in (TOKEN, WORD) if (match := pattern.match(value))}
            continue
        begun = True
        if line["delay"]:
            seconds = SECONDS.match(value)
            group.delays += [float(seconds[0].replace(",", "."))] if seconds else []
        elif value:
            group.rules.append(f"{'Allow' if line['allow'] else 'Disallow'}: {value}")
    yield group


NOT_ASKED = 0  # in place of a status, where we may not ask

STAY_AWAY = b"User-agent: *\nDisallow: /\n"


class RobotsMiddleware:
    """robots.txt as RFC 9309 has it, and then the reservations of the site (TDMRep) for what is asked of it.

    Scrapy's own middleware lets requests pass that wait while robots.txt is fetched, and takes a server error for
    "all allowed" (both tried with 2.13 to 2.19); neither applies Crawl-delay. Protego, which it reads with, compares
    the whole value of User-agent, so that `Revierspiegel/0.9` was not us.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.answered = False  # by anyone, in this run
        self._rules: dict[str, asyncio.Future[Rules]] = {}
        self.away: dict[str, Outcome] = {}  # site → why nothing may be asked of it tonight
        self.reservations: dict[str, tuple[Rule, ...]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("dont_obey_robotstxt"):
            return
        url = urlparse_cached(request)
        site = f"{url.scheme}://{url.netloc}"
        if site not in self._rules:
            self._rules[site] = asyncio.ensure_future(self._read(site, request))
        rules = await self._rules[site]
        if site in self.away:
            raise NotAllowed(Reason.UNREACHABLE, self.away[site])
        if not rules.allowed(request.url):
            raise NotAllowed(Reason.ROBOTS, Code.ROBOTS_DISALLOWS.of())
        rights = request.meta["rights"] = of_origin(self.reservations.get(site, ()), request.url)
        if rights.reserved and request.meta.get("unless_reserved"):
            raise NotAllowed(Reason.RESERVED, Code.TDMREP_RESERVES.of())

    async def _read(self, site: str, request: Request) -> Rules:
        """The rules of a site; everything is disallowed where they cannot be had, for then nobody knows them."""
        ask = partial(self._fetch, f"{site}/robots.txt", request, any_host=True)  # its redirects: RFC 9309, 2.3.1.2
        status, body, problem = await ask()
        if problem and self.answered and status != NOT_ASKED:
            status, body, problem = await ask()  # the network is there: once more, it may have been bad luck
        if problem:
            self.away[site] = Code.ROBOTS_AWAY.of(why=problem)
        rules = read(STAY_AWAY if problem else body)
        if delay := rules.delay or 0.0:
            if delay > self.crawler.settings.getfloat("LONGEST_DELAY"):
                self.away[site] = Code.ROBOTS_AWAY.of(why=Code.CRAWL_DELAY.of(seconds=delay))
            self._keep_distance(request.meta["download_slot"], delay)
        away = self.away.get(site)
        self._note(
            request, of_robots(site, status=status or None, body=body, allowed=rules.allowed, delay=delay, away=away)
        )
        where = f"{site}/.well-known/tdmrep.json"
        if not away and rules.allowed(where):
            await self._read_reservations(site, where, request)
        return rules

    async def _read_reservations(self, site: str, where: str, request: Request) -> None:
        """What the site as a whole reserves. One that cannot be read reserves nothing; headers and pages may."""
        status, body, problem = await self._fetch(where, request)
        reserved = None
        if not problem and body:
            try:
                rules = read_tdmrep(body)
            except ValueError as error:
                problem = Code.TEXT.of(text=str(error))
            else:
                self.reservations[site] = rules
                reserved = of_origin(rules, f"{site}/").reserved
        code = {None: Code.NOTHING_SAID, False: Code.NOTHING_RESERVED, True: Code.MINING_RESERVED}[reserved]
        text = body.decode("utf-8", "replace")
        self._note(
            request,
            SiteRules(
                site=site,
                document="tdmrep.json",
                outcome=problem or code.of(),
                status=status,
                reserved=reserved,
                text=text[:100_000],
            ),
        )

    def _note(self, request: Request, rules: SiteRules) -> None:
        keeper_of(self.crawler).note_rules(request.meta["source"], rules)

    async def _fetch(
        self, url: str, request: Request, *, any_host: bool = False
    ) -> tuple[int | None, bytes, Outcome | None]:
        """(status, body, None) or (status where there is one, b"", what is wrong)."""
        meta = {
            "dont_obey_robotstxt": True,
            "dont_retry": True,
            "hosts": request.meta["hosts"],
            "any_host": any_host,
            "source": request.meta["source"],
            "download_timeout": self.crawler.settings.getfloat("ROBOTS_TIMEOUT"),
        }
        ask = Request(url, callback=NO_CALLBACK, priority=1000, meta=meta, dont_filter=True)
        assert self.crawler.engine
        try:
            response: Response = await self.crawler.engine.download_async(ask)
        except NotAllowed as error:
            return NOT_ASKED, b"", error.outcome
        except Exception as error:  # whatever a network can do: the site is left alone, and the run says why
            return None, b"", outcome_of(error)
        # RFC 9309, 2.3.1: 4xx allows all. 304 that nobody asked for, or a redirect to nowhere, says nothing.
        if response.status >= 500 or 300 <= response.status < 400 or response.status in NOT_THE_SITE:
            return response.status, b"", Code.HTTP_STATUS.of(status=response.status)
        self.answered = True
        return response.status, (response.body if response.status < 400 else b""), None

    def _keep_distance(self, slot: str, delay: float) -> None:
        """Crawl-delay, where it is longer than our own distance; also for a slot that Scrapy makes anew later on."""
        assert self.crawler.engine
        downloader = self.crawler.engine.downloader
        before = downloader.per_slot_settings.get(slot, {}).get("delay", 0)  # of www, where this is the bare host
        delay = max(delay, before, self.crawler.settings.getfloat("DOWNLOAD_DELAY"))
        downloader.per_slot_settings[slot] = {"delay": delay, "concurrency": 1, "jitter": 0}
        if slot in downloader.slots:
            downloader.slots[slot].delay = delay
