"""What is published, and that nothing else is: looked for in the bytes of the file."""

import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.publish import allowed, extracts, shelf
from db.publish.proof import RUN
from db.publish.shelf import current
from db.publish.snapshot import PublishError, publish
from db.store.archive import Archive
from db.store.leaving.tombstones import How
from db.store.rows import as_json
from revierspiegel.main import cli
from tests.blank import blank_archive

# Invented words of one length: none is another's beginning or end.
VOCABULARY = [a + b + c + d for a in "bdgk" for b in "aeiou" for c in "lmnr" for d in "aou"]
PRESS, RELEASE = "blatt", "werk"
WORDS = re.compile(rb"[a-z0-9]+")


def runs(text: bytes | str) -> set[bytes]:
    words = WORDS.findall((text.encode() if isinstance(text, str) else text).lower())
    return {b" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


def runs_of(texts: Iterable[object]) -> set[bytes]:
    return set().union(*(runs(str(text)) for text in texts if text))


def add_article(archive: Archive, number: int, title: str, text: str, **columns: object) -> None:
    row: dict[str, object] = {
        "id": number,
        "url": f"https://blatt.example/{number}",
        "source": PRESS,
        "title": title,
        "text": text,
        "identity": f"blatt:{number}",
        "fetched_at": "2026-03-01T04:00:00+00:00",
        "access": "free",
        "page_kind": "article",
        "lang": "de",
    }
    archive.db.table("articles").insert(row | columns)


def make_archive(home: Path) -> Path:
    home.mkdir(exist_ok=True)
    path = blank_archive(home / "archive.db")
    with Archive(path) as archive:
        rows = [{"id": PRESS, "name": "Blatt", "rights": "press"}, {"id": RELEASE, "name": "Werk", "rights": "release"}]
        archive.db.table("sources").insert_all(rows)
    return path


def published(archive: Path, words: int = 7) -> Path:
    return publish(archive, archive.parent, extract_words=words, keep=3).path


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


texts = st.lists(st.sampled_from(VOCABULARY), min_size=9, max_size=40, unique=True).map(" ".join)
parts = st.tuples(st.integers(0, 30), st.integers(1, 20))


@st.composite
def archives(draw: st.DrawFn) -> list[dict[str, object]]:
    """Articles with all that is read out of their texts: each a part of them, as long as it may be."""

    def part() -> str:
        start, length = draw(parts)
        return " ".join(str(draw(st.sampled_from(written))).split()[start : start + length]) or "x"

    written = draw(st.lists(texts, min_size=1, max_size=4))
    articles = []
    for text in written:
        words = text.split()
        title = draw(st.sampled_from([" ".join(words[:5]), part(), "Titel"]))
        articles.append(
            {"title": title, "text": text, "older": draw(texts), "older_title": part()}
            | {"access": draw(st.sampled_from(["free", "free", "walled", "teaser", None]))}
            # Not so that what stands in one cell goes on in the next.
            | {"authors": as_json(["Von", part(), "Text"]), "agencies": as_json(["Von", *part().split(), "Text"])}
            | {
                name: part()
                for name in ("sentence", "quote", "entity", "link", "refusal", "speaker", "author", "hedge")
            }
        )
    return articles


def write(archive: Archive, articles: list[dict[str, object]]) -> None:
    insert = {name: archive.db.table(name).insert for name in archive.db.table_names()}
    for number, each in enumerate(articles, 1):
        same = {name: each[name] for name in ("access", "authors", "agencies")}
        more = dict.fromkeys(("subheads", "reasons", "outcomes", "terms", "features", "rights"), each["sentence"])
        add_article(archive, number, str(each["title"]), str(each["text"]), **same, **more)
        at, span = {"seen_at": f"2026-03-0{number}", "article": number}, {"article": number, "start": 0, "end": 9}
        said = {"text": each["quote"], "sentence": each["sentence"], "rules_version": "1"}
        insert["versions"](at | {"title": each["older_title"], "text": each["older"], "authors": each["author"]})
        insert["figures"](span | said | {"kind": "jobs", "value": 3, "unit": "persons", "hedge": None})
        insert["quotes"](span | said | {"speaker": each["speaker"]})
        insert["entities"](span | said | {"kind": "place", "name": "Bedburg"})
        insert["proposal_sentences"]({"name": "Nord", "article": number, "sentence": each["sentence"]})
        link = {"article": number, "url": "https://x.example/", "host": "x.example", "key": "x"}
        insert["links"](link | {"text": each["link"], "primary_document": 0})
        refused = {"key": str(number), "url": "https://x.example/", "source": PRESS, "reason": "off_topic"}
        insert["refusals"](refused | {"title": each["refusal"], "at": "2026-03-01"})
        decided = {"key": str(number), "url": "https://x.example/", "word": "keep", "at": "2026-03-01"}
        insert["decisions"](decided | {"why": each["quote"]})


@settings(
    max_examples=settings.default.max_examples // 8,  # a second each
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(archives())
def test_no_eight_words_of_a_text_are_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, articles: list[dict[str, object]]
) -> None:
    path = make_archive(tmp_path_factory.mktemp("home"))
    with Archive(path) as archive:
        write(archive, articles)
    file = published(path)
    shown = ask(file, "select title from articles union select extract from articles union select title from versions")
    allowed_runs = runs_of(text for (text,) in shown)
    secret = runs_of(each[name] for each in articles for name in ("text", "older"))
    assert not (runs(file.read_bytes()) & secret) - allowed_runs
    assert ask(file, "select count(*) from articles") == [(len(articles),)]


@pytest.mark.parametrize("cell", ["figures.sentence", "versions.text"])
def test_a_column_with_words_of_a_text_stops_the_publishing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    path = make_archive(tmp_path / "home")
    text = " ".join(VOCABULARY[:30])
    words = dict.fromkeys(("sentence", "quote", "link", "older", "refusal", "speaker", "author"), text)
    same = {"title": "Titel", "older_title": "Titel", "access": "free", "authors": "[]", "agencies": "[]"}
    with Archive(path) as archive:
        write(archive, [same | words | {"text": text}])
    table, _, column = cell.partition(".")
    monkeypatch.setitem(allowed.ALLOWED, table, (*allowed.ALLOWED[table], column))
    with pytest.raises(PublishError, match=cell):
        published(path)
    assert current(path.parent) is None
    assert [file.name for file in (path.parent / "public").iterdir()] == []


def test_words_of_a_text_would_be_seen_in_the_bytes(tmp_path: Path) -> None:
    """In a cell, and in what a row leaves behind that is gone."""
    text = " ".join(VOCABULARY[:30])
    file = published(make_archive(tmp_path / "home"))
    assert not runs(file.read_bytes()) & runs(text)
    for statement in (f"update sources set name = '{text}'", "delete from sources"):
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("pragma secure_delete = off")
            connection.execute(statement)
        assert runs(file.read_bytes()) & runs(text)


def test_what_may_be_shown_is_shown(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "home")
    text = "Rat stimmt zu\n\nDer Rat von Musterdorf hat am Montag dem Plan zugestimmt, den viele kennen."
    release = " ".join(VOCABULARY[30:60])
    with Archive(path) as archive:
        add_article(archive, 1, "Rat stimmt zu", text)
        add_article(archive, 2, "Hinter der Wand", text, access="metered")
        add_article(archive, 3, "Vorbehalten", text, reservation="header")
        add_article(archive, 4, "Mitteilung", release, source=RELEASE, page_kind="release")
        add_article(archive, 5, "Blog", release, source=RELEASE)
        add_article(archive, 6, "Weg", text)
        for number, title in enumerate(("Rat um Lena Holtkamp stimmt zu", "Rat stimmt zu"), 1):
            archive.versions.add({"article": 1, "seen_at": f"2026-03-0{number}", "title": title, "text": text})
        archive.articles.forget(archive.articles.get(6) or {}, How.DECIDED, "")
    file = published(path)
    extract = "Der Rat von Musterdorf hat am Montag"
    begin = " ".join(VOCABULARY[30:37])
    rows = ask(file, "select id, extract, text from articles order by id")
    assert rows == [(1, extract, extract), (2, "", ""), (3, "", ""), (4, begin, release), (5, begin, begin)]
    assert ask(file, "select title from versions order by id") == [(None,), ("Rat stimmt zu",)]
    assert b"Holtkamp" not in file.read_bytes()
    assert ask(file, "select article, how from tombstones") == [(6, "decided")]
    assert ask(file, "select rowid from articles_fts where articles_fts match 'musterdorf'") == [(1,)]
    assert ask(file, "select name, articles, sources, extract_words from snapshot") == [(file.stem, 5, 2, 7)]
    assert ask(file, "pragma journal_mode") == [("delete",)]


def test_an_extract_is_chosen_once_and_only_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_archive(tmp_path / "home")
    first, other = "Eins zwei drei vier fünf sechs sieben acht neun.", "Ganz andere Worte stehen hier nun einmal heute."
    with Archive(path) as archive:
        add_article(archive, 1, "A", first)
        add_article(archive, 2, "B", first, access="teaser")
    seen = []
    versions = (
        (first, "free", 7),
        (f"Neu davor. {first}", "free", 3),  # what is shown of it may be less, and grows no further
        (f"Neu davor. {first}", "free", 9),
        (other, "free", 7),
        (first, "free", 7),
    )
    for number, (text, access, words) in enumerate(versions):
        monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", str(number * 100))
        with Archive(path) as archive:
            archive.articles.update(1, {"text": text})
            archive.articles.update(2, {"text": text, "access": access})
        seen.append([row[0] for row in ask(published(path, words), "select extract from articles order by id")])
    whole = "Eins zwei drei vier fünf sechs sieben"
    assert seen == [[whole, whole], ["Eins zwei drei", "Eins zwei drei"], [whole, whole], ["", ""], ["", ""]]


@pytest.mark.parametrize(
    ("title", "text", "extract"),
    [
        ("", "Eins zwei drei vier.", "Eins zwei drei"),
        ("Rat sagt ja", "Rat sagt ja!\n\nRat sagt Ja\n\nDer Rat kam zusammen", "Der Rat kam"),
        ("Rat sagt ja", "Rat sagt ja", ""),
        ("", "„Nur zwei“\n\nNächster Absatz hier", "Nur zwei"),
        ("", "3,2 Milliarden Euro", "3,2 Milliarden"),
        ("", "w" * 1000, ""),
        ("", "投資" * 40, ""),
        ("", "", ""),
    ],
)
def test_an_extract_is_the_first_words_of_the_body(title: str, text: str, extract: str) -> None:
    assert extracts.choose(title, text, 3) == extract


def test_snapshots_have_names_of_their_own_and_few_are_kept(tmp_path: Path) -> None:
    folder = shelf.folder_of(tmp_path)
    folder.mkdir()
    days = [f"2026-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 13)]
    for day in (*days, "2026-02-12"):
        shelf.new_name(folder, day).touch()
    every = shelf.snapshots(tmp_path)
    assert [path.stem for path in every[-2:]] == ["revierspiegel-2026-02-12", "revierspiegel-2026-02-12-2"]
    left = [path for path in every if path not in shelf.to_remove(every, 3)]
    assert [path.stem[-8:] for path in left] == ["26-01-01", "26-02-01", "26-02-11", "26-02-12", "-02-12-2"]
    assert current(tmp_path) is None
    shelf.make_current(left[-1])
    assert current(tmp_path) == left[-1]
    (folder / "current").write_text("../archive.db")
    assert current(tmp_path) is None


def test_publish_makes_the_current_snapshot(home: Path) -> None:
    def typed(*words: str) -> str:
        done = CliRunner().invoke(cli, list(words))
        assert done.exit_code == 0, done.output
        return done.output

    with Archive(make_archive(home)) as archive:
        add_article(archive, 1, "Rat stimmt zu", "Der Rat hat zugestimmt.")
    assert typed("publish", "--again") == ""
    assert not (home / "public").exists()
    made = json.loads(typed("publish", "--json"))
    assert (made["articles"], made["extracts"], made["whole_texts"], made["left_empty"]) == (1, 1, 0, 0)
    assert "-2.db: 1 articles" in typed("publish", "--again")
    assert f"published  {Path(made['path']).stem}-2" in typed("status")
    Path(made["path"]).unlink()  # as `remove` does
    assert "-3.db: 1 articles" in typed("publish", "--again")  # the address of the first stays the first's
    with closing(Database(current(home))) as file:
        assert [column.name for column in file.table("figures").columns] == list(allowed.ALLOWED["figures"])
