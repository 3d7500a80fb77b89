"""The page that shows how the sources fare, and the one of each."""

import json
from datetime import date, timedelta
from pathlib import Path

import lxml.html
import pytest

from db.operations.health import refresh
from db.outcomes import Code, as_json
from db.store.archive import Archive
from db.store.crawl.runs import Night
from db.store.finders.hosts import FoundHostRow, HostState
from tests.test_site import get_once

HOSTILE = "<script>alert(1)</script>"
NO = Code.AT_ADDRESS.of(why=Code.HTTP_STATUS.of(status=403), url="https://zu.example/feed.xml")
TODAY = date(2026, 3, 31)


def fill(path: Path, nights: int, sources: int = 4) -> None:
    archive = Archive(path)
    names = ["gut", "zu", "weg", *(f"s{number}" for number in range(sources - 3))]
    registry = [
        {
            "id": name,
            "name": f"Blatt {name}" if name != "weg" else HOSTILE,
            "homepage": f"https://{name}.example/",
            "kind": "trade_press",
            "addresses": [f"https://{name}.example/feed.xml"],
            "paused": "asked us to stop" if name == "s1" else None,
        }
        for name in names
    ]
    for number in range(nights):
        day = (TODAY - timedelta(days=nights - 1 - number)).isoformat()
        run = archive.runs.begin(registry, kind="crawl")
        done = []
        for name in names:
            night = Night(source=name, state="ok", listed=20, new=3, answered=True, fetched=3, lengths=[900, 1200])
            night.reasons = {"off_topic": 3}
            if name == "zu" and number > nights - 5:
                night = Night(source=name, state="stopped", outcomes=(NO,))
            if name == "weg" and number % 6 == 0:
                night = Night(source=name, state="unreachable", outcomes=(Code.TEXT.of(text=f"no answer {HOSTILE}"),))
            if not (name == "gut" and number % 7 == 3):
                done.append(night)
        archive.runs.write_nights(run, day, done)
        rule = {"run": run, "source": "gut", "night": day, "site": "https://gut.example", "document": "robots.txt"}
        said = {"verdict": "no rules" if number < 3 else "9 bytes of rules", "barred": ("GPTBot",), "at": day}
        archive.site_rules.write([rule | said | {"status": 200, "text": "" if number < 3 else HOSTILE}])
        archive.runs.end(run, "completed")
    refresh(archive, TODAY.isoformat())
    archive.close()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sources") / "archive.db"
    fill(path, 30, 6)
    return path


def test_the_page_shows_states_and_a_calendar(archive: Path) -> None:
    answer = get_once(archive, "/sources")
    assert answer.status_code == 200
    assert HOSTILE not in answer.text
    page = lxml.html.fromstring(answer.text)
    rows = page.xpath("//table[@class='fares']/tbody/tr")
    assert len(rows) == 6
    assert [each.strip() for each in rows[0].xpath("th//text()|td/span/text()")] == ["Blatt zu", "blocked"]
    assert "says no on 4 nights, since 2026-03-28: HTTP 403" in rows[0].text_content()
    strips = page.xpath("//figure[@class='calendar']//tbody/tr")
    told = {each.xpath("string(th)"): each.xpath("string(td/svg/@aria-label)") for each in strips}
    assert told["Blatt zu"] == "read on 24, said no on 4"
    assert told["Blatt gut"] == "read on 24, not visited on 4"
    assert "could not be reached on" in told[HOSTILE]
    assert page.xpath("//svg//path/@class")
    assert not page.xpath("//@style|//script[not(@src)]")
    assert page.xpath("//thead//*[local-name()='text']/text()") == ["31.03.", "23.03.", "16.03.", "09.03."]
    newest_first = next(each for each in strips if each.xpath("string(th)") == "Blatt zu").xpath("td/svg/path")
    starts = {path.get("class"): path.get("d").split()[0] for path in newest_first}
    assert starts == {"c-ok": f"M{4 * 14}", "c-no": "M0"}
    sql = page.xpath("//p[@class='downloads']//a[text()='CSV']/@href")[0]
    csv = get_once(archive, sql)
    assert csv.status_code == 200
    assert len(csv.text.splitlines()) > 28 * 5


@pytest.mark.parametrize(
    ("query", "sources", "nights"), [("?state=blocked", 1, 28), ("?nights=90", 6, 90), ("?state=x&nights=7", 6, 28)]
)
def test_it_can_be_narrowed(archive: Path, query: str, sources: int, nights: int) -> None:
    page = lxml.html.fromstring(get_once(archive, f"/sources{query}").text)
    assert len(page.xpath("//table[@class='fares']/tbody/tr")) == sources
    assert page.xpath("//figure//tbody/tr[1]//svg/@width") == [str(nights * 14)]


def test_each_source_has_its_page(archive: Path) -> None:
    answer = get_once(archive, "/sources/gut")
    assert HOSTILE not in answer.text
    page = lxml.html.fromstring(answer.text)
    assert page.xpath("string(//h1)") == "Blatt gut"
    assert "lists 20 to 20, of these 3 to 3 new" in " ".join(page.text_content().split())
    nights, rules = page.xpath("//table[@class='fares']")
    assert len(nights.xpath("tbody/tr")) == 26
    assert "off the topic 3" in nights.text_content()
    assert [row.xpath("string(td[3])") for row in rules.xpath("tbody/tr")] == ["9 bytes of rules", "no rules"]
    assert get_once(archive, rules.xpath("tbody//a/@href")[0]).status_code == 200
    csv = get_once(archive, page.xpath("//p[@class='downloads']//a/@href")[0])
    assert len(csv.text.splitlines()) == 27
    assert get_once(archive, "/sources/weg").status_code == 200
    missing = get_once(archive, "/sources/nie")
    assert (missing.status_code, "No source" in missing.text) == (404, True)


def test_the_picture_of_all_sources_is_small(tmp_path: Path) -> None:
    fill(tmp_path / "archive.db", 30, 152)
    assert len(get_once(tmp_path / "archive.db", "/sources").text) < 150_000


def test_the_books_keep_the_condition(archive: Path) -> None:
    opened = Archive(archive)
    rows = {row["id"]: row for row in opened.db.query("select * from sources")}
    opened.close()
    assert (rows["gut"]["health"], rows["zu"]["health"], rows["s1"]["health"]) == ("well", "blocked", "paused")
    assert rows["zu"]["health_since"] == "2026-03-28"
    assert rows["zu"]["bad_nights"] == 4
    assert json.loads(rows["gut"]["expected"])["listed"] == [20, 20, 20]


def test_hosts_that_only_copy_are_proposed_as_mirrors(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    fill(path, 1)
    with Archive(path) as opened:
        row = FoundHostRow(
            host="spiegelei.example",
            source="spiegelei-example",
            state=HostState.NEW,
            finder="gal",
            first_found="2026-03-30T01:00:00+00:00",
            why=None,
            name=None,
            lang=None,
            waits_until=None,
            proposal=as_json(Code.ONLY_COPIES.of(number=3, sources="gut")),
        )
        opened.found_hosts.put(row)
    text = get_once(path, "/sources?lang=en").text
    assert "<b>spiegelei.example</b>: a mirror: all 3 articles kept of it are texts of gut, without a credit" in text
