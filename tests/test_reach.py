"""Addresses that try to reach this machine and its network, by every way an address can come: none is asked for."""

import html
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from scrapy import Request

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from crawler.policy.proxies import ProxyMiddleware
from pipelines.identity import bare_host
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_crawl import DAY

HOSTS = (
    *("127.0.0.1", "127.1", "0", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.1.", "localhost", "localhost."),
    *("10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127。0。0。1", "①②⑦.0.0.1", "LOCALHOST", "www.localhost", "a.localhost"),
    socket.gethostname(),
)
STATUSES = (301, 302, 303, 307, 308)

SOURCE = """
[[source]]
id = "{id}"
name = "{id}"
homepage = "{base}/"
kind = "trade_press"
lang = "de"
region = "de"
"""


class Wire:
    """A port of this machine, in IPv4 and where there is one in IPv6; it counts who comes."""

    def __init__(self) -> None:
        self.touched = 0
        first = socket.create_server(("127.0.0.1", 0))
        self.port = first.getsockname()[1]
        self._servers = [first]
        if socket.has_dualstack_ipv6():
            self._servers.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for server in self._servers:
            threading.Thread(target=self._count, args=(server,), daemon=True).start()

    def _count(self, server: socket.socket) -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            self.touched += 1
            peer.close()

    def close(self) -> None:
        for server in self._servers:
            server.shutdown(socket.SHUT_RDWR)  # or the thread would wait on
            server.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    one = Wire()
    yield one
    one.close()


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def inside(base: str, port: int) -> list[str]:
    """Addresses that must not be asked for; the last ones look to some readers as if they were the outlet's own."""
    own = urlsplit(base).netloc
    named = [f"http://{host}:{port}/latest/meta-data" for host in HOSTS]
    return [url for url in named if bare_host(url) != bare_host(base)] + [
        f"http://{own}@127.1:{port}/",
        f"http://127.1:{port}\\@{own}/",
        f"http://127.1:{port}#@{own}/",
        f"//127.1:{port}/",
        f"\\\\127.1:{port}\\",
        f"https://127.1:{port}/",
        f"ftp://127.1:{port}/",
        "file:///etc/passwd",
    ]


def text(body: str, kind: str = "text/html; charset=utf-8") -> Answer:
    return Answer(body=body.encode(), kind=kind)


def leading(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": to.encode().decode("latin-1")})


def sitemap(urls: list[str], *, index: bool = False) -> Answer:
    root, entry = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    rows = "".join(f"<{entry}><loc>{html.escape(url)}</loc></{entry}>" for url in urls)
    return text(f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{root}>', "text/xml")


def with_entities(url: str) -> Answer:
    """A feed whose reader is told to fetch a DTD, an entity, a stylesheet and a part."""
    return text(
        f'<?xml version="1.0"?><?xml-stylesheet href="{url}" type="text/xsl"?>'
        f'<!DOCTYPE rss SYSTEM "{url}" [<!ENTITY e SYSTEM "{url}"><!ENTITY % p SYSTEM "{url}"> %p;]>'
        f'<rss version="2.0" xmlns:xi="http://www.w3.org/2001/XInclude"><channel><title>&e;</title>'
        f'<xi:include href="{url}"/><item><title>&e;</title><link>{url}</link></item></channel></rss>',
        "application/rss+xml",
    )


def lay(room: Newsroom, base: str, targets: list[str]) -> str:
    """An outlet that leads to the targets by all ways but robots.txt; its entry for the registry."""
    numbered = list(enumerate(targets))
    pages = [f"{base}/{way}/{n}" for n, _ in numbered for way in (*STATUSES, "meta", "canonical")]
    for n, target in numbered:
        for status in STATUSES:
            room.put(f"{base}/{status}/{n}", leading(target, status))
            room.put(f"{base}/feed/{status}/{n}", leading(target, status))
        quoted = html.escape(target)
        room.put(
            f"{base}/meta/{n}", text(f'<html><meta http-equiv="refresh" content="0; url={quoted}"><p>Microsoft Bedburg')
        )
        story = page(f"{SITE[0]}, Teil {n}", [f"Teil {n}. {SITE[1][0]}", *SITE[1][1:]], canonical=quoted)
        told = {"Refresh": f"0; url={target}", "Link": f"<{target}>; rel=canonical"} if target.isascii() else {}
        room.put(f"{base}/canonical/{n}", Answer(body=story.body, headers=told))
    links = "".join(f'<li><a href="{html.escape(url)}">Eine Meldung von heute</a></li>' for url in targets)
    room.put(f"{base}/feed.xml", feed((url, SITE[0], DAY) for url in [*targets, *pages]))
    room.put(f"{base}/entities.xml", with_entities(targets[0]))
    room.put(f"{base}/list", text(f'<html><base href="{targets[0]}"><ul>{links}</ul><a href="/x">Mehr</a></html>'))
    room.put(f"{base}/sitemap.xml", sitemap(targets))
    room.put(f"{base}/index.xml", sitemap(targets, index=True))
    rules = "".join(f"Sitemap: {url}\n" for url in targets)
    room.put(f"{base}/robots.txt", text(f"User-agent: *\nDisallow: /none\n{rules}", "text/plain; charset=utf-8"))
    room.put(f"{base}/.well-known/tdmrep.json", leading(targets[0]))
    feeds = [f"{base}/{name}.xml" for name in ("feed", "entities")]
    feeds += [f"{base}/feed/{status}/{n}" for n, _ in numbered for status in (301, 307)]
    return SOURCE.format(id="outlet", base=base) + (
        f"feeds = {feeds}\nsitemaps = ['{base}/sitemap.xml', '{base}/index.xml']\n"
        f"listings = [{{ url = '{base}/list', link = '.' }}]\n"
    )


def check_ends(desk: Desk, base: str, targets: list[str]) -> None:
    """Every way has been gone, and every page came to its end."""
    assert desk.rows("select url from leads") == []
    refused = {str(row["url"]): row["reason"] for row in desk.rows("select url, reason from refusals")}
    assert {f"{base}/{way}/{n}" for way in (*STATUSES, "meta") for n, _ in enumerate(targets)} <= set(refused)
    assert {refused[f"{base}/{status}/0"] for status in STATUSES} == {"foreign"}
    assert refused[f"{base}/meta/0"] == refused[targets[0]] == "foreign"
    kept = {row["url"] for row in desk.rows("select url from articles")}
    assert kept == {f"{base}/canonical/{n}" for n, _ in enumerate(targets)}
    assert {bare_host(str(row["url"])) for row in desk.rows("select url from aliases")} <= {bare_host(base)}
    night = desk.rows("select state, detail from source_nights where source = 'outlet'")[0]
    assert night["state"] == "partial"
    assert f"leads to {bare_host(targets[0])}" in str(night["detail"])


MUCH = ("-s", "PAGES_PER_NIGHT=999", "-s", "SITEMAPS_PER_NIGHT=99")


def test_nothing_is_asked_of_the_proxy(desk: Desk, newsroom: Newsroom, wire: Wire) -> None:
    base = "http://outlet.example"
    targets = inside(base, wire.port)
    registry = lay(newsroom, base, targets)
    for n, target in enumerate(targets):
        host = f"http://robots{n}.example"
        newsroom.put(f"{host}/robots.txt", leading(target))
        newsroom.put(f"{host}/feed.xml", feed([]))
        registry += SOURCE.format(id=f"robots{n}", base=host) + f"feeds = ['{host}/feed.xml']\n"
    desk.registry(registry)
    done = desk.crawl(*MUCH)
    assert done.returncode == 0, done.stderr
    assert wire.touched == 0
    assert {asked.host for asked in newsroom.log} == set(newsroom.hosts)
    check_ends(desk, base, targets)


def test_nothing_is_connected_to(
    desk: Desk, newsroom: Newsroom, no_proxy: None, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outlet itself is on this machine, which is allowed here; all that it leads to is not its own."""
    monkeypatch.setenv("REVIERSPIEGEL_ALLOW_LOOPBACK", "1")
    base = newsroom.proxy
    targets = inside(base, wire.port)
    desk.registry(lay(newsroom, base, targets))
    newsroom.hosts[""] = newsroom.hosts[urlsplit(base).netloc]  # asked directly, it is told the path only
    done = desk.crawl(*MUCH)
    assert done.returncode == 0, done.stderr
    assert wire.touched == 0
    check_ends(desk, base, targets)


def entries(port: int) -> str:
    return "".join(
        SOURCE.format(id=f"inside{n}", base=f"http://{host}:{port}") + f"feeds = ['http://{host}:{port}/{n}.xml']\n"
        for n, host in enumerate(HOSTS)
    )


def check_entries(desk: Desk) -> None:
    done = desk.crawl()
    assert done.returncode == 1
    assert "no source could be reached" in done.stderr
    nights = desk.rows("select state, detail from source_nights")
    assert len(nights) == len(HOSTS)
    for night in nights:
        assert night["state"] == "unreachable"
        assert "is no address of the open internet" in str(night["detail"])


def test_no_entry_of_the_registry_leads_inside(desk: Desk, no_proxy: None, wire: Wire) -> None:
    desk.registry(entries(wire.port))
    check_entries(desk)
    assert wire.touched == 0


def test_no_entry_of_the_registry_leads_the_proxy_inside(desk: Desk, newsroom: Newsroom, wire: Wire) -> None:
    desk.registry(entries(wire.port))
    check_entries(desk)
    assert newsroom.log == []
    assert wire.touched == 0


def test_the_wire_feels_who_comes(desk: Desk, no_proxy: None, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_ALLOW_LOOPBACK", "1")
    base = f"http://127.0.0.1:{wire.port}"
    desk.registry(SOURCE.format(id="outlet", base=base) + f"feeds = ['{base}/feed.xml']\n")
    assert desk.crawl().returncode == 1
    assert wire.touched > 0


LOOK_UP = """
from twisted.internet import reactor
from crawler.policy.hosts import PublicResolver
found = PublicResolver(reactor, 9, 9).getHostByName("localhost")
found.addBoth(lambda said: (print(getattr(said, "value", said)), reactor.stop()))
reactor.run()
"""


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("", "localhost stands for 127.0.0.1, which is no address of the open internet"),
        ("http://localhost:3128", "127.0.0.1"),  # the proxy is the operator's to choose
    ],
)
def test_a_name_is_looked_at_when_it_is_resolved(
    no_proxy: None, proxy: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REVIERSPIEGEL_ALLOW_LOOPBACK", raising=False)
    if proxy:
        monkeypatch.setenv("http_proxy", proxy)
    done = subprocess.run([sys.executable, "-c", LOOK_UP], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == said


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://a.example/", "http://proxy.example:3128"),
        ("http://near.example/", None),  # NO_PROXY
        ("https://a.example/", None),  # none of that scheme
    ],
)
def test_the_environment_names_the_way(
    no_proxy: None, url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://me:word@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "near.example")
    way = ProxyMiddleware()
    for _ in range(2):  # the second time it is known
        request = Request(url)
        way.process_request(request)
        assert request.meta.get("proxy") == proxy
        assert request.headers.get("Proxy-Authorization") == (b"Basic bWU6d29yZA==" if proxy else None)
    given = Request(url, meta={"proxy": "http://other.example:80"})
    way.process_request(given)
    assert given.meta["proxy"] == "http://other.example:80"
