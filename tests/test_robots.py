"""robots.txt: who is meant, what is a group, and where it may lie (RFC 9309)."""

import pytest

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from crawler.policy.robots import PRODUCT, read
from crawler.policy.site_rules import MINERS
from crawler.settings import USER_AGENT
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_crawl import DAY

PAGE = "https://blatt.example/artikel/1"
OURS = "User-agent: Revierspiegel\n"


def test_we_sign_with_the_name_that_we_look_for() -> None:
    assert USER_AGENT.startswith(f"{PRODUCT}/")


@pytest.mark.parametrize(
    "agent",
    [
        *("Revierspiegel", "REVIERSPIEGEL", "Revierspiegel/0.9", "Revierspiegel/1.0 (+https://x.example)"),
        *("Revierspiegel archive", "Revierspiegel\t# us", "Revierspiegel*", "Revierspiegel;", "*"),
    ],
)
def test_who_is_meant_is_the_product_token(agent: str) -> None:
    rules = read(f"User-agent: {agent}\nDisallow: /\nCrawl-delay: 7\n".encode())
    assert (rules.allowed(PAGE), rules.delay) == (False, 7.0)


@pytest.mark.parametrize(
    "agent",
    [
        *(
            "Revier",
            "Revierspiegel-News",
            "Revierspiegel_x",
            "Der-Revierspiegel",
            "spiegel",
            "Mozilla/5.0 Revierspiegel",
        ),
        *("", "*bot", "/", "Revierspiegelei"),
    ],
)
def test_others_are_not_meant(agent: str) -> None:
    rules = read(f"User-agent: {agent}\nDisallow: /\nCrawl-delay: 7\n".encode())
    assert (rules.allowed(PAGE), rules.delay) == (True, None)


@pytest.mark.parametrize(
    ("text", "allowed", "delay"),
    [
        ("", True, None),
        ("Disallow: /\n", True, None),  # of nobody
        ("User-agent: *\nDisallow:\n", True, None),
        # groups
        (OURS + "Crawl-speed: slow\nUser-agent: AndererBot\nDisallow: /\n", False, None),
        (OURS + "Sitemap: https://blatt.example/s.xml\n\nUser-agent: AndererBot\nDisallow: /\n", False, None),
        (OURS + "Noindex: /x\nContent-Signal: ai-train=no\nDisallow: /\n", False, None),
        (OURS + "Disallow: /x\nUnbekannt\nDisallow: /artikel\n", False, None),
        ("User-agent: *\nCrawl-delay: 5\nUser-agent: GPTBot\nDisallow: /\n", True, 5.0),
        ("User-agent: *\nDisallow: /\n" + OURS + "Allow: /\n", True, None),
        ("User-agent: *\nDisallow: /\nCrawl-delay: 5\n" + OURS + "Disallow: /x\n", True, None),
        (OURS + "Disallow: /x\nUser-agent: *\nDisallow: /y\n" + OURS + "Disallow: /artikel\n", False, None),
        ("User-agent: *\nDisallow: /x\nUser-agent: A\nDisallow:\nUser-agent: *\nDisallow: /artikel\n", False, None),
        (OURS + "User-agent: *\nDisallow: /\n", False, None),
        (OURS + OURS + "Disallow: /\n", False, None),
        # lines
        ("USERAGENT : revierspiegel\r\ndissalow /artikel\r\n", False, None),
        ("user agent: revierspiegel\rDISALLOW:/artikel # nicht\r", False, None),
        ("\ufeff" + OURS + "Disallow: /\n", False, None),
        (OURS + "Disallow: /\x0bAllow: /artikel\n", True, None),  # one line: /Allow: /artikel
        # the longest rule decides
        (OURS + "Disallow: /\nAllow: /artikel\n", True, None),
        (OURS + "Allow: /artikel\nDisallow: /artikel/1\n", False, None),
        (OURS + "Allow: /artikel/1\nDisallow: /artikel/1\n", True, None),
        (OURS + "Disallow: /*/1$\n", False, None),
        # distances
        (OURS + "Crawl-delay: 10s\n", True, 10.0),
        (OURS + "Crawl-delay: 2.5 seconds\n", True, 2.5),
        (OURS + "Crawl-delay: 2,5\n", True, 2.5),
        (OURS + "Crawl-delay: -1\nCrawl-delay: viel\nCrawl-delay: inf\n", True, None),
        (OURS + "Crawl-delay: 3\nUser-agent: *\nCrawl-delay: 60\n" + OURS + "Crawl-delay: 20\n", True, 20.0),
    ],
)
def test_groups_lines_and_distances(text: str, allowed: bool, delay: float | None) -> None:
    rules = read(text.encode())
    assert (rules.allowed(PAGE), rules.delay) == (allowed, delay)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1"])
def test_encodings(encoding: str) -> None:
    assert not read("# für alle\nUser-agent: *\nDisallow: /\n".encode(encoding)).allowed(PAGE)


def test_500_kib_are_read_and_no_half_line() -> None:
    filler = b"# " + b"x" * 97 + b"\n"
    body = b"User-agent: *\n" + filler * 5119
    assert not read(body + b"Disallow: /a\n").allowed(PAGE)
    cut = body + filler[: (500 << 10) - len(body) - 11] + b"\nDisallow: /artikel/2\n"
    assert len(cut[: 500 << 10].rpartition(b"\n")[2]) == 10 and read(cut).allowed(PAGE)
    assert read(b"\xff\xfe\x00" * 400_000).allowed(PAGE)


@pytest.mark.parametrize("robot", MINERS)
def test_names_of_others_are_found_too(robot: str) -> None:
    rules = read(f"User-agent: {robot}/1.0\nDisallow: /\n".encode())
    assert (rules.allowed(PAGE, robot), rules.allowed(PAGE, "AI"), rules.allowed(PAGE)) == (
        False,
        robot != "AI2Bot",
        True,
    )


REGISTRY = """[[source]]
id = "blatt"
name = "Blatt"
homepage = "http://blatt.example/"
feeds = ["http://blatt.example/feed.xml"]
"""


def moved(to: str) -> Answer:
    return Answer(status=301, headers={"Location": to})


def outlet(desk: Desk, newsroom: Newsroom, robots: Answer) -> None:
    desk.registry(REGISTRY)
    newsroom.put("http://blatt.example/robots.txt", robots)
    urls = [f"http://blatt.example/{name}/1" for name in "ab"]
    newsroom.put("http://blatt.example/feed.xml", feed([(url, SITE[0], DAY) for url in urls]))
    for url in urls:
        newsroom.put(url, page(*SITE))


def test_redirects_of_robots_txt_are_followed_anywhere_public(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, moved("http://cdn0.example/robots.txt"))
    for number in range(4):
        newsroom.put(f"http://cdn{number}.example/robots.txt", moved(f"http://cdn{number + 1}.example/robots.txt"))
    newsroom.put("http://cdn4.example/robots.txt", Answer(body=b"User-agent: *\nDisallow: /b/\n", kind="text/plain"))
    desk.crawl()
    assert desk.rows("select state, kept, reasons from source_nights") == [
        {"state": "ok", "kept": 1, "reasons": '{"robots": 1}'}
    ]
    assert newsroom.asked("cdn4.example") == ["/robots.txt"]  # and nothing else


NOWHERE = {
    "http://127.0.0.1/robots.txt": "leads to 127.0.0.1, which is no address of the open internet",
    "http://169.254.169.254/robots.txt": "leads to 169.254.169.254, which is no address of the open internet",
    "http://rechner.internal/robots.txt": "leads to rechner.internal, which is no address of the open internet",
    "http://cdn.example:8080/robots.txt": "port 8080 of cdn.example: only 80 and 443 are asked",
    "http://kreis.example/robots.txt": "it redirects without end",
    "http://weg.example/robots.txt": "HTTP 502",
}


def test_where_its_redirects_do_not_lead(desk: Desk, newsroom: Newsroom) -> None:
    outlets = {f"blatt{number}": to for number, to in enumerate(NOWHERE)}
    desk.registry("".join(REGISTRY.replace("blatt", name) for name in outlets))
    for name, to in outlets.items():
        newsroom.put(f"http://{name}.example/robots.txt", moved(to))
    newsroom.put("http://kreis.example/robots.txt", moved("http://kreis.example/robots.txt"))
    desk.crawl()
    nights = {row["source"]: row for row in desk.rows("select source, state, detail from source_nights")}
    for name, to in outlets.items():
        assert (nights[name]["state"], NOWHERE[to] in str(nights[name]["detail"])) == ("unreachable", True), nights
        assert set(newsroom.asked(f"{name}.example")) == {"/robots.txt"}


def test_pages_stay_on_own_hosts(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, Answer(status=404))
    newsroom.put("http://blatt.example/a/1", moved("http://cdn.example/a/1"))
    newsroom.put("http://cdn.example/a/1", page(*SITE))
    desk.crawl()
    assert desk.rows("select reason, detail from refusals") == [{"reason": "foreign", "detail": "leads to cdn.example"}]
    assert newsroom.asked("cdn.example") == []
