"""Sites that break, hang, lie or never end: each loses its own night, and costs the others nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from crawler.demo.newsroom import Asked, page
from tests.conftest import Desk
from tests.stories import SITE
from tests.web.box import box_of
from tests.web.records import Record
from tests.web.watched import watched

ARTICLES = 3  # of each outlet
LISTED = 60_000  # entries of a sitemap: more than there may be, 4 MB
CLEAN = tuple(f"clean{number}" for number in range(1, 10))
RULES = ("/robots.txt", "/.well-known/tdmrep.json")
HANG = 300  # seconds after which a crawl that should long have ended is ended
MEMORY = 600  # MB, of all processes of the crawl together

OUTLET = """
[[source]]
id = "{id}"
name = "{id}"
homepage = "https://{id}.example/"
kind = "trade_press"
lang = "de"
region = "de"
feeds = ["https://{id}.example/feed.xml"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What the box does at some paths of an outlet, and what is to be read of it in its night or its page."""

    plan: dict[str, Any]
    says: str  # a pattern
    state: str
    kept: int = 0
    of_page: bool = False


def at_feed(kind: str, says: str, *, state: str = "partial", **options: Any) -> Fault:
    return Fault(plan={"kind": kind, "path": r"/feed\.xml", **options}, says=says, state=state)


def at_page(kind: str, says: str, **options: Any) -> Fault:
    plan = {"kind": kind, "path": "/bericht/2$", **options}
    return Fault(plan=plan, says=says, state="ok", kept=ARTICLES - 1, of_page=True)


def at_all(kind: str, says: str, *, state: str = "unreachable", **options: Any) -> Fault:
    return Fault(plan={"kind": kind, "robots_too": True, **options}, says=says, state=state)


def no(place: str, status: int, **options: Any) -> Fault:
    """Who says no is not asked again that night."""
    path, kept = {"feed": (r"/feed\.xml", 0), "page": ("/bericht/2$", 1)}[place]
    plan = {"kind": "status", "status": status, "path": path, **options}
    return Fault(plan=plan, says=f"HTTP {status}", state="stopped", kept=kept)


LATE = "no answer in time"
BROKEN = "the connection broke|the answer broke off"
ENDLESS = "redirect"
INSIDE = "http://127.0.0.1:9{target}"
JUNK, BINARY = "lorem ipsum " * 99, "\0\1\2\x7f\x80\xff" * 999

LIGHT = {
    "feed-reset": at_feed("reset", BROKEN),
    "feed-hang": at_feed("hang", LATE),
    "feed-drip": at_feed("drip", LATE),
    "feed-truncated": at_feed("truncated", BROKEN),
    "feed-loop": at_feed("redirect", ENDLESS, to="https://feed-loop.example{target}"),
    "feed-inside": at_feed("redirect", "leads to 127.0.0.1", to=INSIDE),
    "feed-foreign": at_feed("redirect", "leads to clean1.example", to="https://clean1.example{target}"),
    "feed-403": no("feed", 403),
    "feed-429": no("feed", 429, retry_after=3600),
    "feed-later": no("feed", 503, retry_after=3600),
    "feed-500": at_feed("status", "HTTP 500", status=500),
    "feed-503": at_feed("status", "HTTP 503", status=503),
    "feed-junk": at_feed("body", "text that begins 'lorem", body=JUNK),
    "feed-binary": at_feed("body", "binary data", body=BINARY),
    "feed-empty": at_feed("body", "empty", body=""),
    "page-reset": at_page("reset", BROKEN),
    "page-hang": at_page("hang", LATE),
    "page-drip": at_page("drip", LATE),
    "page-truncated": at_page("truncated", BROKEN),
    "page-loop": at_page("redirect", ENDLESS, to="https://page-loop.example{target}"),
    "page-inside": at_page("redirect", "leads to 127.0.0.1", to=INSIDE),
    "page-foreign": at_page("redirect", "leads to clean1.example", to="https://clean1.example{target}"),
    "page-403": no("page", 403),
    "page-429": no("page", 429, retry_after=3600),
    "page-500": at_page("status", "HTTP 500", status=500),
    "page-503": at_page("status", "HTTP 503", status=503),
    "page-junk": at_page("body", "begins .*lorem", body=JUNK),
    "page-binary": at_page("body", "begins|binary", body=BINARY),
    "page-empty": at_page("body", "an empty answer", body=""),
    "all-reset": at_all("reset", f"robots.txt: ({BROKEN})"),
    "all-hang": at_all("hang", f"robots.txt: {LATE}"),
    "all-drip": at_all("drip", f"robots.txt: {LATE}"),
    "all-truncated": at_all("truncated", f"robots.txt: ({BROKEN})"),
    "all-loop": at_all("redirect", f"robots.txt: .*{ENDLESS}", to="https://all-loop.example{target}"),
    "all-inside": at_all("redirect", "robots.txt: leads to 127.0.0.1", to=INSIDE),
    "all-foreign": at_all("redirect", "leads to clean1.example", state="partial", to="https://clean1.example{target}"),
    "all-403": at_all("status", "HTTP 403", state="stopped", status=403),
    "all-429": at_all("status", "HTTP 429", state="stopped", status=429, retry_after=3600),
    "all-500": at_all("status", "robots.txt: HTTP 500", status=500),
    "all-503": at_all("status", "robots.txt: HTTP 503", status=503),
    "all-untrusted": at_all("untrusted", "its certificate cannot be trusted"),
}

TOO_LARGE = "[Ll]arge"


def sitemap(host: str, entries: int) -> str:
    urls = "".join(f"<url><loc>https://{host}/karte/{number}</loc></url>" for number in range(entries))
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def huge() -> dict[str, Fault]:
    own, foreign = sitemap("own-sitemap.example", LISTED), sitemap("clean1.example", 5_000)
    larger = sitemap("own-sitemap.example", 250_000)  # than a page may be
    return {
        "feed-bomb": at_feed("bomb", TOO_LARGE, bytes=1 << 28),
        "page-bomb": at_page("bomb", TOO_LARGE, bytes=1 << 28),
        "all-bomb": at_all("bomb", f"robots.txt: .*{TOO_LARGE}", bytes=1 << 28),
        "feed-endless": at_feed("endless", TOO_LARGE, mib=2000),
        "page-endless": at_page("endless", TOO_LARGE, mib=2000),
        "all-endless": at_all("endless", f"robots.txt: .*{TOO_LARGE}", mib=2000),
        "own-sitemap": at_feed("body", "", state="ok", body=own),
        "foreign-sitemap": at_feed("body", "all [0-9]+ .* lead to clean1.example: .*`hosts`", body=foreign),
        "page-sitemap": at_page("body", TOO_LARGE, body=larger),
        "all-sitemap": at_all("body", f"robots.txt: .*{TOO_LARGE}", body=larger),
    }


PYTHON = re.compile(
    r"\w+Error|Error\b|\bIgnore|Traceback|DOWNLOAD_|<\d{3}|twisted|scrapy|\bb'|\\x"
)  # no words for people


def articles(outlet: str) -> list[Record]:
    records = []
    for number in range(1, ARTICLES + 1):
        title, day = f"{SITE[0]}: {outlet}, Teil {number}", f"2025-03-1{number}"
        paragraphs = [f"Teil {number} der Folge von {outlet}. {SITE[1][0]}", *SITE[1][1:]]
        answer = page(title, paragraphs, day=f"{day}T09:30:00+01:00")
        records.append(Record(url=f"https://{outlet}.example/bericht/{number}", answer=answer, title=title, day=day))
    return records


def play(
    desk: Desk,
    faults: Mapping[str, Fault],
    *,
    wait: int,
    source: int = 300,
    night: int = 300,
    clean: Sequence[str] = CLEAN,
    most_memory: float = 0,
) -> list[Asked]:
    """Crawl the clean outlets and the faulty ones; returns what was asked. In seconds: the longest that a request, a
    source and the night may take. `most_memory`: MB, where it is looked at."""
    names = [*clean, *faults]
    desk.registry("".join(OUTLET.format(id=name) for name in names))
    records = [record for name in names for record in articles(name)]
    limits = {
        "DOWNLOAD_TIMEOUT": wait,
        "ROBOTS_TIMEOUT": wait,
        "SOURCE_SECONDS": source,
        "CLOSESPIDER_TIMEOUT": night,
    }
    words = [word for name, value in limits.items() for word in ("-s", f"{name}={value}")]
    plans = {f"{name}.example": fault.plan for name, fault in faults.items()}
    with box_of(desk.folder, records, faults=plans) as box:
        if most_memory:
            crawled = watched(desk, *words, seconds=HANG)
            assert crawled.memory < most_memory
            code, said = crawled.returncode, crawled.said
        else:
            done = desk.crawl(*words, seconds=HANG, finishing=True)
            code, said = done.returncode, done.stderr
        asked = list(box.log)
    assert (code, "Traceback" in said) == (0, False), said
    assert desk.rows("select outcome, sources from runs") == [{"outcome": "completed", "sources": len(names)}]
    return asked


def check_the_clean(desk: Desk, clean: Sequence[str] = CLEAN) -> None:
    nights = desk.rows("select source, state, detail, kept from source_nights where source like 'clean%' order by 1")
    assert nights == [{"source": name, "state": "ok", "detail": "", "kept": ARTICLES} for name in clean]
    kept = {row["url"] for row in desk.rows("select url from articles where source like 'clean%'")}
    assert kept == {record.url for name in clean for record in articles(name)}


def check_the_faulty(desk: Desk, faults: Mapping[str, Fault]) -> None:
    nights = {str(row["source"]): row for row in desk.rows("select * from source_nights")}
    of_pages = (
        "select url, error as said from leads union all select url, detail from refusals where reason != 'budget'"
    )
    pages = {str(row["url"]): str(row["said"] or "") for row in desk.rows(of_pages)}
    wrong = []
    for name, fault in faults.items():
        said = pages[f"https://{name}.example/bericht/2"] if fault.of_page else str(nights[name]["detail"])
        found = (nights[name]["state"], nights[name]["kept"])
        if found != (fault.state, fault.kept) or not re.search(fault.says, said) or PYTHON.search(said):
            wrong.append((name, *found, said))
    assert not wrong


def test_each_sick_site_loses_its_own_night(desk: Desk) -> None:
    asked = play(desk, LIGHT, wait=3)
    check_the_clean(desk)
    check_the_faulty(desk, LIGHT)
    for name, fault in LIGHT.items():
        if fault.plan["kind"] == "status" and fault.state == "stopped":  # whose no is the last that it had to say
            no, of_site = fault.plan["status"], [each for each in asked if each.host == f"{name}.example"]
            assert of_site[-1].status == no, name
            assert sum(each.status == no and each.path not in RULES for each in of_site) <= 1, name


def test_a_source_ends_when_its_time_is_up(desk: Desk) -> None:
    slow = {"slow": Fault(plan={"kind": "hang", "path": "/bericht/"}, says="time (is|was) up", state="stopped")}
    play(desk, slow, wait=5, source=8, clean=CLEAN[:2])
    check_the_clean(desk, CLEAN[:2])
    check_the_faulty(desk, slow)


def test_a_night_ends_whatever_hangs(desk: Desk) -> None:
    """What is under way may still take its DOWNLOAD_TIMEOUT, and nothing is begun."""
    hanging = {"hanging": Fault(plan={"kind": "hang", "path": "/bericht/"}, says="the night", state="not_finished")}
    asked = play(desk, hanging, wait=6, night=6, clean=CLEAN[:2])
    check_the_clean(desk, CLEAN[:2])
    check_the_faulty(desk, hanging)
    assert desk.rows("select count(*) as n from leads where source = 'hanging'") == [{"n": ARTICLES}]
    assert sum(each.host == "hanging.example" and each.path not in RULES for each in asked) <= 2


@pytest.mark.soak
def test_what_is_huge_is_bounded(desk: Desk) -> None:
    """All of it in one night: its memory is bounded together, too."""
    faults = huge()
    play(desk, faults, wait=60, source=900, night=900, clean=CLEAN[:2], most_memory=MEMORY)
    check_the_clean(desk, CLEAN[:2])
    check_the_faulty(desk, faults)
    assert desk.rows("select listed from source_nights where source = 'own-sitemap'") == [{"listed": LISTED}]
