"""Mentions and near misses: the nearest first, page by page, and as a list that `decide --from` reads."""

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import lxml.html
import pytest
import sqlite_utils
from lxml.html import HtmlElement

from db.outcomes import Code, as_json
from db.site.near_misses import COUNT, LISTED, PAGE
from revierspiegel.services.decision_lists import read_list
from tests.browsing import check_page, in_chromium, visiting
from tests.test_article_page import Reader, reading, said
from tests.test_exports import make_archive

HOSTILE = "<script>alert(1)</script>"
NUMBER = 60
WEIGHTS = (
    (Code.IN_SENTENCE.of(word="Northvolt", number=3), 0.5),
    (Code.NOWHERE.of(says={"en": "the story", "de": "das Geschehen"}), -1.5),
    (Code.LISTED_WORD.of(word=HOSTILE), 0.25),
    (Code.ALL_THE_REST.of(), 3.0),
    (Code.BASE.of(), -4.0),
)
MISS = Code.WOULD_BE_ON.of(condition=Code.IF_IN_TITLE.of(says={"en": "a place", "de": "ein Ort"}))


def refusal(number: int, **changes: object) -> dict[str, object]:
    """The higher its number, the nearer to the topic."""
    weighed = tuple(Code.WEIGHED.of(reason=reason, weight=weight) for reason, weight in WEIGHTS)
    url = f"https://blatt.example/x?id={number}&a=1"
    return {
        "key": url,
        "url": url,
        "source": "blatt",
        "title": f"Titel {number}",
        "published": "2025-03-04T23:30:00Z",
        "reason": ("mention", "off_topic")[number % 2],
        "at": "2025-11-20T02:00:00Z",
        "score": number / 200,
        "features": '{"first: who": 0.5}',
        "outcome": as_json(Code.JUDGED.of(reasons=(*weighed, MISS), score=number / 200)),
    } | changes


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 1)
    others = [
        refusal(91, reason="too_old"),  # on the topic
        refusal(92, features=None),  # by earlier rules, whose score is another
        refusal(93, reason="decided"),
    ]
    hostile = {
        "url": "javascript:alert(2)",
        "title": HOSTILE,
        "published": "<i>",
        "outcome": "no JSON",
        "source": "<b>",
    }
    with closing(sqlite_utils.Database(path).conn) as connection:
        database = sqlite_utils.Database(connection)
        database.table("sources").insert({"id": "blatt", "name": "Musterdorfer Blatt"})
        database.table("refusals").insert_all([*map(refusal, range(NUMBER - 1)), *others], alter=False)
        database.table("refusals").insert(refusal(0, key="hostile", score=0.0, **hostile))
    return path


def cards(page: HtmlElement) -> list[HtmlElement]:
    found: list[HtmlElement] = page.xpath("//ol/li")
    return found


def test_the_nearest_come_first_on_as_many_pages_as_there_are(reader: Reader) -> None:
    titles, address = [], "/near-misses"
    while address:
        page = reader.page(address)
        assert f"{NUMBER} pages" in said(page.get_element_by_id("listed"))
        assert page.xpath("//ol/@start") == [str(len(titles) + 1)]
        titles += [said(card.find("h3")) for card in cards(page)]
        following = page.xpath("//a[@rel='next']/@href")
        address = following[0] if following else ""
    assert titles == [*(f"Titel {number}" for number in reversed(range(1, NUMBER - 1))), HOSTILE, "Titel 0"]
    assert len(cards(reader.page("/near-misses"))) == PAGE
    last = [said(card) for card in cards(reader.page("/near-misses?page=3"))]
    for asked, shown in {"0": 25, "999999": 10, "x": 25, "²": 25, "9" * 30: 25}.items():
        assert len(cards(reader.page(f"/near-misses?page={asked}"))) == shown
    assert [said(card) for card in cards(reader.page("/near-misses?page=999"))] == last


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["the story nowhere in the text −1.50", '"Northvolt" in sentence 3 +0.50']),
        ("de", ["das Geschehen: nirgends im Text −1,50", "„Northvolt“ in Satz 3 +0,50"]),
    ],
)
def test_each_says_what_was_seen_and_how_it_is_taken_in(reader: Reader, language: str, told: list[str]) -> None:
    card = cards(reader.page("/near-misses", language))[0]
    link = card.xpath("h3/a")[0]
    assert (link.get("href"), link.get("rel")) == ("https://blatt.example/x?id=58&a=1", "noopener noreferrer nofollow")
    seen = [said(each) for each in card.find_class("near-weights")[0]]
    assert seen[:2] == told
    assert len(seen) == 3  # neither the rest nor the base
    text = said(card)
    assert ("29.0 %" if language == "en" else "29,0 %") in text.replace("\u00a0", " ")
    wording = {"en": "would be on the topic if a place stood in", "de": "gehörte zum Thema, wenn ein Ort in"}
    assert wording[language] in text
    assert card.xpath("p/code")[0].text == "revierspiegel decide 'https://blatt.example/x?id=58&a=1' keep --why \"…\""
    assert {"en": "5 March 2025", "de": "5. März 2025"}[language] in text  # half past eleven in the evening, UTC


def test_what_a_page_says_runs_nothing(reader: Reader) -> None:
    for path in ("/near-misses", "/near-misses?page=3"):
        text = reader.get(path).text
        assert "<script" not in text
        assert 'href="javascript:' not in text
    assert HOSTILE in said(lxml.html.fromstring(reader.get("/near-misses?page=3").text))


@pytest.mark.parametrize(("path", "mark", "delimiter"), [("", "", ","), ("-excel", "\ufeff", ";")])
def test_the_list_is_whole_and_is_read_once_somebody_has_decided(
    reader: Reader, tmp_path: Path, path: str, mark: str, delimiter: str
) -> None:
    answer = reader.get(f"/near-misses{path}.csv", "de")
    assert answer.headers["content-disposition"] == f'attachment; filename="near-misses{path}.csv"'
    assert answer.text.startswith(mark)
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix(mark), newline=""), delimiter=delimiter))
    assert list(rows[0]) == "url title source day score reasons decision why".split()
    assert len(rows) == NUMBER
    assert rows[0]["reasons"].startswith("das Geschehen: nirgends im Text (-1,50); „Northvolt“ in Satz 3 (+0,50)")
    assert rows[0]["reasons"].endswith("gehörte zum Thema, wenn ein Ort in der Überschrift stünde")
    assert (rows[0]["day"], rows[0]["score"]) == (("2025-03-05", "0.29") if not path else ("05.03.2025", "0,29"))
    assert {row["decision"] + row["why"] for row in rows} == {""}

    file = tmp_path / "near-misses.csv"
    rows[3] |= {"decision": "keep", "why": "it is; after all, ours"}
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write(mark)
        writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    ((url, decision, _, _),) = read_list(file)
    assert (url, decision.why) == (rows[3]["url"], "it is; after all, ours")


def test_they_are_linked_where_refusals_are_told_of(reader: Reader) -> None:
    for path in ("/", "/about", "/archive/refusals"):
        assert reader.page(path).xpath("//main//a[@href='/near-misses']"), path


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["On the topic, and kept", "A mention, and refused", "Off the topic, and refused"]),
        ("de", ["Zum Thema, aufgenommen", "Nur erwähnt, abgelehnt", "Nicht zum Thema, abgelehnt"]),
    ],
)
def test_what_belongs_is_said_with_an_example_of_each(reader: Reader, language: str, told: list[str]) -> None:
    section = reader.page("/about", language).get_element_by_id("belongs").getparent()
    lines = [said(each) for each in section.findall("p")]
    assert [line.partition(":")[0] for line in lines[:3]] == told
    assert all({"en": "For example: “", "de": "Ein Beispiel: „"}[language] in line for line in lines[:3])


def test_where_nothing_was_weighed_there_are_none(tmp_path: Path) -> None:
    with reading(make_archive(tmp_path / "archive.db", 1)) as reader:
        assert "There are none yet" in said(reader.page("/near-misses"))
        assert reader.get("/near-misses.csv").text == "url,title,source,day,score,reasons,decision,why\r\n"
    sqlite_utils.Database(tmp_path / "blank.db").execute("pragma user_version = 1").connection.close()
    with reading(tmp_path / "blank.db") as reader:
        assert "Bisher gibt es keine" in said(reader.page("/near-misses", "de"))


@pytest.mark.parametrize(("sql", "parameters"), [(COUNT, {}), (LISTED, {"limit": 25, "offset": 0})])
def test_they_are_read_from_their_index(archive: Path, sql: str, parameters: dict[str, Any]) -> None:
    with closing(sqlite3.connect(archive)) as connection:
        plan = " ".join(row[3] for row in connection.execute(f"explain query plan {sql}", parameters))
    assert "idx_refusals_near" in plan
    assert "TEMP B-TREE" not in plan


@in_chromium
def test_the_page_fits_and_keeps_nobody_out(archive: Path) -> None:
    with visiting(archive) as (page, address):
        check_page(page, f"{address}near-misses?page=3")
