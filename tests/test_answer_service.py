"""The private side of a public site's search: numbers and extracts, and no question that tells more of a text."""

import itertools
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from grp import getgrgid
from pathlib import Path

import httpx
import pytest
import sqlite_utils

from db.publish import extracts
from db.search import vocabulary
from db.search.public.questions import check
from db.search.query import QueryError, parse
from db.search.search import register
from db.site.full_text.finding import find_articles
from db.site.full_text.service import TOKEN, is_answered, listen_on_socket
from db.site.serve import SiteError
from db.store.archive import Archive
from db.store.connection import Mode, connect
from tests.test_exports import make_archive

TEXT = """Auf dem Acker hinter Musterdorf ruht die Arbeit seit Dienstag, weil ein Feldhamster unter dem Bagger saß.
Der Landwirt Ole Quast rief die Biologin Wanda Silber, und beide hoben das Tier in einen Eimer voller Möhren.
Am Abend lachte die Baustelle; Quast verlangt trotzdem neunhundert Taler für den zertretenen Roggen."""
COMMON = "so hieß es am Montag im Rathaus"
VICTIM = 20
EXTRACT = "Auf dem Acker hinter Musterdorf ruht die"


def victims_words(text: str = TEXT) -> list[str]:
    return re.findall(r"\w+", text)


def shuffled(text: str) -> str:
    """But for the extract."""
    words = victims_words(text)
    beginning, rest = words[:7], words[7:]
    random.Random(4).shuffle(rest)
    return " ".join([*beginning, *rest])


def archive_with(folder: Path, text: str) -> Path:
    """Five texts of three sources have a phrase; one article has a story of its own. Their extracts are chosen."""
    path = make_archive(folder / "archive.db", 20)
    database = sqlite_utils.Database(path)
    for number in range(1, 21):
        change = {"source": ("blatt", "kurier", "bote")[number % 3], "access": "free"}
        if number <= 6:
            change["text"] = f"Bericht {number}, {COMMON}. Genehmigung Nummer {number}."
        if number == VICTIM:
            change |= {"title": "Bauarbeiten ruhen", "text": text}
        database.table("articles").update(number, change)
    database.close()
    vocabulary.take_in(path)
    with Archive(path) as opened:
        extracts.bring_up_to_date(opened, 7)
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_with(tmp_path_factory.mktemp("home"), TEXT)


@contextmanager
def answering(archive: Path, *options: str, **environment: str) -> Iterator[str]:
    """Where it is asked."""
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", "revierspiegel", "answer", *options]
    environment = {**os.environ, "REVIERSPIEGEL_HOME": str(archive.parent), **environment}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            match = re.search(r"answered at (\S+)", line)
            assert match, line
            yield match[1]
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (0, "")
        finally:
            process.kill()


def test_one_route_on_a_socket_tells_numbers_and_extracts(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "answer.sock"
    with answering(archive, "--socket", str(path)) as place:
        assert place == str(path) and stat.S_IMODE(path.stat().st_mode) == 0o600 and is_answered(path)
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://answer", timeout=60) as client:
            found = client.get("/search", params={"q": "Feldhamster"})
            told = {"total": 1, "page": 1, "pages": 1, "articles": [{"id": VICTIM, "extract": EXTRACT}]}
            assert (found.status_code, found.json()) == (200, told)
            assert found.headers["cache-control"] == "no-store"
            newest = client.get("/search", params={"q": "Microsoft source:kurier", "order": "newest"}).json()
            assert newest["total"] == len(newest["articles"])
            for question, says in {
                "q=%22ein+Feldhamster+unter+dem+Bagger+sass%22": "phrase has 6 words",
                "q=Microsoft&id=20": "A question has q",
                "q=Microsoft&q=Bagger": "A question has q",
                "q=Microsoft&page=0": "A question has q",
                "q=": "holds no word",
            }.items():
                refused = client.get(f"/search?{question}")
                assert refused.status_code == 400 and says in refused.json()["error"]
            german = client.get("/search?q=R*", headers={"accept-language": "de"})
            assert german.status_code == 400 and "Vor einem Stern" in german.json()["error"]
            assert client.post("/search").status_code == 405
            assert {client.get(where).status_code for where in ("/", "/article/1", "/archive.json", "/-/metrics")} == {
                404
            }
        with answered_already(archive, path) as says:
            assert "is answered already" in says
    assert not path.exists()


def ids(told: dict[str, object]) -> list[int]:
    articles = told["articles"]
    assert isinstance(articles, list)
    return [each["id"] for each in articles]


@contextmanager
def answered_already(archive: Path, path: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "revierspiegel", "answer", "--socket", str(path)]
    environment = {**os.environ, "REVIERSPIEGEL_HOME": str(archive.parent)}
    yield subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stderr


def test_over_http_it_takes_the_token(archive: Path) -> None:
    with answering(archive, "--port", "0", **{TOKEN: "geheim"}) as place:
        assert httpx.get(f"{place}/search?q=Bagger", timeout=60).status_code == 401
        wrong = httpx.get(f"{place}/search?q=Bagger", headers={"authorization": "Bearer falsch"}, timeout=60)
        assert wrong.status_code == 401
        right = httpx.get(f"{place}/search?q=Bagger", headers={"authorization": "Bearer geheim"}, timeout=60)
        assert (right.status_code, ids(right.json())) == (200, [VICTIM])


def test_a_group_may_be_let_in_and_what_is_wrong_is_said(tmp_path: Path) -> None:
    path = tmp_path / "answer.sock"
    with listen_on_socket(path, getgrgid(os.getegid()).gr_name):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
    with listen_on_socket(path, None):  # nobody listens at what the one before has left
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(SiteError, match="no such group"):
        listen_on_socket(tmp_path / "other.sock", "nobody-has-this-group")
    with pytest.raises(SiteError, match="choose another place"):
        listen_on_socket(tmp_path / "missing" / "answer.sock", None)


def test_without_a_token_it_is_not_asked_over_http(archive: Path) -> None:
    environment = {**os.environ, "REVIERSPIEGEL_HOME": str(archive.parent), TOKEN: ""}
    command = [sys.executable, "-m", "revierspiegel", "answer", "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"{TOKEN} is not set" in done.stderr


@pytest.mark.parametrize(
    "query",
    [
        '"eins zwei drei vier fünf sechs"',
        "eins-zwei-drei-vier-fünf-sechs",
        '"Acker … Musterdorf"',
        '"hinter Muster"*',
        "Mus*",
        "a OR b OR c OR d",
        '-"hinter Musterdorf" Acker',
        "Acker -a -b -c -d",
        "a b c d e f g h i j k l m",
        " ".join(f"source:s{number}" for number in range(11)),
    ],
)
def test_what_would_tell_much_at_once_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        check(parse(query))


def questions(words: list[str], seed: int) -> Iterator[str]:
    """What somebody would ask who has the title, the extract, and all words of the text in a dictionary."""
    chance = random.Random(seed)
    for before, after in itertools.pairwise(words):
        guessed = chance.choice(words)
        yield f'"{before} {after}"'  # guessed right
        yield f'"{before} {guessed}"'
        yield f"{before}-{after}"
        yield f"{before.capitalize()}{after.lower()}"  # a compound that nobody has, whose parts stand side by side
        yield f'{before} -{after} OR "{after} {guessed}" OR {guessed}'
        yield f"{before} {after}"
    for at in range(0, len(words) - 5, 3):
        yield f'"{" ".join(words[at : at + 5])}"'
        yield " ".join(
            f'"{one} {other}"' for one, other in zip(words[at : at + 4], words[at + 1 : at + 5], strict=True)
        )


def test_no_question_tells_in_which_order_words_stand(archive: Path, tmp_path: Path) -> None:
    """So the best that somebody can have of a text is which words they thought of are in it."""
    other = archive_with(tmp_path, shuffled(TEXT))
    asked = 0
    with closing(connect(archive, Mode.READ)) as one, closing(connect(other, Mode.READ)) as another:
        for connection in (one, another):
            connection.row_factory = sqlite_utils.Database(memory=True).conn.row_factory
            register(connection)
        for question in questions(victims_words(), 7):
            query = parse(question)
            try:
                check(query)
            except QueryError:
                continue
            asked += 1
            answers = [find_articles(connection, query, "best", 1) for connection in (one, another)]
            assert answers[0] == answers[1], question
            assert answers[0].extracts.get(VICTIM, EXTRACT) == EXTRACT
        common = find_articles(one, parse(f'"{" ".join(COMMON.split()[:5])}"'), "best", 1)
        assert set(common.extracts) == {1, 2, 3, 4, 5, 6}
        rare = find_articles(one, parse('"Roggen zertretenen"'), "best", 1)
        assert set(rare.extracts) == {VICTIM}  # by its words
    assert asked > 200


def test_a_number_is_found_however_it_is_written(tmp_path: Path) -> None:
    path = archive_with(tmp_path, "Es kostet 3,2 Milliarden Euro, nahe der A 61, und gibt 3.200 Stellen.")
    with closing(connect(path, Mode.READ)) as connection:
        register(connection)
        for typed in ("3,2 Mrd. Euro", "€3.2bn", "3200", "3 200 Stellen", "A61"):
            assert set(find_articles(connection, parse(typed), "best", 1).extracts) == {VICTIM}, typed


def test_the_extract_is_none_of_the_questions(archive: Path) -> None:
    with closing(connect(archive, Mode.READ)) as connection:
        register(connection)
        for word in ("Möhren", "Roggen", "Taler", "Genehm* OR Bagger"):
            for order in ("best", "newest"):
                hits = find_articles(connection, parse(word), order, 1)
                assert hits.extracts[VICTIM] == EXTRACT
                assert json.dumps(hits.as_json()).count("Roggen") == 0
