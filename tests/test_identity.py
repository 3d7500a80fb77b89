import re

import pytest
from w3lib.url import canonicalize_url

from pipelines.article import Article, Hints
from pipelines.identity import PLAIN, identity, key, keys, normal


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
        # sessions
        ("https://amt.example/x.html;jsessionid=ABC.internet001", "https://amt.example/x.html"),
        ("https://amt.example/PM;JSESSIONID=AB/x.html?b=1", "https://amt.example/PM/x.html?b=1"),
        ("https://amt.example/(S(lit3py55t21z5v55vlm25s55))/x.aspx", "https://amt.example/x.aspx"),
        ("https://amt.example/x?PHPSESSID=8af3&b=1", "https://amt.example/x?b=1"),
        ("https://amt.example/x?sid=8af3bc", "https://amt.example/x"),
        ("https://amt.example/x?s=0123456789abcdef0123456789abcdef", "https://amt.example/x"),
        ("https://amt.example/x.asp?ASPSESSIONIDCQTRRSTB=ABC", "https://amt.example/x.asp"),
        # campaigns
        ("https://blatt.example/a?maca=de-rss-de-all&ns_mchannel=rss", "https://blatt.example/a"),
        ("https://blatt.example/a?WT.mc_id=1&ocid=x&ito=rss&wt-mc=2", "https://blatt.example/a"),
        ("https://blatt.example/a?at_medium=rss&at_campaign=64&mtm_source=x&b=1", "https://blatt.example/a?b=1"),
        ("https://blatt.example/a?utm_id=1&pk_vid=2&piwik_kwd=3&_hsmi=4&gclid=5", "https://blatt.example/a"),
        # AMP and small screens
        ("https://blatt.example/a/amp", "https://blatt.example/a"),
        ("https://blatt.example/a/amp/?b=1", "https://blatt.example/a?b=1"),
        ("https://blatt.example/amp/a", "https://blatt.example/a"),
        ("https://blatt.example/a.amp.html", "https://blatt.example/a.html"),
        ("https://blatt.example/a.amp", "https://blatt.example/a"),
        ("https://blatt.example/a?amp", "https://blatt.example/a"),
        ("https://blatt.example/a?amp=1&outputType=amp&output=valid_amp", "https://blatt.example/a"),
        ("https://amp.blatt.example/a", "https://blatt.example/a"),
        ("https://m.blatt.example/a", "https://www.blatt.example/a"),
        ("https://mobil.blatt.example/a", "https://mobile.blatt.example./a"),
        ("https://www.m.blatt.example/a", "https://blatt.example/a"),
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
        ("https://blatt.example/x?sid=1", "https://blatt.example/x?sid=2"),
        ("https://blatt.example/x?s=kohle", "https://blatt.example/x?s=strom"),
        ("https://blatt.example/x?type=a", "https://blatt.example/x?type=b"),
        ("https://blatt.example/x?format=pdf", "https://blatt.example/x"),
        ("https://blatt.example/x?nsid=1", "https://blatt.example/x?nsid=2"),
        ("https://blatt.example/x?atid=1", "https://blatt.example/x?atid=2"),
        ("https://blatt.example/a;teil=1", "https://blatt.example/a;teil=2"),
        ("https://blatt.example/lamp", "https://blatt.example/l"),
        ("https://blatt.example/amp", "https://blatt.example/"),
        ("https://mobil.example/a", "https://m.example/a"),
        ("https://lokal.blatt.example/a", "https://blatt.example/a"),
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


def test_an_empty_id_is_none() -> None:
    hints = Hints(hosts=frozenset({"blatt.example"}), id_pattern=r"_aid-(\d*)")
    assert key("https://blatt.example/a_aid-", "blatt", hints) == "blatt.example/a_aid-"
    either = Hints(hosts=frozenset({"blatt.example"}), id_pattern=r"-(\d+)\.html|/liste")
    assert key("https://blatt.example/liste", "blatt", either) == "blatt.example/liste"


def test_query_ids_name_an_article_whatever_they_are_called() -> None:
    for name in ("sid", "ref", "amp", "s"):
        assert normal(f"https://amt.example/x?{name}=abc123&utm_source=x", (name,)) == f"amt.example/x?{name}=abc123"


@pytest.mark.parametrize(
    "end", ["x?sid=kohle-2038", "x?sid=12ab", "x?ns_id=5", "x?at_id=4", "n;sid=12", "?s=revier-2038"]
)
def test_what_may_name_an_article_stays(end: str) -> None:
    url = f"https://amt.example/{end}"
    assert normal(url) != normal(re.sub(r"[;?].*", "", url))


@pytest.mark.parametrize(
    ("url", "is_plain"),
    [
        ("https://www.blatt.example/lokales/2026/rechenzentrum-bedburg-1.2.html", True),
        ("http://blatt.example//a_b/~c/", True),
        ("https://blatt.example/a/../b", False),
        ("https://blatt.example/a/./b", False),
        ("https://blatt.example/a?b=1", False),
        ("https://Blatt.example/a", False),
        ("https://blatt.example/%61", False),
        ("https://blatt.example/straße", False),
        ("https://blatt.example", False),
    ],
)
def test_plain_addresses_are_canonical_as_they_are(url: str, is_plain: bool) -> None:
    assert bool(PLAIN.fullmatch(url)) is is_plain
    assert (canonicalize_url(url) == url) or not is_plain
