"""What the crawler may ask for: robots.txt, Crawl-delay, Retry-After, reservations, own hosts, public addresses."""

import asyncio
import ipaddress
import os
import re
import socket
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.resolver import CachingThreadedResolver
from scrapy.robotstxt import ProtegoRobotParser, RobotParser
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from crawler.policy.site_rules import SiteRules, of_robots
from pipelines.article import Reason
from pipelines.identity import bare_host
from pipelines.intake.rights import Rule, of_origin, read_tdmrep

IP = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowed(IgnoreRequest):
    """The address must not be asked for; `reason` says why, `detail` in words."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class NotPublic(CannotResolveHostError):
    """A name of the open internet that stands for a machine that is not on it."""


def loopback_allowed() -> bool:
    """Tests and the demo crawl this machine; nobody else should."""
    return os.environ.get("REVIERSPIEGEL_ALLOW_LOOPBACK") == "1"


NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all that IANA has given out of IPv6


def is_public(address: str) -> bool:
    """Whether an IP address, however it is spelt, is one of the open internet. Raises ValueError where it is none."""
    return all(map(_is_open, _inside(_spelt_out(address.strip("[]").partition("%")[0].rstrip(".")))))


def _is_open(ip: IP) -> bool:
    if ip.is_loopback:
        return loopback_allowed()
    return ip.is_global and not ip.is_multicast and (ip.version == 4 or ip in GLOBAL_UNICAST)


def _inside(ip: IP) -> list[IP]:
    """The addresses of IPv4 that one of IPv6 stands for; itself where it stands for none."""
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    if ip in NAT64:
        return [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)]
    return [each for each in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if each] or [ip]


def _spelt_out(address: str) -> IP:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        try:  # 0x7f000001, 2130706433, 0177.0.0.1 and 127.1 are understood by whoever opens the connection
            return ipaddress.IPv4Address(socket.inet_aton(address))
        except OSError:
            pass
        raise


class PublicResolver(CachingThreadedResolver):
    """Resolves names as Scrapy does, and fails where a name stands for a machine of a private network."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        # The C library asks a name server that does not answer for up to 30 seconds, and the process waits for it.
        os.environ.setdefault("RES_OPTIONS", "timeout:3 attempts:2")

    def getHostByName(self, name: str, timeout: Any = ()) -> "Deferred[str]":
        found: Deferred[str] = super().getHostByName(name, timeout)
        # The proxy is ours to choose, and may well be in our own network.
        if name not in proxies():
            found.addCallback(_refuse_private, name)
        return found


def proxies() -> set[str]:
    """Host names of the proxies that the environment names, with a scheme before them or without."""
    return {urlsplit(url if "://" in url else f"//{url}").hostname or "" for url in getproxies().values()}


def _refuse_private(address: str, name: str) -> str:
    if not is_public(address):
        raise NotPublic(f"{name} stands for {address}, which is no address of the open internet")
    return address


# Names of one's own machine or network (RFC 6761, 6762, 8375, and all single words): behind a proxy nobody resolves
# them here, so that nobody would see what they stand for.
LOCAL = re.compile(r"(?:^|\.)(?:localhost|localdomain|local|internal|home\.arpa|lan)$|^[^.:]+$")


class OwnHosts:
    """Requests, and redirects, go to the source's own hosts only."""

    def process_request(self, request: Request) -> None:
        host = bare_host(request.url)
        if host not in request.meta.get("hosts", ()):
            raise NotAllowed(Reason.FOREIGN, f"leads to {host or 'nowhere'}")
        try:
            public = is_public(host)
        except ValueError:
            public = loopback_allowed() or not LOCAL.search(host)  # what it stands for is seen when it is resolved
        if not public:
            raise NotAllowed(Reason.FOREIGN, f"{host} is no address of the open internet")
        # with and without 'www.' it is one host, and is asked one thing at a time
        request.meta["download_slot"] = host


# 407 is the proxy's word; 421, 425 and 429 say "not now". None of them is an answer to what was asked.
NOT_THE_SITE = (407, 421, 425, 429)

NOT_ASKED = 0  # in place of a status, where we may not ask

STAY_AWAY = b"User-agent: *\nDisallow: /\n"


class Robots:
    """robots.txt as RFC 9309 has it, and then the reservations of the site (TDMRep) for what is asked of it.

    Scrapy's own middleware lets requests pass that wait while robots.txt is fetched, and takes a server error for
    "all allowed" (both tried with 2.13 to 2.19); neither applies Crawl-delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self.answered = False  # by anyone, in this run
        self._parsers: dict[str, asyncio.Future[RobotParser]] = {}
        self.away: dict[str, str] = {}  # site → why nothing may be asked of it tonight
        self.reservations: dict[str, tuple[Rule, ...]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("dont_obey_robotstxt"):
            return
        url = urlparse_cached(request)
        site = f"{url.scheme}://{url.netloc}"
        if site not in self._parsers:
            self._parsers[site] = asyncio.ensure_future(self._read(site, request))
        parser = await self._parsers[site]
        if site in self.away:
            raise NotAllowed(Reason.UNREACHABLE, self.away[site])
        if not parser.allowed(request.url, self.agent):
            raise NotAllowed(Reason.ROBOTS, "robots.txt disallows it")
        rights = request.meta["rights"] = of_origin(self.reservations.get(site, ()), request.url)
        if rights.reserved and request.meta.get("unless_reserved"):
            raise NotAllowed(Reason.RESERVED, "tdmrep.json reserves it")

    async def _read(self, site: str, request: Request) -> RobotParser:
        """The rules of a site; everything is disallowed where they cannot be had, for then nobody knows them."""
        status, body, problem = await self._fetch(f"{site}/robots.txt", request)
        if (
            problem and self.answered and status != NOT_ASKED
        ):  # the network is there: once more, it may have been bad luck
            status, body, problem = await self._fetch(f"{site}/robots.txt", request)
        if problem:
            self.away[site] = f"robots.txt: {problem}"
        parser = ProtegoRobotParser(STAY_AWAY if problem else body, self.crawler.spider)
        if delay := float(parser.crawl_delay(self.agent) or 0):
            if delay > self.crawler.settings.getfloat("LONGEST_DELAY"):
                self.away[site] = f"robots.txt: a Crawl-delay of {delay:.0f} s is more than a night has room for"
            self._keep_distance(request.meta["download_slot"], delay)
        away = self.away.get(site)
        self._note(request, of_robots(site, status=status or None, body=body, parser=parser, delay=delay, away=away))
        where = f"{site}/.well-known/tdmrep.json"
        if not away and parser.allowed(where, self.agent):
            await self._read_reservations(site, where, request)
        return parser

    async def _read_reservations(self, site: str, where: str, request: Request) -> None:
        """What the site as a whole reserves. One that cannot be read reserves nothing; headers and pages may."""
        status, body, problem = await self._fetch(where, request)
        reserved = None
        if not problem and body:
            try:
                rules = read_tdmrep(body)
            except ValueError as error:
                problem = str(error)
            else:
                self.reservations[site] = rules
                reserved = of_origin(rules, f"{site}/").reserved
        said = {None: "nothing said", False: "nothing reserved", True: "text and data mining reserved"}[reserved]
        text = body.decode("utf-8", "replace")
        verdict = problem or said
        self._note(
            request,
            SiteRules(
                site=site,
                document="tdmrep.json",
                verdict=verdict,
                status=status,
                reserved=reserved,
                text=text[:100_000],
            ),
        )

    def _note(self, request: Request, rules: SiteRules) -> None:
        spider: Any = self.crawler.spider
        spider.note_rules(request.meta["source"], rules)

    async def _fetch(self, url: str, request: Request) -> tuple[int | None, bytes, str | None]:
        """(status, body, None) or (status where there is one, b"", what is wrong)."""
        meta = {
            "dont_obey_robotstxt": True,
            "dont_retry": True,
            "hosts": request.meta["hosts"],
            "source": request.meta["source"],
            "download_timeout": self.crawler.settings.getfloat("ROBOTS_TIMEOUT"),
        }
        ask = Request(url, callback=NO_CALLBACK, priority=1000, meta=meta, dont_filter=True)
        assert self.crawler.engine
        try:
            response: Response = await self.crawler.engine.download_async(ask)
        except NotAllowed as error:
            return NOT_ASKED, b"", error.detail
        except Exception as error:  # whatever a network can do: the site is left alone, and the run says why
            return None, b"", in_words(error)
        if response.status >= 500 or response.status in NOT_THE_SITE:
            return response.status, b"", f"HTTP {response.status}"
        self.answered = True
        return response.status, (response.body if response.status < 400 else b""), None

    def _keep_distance(self, slot: str, delay: float) -> None:
        """Crawl-delay, where it is longer than our own distance; also for a slot that Scrapy makes anew later on."""
        assert self.crawler.engine
        downloader: Any = self.crawler.engine.downloader
        before = downloader.per_slot_settings.get(slot, {}).get("delay", 0)  # of www, where this is the bare host
        delay = max(delay, before, self.crawler.settings.getfloat("DOWNLOAD_DELAY"))
        downloader.per_slot_settings[slot] = {"delay": delay, "concurrency": 1, "jitter": 0}
        if slot in downloader.slots:
            downloader.slots[slot].delay = delay


LONGEST_WAIT = timedelta(days=28)  # a longer one is a slip


def asked_to_wait(status: int, retry_after: str | None, now: datetime) -> datetime | None:
    """Until when a site asks to be left alone (RFC 9110, 10.2.3): a number of seconds, or a date."""
    if status not in (429, 503) or not retry_after:
        return None
    try:
        until = (
            now + timedelta(seconds=int(retry_after)) if retry_after.isdigit() else parsedate_to_datetime(retry_after)
        )
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(until, now + LONGEST_WAIT) if until > now else None


class Patience:
    """A site that says when to come back is not asked again before: neither in this run nor in the next."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        retry_after = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
        if until := asked_to_wait(response.status, retry_after, datetime.now(UTC)):
            request.meta["dont_retry"] = True
            spider: Any = self.crawler.spider
            spider.wait_until(request.meta["source"], until, response.status)
        return response


WORDS = {
    "CannotResolveHostError": "the name is not known",
    "DNSLookupError": "the name is not known",
    "DownloadConnectionRefusedError": "the connection was refused",
    "ConnectionRefusedError": "the connection was refused",
    "DownloadTimeoutError": "no answer in time",
    "TimeoutError": "no answer in time",
    "ResponseDataLossError": "the answer broke off",
    "DownloadFailedError": "the connection broke",
    "TunnelError": "the proxy cannot reach it",
}


def too_large(error: BaseException | None) -> bool:
    return isinstance(error, DownloadCancelledError) or "DOWNLOAD_MAXSIZE" in str(error)


def in_words(error: BaseException) -> str:
    """A network error as an operator would say it; one that we have no words for, as the library does."""
    text = " ".join(str(error).split())[:200]
    if too_large(error):
        return "larger than anything that we read"
    if "max redirections" in text:
        return "it redirects without end"
    if "certificate" in text.lower() or "VerificationError" in text:
        return "its certificate cannot be trusted"
    return WORDS.get(type(error).__name__) or (f"{type(error).__name__}: {text}" if text else type(error).__name__)
