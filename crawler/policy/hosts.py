"""Where requests may go: a source's own hosts, at the usual ports, on machines of the open internet."""

import ipaddress
import os
import re
import socket
from contextlib import suppress
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy import Request
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred

from crawler.policy.answers import NotAllowed, NotPublic
from db.outcomes import Code
from pipelines.article import Reason
from pipelines.identity import bare_host

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = (80, 443)


def loopback_allowed() -> bool:
    """Tests and the demo crawl this machine; nobody else should."""
    return os.environ.get("REVIERSPIEGEL_ALLOW_LOOPBACK") == "1"


NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all that IANA has given out of IPv6


def is_public(address: str) -> bool:
    """Whether an IP address, however it is spelt, is one of the open internet. Raises ValueError where it is none."""
    if (ip := _spelt_out(address.strip("[]").partition("%")[0].rstrip("."))) is None:
        raise ValueError(f"'{address}' does not appear to be an IP address")
    return all(map(_is_open, _inside(ip)))


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


@lru_cache(4096)  # a host is looked at before each request to it
def _spelt_out(address: str) -> IP | None:
    with suppress(ValueError):
        return ipaddress.ip_address(address)
    with suppress(OSError):  # 0x7f000001, 2130706433, 0177.0.0.1 and 127.1 are understood by whoever opens a connection
        return ipaddress.IPv4Address(socket.inet_aton(address))
    return None


class PublicResolver(CachingThreadedResolver):
    """Resolves names as Scrapy does, and fails where a name stands for a machine of a private network."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # The C library asks a name server that does not answer for up to 30 seconds, and the process waits for it.
        os.environ.setdefault("RES_OPTIONS", "timeout:3 attempts:2")
        self.proxies = proxies()  # once: a proxy is looked up for each page

    def getHostByName(self, name: str, timeout: Any = ()) -> "Deferred[str]":
        resolved: Deferred[str] = super().getHostByName(name, timeout)
        # The proxy is ours to choose, and may well be in our own network.
        if name not in self.proxies:
            resolved.addCallback(_refuse_private, name)
        return resolved


def proxies() -> set[str]:
    """Host names of the proxies that the environment names, with a scheme before them or without."""
    return {urlsplit(url if "://" in url else f"//{url}").hostname or "" for url in getproxies().values()}


def _refuse_private(address: str, name: str) -> str:
    if not is_public(address):
        raise NotPublic(Code.STANDS_FOR.of(host=name, address=address))
    return address


# Names of one's own machine or network (RFC 6761, 6762, 8375, and all single words): behind a proxy nobody resolves
# them here, so that nobody would see what they stand for.
LOCAL = re.compile(r"(?:^|\.)(?:localhost|localdomain|local|internal|home\.arpa|lan)$|^[^.:]+$")


class OwnHostsMiddleware:
    """Requests, and redirects, go to the source's own hosts only; with `any_host` in the meta to any public one."""

    def process_request(self, request: Request) -> None:
        host = bare_host(request.url)
        own = host in request.meta.get("hosts", ())
        if not host or not (own or request.meta.get("any_host")):
            raise NotAllowed(Reason.FOREIGN, Code.LEADS_TO.of(host=host) if host else Code.LEADS_NOWHERE.of())
        try:
            public = is_public(host)
        except ValueError:
            public = loopback_allowed() or not LOCAL.search(host)  # what it stands for is seen when it is resolved
        if not public:
            raise NotAllowed(Reason.FOREIGN, (Code.NOT_PUBLIC if own else Code.LEADS_TO_PRIVATE).of(host=host))
        port = urlsplit(request.url).port
        if port is not None and port not in PORTS and not loopback_allowed():
            raise NotAllowed(Reason.FOREIGN, Code.PORT.of(port=port, host=host))
        # with and without 'www.' it is one host, and is asked one thing at a time
        request.meta["download_slot"] = host
