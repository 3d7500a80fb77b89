"""The example newsrooms, read on two days through the real command line: what is kept is what stands in their files."""

import csv
import io
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import lxml.html
import pytest
from lxml import etree
from sqlite_utils import Database

from crawler.demo import demo
from crawler.demo.newsroom import Answer, Newsroom
from crawler.demo.pieces import Piece
from crawler.demo.press import build, load_articles, load_outlets
from crawler.registry.sources import load
from db.audit.flow import read_flow
from db.days import today
from db.export.tables import export
from db.publish.proof import runs_of
from db.publish.snapshot import publish
from pipelines.article import Reason
from tests import recipes
from tests.conftest import typist
from tests.recipes import Recipe
from tests.test_bounds import served
from tests.test_feeds import Get, site

ARTICLES = load_articles()
OUTLETS = load_outlets()
REGISTRY = Path(demo.__file__).with_name("sources.toml")

# What the lists lead to and is no article.
NO_ARTICLES = {
    "http://wnd.example/meldungen/spatenstich-bedburg": Reason.FOREIGN,
    "http://www.erft-bote.example/thema/microsoft-im-revier": Reason.NOT_AN_ARTICLE,
}


@dataclass(frozen=True)
class Night:
    there: dict[str, Piece]  # address → article
    kept: dict[str, dict[str, object]]
    refused: dict[str, str]  # address → reason
    asked: list[str]


def named(piece: Piece) -> str:
    return f"{piece.outlet}/{piece.slug}"


def plain(url: str) -> str:
    return url.partition("?utm_")[0]


def one_night(day: int) -> Night:
    with closing(demo.open_newsrooms(day)) as room:
        for more in ([], ["--revisit"])[:day]:
            words = ["crawl", "-s", "DOWNLOAD_DELAY=0", *more]
            done = typist().type(words, Path.cwd(), environment=demo.environment(room, day))
            assert (done.returncode, done.stdout) == (0, ""), done.stderr
        asked = [plain(f"http://{each.host}{each.path}") for each in room.log]
    with Database(demo.demo_home() / "archive.db") as db:
        kept = {plain(row["url"]): row for row in db.query("select * from articles")}
        refused = {plain(row["url"]): row["reason"] for row in db.query("select url, reason from refusals")}
    there = {OUTLETS[now.outlet].url(now): now for piece in ARTICLES if (now := piece.on(day))}
    return Night(there, kept, refused, asked)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Night]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVIERSPIEGEL_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("REVIERSPIEGEL_TOPIC", raising=False)
        yield [one_night(1), one_night(2)]


def differences(night: Night) -> Iterator[tuple[tuple[str, str], object]]:
    for url, piece in night.there.items():
        fate = "kept" if url in night.kept else night.refused.get(url, "not found")
        if fate != piece.expect:
            yield (named(piece), "fate"), fate
        if fate == "kept":
            row = night.kept[url]
            told = {
                "title": (row["title"], piece.title),
                "text": (row["text"], "\n\n".join(piece.paragraphs)),
                "published": (row["published"], piece.published),
                "authors": (json.loads(str(row["authors"])), list(piece.authors)),
                "agencies": (json.loads(str(row["agencies"])), list(piece.agencies)),
                "page_kind": (row["page_kind"], piece.kind),
                "lang": (row["lang"], piece.lang),
                "access": (row["access"], "teaser" if "walled" in piece.traits else "free"),
            }
            yield from (((named(piece), name), got) for name, (got, wanted) in told.items() if got != wanted)


def test_the_archive_is_what_the_newsrooms_wrote(nights: list[Night]) -> None:
    first = nights[0]
    assert dict(differences(first)) == {}
    assert (first.kept.keys() | first.refused.keys()) - first.there.keys() == NO_ARTICLES.keys()
    assert {url: first.refused[url] for url in NO_ARTICLES} == NO_ARTICLES
    assert all(json.loads(str(row["reasons"])) for row in first.kept.values())


def test_the_way_of_every_page_is_that_which_the_newsrooms_saw(nights: list[Night]) -> None:
    pages = {url for night in nights for url in night.there} | NO_ARTICLES.keys()
    with Database(demo.demo_home() / "archive.db") as db:
        flow = read_flow(db.conn)
    assert flow.counts["fetched"] == sum(url in pages for night in nights for url in night.asked)
    assert flow.counts["kept"] == flow.articles == len(nights[1].kept) and flow.without_end == 0
    assert flow.reasons == Counter(nights[1].refused.values())


def test_what_may_not_be_asked_for_is_not(nights: list[Night]) -> None:
    barred = [url for url, piece in nights[0].there.items() if piece.expect == "robots"]
    assert barred
    assert not {*barred} & {*nights[0].asked}
    assert {urlsplit(url).netloc for url in nights[0].asked} == {
        urlsplit(each.site).netloc for each in OUTLETS.values()
    }


def test_the_second_day_brings_its_own_and_nothing_twice(nights: list[Night]) -> None:
    first, second = nights
    new = second.there.keys() - first.there.keys()
    assert len(new) >= 4
    assert {url for url in second.asked if url in second.there} <= new | first.kept.keys()
    assert {url for url in second.asked if url in second.there} >= new
    assert second.kept.keys() - first.kept.keys() == {url for url in new if second.there[url].expect == "kept"}
    assert {second.refused[url] for url in new - second.kept.keys()} == {Reason.OFF_TOPIC}
    assert second.kept.keys() >= first.kept.keys()


def test_the_second_day_changes_and_takes_away(nights: list[Night]) -> None:
    with closing(Newsroom()) as room:
        build(room, 1)
        before = {(host, path): reply for host, pages in room.hosts.items() for path, reply in pages.items()}
        build(room, 2)
        after = {(host, path): reply for host, pages in room.hosts.items() for path, reply in pages.items()}
    parts = {url: (urlsplit(url).netloc, urlsplit(url).path) for url in nights[0].there}
    gone = [url for url in nights[0].there if url not in nights[1].there]
    changed = [url for url, piece in nights[1].there.items() if piece.changed]
    assert (len(gone), len(changed)) == (1, 1)
    page = after[parts[gone[0]]]
    assert isinstance(page, Answer)
    assert page.status == 410
    assert after[parts[changed[0]]] != before[parts[changed[0]]]


def test_the_second_day_shows_what_became_of_articles(nights: list[Night]) -> None:
    with Database(demo.demo_home() / "archive.db") as db:
        slugs = {OUTLETS[piece.outlet].url(piece): piece.slug for piece in ARTICLES}
        became = "select a.url, what from disappearances as d join articles as a on a.id = article order by d.id"
        found = [(slugs[plain(row["url"])], row["what"]) for row in db.query(became)]
        changed = db.query("select articles.url, kinds from changes join articles on articles.id = article")
        kinds = {slugs[plain(row["url"])]: json.loads(row["kinds"]) for row in changed}
    assert sorted(found) == [
        ("buergerdialog-zum-rechenzentrum", "back"),
        ("buergerdialog-zum-rechenzentrum", "gone"),
        ("so-kuehlt-microsoft-im-revier", "walled"),
        ("zweite-halle-verschoben", "gone"),
    ]
    assert kinds.keys() == {"microsoft-setzt-den-spaten-an", "so-kuehlt-microsoft-im-revier"}
    assert {"figure", "correction"} <= {*kinds["microsoft-setzt-den-spaten-an"]}
    assert kinds["so-kuehlt-microsoft-im-revier"] == ["access"]


def test_the_articles_are_what_they_should_be() -> None:
    assert len(OUTLETS) >= 8
    assert len(ARTICLES) >= 60
    assert sum(piece.expect == "kept" for piece in ARTICLES) >= 25
    assert len({OUTLETS[piece.outlet].url(piece) for piece in ARTICLES}) == len(ARTICLES)
    assert len({piece.number for piece in ARTICLES}) == len(ARTICLES)
    topical = {"off_topic": "off", "mention": "mention"}
    for piece in ARTICLES:
        assert piece.expect == "kept" or piece.expect in list(Reason), named(piece)
        assert piece.topic == topical.get(piece.expect, "on"), named(piece)
        if piece.expect not in ("too_short", "missing"):
            assert 100 <= len(" ".join(piece.blocks).split()) <= 350, named(piece)


def test_every_address_of_the_registry_answers() -> None:
    with closing(Newsroom()) as room:
        build(room)
        sources = load(REGISTRY)
        assert {source.id for source in sources} == OUTLETS.keys()
        for source in sources:
            assert (source.homepage, source.name) == (f"{OUTLETS[source.id].site}/", OUTLETS[source.id].name)
            for url in (source.homepage, f"{source.homepage}robots.txt", *source.addresses):
                reply = room.hosts[urlsplit(url).netloc][urlsplit(url).path]
                assert isinstance(reply, Answer)
                assert reply.status == 200
        assert {host.rpartition(".")[2] for host in room.hosts} == {"example"}


def test_the_day_is_kept_in_the_demo_home(home: Path) -> None:
    assert demo.day() == 1
    assert not home.exists()
    assert [demo.next_day(), demo.day(), demo.next_day()] == [2, 2, 2]
    (demo.demo_home() / "day").write_text("morgen", "utf-8")
    with pytest.raises(demo.DemoError, match=r"'morgen', expected a number from 1 to 2; delete the file"):
        demo.day()


def test_child_processes_see_the_newsrooms_only(
    home: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    seen = demo.environment(newsroom)
    assert seen["REVIERSPIEGEL_HOME"] == str(home / "demo")
    assert {seen[name] for name in demo.PROXIES} == {newsroom.proxy}
    assert not {"NO_PROXY", "no_proxy"} & seen.keys()
    assert (seen["REVIERSPIEGEL_KNOWN"], seen["REVIERSPIEGEL_DEMO"]) == ("", "1")


# What people ask of the archive, and how: docs/recipes.md


def test_what_is_published_holds_no_text_of_the_press(nights: list[Night], tmp_path: Path) -> None:
    archive = shutil.copy(demo.demo_home() / "archive.db", tmp_path)
    path = publish(Path(archive), tmp_path, extract_words=7, keep=1).path
    with Database(path) as public:
        shown = "select title from articles union select text from articles union select title from versions"
        may = {run for (text,) in public.execute(shown) for run in runs_of(text or "")}
        texts = dict(public.execute("select kind, max(length(text)) from articles group by kind").fetchall())
    in_file = set(runs_of(path.read_bytes().decode(errors="replace")))
    with Database(archive) as private:
        every = private.execute("select text from articles union select text from versions where text is not null")
        secret = {run for (text,) in every for run in runs_of(text)}
    assert len(secret) > 2000
    assert in_file & may
    assert not in_file & secret - may
    assert max(length for kind, length in texts.items() if kind.endswith(("press", "broadcaster"))) < 100
    assert texts["company"] > 500  # releases are shown whole


@pytest.fixture(scope="module")
def folder(nights: list[Night], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the files that the recipes read."""
    folder = tmp_path_factory.mktemp("recipes")
    for table in recipes.TABLES:
        export(demo.demo_home() / "archive.db", "csv", table, out=folder / f"{table}.csv")
    return folder


@pytest.fixture(scope="module")
def get(nights: list[Night]) -> Iterator[Get]:
    with site(demo.demo_home() / "archive.db") as getting:
        yield getting


RECIPES = recipes.read_recipes()


@pytest.fixture(scope="module")
def readers(folder: Path) -> dict[str, tuple[recipes.Rows, recipes.Rows]]:
    return recipes.by_readers(RECIPES, folder)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_answers_alike_in_every_language(
    recipe: Recipe, folder: Path, get: Get, readers: dict[str, tuple[recipes.Rows, recipes.Rows]]
) -> None:
    assert set(recipe.blocks) == {"sql", "python", "duckdb", "r"}
    answer = recipes.by_sqlite(demo.demo_home() / "archive.db", recipe.blocks["sql"])
    assert answer
    assert readers[recipe.name] == (answer, answer)  # pandas, DuckDB
    saved = get(f"/archive/{recipe.name}.json?_shape=array").json()
    assert recipes.plain([tuple(row.values()) for row in saved]) == answer
    page = get(f"/archive/{recipe.name}").text
    assert f"<h1>{recipe.question.replace(chr(39), '&#39;')}</h1>" in page
    if recipes.R:
        assert recipes.by_r(recipe.blocks["r"], folder) == answer


def test_saved_queries_are_the_recipes(get: Get) -> None:
    saved = get("/archive.json").json()["queries"]
    assert {each["name"]: each["sql"] for each in saved} == {each.name: each.blocks["sql"] for each in RECIPES}
    assert all(f'href="/archive/{recipe.name}"' in get("/archive").text for recipe in RECIPES)
    speaker = get("/archive/quotes_of_a_person.csv?speaker=Jens+Overath").text
    assert speaker.count("\r\n") == 4
    german = get("/archive/who_was_first", **{"accept-language": "de"})
    assert "<h1>Wer war Erster mit Texten, die mehrere hatten?</h1>" in german.text


# The code that the site gives for a search

SEARCHES = [
    'Microsoft Bergheim OR Bedburg lang:de source:"Erft-Bote" OR source:gillbach -source:rheinfunk',
    'Microsoft OR "it\'s" OR "$(touch pwned)" OR `touch_pwned` OR \\n\'"',
]
COUNTS = {"R": "\ncat(nrow(articles))", "pandas": "\nprint(len(articles))", "DuckDB": "\nprint(len(articles))"}


def test_the_code_for_a_search_finds_what_it_finds(nights: list[Night], tmp_path: Path) -> None:
    archive = demo.demo_home() / "archive.db"
    with served(archive) as server:
        for query in SEARCHES:
            asked = urlencode({"q": query})
            found = list(csv.DictReader(io.StringIO(server.get(f"/export.csv?{asked}").body.decode(), newline="")))
            assert found
            page = lxml.html.fromstring(server.get(f"/search/code?{asked}").body.decode())
            codes = dict(zip(page.xpath("//h2/text()"), page.xpath("//pre/text()"), strict=True))
            assert list(codes) == ["pandas", "R", "DuckDB", "curl", "SQL"]
            for language, program in (("pandas", sys.executable), ("DuckDB", sys.executable), ("R", recipes.R)):
                if (
                    program and query == SEARCHES[-1]
                ):  # the address is what could go wrong; to start them takes a second
                    (tmp_path / "code").write_text(codes[language] + COUNTS[language])
                    done = subprocess.run(
                        [program, "code"],
                        cwd=tmp_path,
                        env=recipes.WITH_READERS,
                        capture_output=True,
                        text=True,
                        check=True,
                    )
                    assert done.stdout.split()[-1] == str(len(found)), language
            (tmp_path / "articles.csv").unlink(missing_ok=True)
            subprocess.run(["bash", "-c", codes["curl"]], cwd=tmp_path, check=True, timeout=30)
            assert len((tmp_path / "articles.csv").read_text("utf-8")) > 1000
            ids = {int(row["id"]) for row in found}
            with Database(archive) as db:
                assert {row["id"] for row in db.query(codes["SQL"])} == ids
            assert {row[0] for row in json.loads(server.sql(codes["SQL"]).body)["rows"]} == ids
    assert sorted(path.name for path in tmp_path.iterdir()) == ["articles.csv", "code"]


# Pictures as files

HOSTILE_SEARCH = "/search?" + urlencode(
    {"q": 'Microsoft OR "<script>alert(1)</script> ]]> &amp; \x00\ufffe"', "lang": "de"}
)
PICTURED = ["/", HOSTILE_SEARCH, "/search?q=Bergheim&with=Bedburg", "/timeline", "/sources", "/figures?kind=jobs"]
PICTURED += ["/quotes", "/places", "/events"]
PNGS = [HOSTILE_SEARCH, "/timeline", "/sources", "/places"]  # half a second each
SVG = {"s": "http://www.w3.org/2000/svg"}


@pytest.mark.soak
def test_every_picture_is_a_file_too(nights: list[Night], get: Get) -> None:
    with Database(demo.demo_home() / "archive.db") as db:
        group = next(db.query("select group_id from copies limit 1"))["group_id"]
    for path in [*PICTURED, f"/copies/{group}"]:
        page = lxml.html.fromstring(get(path).text)
        drawn = page.xpath("//figure[.//svg[@role]]")
        links = page.xpath("//p[@class='picture-files']/a/@href")
        assert drawn and len(links) == 2 * len(drawn), path
        heading = " ".join(page.xpath("string(//h1)").split())
        for link in links if path in PNGS else links[::2]:
            answer = get(link)
            assert answer.status_code == 200, link
            if "image/png" in answer.headers["content-type"]:
                assert answer.content.startswith(b"\x89PNG\r\n") and len(answer.content) > 10_000
                continue
            assert answer.headers["content-type"] == "image/svg+xml"
            root = etree.fromstring(answer.content)
            tags = {etree.QName(element).localname for element in root.iter()}
            assert tags <= set("svg g rect line circle path text tspan title".split())
            names = {etree.QName(name).localname for element in root.iter() for name in element.attrib}
            assert not [name for name in names if name.startswith(("on", "data", "aria")) or name in ("href", "style")]
            told = root.xpath("s:text/text()", namespaces=SVG)
            assert told[0].startswith(heading[:40])
            assert told[-1].startswith("Source: Revierspiegel, http://localhost") and today()[:4] in told[-1]
            assert root.xpath("s:g//s:rect | s:g//s:circle | s:g//s:path", namespaces=SVG)
    svg = etree.fromstring(get(HOSTILE_SEARCH.replace("/search", "/search.svg")).content)
    assert (
        svg.xpath("string(s:text[2])", namespaces=SVG)
        == 'Search: Microsoft OR "<script>alert(1)</script> ]]> &amp; " lang:de'
    )
    german = get("/timeline.svg", **{"accept-language": "de"})
    assert "Quelle: Revierspiegel, http://localhost/timeline, " in german.text
    assert get("/timeline.svg?picture=7").status_code == get("/search.png?q=Nirgendwo").status_code == 404
