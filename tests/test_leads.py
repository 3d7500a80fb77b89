import pytest

from crawler.discovery.leads import Choice, Lead, address, choose, words
from pipelines.dates import date_of

DATES = {
    "Sat, 21 Nov 2026 08:00:00 +0100": "2026-11-21T08:00:00+01:00",
    "Sat, 21 Nov 2026 08:00 GMT": "2026-11-21T08:00:00+00:00",
    "Sat, 21 Nov 26 08:00:00 EST": "2026-11-21T08:00:00-05:00",
    "21 Nov 2026 08:00:00 CET": "2026-11-21T08:00:00+01:00",
    "Sa, 21 Mär 2026 08:00:00 MEZ": "2026-03-21T08:00:00+01:00",
    "Mittwoch, 20. Mai 2026 08:00:00 MESZ": "2026-05-20T08:00:00+02:00",
    "Do, 03 Dez 2026 08:00:00 +0100": "2026-12-03T08:00:00+01:00",
    "Sat, 21 Nov 2026 08:00:00": "2026-11-21",
    "2026-11-21T08:00:00Z": "2026-11-21T08:00:00+00:00",
    "2026-11-21T08:00:00.123+01:00": "2026-11-21T08:00:00+01:00",
    " 2026-11-21 08:00:00 +0100 ": "2026-11-21T08:00:00+01:00",
    "2026-11-21T08:00:00": "2026-11-21",
    "2026-11-21": "2026-11-21",
    "21.11.2026, 08:00 Uhr": "2026-11-21",
    "21. November 2026": "2026-11-21",
    "2099-01-01": "2099-01-01",
    "1970-01-01T00:00:00+00:00": None,
    "0001-01-01T00:00:00Z": None,
    "2026-13-45": None,
    "2026-02-30T08:00:00+01:00": None,
    "Sat, 21 Foo 2026 08:00:00 +0100": None,
    "Sat, 21 Nov 2026 99999999999999999999:00:00 +0100": None,
    "gestern": None,
    "": None,
    None: None,
}


@pytest.mark.parametrize("raw", DATES)
def test_date_of(raw: str | None) -> None:
    assert date_of(raw) == DATES[raw]


ADDRESSES = {
    "https://blatt.example/a": "https://blatt.example/a",
    " https://blatt.example/a?b=1&b=%C3%A4#c ": "https://blatt.example/a?b=1&b=%C3%A4",
    "https://blatt.example/ä b": "https://blatt.example/ä b",
    "https://blatt.example/a?": "https://blatt.example/a?",
    "https://blatt.example/lang/\n er": "https://blatt.example/lang/ er",
    "HTTPS://Blatt.example/A/../B": "HTTPS://Blatt.example/A/../B",
    "//bild.example/a": "https://bild.example/a",
    "../b?c": "https://blatt.example/b?c",
    "https://blatt.example/a?id=1&amp;teil=2": "https://blatt.example/a?id=1&teil=2",
    "/a?id=1&amp;amp;teil=2&#038;x=3": "https://blatt.example/a?id=1&teil=2&x=3",
    "": None,
    "#oben": None,
    "javascript:void(0)": None,
    "mailto:a@blatt.example": None,
    "https://": None,
    "https://[::1/": None,
    "https://blatt.example:0/": None,
    "https://blatt.example:http/": None,
    "https://a b.example/": None,
    "https://blatt.example/\x00": None,
    "https://blatt.example/" + "a" * 5000: None,
}


@pytest.mark.parametrize("raw", ADDRESSES)
def test_address(raw: str) -> None:
    assert address(raw, "https://blatt.example/ressort/liste") == ADDRESSES[raw]


def test_words() -> None:
    assert words(" Kohle &amp; <b>Klima</b>\n&nbsp; &lt;3, 5 < 6 ", 50) == "Kohle & Klima <3, 5 < 6"
    assert words("<p></p>", 50) is None
    assert words("abcdef", 3) == "abc"
    assert words("Microsoft <KI> in <b class='x'>Bedburg</b><br/><o:p></o:p>", 50) == "Microsoft <KI> in Bedburg"
    assert words("<!-- x --><?php ?>Foo <foo> <figure><img src=a>", 50) == "Foo <foo>"


def test_choose_tells_apart_what_is_kept_listed_and_nameless() -> None:
    days = ("2026-11-01", "2026-11-03", None, "2026-11-02", "2026-11-03")
    leads = [None, *(Lead(url=f"https://blatt.example/{day}", published=day) for day in days)]
    kept, listed, nameless = choose(leads, Choice(limit=9, since="2026-11-02"))
    assert [lead.published for lead in kept] == [None, "2026-11-03", "2026-11-02"]
    assert (listed, nameless) == (5, 1)
