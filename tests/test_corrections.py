"""A person's correction of what was read of a page: in its place at once, and after every reading that follows."""

import csv
import io
import json
import re
import shutil
import time
from pathlib import Path

import pytest

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from db.days import today
from db.store.archive import Archive
from db.store.leaving.removals import digest_of
from db.validation import ConfigError
from pipelines.article import Article, Correction, Decision, Field, Hints, Rejected, Word
from pipelines.extraction.clean import clean
from pipelines.intake.corrections import corrected, read_settings
from pipelines.stages import Context, run
from pipelines.storing.persons_words import RememberedWords
from pipelines.storing.rows import as_the_page_says, row
from revierspiegel.services.decision_lists import take_list
from tests.blank import blank_archive
from tests.conftest import Desk, desk_of, newsroom_of
from tests.stories import FESTIVAL, SITE, WINDOWS
from tests.test_article_page import facts, reading, said
from tests.test_crawl import DAY
from tests.test_decide import BASE, crawled, decide, kept, outlet, refused

TITLE, PARAGRAPHS = SITE
A = f"{BASE}/a"


def word(field: Field, value: str) -> Correction:
    return Correction(field=field, value=value, why="as printed", by="Ada", at="2026-05-12T08:00:00+00:00")


# Pure


@pytest.mark.parametrize(
    ("settings", "values"),
    [
        (["published=2026-05-11"], {"published": "2026-05-11"}),
        (["date=2026-05-11T08:30"], {"published": "2026-05-11T08:30:00+02:00"}),
        (["Date = 2026-01-11 08:30:15Z"], {"published": "2026-01-11T08:30:15+00:00"}),
        (["author=Jutta  Reimers ", "author=Jan Vogt"], {"author": "Jutta Reimers; Jan Vogt"}),
        (["author=Jutta Reimers;Jan Vogt; Jan Vogt"], {"author": "Jutta Reimers; Jan Vogt"}),
        (["author="], {"author": ""}),
        (["title= Zwei = Drei ", "kind=commentary"], {"title": "Zwei = Drei", "kind": "commentary"}),
        (["title=\udcff"], {"title": "?"}),
    ],
)
def test_what_a_person_writes_is_understood(settings: list[str], values: dict[str, str]) -> None:
    wrong: list[str] = []
    assert read_settings(settings, wrong.append) == values
    assert wrong == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["published"], "'published', expected NAME=VALUE such as published=2026-05-11"),
        (
            ["publishd=2026-05-11"],
            "'publishd' cannot be corrected, expected one of published, author, title, kind; did",
        ),
        (["text=x"], "'text' cannot be corrected, expected one of published, author, title, kind"),
        (["=x"], "'' cannot be corrected, expected one of"),
        (["published="], "published: '' is no date, expected a day such as 2026-05-11 or a moment"),
        (["date=2026-02-30"], "date: '2026-02-30' is no date, expected a day such as"),
        (["date=11.05.2026"], "date: '11.05.2026' is no date"),
        (["date=1926-05-11"], "date: '1926-05-11', expected a day from 1994-01-01 to today"),
        (["date=2926-05-11"], "date: '2926-05-11', expected a day from 1994-01-01 to today"),
        (["title= "], "title: empty, expected the headline"),
        (
            ["kind=komentar"],
            "kind: 'komentar' is none of article, release, interview, commentary, ticker, media, other",
        ),
        (["kind=wall"], "kind: 'wall' is none of article"),
        (["title=x", "title=y"], "title: given twice, expected one value"),
    ],
)
def test_what_is_no_value_is_told_with_its_remedy(settings: list[str], told: str) -> None:
    wrong: list[str] = []
    read_settings(settings, wrong.append)
    assert len(wrong) == 1
    assert wrong[0].startswith(told)


READ = Article(
    source="blatt",
    url=A,
    title="Alt",
    authors=("Redaktion",),
    published="2025-03-12T09:30:00+01:00",
    date_source="json-ld",
    page_kind="article",
)
ALL = (
    word(Field.AUTHOR, "Jutta Reimers; Jan Vogt"),
    word(Field.KIND, "commentary"),
    word(Field.PUBLISHED, "2026-05-11"),
    word(Field.TITLE, "Neu"),
)


def test_a_persons_words_stand_in_the_place_of_the_pages() -> None:
    assert corrected(READ) == READ
    article = corrected(Article(**{name: getattr(READ, name) for name in READ.__slots__} | {"corrections": ALL}))
    assert (article.title, article.authors, article.page_kind) == ("Neu", ("Jutta Reimers", "Jan Vogt"), "commentary")
    assert (article.published, article.date_source) == ("2026-05-11", "person")
    columns = row(article, None)
    dates = [columns[name] for name in ("published_utc", "day", "month", "date_precision")]
    assert dates == ["2026-05-10T22:00:00+00:00", "2026-05-11", "2026-05", "day"]
    assert columns["sha256"] == row(READ, None)["sha256"]  # the page is the same
    assert json.loads(columns["uncorrected"]) == {
        "authors": ["Redaktion"],
        "page_kind": "article",
        "published": "2025-03-12T09:30:00+01:00",
        "date_source": "json-ld",
        "title": "Alt",
    }
    assert as_the_page_says(columns) == READ


def test_nobody_is_named_where_a_person_says_so() -> None:
    article = corrected(Article(source="x", url=A, authors=("Impressum",), corrections=(word(Field.AUTHOR, ""),)))
    assert article.authors == ()


@pytest.mark.parametrize(("kind", "becomes"), [("list", "article"), ("other", "article"), ("wall", "wall")])
def test_a_wall_stays_a_wall(kind: str, becomes: str) -> None:
    article = Article(source="x", url=A, page_kind=kind, corrections=(word(Field.KIND, "article"),))
    assert corrected(article).page_kind == becomes
    assert bool(corrected(article).uncorrected) is (kind != "wall")


def read(answer: Answer, *corrections: Correction, decision: Decision | None = None) -> Article | Rejected:
    given = {(f"{BASE}/a".removeprefix("http://"),): corrections}
    item = Article(source="blatt", url=A, html=answer.body, hints=Hints(), decision=decision)
    context = Context(find_corrections=lambda keys, url: given.get(tuple(keys), ()))
    return run(item, context)


def test_the_stages_judge_what_a_person_says_like_what_a_page_says() -> None:
    assert isinstance(read(page(*SITE)), Article)
    old = read(page(*SITE), word(Field.PUBLISHED, "2019-05-05"))
    assert isinstance(old, Rejected)
    assert str(old) == "too_old: published 2019-05-05, the archive begins on 2024-01-01"
    young = read(page(*SITE, day="2019-05-05"), word(Field.PUBLISHED, "2025-05-05"))
    assert isinstance(young, Article)
    assert young.reasons[0] == "a person's word on its date (Ada, 2026-05-12): as printed"
    keep = Decision(word=Word.KEEP, why="so it is", at="2026-05-12T08:00:00+00:00")
    held = read(page(*SITE), word(Field.PUBLISHED, "2019-05-05"), decision=keep)
    assert isinstance(held, Article)
    assert [reason.partition(" (")[0] for reason in held.reasons[:2]] == [
        "a person's word",
        "a person's word on its date",
    ]
    headline = read(page(WINDOWS[0], PARAGRAPHS[:1]), word(Field.TITLE, TITLE))
    assert isinstance(headline, Article)
    assert headline.score > 0.7


def test_a_headline_that_was_not_found_is_given_by_a_person() -> None:
    html = f"<article>{''.join(f'<p>{text}</p>' for text in PARAGRAPHS)}</article>".encode()
    untitled = clean(Article(source="x", url=A, html=html))
    assert isinstance(untitled, Rejected)
    assert untitled.reason == "no_title"
    titled = clean(Article(source="x", url=A, html=html, corrections=(word(Field.TITLE, TITLE),)))
    assert isinstance(titled, Article)
    assert titled.title == TITLE


def test_the_last_word_on_a_field_counts_under_any_key(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        first = {"url": A, "source": "blatt", "field": "title", "value": "Eins", "why": "x", "by": None}
        archive.corrections.put(first | {"at": "2026-01-01T00:00:00+00:00"}, ["k", "l"])
        archive.corrections.put(first | {"field": "kind", "value": "release", "at": "2026-01-01T00:00:00+00:00"}, ["k"])
        later = first | {"url": f"{BASE}/b", "value": "Zwei", "at": "2026-01-02T00:00:00+00:00"}
        archive.corrections.put(later, ["l", "m"])
        found = [[each["value"] for each in archive.corrections.find([key])] for key in "klm"]
        assert found == [["release"], ["Zwei"], ["Zwei"]]
        assert [each["value"] for each in archive.corrections.find([], A)] == ["release"]
        archive.corrections.forget(["m"], "", ["title", "kind"])
        assert [each["value"] for each in archive.corrections.every()] == ["release"]


# Typed


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night")
    with pytest.MonkeyPatch.context() as environment, newsroom_of(environment) as room:
        desk = desk_of(folder, environment)
        publish(desk, room)
        crawled(desk)
        assert (kept(desk), refused(desk)) == ({"a", "b"}, {"old": "too_old", "fest": "off_topic"})
        return desk.home


def publish(desk: Desk, room: Newsroom) -> None:
    old = page("Microsoft kommt nach Elsdorf", PARAGRAPHS, day="2019-05-05", canonical=f"{BASE}/lokales/old")
    reserved = Answer(body=page(*SITE).body, headers={"tdm-reservation": "1"})
    outlet(desk, room, a=page(*SITE, canonical=f"{BASE}/lokales/a"), b=reserved, old=old, fest=page(*FESTIVAL))


@pytest.fixture
def filled(desk: Desk, newsroom: Newsroom, after_a_night: Path) -> Desk:
    shutil.copytree(after_a_night, desk.home)
    publish(desk, newsroom)
    return desk


SET = ("--set", "date=2026-05-11", "--set", "author=Jutta Reimers", "--set", "author=Jan Vogt")
SET = (*SET, "--set", "title=Spatenstich in Bedburg", "--set", "kind=commentary", "--by", "Ada")


def stored(desk: Desk, name: str = "a") -> dict[str, object]:
    (article,) = desk.rows("select * from articles where url = ?", f"{BASE}/{name}")
    return article


def reads_corrected(article: dict[str, object]) -> bool:
    facts = [article[name] for name in ("title", "published", "published_utc", "day", "month", "date_precision")]
    facts += [json.loads(str(article["authors"])), article["page_kind"], article["date_source"]]
    dates = ["2026-05-11", "2026-05-10T22:00:00+00:00", "2026-05-11", "2026-05", "day"]
    return facts == ["Spatenstich in Bedburg", *dates, ["Jutta Reimers", "Jan Vogt"], "commentary", "person"]


def hits(desk: Desk, query: str) -> list[str]:
    done = desk.run("export", "jsonl", "--query", query)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["url"].removeprefix(f"{BASE}/") for line in done.stdout.splitlines()]


def test_a_correction_holds_at_once_and_outlives_what_follows(filled: Desk, newsroom: Newsroom) -> None:
    before, versions = stored(filled), filled.rows("select * from versions")
    told = decide(filled, "a", *SET)
    assert told.startswith(f"it stays in the archive; title: {TITLE} → Spatenstich in Bedburg; published: 2025-03-12T")
    after = stored(filled)
    assert reads_corrected(after)
    assert json.loads(str(after["uncorrected"]))["title"] == TITLE
    assert [after[name] for name in ("id", "sha256", "text", "first_seen")] == [
        before[name] for name in ("id", "sha256", "text", "first_seen")
    ]
    assert hits(filled, "Spatenstich from:2026-05-11 to:2026-05-11") == ["a"]
    assert hits(filled, "date:2025-03-12") == ["b"]
    assert filled.rows("select * from _words_due") == []

    again = filled.run("reprocess")
    assert again.stdout.endswith("0 come in, 0 go out, 0 change, 2 stay\n"), again.stdout
    other = page("Ganz anders: " + TITLE, [*PARAGRAPHS, "Nachtrag."], canonical=f"{BASE}/lokales/a", day="2025-04-01")
    newsroom.put(f"{BASE}/a", other)
    newsroom.put(f"{BASE}/teilen", other)
    newsroom.put(f"{BASE}/feed.xml", feed([(f"{BASE}/{name}", "x", DAY) for name in ("a", "teilen")]))
    crawled(filled)
    assert "/teilen" in newsroom.asked("blatt.example")
    assert filled.run("reprocess").returncode == 0
    assert stored(filled) | {"last_checked": ""} == after | {"last_checked": ""}
    assert filled.rows("select * from versions") == versions

    assert decide(filled, "a", "--undo", "--set", "title").endswith(f"title: Spatenstich in Bedburg → {TITLE}")
    assert decide(filled, "lokales/a", "--undo").startswith(
        "taken back; it stays in the archive; published: 2026-05-11"
    )
    assert stored(filled) | {"last_checked": ""} == before | {"last_checked": ""}
    assert filled.rows("select * from corrections") == []
    assert "nobody has decided on it" in filled.run("decide", A, "--undo").stderr


def test_what_is_not_here_is_corrected_when_it_comes(filled: Desk, newsroom: Newsroom) -> None:
    assert decide(filled, "neu", *SET) == "it is corrected when it comes"
    assert decide(filled, "amtlich", "--set", "title=Amtlich") == "it is corrected when it comes"
    lost = filled.run("decide", "http://niemand.example/x", "--set", "kind=release", "--why", "x")
    assert (lost.returncode, "no source of the registry is at this host" in lost.stderr) == (0, True)
    assert json.loads(filled.run("explain", f"{BASE}/neu", "--json").stdout)["answer"] == "never seen, and corrected"
    newsroom.put(f"{BASE}/neu", page(TITLE, [*PARAGRAPHS, "Neu."]))
    newsroom.put(f"{BASE}/gefunden", page(TITLE, [*PARAGRAPHS, "Auch neu."], canonical=f"{BASE}/amtlich"))
    newsroom.put(f"{BASE}/feed.xml", feed([(f"{BASE}/{name}", "x", DAY) for name in ("neu", "gefunden")]))
    crawled(filled)
    assert reads_corrected(stored(filled, "neu"))
    assert stored(filled, "gefunden")["title"] == "Amtlich"
    titles = filled.rows(
        "select title from versions where article in (?, ?)",
        *(stored(filled, name)["id"] for name in ("neu", "gefunden")),
    )
    assert titles == [{"title": TITLE}] * 2  # what the publisher wrote
    assert filled.run("reprocess").stdout.endswith("0 come in, 0 go out, 0 change, 4 stay\n")


def test_a_date_is_judged_like_a_pages_own(filled: Desk, newsroom: Newsroom) -> None:
    assert decide(filled, "old", "--set", "date=2025-05-05") == "it is in the archive now"
    assert decide(filled, "a", "--set", "date=2019-05-05").startswith(
        "it has left the archive: too_old: published 2019-05-05"
    )
    assert (kept(filled), refused(filled)["a"]) == ({"b", "old"}, "too_old")
    assert filled.rows("select published from refusals where url = ?", A) == [{"published": "2019-05-05"}]
    assert decide(filled, "a", "keep") == "it is in the archive now"
    assert (stored(filled)["day"], stored(filled)["date_source"]) == ("2019-05-05", "person")
    assert filled.run("reprocess").stdout.endswith("0 come in, 0 go out, 0 change, 2 stay\n")
    assert decide(filled, "old", "--undo").startswith("taken back; it has left the archive: too_old")
    assert decide(filled, "a", "--undo").startswith("taken back; it stays in the archive; published: 2019-05-05")


def test_the_address_that_a_refused_page_gives_as_its_own_may_be_corrected(filled: Desk) -> None:
    assert decide(filled, "lokales/old", "--set", "date=2025-05-05") == "it is corrected when it comes"
    for _ in range(2):
        assert filled.run("reprocess").returncode == 0
        assert stored(filled, "old")["published"] == "2025-05-05"


def test_a_word_and_a_correction_live_side_by_side(filled: Desk) -> None:
    decide(filled, "a", "--set", "title=Spatenstich in Bedburg")
    decide(filled, "a", "drop")
    assert refused(filled)["a"] == "decided"
    assert decide(filled, "a", "--set", "kind=release").startswith("it stays refused: decided")
    decide(filled, "a", "keep")
    assert [stored(filled)[name] for name in ("title", "page_kind")] == ["Spatenstich in Bedburg", "release"]
    reasons = [reason.partition(" (")[0] for reason in json.loads(str(stored(filled)["reasons"]))]
    assert reasons[:3] == ["a person's word", "a person's word on the kind of page", "a person's word on its headline"]
    decide(filled, "a", "--undo", "--set", "kind")
    assert (stored(filled)["page_kind"], stored(filled)["title"]) == ("article", "Spatenstich in Bedburg")
    assert filled.rows("select distinct word from decisions") == [{"word": "keep"}]
    decide(filled, "a", "--undo")
    assert (stored(filled)["title"], stored(filled)["uncorrected"]) == (TITLE, None)
    assert filled.rows("select * from decisions") == []


def test_without_its_page_an_article_is_corrected_all_the_same(filled: Desk) -> None:
    before = stored(filled, "b")
    assert before["page"] is None
    assert decide(filled, "b", *SET).startswith(f"its page is not kept; title: {TITLE} → Spatenstich in Bedburg")
    assert reads_corrected(stored(filled, "b"))
    assert "a person's word on its date (Ada, " in str(stored(filled, "b")["reasons"])
    told = decide(filled, "b", "--undo")
    assert told.startswith("taken back; article 2 stays, its page is not kept and cannot be judged anew; title: Spat")
    assert stored(filled, "b") == before
    assert decide(filled, "b", "--set", "date=2019-05-05").startswith(
        "its page is not kept; it has left the archive: too_old"
    )
    assert refused(filled)["b"] == "too_old"
    assert decide(filled, "b", "--undo") == "taken back; it waits for the next crawl"
    assert decide(filled, "fest", "--set", "title=x") == "it waits for the next crawl"
    crawled(filled)
    assert kept(filled) == {"a", "b"}
    decide(filled, "fest", "drop")
    assert decide(filled, "fest", "--set", "title=y").startswith("it stays refused: decided: a person's word")
    for file in (filled.home / "pages").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    assert decide(filled, "a", *SET).startswith("its page cannot be read back; title: ")
    assert reads_corrected(stored(filled))


def test_corrections_travel_in_the_list_of_decisions(filled: Desk) -> None:
    decide(filled, "a", *SET)
    decide(filled, "b", "keep")
    exported = filled.run("decide", "--export").stdout
    words = {(each["url"].removeprefix(f"{BASE}/"), each["word"]) for each in csv.DictReader(io.StringIO(exported))}
    assert words == {
        ("a", "author=Jutta Reimers; Jan Vogt"),
        ("a", "kind=commentary"),
        ("a", "published=2026-05-11"),
        ("a", "title=Spatenstich in Bedburg"),
        ("b", "keep"),
    }
    corrections, article = filled.rows("select * from corrections order by key, field"), stored(filled)
    decide(filled, "a", "--undo")
    file = filled.folder / "list.csv"
    file.write_text(exported, "utf-8")
    done = filled.run("decide", "--import", str(file))
    assert done.returncode == 0, done.stderr
    assert "b: known already" in done.stderr
    assert "a: author, kind, published, title: it stays in the archive; title: " in done.stderr
    assert filled.rows("select * from corrections order by key, field") == corrections
    assert stored(filled) == article
    assert filled.run("decide", "--import", str(file)).stderr.count("known already") == 5
    time.sleep(1)  # a later word is of another second
    decide(filled, "a", "--set", "kind=interview")
    assert (
        "a later word holds (a person's word on the kind of page ("
        in filled.run("decide", "--import", str(file)).stderr
    )
    assert stored(filled)["page_kind"] == "interview"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("kind=artikel", "line 2: word: kind: 'artikel' is none of article, release"),
        ("datum=2026-05-11", "line 2: word: 'datum' cannot be corrected"),
        ("title=", "line 2: word: title: empty, expected the headline"),
    ],
)
def test_a_wrong_correction_in_a_list_is_told_with_its_line(word: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"url,word,why\n{A},{word},x\n", "utf-8")
    with pytest.raises(ConfigError) as wrong:
        list(take_list(tmp_path / "list.csv"))
    assert told in str(wrong.value)


def test_errors_are_one_line_that_names_the_remedy(desk: Desk) -> None:
    for words, told in (
        (
            (A, "--set", "dat=2026-05-11"),
            "--set: 'dat' cannot be corrected, expected one of published, author, title, kind",
        ),
        ((A, "--set", "date=gestern"), "--set: date: 'gestern' is no date, expected a day such as 2026-05-11"),
        ((A, "--set", "title="), "--set: title: empty, expected the headline"),
        ((A, "--set", "kind=artikel"), "--set: kind: 'artikel' is none of article, release, interview"),
        (("blatt", "--set", "kind=release"), "expected an address without spaces"),
    ):
        done = desk.run("decide", *words, "--why", "x")
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert told in done.stderr
    assert not desk.home.exists()
    for words, told in (
        ((A, "--set", "kind=release"), "--why is missing"),
        ((A, "keep", "--set", "kind=release", "--why", "x"), "say keep and --set one after the other"),
        (("--set", "kind=release", "--why", "x"), "URL --set NAME=VALUE --why TEXT"),
    ):
        done = desk.run("decide", *words)
        assert (done.returncode, told in done.stderr) == (2, True), done.stderr


def test_explain_exports_and_the_page_say_that_it_is_a_persons_word(filled: Desk) -> None:
    decide(filled, "a", *SET)
    told = filled.run("explain", A).stdout
    assert (
        f"a person's word on its date (Ada, {today()}): so it is; published=2026-05-11 (the page itself says 2025-03"
        in told
    )
    assert told.count("a person's word on its date") == 1
    as_json = json.loads(filled.run("explain", A, "--json").stdout)
    assert [each["field"] for each in as_json["corrections"]] == ["author", "kind", "published", "title"]
    (row,) = json.loads(filled.run("export", "json", "--query", "title:Spatenstich").stdout)
    assert row["uncorrected"]["published"].startswith("2025-03-12")
    assert any("a person's word on its headline (Ada" in reason for reason in row["reasons"])
    table = list(csv.DictReader(io.StringIO(filled.run("export", "csv", "--table", "corrections").stdout)))
    assert {each["field"]: each["value"] for each in table}["author"] == "Jutta Reimers; Jan Vogt"
    with reading(filled.home / "archive.db") as reader:
        page = reader.page("/article/1")
        assert facts(page)["Published"] == "11 May 2026; as a person has corrected it, the day only"
        assert re.search(
            r"date of publication, on the word of Ada, \d+ \w+ \d+:"
            r" so it is \(the page itself says: 12 March 2025, 09:30 CET\)",
            facts(page)["Corrected"],
        )
        assert "(the page itself does not say)" in facts(page)["Corrected"]  # who wrote it
        assert "a person's word" not in said(page.find_class("article-why")[0])
        german = facts(reader.page("/article/1", "de"))
        assert german["Erschienen"].startswith("11. Mai 2026; wie ein Mensch es berichtigt hat")
        assert "Überschrift, auf das Wort von Ada, " in german["Berichtigt"]
        assert f"so it is (auf der Seite selbst steht: {TITLE})" in german["Berichtigt"]
        assert "Corrected" not in facts(reader.page("/article/2"))
        assert reader.get("/archive/corrections").status_code == 200
        feed = {each["title"]: each["date_published"] for each in reader.get("/feed.json").json()["items"]}
        assert feed["Spatenstich in Bedburg"].startswith("2026-05-1")


def test_what_another_says_meanwhile_is_no_longer_remembered(tmp_path: Path) -> None:
    """By a crawl, that asks of each page: a decision, a correction, and what is taken down."""
    urls = [f"http://blatt.example/{name}" for name in "abc"]
    with Archive(tmp_path / "archive.db") as archive, Archive(tmp_path / "archive.db") as other:
        words = RememberedWords(archive)
        assert [words.decision([], url) for url in urls] == [None, None, None]
        common = {"url": urls[0], "source": None, "why": "x", "by": None, "at": "2026-01-01T00:00:00+00:00"}
        other.decisions.put(common | {"word": "drop"}, ["blatt.example/a"])
        assert words.decision(["blatt.example/a"], "") == words.decision([], urls[0]) is not None
        other.corrections.put(common | {"url": urls[1], "field": "title", "value": "y"}, ["blatt.example/b"])
        assert [each.value for each in words.corrections(["blatt.example/b"], "")] == ["y"]
        taken_down = other.removals.put(
            {"at": common["at"], "how": "exclude", "why": "x"}, [digest_of("blatt.example/c")]
        )
        removed = words.decision(["blatt.example/c"], urls[2])
        assert removed and removed.word is Word.REMOVE
        assert words.decision(["blatt.example/e"], "") is None
        archive.removals.add(taken_down, [digest_of("blatt.example/e")])  # the crawl's own: another address led to it
        assert words.decision(["blatt.example/e"], "") == removed
        assert words.decision(["blatt.example/d"], "") is None
