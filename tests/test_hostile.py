"""What a reader may send: nothing of it is an error of the site, or tells what is not for readers."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

import lxml.html
import pytest

from db.export.tables import export
from db.search.search import QueryError
from db.site.serve import close_site, make_site
from tests.test_exports import make_archive
from tests.test_site import Get, getter

Ask = Callable[..., Any]

DOORS = ("/search?q=", "/feed.atom?q=", "/feed.json?q=", "/export.csv?q=", "/export.json?q=", "/search/numbers.csv?q=")
TABLE_DOORS = tuple(f"/archive/articles{form}_search=" for form in ("?", ".json?", ".csv?", ".json?_shape=array&"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("home") / "archive.db", 30)


@pytest.fixture(scope="module")
def ask(archive: Path) -> Iterator[Ask]:
    """method, address → answer"""
    site = make_site(archive)
    with asyncio.Runner() as runner:
        yield lambda method, path, **given: runner.run(site.client.request(method, path, **given))
    close_site(site)


@pytest.fixture(scope="module")
def get(ask: Ask) -> Get:
    return partial(ask, "GET")


def told(answer: Any) -> str:
    """The error, in whatever form it is."""
    if "application/json" in answer.headers["content-type"]:
        return str(answer.json()["error"])
    if "html" in answer.headers["content-type"]:
        return str(lxml.html.fromstring(answer.text).xpath("string(//p[contains(@class, 'message')])"))
    return str(answer.text)


SOURCES = [f"source:s{number}" for number in range(60)]


def refused(get: Get, door: str, query: str, en: str, de: str) -> None:
    for language, said in (("en", en), ("de", de)):
        answer = get(door + quote_plus(query), headers={"accept-language": language})
        assert answer.status_code == 400 and said in told(answer)
        assert len(answer.content) < 20_000


@pytest.mark.parametrize("door", [*DOORS, *TABLE_DOORS])
@pytest.mark.parametrize(
    ("query", "en", "de"),
    [
        (" ".join(SOURCES), "source: has 60 values, and a query takes at most 50", "source: hat 60 Werte"),
        ("x -" + " -".join(SOURCES), "source: has 60 values, and a query takes at most 50", "source: hat 60 Werte"),
        (" ".join(SOURCES * 25), "at most 1,000 are looked for", "gesucht werden höchstens 1.000"),
    ],
)
def test_expression_tree(get: Get, door: str, query: str, en: str, de: str) -> None:
    refused(get, door, query, en, de)


@pytest.mark.parametrize("door", [*DOORS, *TABLE_DOORS])
@pytest.mark.parametrize(
    ("query", "en", "de"),
    [
        ("Microsoft " + " ".join(f"-a{n}" for n in range(900)), "at most 1,000", "höchstens 1.000"),
        ("(" * 5000 + "a", "The query has 5,001 characters", "Die Anfrage hat 5.001 Zeichen"),
        ("a:" * 10_000 + "a", "The query has 20,001 characters", "Die Anfrage hat 20.001 Zeichen"),
    ],
)
def test_long_query_amplified(get: Get, door: str, query: str, en: str, de: str) -> None:
    refused(get, door, query, en, de)


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


# Nothing is told that is not for readers

OF_THE_SERVER = (
    "databases threads messages allow-debug patterns actor plugins settings versions metadata config logout permissions"
    " auth-token static/app.css static-plugins/x/y nothing"
).split()


@pytest.mark.parametrize("name", OF_THE_SERVER)
def test_paths_shown(get: Get, name: str) -> None:
    for address in (f"/-/{name}", f"/-/{name}.json", f"/~2D/{name}", f"/%2D/{name}"):
        answer = get(address, follow_redirects=True)
        assert answer.status_code == 404, address
        assert "There is no page at this address" in answer.text


@pytest.mark.parametrize("address", ["/_internal", "/_internal/databases.json", "/_memory", "/:memory:", "/~61rchive"])
def test_there_is_one_database(get: Get, address: str) -> None:
    assert get(address, follow_redirects=True).status_code == 404


def test_a_proxy_can_ask_whether_the_site_answers(get: Get) -> None:
    answer = get("/health")
    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, "ok\n", "no-store")


MADE_UP = [
    "* from pragma_database_list",
    "count(*) from PRAGMA_Database_List()",
    "1 from main.pragma_compile_options",
    "name from pragma_function_list",
    "title from articles where 1 in (select seq from pragma_database_list)",
    "* from pragma_table_info('articles')",
    "data from sqlite_dbpage",
    "* from dbstat",
    "* from sqlite_stmt",
    "sqlite_version()",
    "sqlite_source_id()",
    "sqlite_compileoption_get(1)",
    "load_extension('x')",
]


@pytest.mark.parametrize("what", MADE_UP)
def test_a_query_reads_tables_and_nothing_of_the_server(archive: Path, get: Get, what: str) -> None:
    sql = quote_plus(f"select {what}")
    where = quote_plus(f"1 in (select {what})")
    for address in (
        f"/archive.json?sql={sql}",
        f"/archive.json?sql={sql}&_shape=array",
        f"/archive.csv?sql={sql}",
        f"/archive?sql={sql}",
        f"/archive/articles.json?_where={where}",
        f"/archive/articles.csv?_where={where}",
    ):
        answer = get(address)
        assert answer.status_code == 400, address
        assert str(archive.parent) not in answer.text and sqlite3.sqlite_version not in answer.text


SQL = {
    "select nix from articles": ("There is no column nix", "Eine Spalte nix gibt es nicht"),
    "select * from nix": ("There is no table nix", "Eine Tabelle nix gibt es nicht"),
    "select nix(1)": ("There is no function nix", "Eine Funktion nix gibt es nicht"),
    "select substr()": ("The function substr takes another number", "Die Funktion substr nimmt eine andere Zahl"),
    "select 1 from from articles": ("The query cannot be read from from on", "Ab from lässt sich die Abfrage nicht"),
    "select (": ("The query ends too early", "Die Abfrage hört zu früh auf"),
    "select 'a": ("'a cannot stand in a query", "'a kann in einer Abfrage nicht stehen"),
    "select id from articles join sources": ("Several tables have a column id", "Mehrere Tabellen haben eine Spalte"),
    "select 1 where count(*)": ("count sums up rows", "count fasst Zeilen zusammen"),
    "select 1; select 2": ("One query at a time", "Nur eine Abfrage auf einmal"),
    "drop table articles": ("A query begins with select", "Eine Abfrage beginnt mit select"),
    "select * from articles a, pragma_table_info(a.id)": ("Queries read the tables", "Abfragen lesen die Tabellen"),
    "select abs(-9223372036854775807 - 1)": ("A number is too large", "Eine Zahl ist zu groß"),
    "select json_extract(title, '$') from articles": ("A value that should be JSON", "Ein Wert, der JSON sein soll"),
    "select 1 from articles_fts where articles_fts match '\"'": ("The words looked for", "Die gesuchten Wörter"),
    "select title match 'a' from articles": ("Words are looked for in the full-text", "Wörter werden im Volltextindex"),
    "select 1 union select 1, 2": ("The query cannot be answered as it", "So lässt sich die Abfrage nicht"),
    "select '" + "x" * 10_000 + "'": ("at most 10,000 are answered", "höchstens 10.000"),
    "select \0": ("The query cannot be answered as it", "So lässt sich die Abfrage nicht"),
    "select ?": ("A parameter has no value", "Ein Parameter hat keinen"),
    "select :a + ?": ("A parameter has no value", "Ein Parameter hat keinen"),
    "select " + "-" * 0 + "1+" * 3000 + "1": ("The query has too many parts", "Die Abfrage hat zu viele Teile"),
}


@pytest.mark.parametrize("sql", SQL, ids=lambda sql: sql[:40])
def test_what_is_wrong_with_a_query_is_said_in_words(get: Get, sql: str, capfd: pytest.CaptureFixture[str]) -> None:
    for form in ("?", ".json?", ".json?_shape=array&", ".csv?"):
        for language, said in zip(("en", "de"), SQL[sql], strict=True):
            answer = get(f"/archive{form}sql={quote_plus(sql)}", headers={"accept-language": language})
            assert answer.status_code == 400 and said in told(answer), (form, told(answer))
            assert "no such" not in answer.text and "syntax error" not in answer.text


EXPORTS = {
    "/export.csv?table=nix": ("there is no table 'nix'; choose one of: ", "Eine Tabelle 'nix' gibt es nicht; es gibt:"),
    "/export.json?table=refusals&q=x": ("only articles can be searched", "Suchen lässt sich nur in Artikeln"),
    "/export.csv?table=refusals&order=newest": ("only articles can be put in an", "Ordnen lassen sich nur Artikel"),
    "/export.ris?table=refusals": ("only articles can be cited", "Zitieren lassen sich nur Artikel"),
    "/export.csv?q=-x": ("only excludes: add a word", "schließt nur aus"),
    "/feed.atom?q=-x": ("only excludes: add a word", "schließt nur aus"),
    "/archive.json?sql=select+1+as+a,+2+as+a&_shape=array": ("two columns are named 'a'", "Zwei Spalten heißen 'a'"),
}


@pytest.mark.parametrize("address", EXPORTS)
def test_what_cannot_be_exported_is_said_in_words(get: Get, address: str, capfd: pytest.CaptureFixture[str]) -> None:
    for language, said in zip(("en", "de"), EXPORTS[address], strict=True):
        answer = get(address, headers={"accept-language": language})
        assert answer.status_code == 400 and said in told(answer)
    assert capfd.readouterr().err == ""  # a reader's slip is nothing for the log


def test_an_archive_that_cannot_be_read_is_no_secret_and_its_place_is(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 2)
    for get in getter(archive):
        archive.rename(tmp_path / "elsewhere.db")
        for address in (
            "/export.csv",
            "/feed.atom",
            "/archive.csv?sql=select+1",
            "/archive/articles.json?_shape=array",
        ):
            answer = get(address, headers={"accept-language": "de"})
            assert answer.status_code == 503, address
            assert "Das Archiv lässt sich gerade nicht lesen" in told(answer) and str(tmp_path) not in answer.text


@pytest.mark.parametrize(
    "address", ["/", "/search?q=x", "/archive/articles", "/archive/articles/1", "/export.csv", "/x"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE", "PATCH", "PROPFIND"])
def test_the_archive_is_only_read(ask: Ask, method: str, address: str) -> None:
    answer = ask(method, address)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.text == "The archive is only read: ask with GET or HEAD\n"
    assert "content-security-policy" in answer.headers


def test_what_can_be_asked_can_be_asked(ask: Ask) -> None:
    answer = ask("OPTIONS", "/archive/articles")
    assert (answer.status_code, answer.headers["allow"], answer.text) == (204, "GET, HEAD, OPTIONS", "")


@pytest.mark.parametrize(
    "address", ["/", "/search?q=x", "/archive/articles", "/archive/articles.csv", "/export.csv", "/export.xlsx"]
)
def test_a_head_is_that_of_the_answer(ask: Ask, address: str) -> None:
    head, answer = ask("HEAD", address), ask("GET", address)
    assert head.status_code == answer.status_code == 200
    assert head.headers["content-type"] == answer.headers["content-type"]


# Odd arguments

TABLE = "/archive/articles"
OF_TABLES = {
    "_sort=nosuch": "_sort=nosuch: there is no column of that name; there are: id, url,",
    "_sort=rowid": "_sort=rowid: there is no column of that name",
    "_sort_desc=nosuch": "there are: id, url,",
    "_sort=id&_sort_desc=title": "Cannot use _sort and _sort_desc at the same time",
    "_facet=nosuch": "_facet=nosuch: there is no column of that name; there are: id, url,",
    "_facet_array=nosuch": "there are: authors,",
    "_facet_date=nosuch": "there are: id, url,",
    '_facet={"a":1}': "there are: id, url,",
    "_facet={": "there are: id, url,",
    "_facet_array=title": "there are: authors,",
    "_facet=id&" * 6: "6 facets, and at most 5 are counted",
    "_facet_size=²": "_facet_size=²: a whole number",
    "_col=nosuch": "there are: id, url,",
    "_nocol=nosuch": "there are: url,",
    "_nocol=id": "there are: url,",
    "_label=nosuch": "there are: id, url,",
    "nosuch=1": "There is no column nosuch to filter by; there are: id, url,",
    "nosuch__gt=1": "There is no column nosuch",
    "title__nosuch=1": "title cannot be compared by nosuch; there are: exact, not, contains",
    "_x__exact=1": "There is no column _x",
    "id__gt=²": "id__gt=²: a whole number",
    "id__gt=99999999999999999999": "a whole number",
    "id__lte=" + "9" * 3000: "a whole number",
    "id__in=[1,": "id__in=[1,: a list of JSON texts and numbers",
    'id__in=[{"a":1}]': "a list of JSON",
    "id__notin=[99999999999999999999]": "a list of JSON",
    "id__in=" + "[" * 1300: "a list of JSON",
    "id=1&" * 31: "31 filters, and at most 30 are answered",
    "_filter_column=nosuch&_filter_op=exact&_filter_value=1": "There is no column nosuch",
    "_through=x": "_through=x: JSON with table, column and value is expected",
    '_through={"table":"nosuch","column":"a","value":1}': "there are:",
    "_through=[]": "there are:",
    "_where=nosuch": "There is no column nosuch",
    "_where=": "The query cannot be read from",
    "_where=1;select 1": "One query at a time",
    "_search_nosuch=x": "Cannot search by that column",
    "_fts_table=nosuch&_search=x": "There is no table nosuch",
    "_fts_pk=nosuch&_search=x": "There is no column nosuch",
    "_searchx=1": "Something in this address cannot be understood",
    "_size=-1": "_size=-1: a whole number",
    "_size=x": "_size=x: a whole number",
    "_size=100000": "_size must be <= 1000",
    "_size=" + "9" * 3000: "a whole number",
    "_size=1&_next=": "",
    "_next=x,y,z": "_next=x,y,z is no mark of a page",
    "_size=2&_sort=title&_next=a,b,c": "_next=a,b,c is no mark of a page",
    "_size=2&_next=x": "",
    "_timelimit=x": "_timelimit=x: a whole number",
    "_timelimit=max": "_timelimit=max: a whole number",
    "_ttl=²": "_ttl=²: a whole number",
    "_labels=x": "_labels=x: on or off is expected",
    "_json_infinity=x": "_json_infinity=x: on or off is expected",
    "_shape=x": "_shape=x: there are arrays, objects",
    "_json=nosuch&_extra=x&_trace=1&_nl=1&_dl=1&_context=1&_x=1&=&&": "",
    "x=" + "a" * 5000: "The address asks with 5,002 characters",
}


@pytest.mark.parametrize("asked", OF_TABLES, ids=lambda asked: asked[:40])
def test_sort_by_nothing_500(get: Get, asked: str) -> None:
    pairs = parse_qsl(asked, keep_blank_values=True)
    for form in ("", ".json", ".csv", ".xlsx"):
        answer = get(f"{TABLE}{form}?{urlencode(pairs)}", follow_redirects=True)
        if answer.status_code == 200:
            assert not OF_TABLES[asked] or (form and asked.startswith("_")), form
        else:
            assert answer.status_code == 400 and OF_TABLES[asked] in told(answer), (form, told(answer))
        german = get(f"{TABLE}{form}?{urlencode(pairs)}", headers={"accept-language": "de"}, follow_redirects=True)
        assert german.status_code == answer.status_code
        assert german.status_code == 200 or told(german) != told(answer)


ROUTES = [
    "/",
    "/search",
    "/search/numbers.csv",
    "/feed.atom",
    "/feed.json",
    "/versions.atom",
    "/export.csv",
    "/export.ris",
    "/export.xlsx",
    "/article/1",
    "/timeline",
    "/sources",
    "/sources/blatt",
    "/downloads",
    "/downloads/SHA256SUMS",
    "/help",
    "/about",
    "/progress",
    "/language/de",
    "/archive?sql=select+1",
    "/archive.json?sql=select+1&_shape=array",
    "/archive/articles/1",
    "/archive/articles/1.json",
    "/archive/refusals.json",
    "/archive/source_nights",
    "/archive/_combinations",
    "/archive/articles_fts.json",
    "/archive/sqlite_sequence",
]
ODD = ["x", "²", "-1", "9" * 400, "[", '{"a":', "\0", "%", "\ud800", "'\"<", "a,b,c", "none", "2025-99", "0000"]
NAMES = (
    "q source kind lang access year month day from to order page table marked nights state by to sql _size _next _col"
    " _facet _shape _through _where _search _sort _labels _json _extras _blob_column _show_hidden _hide_sql id"
).split()


@pytest.mark.soak
@pytest.mark.parametrize("route", ROUTES)
def test_no_argument_is_an_error_of_the_site(get: Get, route: str) -> None:
    asked = [{name: odd for name in NAMES} for odd in ODD]
    asked += [{name: ODD[number % len(ODD)]} for number, name in enumerate(NAMES)]
    for pairs in asked:
        address = f"{route}{'&' if '?' in route else '?'}{urlencode(pairs, errors='surrogatepass')}"
        answer = get(address)
        assert answer.status_code < 500, address


PLACES = [
    "/archive/nosuch",
    "/archive/nosuch/1",
    "/archive/nosuch.csv",
    "/archive/articles/nosuch",
    "/archive/articles/1,2,3",
    "/archive/articles/1/2/3",
    "/archive/source_nights/1",
    "/archive/articles/1.blob?_blob_column=title",
    "/archive/articles/1.blob",
    "/archive/articles/1.nosuch",
    "/archive/articles.nosuch",
    "/archive/articles.blob?_blob_column=title",
    "/archive.nosuch?sql=select+1",
    "/archive.xlsx?sql=select+1",
    "/archive/~",
    "/archive/~00",
    "/archive/%00",
    "/archive/%ff",
    "/archive/articles/%ff",
    "/archive/articles/99999999999999999999",
    "/archive/sqlite_master",
    "/archive/pragma_database_list",
    "/article/99999999999999999999",
    "/article/x",
    "/article/²",
    "/sources/%00",
    "/sources/%ff",
    "/language/%00",
    "/downloads/..%2Farchive.db",
    "/downloads/x",
    "/.json",
    "//evil.example/",
    "/search/",
    "/" + "a" * 3000,
    "/archive/" + "a" * 3000,
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[:40])
def test_no_address_is_an_error_of_the_site(get: Get, place: str) -> None:
    answer = get(place)
    assert answer.status_code < 500
    assert "evil" not in answer.headers.get("location", "").removeprefix("/evil.example")


HEADERS = [
    {"cookie": "a@b=1; language=de"},
    {"cookie": "\xff=\xfe; ;;=;language"},
    {"cookie": "ds_actor=x; ds_messages=y; ds_csrftoken=z"},
    {"accept-language": "de;q=" + "9" * 3000 + ", *;q=²"},
    {"host": "<script>"},
    {"range": "bytes=" + "9" * 5000 + "-"},
    {"range": "bytes=-²"},
    {"if-none-match": '"', "if-modified-since": "Mon, 99 Nov 99999 99:99:99 GMT", "if-range": "\xff"},
    {"authorization": "Bearer dstok_x", "x-forwarded-for": "\xff"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: str(headers)[:40])
def test_no_header_is_an_error_of_the_site(get: Get, headers: dict[str, str]) -> None:
    sent = {name: value.encode("latin-1") if value.isascii() is False else value for name, value in headers.items()}
    for route in ("/", "/search?q=x", "/feed.atom", "/archive/articles", "/archive.json", "/downloads/SHA256SUMS"):
        answer = get(route, headers=sent)
        assert answer.status_code < 500, route
        assert "<script>" not in answer.text
