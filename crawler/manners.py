"""What the crawler may ask for: robots.txt and its Crawl-delay, own hosts, addresses of the open internet."""

import asyncio
import ipaddress
import os
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.resolver import CachingThreadedResolver
from scrapy.robotstxt import ProtegoRobotParser, RobotParser
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from pipelines.article import Reason
from pipelines.identity import bare_host


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


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet. Raises ValueError where it is no IP address."""
    ip = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return (ip.is_global and not ip.is_multicast) or (ip.is_loopback and loopback_allowed())


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


class OwnHosts:
    """Requests, and redirects, go to the source's own hosts only."""

    def process_request(self, request: Request) -> None:
        host = bare_host(request.url)
        if host not in request.meta.get("hosts", ()):
            raise NotAllowed(Reason.FOREIGN, f"leads to {host or 'nowhere'}")
        try:
            public = is_public(host)
        except ValueError:
            public = True  # a name: it is looked at when it is resolved
        if not public:
            raise NotAllowed(Reason.FOREIGN, f"{host} is no address of the open internet")
        # with and without 'www.' it is one host, and is asked one thing at a time
        request.meta["download_slot"] = host


# 407 is the proxy's word; 421, 425 and 429 say "not now". None of them is an answer to what was asked.
NOT_THE_SITE = (407, 421, 425, 429)

STAY_AWAY = b"User-agent: *\nDisallow: /\n"


class Robots:
    """robots.txt as RFC 9309 has it.

    Scrapy's own middleware lets requests pass that wait while robots.txt is fetched, and takes a server error for
    "all allowed" (both tried with 2.13 to 2.19); neither applies Crawl-delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self.answered = False  # by anyone, in this run
        self._parsers: dict[str, asyncio.Future[RobotParser]] = {}
        self.away: dict[str, str] = {}  # site → why nothing may be asked of it tonight

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

    async def _read(self, site: str, request: Request) -> RobotParser:
        """The rules of a site; everything is disallowed where they cannot be had, for then nobody knows them."""
        body, problem = await self._fetch(site, request)
        if problem and self.answered:  # the network is there: once more, it may have been bad luck
            body, problem = await self._fetch(site, request)
        if problem:
            self.away[site] = f"robots.txt: {problem}"
        parser = ProtegoRobotParser(STAY_AWAY if problem else body, self.crawler.spider)
        if delay := float(parser.crawl_delay(self.agent) or 0):
            if delay > self.crawler.settings.getfloat("LONGEST_DELAY"):
                self.away[site] = f"robots.txt: a Crawl-delay of {delay:.0f} s is more than a night has room for"
            self._keep_distance(request.meta["download_slot"], delay)
        spider: Any = self.crawler.spider
        spider.night(request.meta["source"]).note_robots(site, self.away.get(site) or _verdict(body, delay))
        return parser

    async def _fetch(self, site: str, request: Request) -> tuple[bytes, str | None]:
        """(body, None) or (b"", what is wrong)."""
        meta = {
            "dont_obey_robotstxt": True,
            "dont_retry": True,
            "hosts": request.meta["hosts"],
            "source": request.meta["source"],
            "download_timeout": self.crawler.settings.getfloat("ROBOTS_TIMEOUT"),
        }
        ask = Request(f"{site}/robots.txt", callback=NO_CALLBACK, priority=1000, meta=meta, dont_filter=True)
        assert self.crawler.engine
        try:
            response: Response = await self.crawler.engine.download_async(ask)
        except NotAllowed as error:
            return b"", error.detail
        except Exception as error:  # whatever a network can do: the site is left alone, and the run says why
            return b"", in_words(error)
        if response.status >= 500 or response.status in NOT_THE_SITE:
            return b"", f"HTTP {response.status}"
        self.answered = True
        return (response.body if response.status < 400 else b""), None

    def _keep_distance(self, slot: str, delay: float) -> None:
        """Crawl-delay, where it is longer than our own distance; also for a slot that Scrapy makes anew later on."""
        assert self.crawler.engine
        downloader: Any = self.crawler.engine.downloader
        before = downloader.per_slot_settings.get(slot, {}).get("delay", 0)  # of www, where this is the bare host
        delay = max(delay, before, self.crawler.settings.getfloat("DOWNLOAD_DELAY"))
        downloader.per_slot_settings[slot] = {"delay": delay, "concurrency": 1, "jitter": 0}
        if slot in downloader.slots:
            downloader.slots[slot].delay = delay


def _verdict(body: bytes, delay: float) -> str:
    rules = f"{len(body)} bytes of rules" if body else "no rules"
    return f"{rules}, Crawl-delay {delay:g} s" if delay else rules


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


def in_words(error: BaseException) -> str:
    """A network error as an operator would say it; one that we have no words for, as the library does."""
    text = " ".join(str(error).split())[:200]
    if "certificate" in text.lower() or "VerificationError" in text:
        return "its certificate cannot be trusted"
    return WORDS.get(type(error).__name__) or (f"{type(error).__name__}: {text}" if text else type(error).__name__)
