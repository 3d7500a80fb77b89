"""The kept counts are what a count of the articles would say, whatever is done to them; and the doctor sees if not."""

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_utils

from db.operations.doctor import examine, repair
from db.search.ranking import everything
from db.store.connection import ArchiveError
from db.store.counts import COMBINED, MISCOUNTED, NAMES
from db.store.migrations import migrations
from tests.conftest import Desk
from tests.read_articles import archive_of
from tests.test_exports import make_archive

SAME = {"url": "u", "title": "t", "text": "Strom", "fetched_at": ""}


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    database = sqlite_utils.Database(memory=True)
    migrations.apply(database)
    with closing(database.conn):
        yield database.conn


def kept(connection: sqlite3.Connection) -> Counter[tuple[str, ...]]:
    rows = connection.execute(f"select {NAMES}, number from _combinations where number").fetchall()
    return Counter({tuple(values): number for *values, number in rows})


def counted(connection: sqlite3.Connection) -> Counter[tuple[str, ...]]:
    columns = ", ".join(f"coalesce({name}, '')" for name in COMBINED)
    return Counter(tuple(row) for row in connection.execute(f"select {columns} from articles"))


def test_whatever_is_written_is_counted(connection: sqlite3.Connection) -> None:
    dice = random.Random(7)
    some: dict[str, list[str | None]] = {
        "source": ["blatt", "kurier"],
        "kind": ["ngo", None, ""],
        "lang": ["de", "en", None],
        "month": [None, "2025-03", "2025-04"],
        "access": ["free", None],
    }
    marks = ", ".join(f":{name}" for name in (*some, "id", "identity", *SAME))
    names = ", ".join((*some, "id", "identity", *SAME))
    for step in range(600):
        row: dict[str, object] = {name: dice.choice(values) for name, values in some.items()} | SAME
        row |= {"id": dice.randrange(60), "identity": str(step)}
        write = dice.choice(["insert or ignore into", "insert or replace into", "update", "delete"])
        with connection:
            if write == "delete":
                connection.execute("delete from articles where id = :id", row)
            elif write == "update":
                change = dice.choice(list(some))
                connection.execute(f"update articles set {change} = :{change} where id = :id", row)
            else:
                connection.execute(f"{write} articles ({names}) values ({marks})", row)
        assert kept(connection) == counted(connection), write
    assert everything(connection) == sum(counted(connection).values()) > 20
    assert connection.execute(MISCOUNTED).fetchone()[0] == 0


def test_an_older_archive_is_counted_when_it_is_brought_up_to_date(tmp_path: Path) -> None:
    database = sqlite_utils.Database(tmp_path / "archive.db")
    migrations.apply(database, stop_before="m021_days_and_counts")
    moments = ["2025-03-31T22:30:00Z", "2025-03-31", None]
    database.table("articles").insert_all(
        {**SAME, "id": n, "identity": str(n), "source": "blatt", "published": moments[n % 3]} for n in range(6)
    )
    migrations.apply(database)
    assert [row["day"] for row in database.query("select day from articles order by id limit 3")] == [
        "2025-04-01",
        "2025-03-31",
        None,
    ]
    assert kept(database.conn) == counted(database.conn) == {("blatt", "", "", "", ""): 6}
    database.close()


DAMAGE = {
    "kept counts": "update _combinations set number = number + 1",
    "index of the search": "insert into articles_fts (articles_fts, rowid, title, text) values ('delete', 1, 'x', 'y')",
    "references between tables": "insert into versions (article, seen_at) values (99, '2025')",
    "numbers of articles": "insert into tombstones (article, key, at, how) values (3, 'k', '2025', 'rules')",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_the_doctor_sees_what_is_wrong_and_mends_what_can_be_made_new(tmp_path: Path, what: str) -> None:
    path = make_archive(tmp_path / "archive.db", 5)
    assert not any(each.wrong for each in examine(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(DAMAGE[what])
    assert [(each.what, bool(each.remedy)) for each in examine(path) if each.wrong] == [(what, True)]
    repair(path)
    left = [each.what for each in examine(path) if each.wrong]
    assert left == ([what] if what in ("references between tables", "numbers of articles") else [])


@pytest.mark.parametrize(
    ("damage", "wrong", "mended"),
    [
        ("update _fact_lines set lines = 'place Bonn'", "1 articles have others", True),
        ("delete from _fact_lines", "1 articles have others", True),
        ("insert into _fact_lines values (99, 'place Bonn')", "1 rows are of articles that are gone", True),
        ("update figures set rules_version = 'old'", "1 rows are by other rules", False),
        ("update entities set start = start + 1", "1 rows do not stand where", False),
        ('update quotes set "end" = 9999', "1 rows do not stand where", False),
    ],
)
def test_the_doctor_sees_what_articles_say(tmp_path: Path, damage: str, wrong: str, mended: bool) -> None:
    text = "„In Bedburg entstehen 300 Arbeitsplätze, das ist viel“, sagte Hendrik Wüst."
    path = archive_of(tmp_path, {1: ("blatt", "local_press", "2025-03-11", text)})
    assert not any(each.wrong for each in examine(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from entities where kind != 'place'")
        connection.execute(damage)
    (finding,) = (each for each in examine(path) if each.wrong)
    assert (finding.what, finding.wrong[: len(wrong)]) == ("figures, quotations and names", wrong)
    repair(path)
    assert any(each.wrong for each in examine(path)) is not mended


def test_the_doctor_sees_a_number_that_could_be_given_again(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "archive.db", 5)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("insert into tombstones (article, key, at, how) values (6, 'k', '2025', 'rules')")
    (finding,) = (each for each in examine(path) if each.wrong)
    assert (finding.what, finding.wrong) == (
        "numbers of articles",
        "6 are of articles that have left, and could be given again",
    )


def test_the_doctor_names_the_remedy_of_an_older_archive(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with sqlite_utils.Database(path) as database:
        migrations.apply(database, stop_before="m030_tombstones")
    with pytest.raises(ArchiveError, match=r"m030_tombstones is to come\); run 'revierspiegel migrate' first"):
        examine(path)


def test_a_damaged_file_is_said_to_be_one(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "archive.db", 1000)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))
    findings = {each.what: each for each in examine(path)}
    assert "sound copy" in findings["file"].remedy and findings["file"].wrong


def test_the_command_says_how_it_is(desk: Desk) -> None:
    desk.home.mkdir(parents=True)
    make_archive(desk.home / "archive.db", 5)
    done = desk.run("doctor")
    assert (done.returncode, done.stdout.count("sound")) == (0, 9)
    with closing(sqlite3.connect(desk.home / "archive.db")) as connection, connection:
        connection.execute(DAMAGE["kept counts"])
    done = desk.run("doctor")
    assert done.returncode == 1 and "doctor --repair" in done.stdout
    assert desk.run("doctor", "--repair").returncode == 0
