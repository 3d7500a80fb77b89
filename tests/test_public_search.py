"""The search of a public site: over full texts that it does not have, and what it tells of them however it is asked."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise, product
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import lxml.html
import pytest
import sqlite_utils

from db.publish.snapshot import publish
from db.search import vocabulary
from db.search.public.elsewhere import words_alone
from db.search.query import parse
from db.search.search import register
from db.site.full_text.asking import FullTexts
from db.site.full_text.finding import find_articles
from db.site.public.snapshots import SnapshotDatabase
from db.site.serve import close_site, make_site
from db.store.connection import Mode, connect
from tests.test_answer_service import (
    COMMON,
    EXTRACT,
    TEXT,
    VICTIM,
    answering,
    archive_with,
    questions,
    victims_words,
)
from tests.test_article_page import Reader
from tests.test_bounds import served

LATE = 21  # is in the archive, and in no snapshot yet


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_with(tmp_path_factory.mktemp("private"), TEXT)


@pytest.fixture(scope="module")
def place(private: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("run") / "answer.sock"
    with answering(private, "--socket", str(path)) as place:
        yield place


@pytest.fixture(scope="module")
def snapshot(private: Path) -> Path:
    """Since then an article has come."""
    path = publish(private, private.parent, extract_words=7, keep=3).path
    database = sqlite_utils.Database(private)
    row = database.table("articles").get(1) | {"id": LATE, "url": "https://blatt.example/late", "identity": "late"}
    database.table("articles").insert({name: value for name, value in row.items() if value is not None})
    database.close()
    vocabulary.take_in(private)
    return path


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def readers(snapshot: Path, place: str, runner: asyncio.Runner, rates: str = "5000/minute") -> Iterator[Reader]:
    site = make_site(snapshot, SnapshotDatabase)
    site.full_texts = FullTexts(place, rates=rates)
    yield Reader(site, runner)
    close_site(site)


@pytest.fixture(scope="module")
def reader(snapshot: Path, place: str, runner: asyncio.Runner) -> Iterator[Reader]:
    yield from readers(snapshot, place, runner)


def found(page: Any) -> list[int]:
    return [int(each.split("/")[2].partition("?")[0]) for each in page.xpath("//ol[@class='cards']//h3/a/@href")]


def test_a_word_that_stands_in_the_text_alone_finds_the_article(reader: Reader) -> None:
    page = reader.page("/search?q=Feldhamster")
    assert found(page) == [VICTIM]
    assert page.xpath("string(//p[@class='opening'])") == f"{EXTRACT} …"
    assert "Looked for in the full texts" in page.xpath("string(//p[contains(@class, 'searched-in')])")
    assert "Feldhamster unter" not in page.text_content()
    german = reader.page("/search?q=Roggen", "de")
    assert found(german) == [VICTIM] and "Gesucht wurde in den vollen Texten" in german.text_content()


def test_all_that_is_said_of_a_search_is_of_the_snapshot(reader: Reader) -> None:
    """What is in the archive alone is neither shown nor counted, in no list, picture or file."""
    page = reader.page("/search?q=Genehmigung&order=newest")
    assert sorted(found(page)) == [1, 2, 3, 4, 5, 6] and "6 articles" in page.xpath("string(//h2[@id='found'])")
    narrowed = reader.page("/search?q=Genehmigung&source=kurier")
    assert sorted(found(narrowed)) == [1, 4]
    numbers = reader.get("/search/numbers.json?q=Genehmigung").json()
    assert sum(each["articles"] for each in numbers) == 6
    best = found(reader.page("/search?q=Genehmigung+OR+Feldhamster"))
    assert best[0] == VICTIM and LATE not in best  # in the order of who has the texts
    assert found(reader.page("/search?q=Feldhamster+author:Groß")) == [VICTIM]  # which is asked for here alone
    assert found(reader.page("/search?q=Feldhamster+author:Quast")) == []


def test_a_phrase_is_said_to_be_looked_for_as_its_words(reader: Reader) -> None:
    rare, word = reader.page("/search?q=%22Roggen+zertretenen%22"), reader.page("/search?q=Roggen")
    assert found(rare) == [VICTIM] and "looked for one by one" in rare.text_content()
    assert "looked for one by one" not in word.text_content()


def test_what_would_tell_much_is_refused_in_words(reader: Reader) -> None:
    answer = reader.get("/search?q=%22unter+dem+Bagger+sass+der+Landwirt%22")
    assert answer.status_code == 400 and "phrase has 6 words" in answer.text


def test_without_who_has_the_texts_titles_and_extracts_are_searched(
    snapshot: Path, tmp_path: Path, runner: asyncio.Runner
) -> None:
    for away in readers(snapshot, str(tmp_path / "nobody.sock"), runner):
        page = away.page("/search?q=Feldhamster")
        assert found(page) == [] and "titles and extracts alone" in page.text_content()
        assert found(away.page("/search?q=Acker")) == [VICTIM]


def test_who_asks_too_often_is_told_to_come_later(snapshot: Path, place: str, runner: asyncio.Runner) -> None:
    for hasty in readers(snapshot, place, runner, rates="2/minute"):
        statuses = [hasty.get(f"/search?q={word}").status_code for word in ("Acker", "Bagger", "Bagger", "Eimer")]
        assert statuses == [200, 200, 200, 429]  # the same again is no question
        answer = hasty.get("/search?q=Roggen")
        assert 30 < int(answer.headers["retry-after"]) <= 60 and "as often as one reader may" in answer.text
        assert hasty.get("/search?q=source:kurier").status_code == 200  # of the snapshot alone


@pytest.mark.soak
def test_two_hundred_questions_give_no_more_than_title_and_extract(reader: Reader) -> None:
    """Of who knows all its words. What was not typed and is not shown stands in no answer."""
    shown = " ".join(re.findall(r"\w+", f"Bauarbeiten ruhen {EXTRACT} {COMMON}".lower()))
    words = [word.lower() for word in victims_words()]
    pairs = {f"{one} {other}" for one, other in pairwise(words)} - set(pairs_of(shown))
    asked, told = 0, set[str]()
    for question in questions(victims_words(), 11):
        answer = reader.get(f"/search?order=newest&q={quote_plus(question)}")
        assert answer.status_code in (200, 400)
        asked += answer.status_code == 200
        typed = set(pairs_of(" ".join(re.findall(r"\w+", question.lower()))))
        told |= set(pairs_of(plain(answer.text))) & pairs - typed
        if asked == 200:
            break
    assert (asked, told) == (200, set())


@pytest.mark.soak
def test_the_real_servers_limit_each_client_however_it_says_who_it_is(tmp_path: Path) -> None:
    """By a proxy's word alone; of IPv6 a network of 64 bits is one client."""
    archive = archive_with(tmp_path, TEXT)
    publish(archive, tmp_path, extract_words=7, keep=3)
    proxied = ("--public", "--trusted-proxy", "127.0.0.1")
    with answering(archive), served(archive, *proxied, REVIERSPIEGEL_CONTACT="archiv@uni.example") as site:
        page = site.get("/search?q=Feldhamster", x_forwarded_for="198.51.100.7")
        assert page.status == 200 and f"/article/{VICTIM}?" in page.text and EXTRACT in page.text
        asked = [
            site.get(f"/search/numbers.json?q=Wort{number}", x_forwarded_for=f"2001:db8::{number:x}")
            for number in range(31)
        ]
        assert [answer.status for answer in asked] == [200] * 30 + [429]
        assert int(asked[-1].headers["retry-after"]) > 0
        assert site.get("/search/numbers.json?q=Wort", x_forwarded_for="2001:db8:0:1::1").status == 200
        assert site.get("/search?q=source:kurier", x_forwarded_for="2001:db8::1").status == 200


def test_four_hundred_days_later_an_article_has_the_same_extract(
    private: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (0, 1, 400):
        monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", str(days))
        snapshot = sqlite_utils.Database(publish(private, private.parent, extract_words=7 + days, keep=9).path)
        assert snapshot.table("articles").get(VICTIM)["extract"] == EXTRACT
        snapshot.close()
        with closing(connect(private, Mode.READ)) as connection:
            register(connection)
            for order, word in product(("best", "newest"), ("Möhren", "Roggen OR Taler", '"unter dem Bagger"')):
                assert find_articles(connection, parse(word), order, 1).extracts[VICTIM] == EXTRACT


def pairs_of(text: str) -> list[str]:
    words = text.split()
    return [f"{one} {other}" for one, other in pairwise(words)]


def plain(html: str) -> str:
    return " ".join(re.findall(r"\w+", lxml.html.fromstring(html).text_content().lower()))


@pytest.mark.parametrize(
    "query",
    [
        '"Rheinisches Revier" OR Abwärme -Azure',
        'Genehm* title:Bau title:"Bau und Plan" from:2025-03 to:2025-06',
        'Rat kind:none -lang:de source:"Der Morgen" date:2025',
        "Microsoft date:2025-03-12",
    ],
)
def test_what_is_asked_elsewhere_means_the_same(query: str) -> None:
    one, other = parse(query), parse(words_alone(parse(query)))
    assert (one.wanted, one.unwanted, set(one.filters)) == (other.wanted, other.unwanted, set(other.filters))


def test_fields_of_names_are_not_asked_elsewhere() -> None:
    assert words_alone(parse("Rat speaker:Quast place:Bedburg figure:jobs")) == "Rat"
