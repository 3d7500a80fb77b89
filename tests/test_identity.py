import pytest

from pipelines.article import Article, Hints
from pipelines.identity import identity, key, keys, normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.blatt.example/a/b", "http://blatt.example/a/b/"),
        ("https://blatt.example/a?utm_source=rss&utm_medium=feed", "https://blatt.example/a"),
        ("https://blatt.example/a?wt_mc=sm.share&b=1", "https://blatt.example/a?b=1"),
        ("https://blatt.example/a?x=1&y=2", "https://blatt.example/a?y=2&x=1"),
        ("https://blatt.example/a#kommentare", "https://blatt.example/a"),
        ("https://blatt.example./a", "https://BLATT.example:443/a"),
        ("https://blatt.example/stra%C3%9Fe", "https://blatt.example/straße"),
        ("https://blatt.example//a", "https://blatt.example/a"),
    ],
)
def test_one_article_has_many_spellings(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://blatt.example/?p=1", "https://blatt.example/?p=2"),
        ("https://blatt.example/a", "https://blatt.example/b"),
        ("https://blatt.example/a", "https://anzeiger.example/a"),
        ("https://blatt.example/A", "https://blatt.example/a"),
    ],
)
def test_two_articles_stay_two(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_query_ids_are_all_that_stays_of_the_query() -> None:
    assert normal("https://amt.example/news?id=7&ansicht=druck", ("id",)) == "amt.example/news?id=7"


def test_no_address_is_too_odd() -> None:
    for url in ("http://[::1", "", "kein:link", "https://"):
        assert isinstance(normal(url), str)


BLATT = Hints(hosts=frozenset({"blatt.example"}), id_pattern=r"_aid-(\d+)")


def article(url: str, **facts: str) -> Article:
    return Article(source="blatt", url=url, hints=BLATT, **facts)  # type: ignore[arg-type]


def test_the_outlets_own_id_comes_first() -> None:
    found = article("https://blatt.example/nrw/titel_aid-123", canonical_url="https://blatt.example/anders")
    assert identity(found) == "blatt#123"
    assert key("http://www.blatt.example/neuer-titel_aid-123?utm_source=x", "blatt", BLATT) == "blatt#123"


def test_then_the_canonical_address_on_an_own_host() -> None:
    assert (
        identity(article("https://blatt.example/?p=9", canonical_url="https://blatt.example/titel"))
        == "blatt.example/titel"
    )


def test_a_canonical_address_elsewhere_is_not_believed() -> None:
    found = article(
        "https://blatt.example/x", canonical_url="https://agentur.example/x", final_url="https://blatt.example/y"
    )
    assert identity(found) == "blatt.example/y"


def test_every_address_leads_to_the_article() -> None:
    found = article(
        "https://blatt.example/?p=9", final_url="https://blatt.example/f", canonical_url="https://blatt.example/c"
    )
    assert set(keys(found)) == {"blatt.example?p=9", "blatt.example/f", "blatt.example/c"}
