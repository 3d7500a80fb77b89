"""What a reader may send: nothing of it is an error of the site, or tells what is not for readers."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from db.export.tables import export
from db.search.search import QueryError
from tests.test_exports import make_archive
from tests.test_site import Get, getter

DOORS = ("/search?q=", "/feed.atom?q=", "/feed.json?q=", "/export.csv?q=", "/export.json?q=", "/search/numbers.csv?q=")
TABLE_DOORS = tuple(f"/archive/articles{form}_search=" for form in ("?", ".json?", ".csv?", ".json?_shape=array&"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("home") / "archive.db", 30)


@pytest.fixture(scope="module")
def get(archive: Path) -> Iterator[Get]:
    yield from getter(archive)


SOURCES = [f"source:s{number}" for number in range(60)]


@pytest.mark.parametrize("door", [*DOORS, *TABLE_DOORS])
@pytest.mark.parametrize(
    ("query", "en", "de"),
    [
        (" ".join(SOURCES), "source: has 60 values, and a query takes at most 50", "source: hat 60 Werte"),
        ("x -" + " -".join(SOURCES), "source: has 60 values, and a query takes at most 50", "source: hat 60 Werte"),
        (" ".join(SOURCES * 25), "at most 1,000 are looked for", "gesucht werden höchstens 1.000"),
        ("Microsoft " + " ".join(f"-a{n}" for n in range(900)), "at most 1,000", "höchstens 1.000"),
        ("(" * 5000 + "a", "The query has 5,001 characters", "Die Anfrage hat 5.001 Zeichen"),
        ("a:" * 10_000 + "a", "The query has 20,001 characters", "Die Anfrage hat 20.001 Zeichen"),
    ],
)
def test_expression_tree_and_long_query_amplified(get: Get, door: str, query: str, en: str, de: str) -> None:
    for language, said in (("en", en), ("de", de)):
        answer = get(door + quote_plus(query), headers={"accept-language": language})
        told = answer.json()["error"] if "application/json" in answer.headers["content-type"] else answer.text
        assert answer.status_code == 400 and said in told
        assert len(answer.content) < 20_000


@pytest.mark.parametrize("door", [*DOORS, *TABLE_DOORS])
def test_many_values_are_answered(get: Get, door: str) -> None:
    for minus in ("", "-"):
        query = " ".join(["Rechenzentrum", *(minus + source for source in SOURCES[:50])])
        assert get(door + quote_plus(query)).status_code == 200


def test_a_choice_that_is_too_long_is_refused(get: Get) -> None:
    answer = get(f"/search?source={'x' * 9000}&kind={'y' * 900}&q=Strom")
    assert answer.status_code == 400 and len(answer.content) < 20_000


def test_raw_searches_have_the_same_bound(get: Get) -> None:
    answer = get(f"/archive/articles?_searchmode=raw&_search={'a+OR+' * 900}a")
    assert answer.status_code == 400 and "at most 1,000 are looked for" in answer.text


def test_the_command_has_the_same_bound(archive: Path) -> None:
    with pytest.raises(QueryError, match="at most 1,000 are looked for"):
        export(archive, "csv", query="a" * 1001)
