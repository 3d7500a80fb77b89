"""How complete the archive is: estimates by overlap, against worked examples, simulations and an archive."""

import json
import random
import sqlite3
from datetime import date
from pathlib import Path
from statistics import mean

import pytest
import sqlite_utils
from click.testing import CliRunner

from db.operations.coverage import Catch, FoundArticle, Interval, by_strata, estimate, read, wilson
from db.operations.recall import KnownAddress, keep, recall_of
from db.operations.recall import kept as kept_recall
from revierspiegel.main import cli
from tests.browsing import check_page, in_chromium, visiting
from tests.test_article_page import reading, said
from tests.test_exports import make_archive

SEED = 16
RUNS = 1000


def rounded(interval: Interval | None) -> tuple[int, int, int] | None:
    return interval and (round(interval.estimate), round(interval.low), round(interval.high))


@pytest.mark.parametrize(
    ("catch", "says"),
    [
        (Catch(60, 45, 18), (147, 118, 204)),
        (Catch(12, 9, 3), None),  # too few to tell
        (Catch(20, 20, 20), (20, 20, 20)),
        (Catch(0, 0, 0), None),
    ],
)
def test_chapman_with_the_log_normal_interval(catch: Catch, says: tuple[int, int, int] | None) -> None:
    assert rounded(by_strata([catch])) == says


def test_what_one_finder_never_sees_counts_as_seen() -> None:
    assert rounded(by_strata([Catch(60, 45, 18), Catch(0, 30, 0)])) == (177, 148, 234)


def draw(dice: random.Random, number: int, a: float, b: float) -> Catch:
    by = [(dice.random() < a, dice.random() < b) for _ in range(number)]
    return Catch(sum(one for one, _ in by), sum(other for _, other in by), sum(one and other for one, other in by))


def value(*catches: Catch) -> float:
    interval = by_strata(catches)
    assert interval
    return interval.estimate


def test_independent_nets_give_the_number_that_is_there() -> None:
    dice = random.Random(SEED)
    drawn = [by_strata([draw(dice, 300, 0.3, 0.4)]) for _ in range(RUNS)]
    assert mean(each.estimate for each in drawn if each) == pytest.approx(300, rel=0.03)
    assert mean(each.low <= 300 <= each.high for each in drawn if each) > 0.9


def test_large_hosts_seen_by_both_are_a_lower_bound_unless_by_stratum() -> None:
    """Half of the articles are four times as likely in both."""
    dice = random.Random(SEED)
    drawn = [(draw(dice, 150, 0.48, 0.64), draw(dice, 150, 0.12, 0.16)) for _ in range(RUNS)]
    pooled = [Catch(x.n_a + y.n_a, x.n_b + y.n_b, x.both + y.both) for x, y in drawn]
    assert mean(map(value, pooled)) < 270
    assert mean(value(*strata) for strata in drawn) == pytest.approx(300, rel=0.03)


def test_wilson() -> None:
    share = wilson(58, 100)
    assert share and [round(each, 3) for each in (share.estimate, share.low, share.high)] == [0.58, 0.482, 0.672]
    assert wilson(0, 0) is None
    assert wilson(0, 5) == Interval(0, 0, pytest.approx(0.434, abs=0.001))


def found(number: int, *finders: str, day: str | None = "2025-03-04") -> list[FoundArticle]:
    return [FoundArticle(each, day, "newspaper", frozenset(finders)) for each in range(number)]


def test_pairs_are_of_different_nature_and_the_window_is_closed() -> None:
    articles = [*found(18, "registry", "gal", "gdelt-doc"), *found(42, "registry"), *found(27, "gal")]
    late = found(50, "registry", "gal", day="2025-09-01")
    coverage = estimate([*articles, *late], "2025-08-20")
    assert (coverage.estimate, coverage.low, coverage.high, coverage.seen) == (147, 118, 204, 87)
    assert [(pair.a, pair.b) for pair in coverage.pairs] == [("registry", "gal"), ("registry", "gdelt-doc")]
    assert coverage.between == ("registry", "gal")
    assert coverage.window == ("2025-03-04", "2025-08-20")
    assert [(each.name, each.estimate) for each in coverage.half_years] == [("2025-1", 147)]


def test_what_a_third_finder_saw_is_never_above_the_estimate() -> None:
    articles = [*found(10, "registry", "gal"), *found(30, "links", day=None)]
    coverage = estimate(articles, "2025-08-20")
    assert (coverage.seen, coverage.estimate, coverage.low) == (40, 40, 40)
    assert [(each.name, each.estimate) for each in coverage.half_years] == [("2025-1", 10), (None, None)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_archive(tmp_path / "archive.db", 30)
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(tmp_path))
    return tmp_path


def find(home: Path, articles: int) -> None:
    db = sqlite_utils.Database(home / "archive.db")
    rows = [
        {"key": url, "finder": "gal", "url": url, "host": "x", "article": article, "first_at": "", "last_at": ""}
        for article, url in db.execute("select id, url from articles limit ?", [articles])
    ]
    db["findings"].insert_all(rows, pk=("key", "finder"), ignore=True)
    db.close()


def test_an_archive_without_findings_is_too_few_to_tell(home: Path) -> None:
    done = CliRunner().invoke(cli, ["coverage"])
    assert done.exit_code == 0
    assert "too few to tell" in done.output
    told = json.loads(CliRunner().invoke(cli, ["coverage", "--json"]).output)
    assert told["estimate"] is told["low"] is told["high"] is None
    assert told["pairs"] == []
    assert told["seen"] == 30


def test_the_registry_is_one_more_finder(home: Path) -> None:
    find(home, 12)
    told = json.loads(CliRunner().invoke(cli, ["coverage", "--json"]).output)
    counts = ("a", "b", "n_a", "n_b", "both", "estimate")
    assert [[pair[name] for name in counts] for pair in told["pairs"]] == [["registry", "gal", 30, 12, 12, 30]]
    assert told["estimate"] == 30


def test_what_a_finder_alone_brought_is_not_the_registrys(home: Path) -> None:
    find(home, 12)
    with sqlite3.connect(home / "archive.db") as connection:
        connection.execute("update articles set found_via = 'finder gal' where id = (select min(id) from articles)")
        coverage = read(connection, date(2030, 1, 1))
    assert [(pair.n_a, pair.n_b, pair.both) for pair in coverage.pairs] == [(29, 12, 11)]


@pytest.mark.parametrize("head", ["", "address,outlet,date\n", "Link;Quelle;Datum\n", "Was wir kennen\n"])
def test_known_addresses(home: Path, head: str) -> None:
    db = sqlite_utils.Database(home / "archive.db")
    url = next(iter(db.execute("select url from articles")))[0]
    db.close()
    dated = "," in head or ";" in head
    more = ",somewhere,2025-01-01" if dated else ""
    more = more.replace(",", ";") if ";" in head else more
    (home / "known.csv").write_text(f"{head}{url}{more}\nhttps://elsewhere.example/x{more}\n\n", "utf-8")
    done = CliRunner().invoke(cli, ["coverage", "--json", "--known", str(home / "known.csv")])
    left_out = "known.csv: line 1: 'Was wir kennen' holds no address, expected https://…; left out\n"
    assert done.stderr == (left_out if head and not dated else "")
    known = json.loads(done.stdout)["known"]
    assert (known["given"], known["found"], known["recall"]) == (2, 1, 0.5)
    assert known["low"] < 0.5 < known["high"]
    assert [(part["name"], part["given"], part["found"]) for part in known["kinds"]] == [(None, 2, 1)]
    days = [(part["name"], part["found"]) for part in known["half_years"]]
    assert days == ([("2025-1", 1)] if dated else [("2025-1", 1), (None, 0)])


def test_recall_is_told_by_half_year_and_kind_and_stays_in_the_home(home: Path) -> None:
    (home / "known.csv").write_text(
        "address,outlet,date\n"
        "https://blatt.example/lokales/1,blatt,2025-02\n"
        "https://www.heise.de/news/a-1.html,heise,2024\n"
        "https://www.land.nrw/pressemitteilung/x,land-nrw,2025-11-02\n",
        "utf-8",
    )
    done = CliRunner().invoke(cli, ["coverage", "--known", str(home / "known.csv")])
    lines = done.output.splitlines()
    assert "known      1 of 3 addresses are here: 33% (6% to 79%)" in lines
    assert "half-year  unknown: 0 of 1, 0% (0% to 79%)" in lines
    assert "outlets    government: 0 of 1, 0% (0% to 79%)" in lines
    kept = kept_recall(home)
    assert kept and [part.name for part in kept.half_years] == ["2025-1", "2025-2", None]
    with reading(home / "archive.db") as reader:
        shown = said(reader.page("/coverage", "de"))
    assert "Von einer Liste mit 3 Adressen, die jemand kennt, sind 1 Artikel dieses Archivs" in shown
    assert "Hosts in keinem Register" in shown and "Juli bis Dezember 2025" in shown
    (home / "known.json").write_text("{}", "utf-8")
    assert kept_recall(home) is None


def test_finders_are_called_by_their_names(home: Path) -> None:
    find(home, 12)
    db = sqlite_utils.Database(home / "archive.db")
    db["finders"].insert({"id": "gal", "name": "Weltliste", "citation": "{}", "terms": "{}"})
    db.close()
    with reading(home / "archive.db") as reader:
        assert "the registry · Weltliste" in said(reader.page("/coverage"))


def test_a_list_without_addresses_is_told(home: Path) -> None:
    (home / "known.txt").write_text("what we know\n", "utf-8")
    done = CliRunner().invoke(cli, ["coverage", "--known", str(home / "known.txt")])
    assert done.exit_code == 1
    assert "known.txt: line 1" in str(done.exception or done.output)


@pytest.fixture(scope="module")
def overlapping(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    make_archive(home / "archive.db", 60)
    find(home, 18)
    db = sqlite_utils.Database(home / "archive.db")
    for number in range(19, 30):  # found by a finder alone
        db["articles"].update(number, {"found_via": "finder gal"})
    find(home, 29)
    db.close()
    known = [KnownAddress(str(number), f"202{number}-0{number + 5}", "other", number > 1) for number in range(4)]
    keep(recall_of(known, "2026-11-20T02:00:00+00:00"), home)
    return home / "archive.db"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["How complete is the archive?", "seen 60 articles", "January to June 2025", "What is assumed"]),
        ("de", ["Wie vollständig ist das Archiv?", "60 Artikel gesehen", "Januar bis Juni 2025", "untere Grenze"]),
    ],
)
def test_the_page_says_it_in_words(overlapping: Path, language: str, told: list[str]) -> None:
    with reading(overlapping) as reader:
        shown = said(reader.page("/coverage", language))
    assert [sentence for sentence in told if sentence not in shown] == []


@pytest.mark.parametrize("articles", [0, 3])
def test_the_page_of_an_archive_without_findings(tmp_path: Path, articles: int) -> None:
    with reading(make_archive(tmp_path / "archive.db", articles)) as reader:
        assert "Too few to tell" in said(reader.page("/coverage"))


@in_chromium
def test_the_page_fits_and_keeps_nobody_out(overlapping: Path) -> None:
    with visiting(overlapping) as (page, address):
        check_page(page, f"{address}coverage")
