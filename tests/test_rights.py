"""What a publisher reserves, in each of the places where it may say so, and who of them has the last word."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.article import Article, Reason, Rejected, Rights
from pipelines.intake.rights import HEAD, LONGEST, of_origin, read_rights, read_tdmrep, with_headers, with_page

OFFER = "https://blatt.example/lizenz.json"
SITE = "https://blatt.example"


def rules(*entries: Any) -> bytes:
    return json.dumps(entries).encode()


def everywhere(value: Any, **more: Any) -> dict[str, Any]:
    return {"location": "/", "tdm-reservation": value} | more


@pytest.mark.parametrize(
    ("location", "matching", "others"),
    [
        ("/", ["", "/", "/a/b?c=d"], []),
        ("*", ["/", "/a"], []),
        ("/plus/", ["/plus/", "/plus/a"], ["/plus", "/a/plus/", "/Plus/"]),
        ("/plus", ["/plus", "/plus/a", "/plus-eins"], ["/plu"]),
        ("/plus$", ["/plus"], ["/plus/a", "/plus?seite=2"]),
        ("/*.pdf$", ["/a.pdf", "/a/b.pdf", "/a.pdf.pdf"], ["/a.pdf?x=1", "/a.html"]),
        ("/bilder/*.jpg", ["/bilder/a.jpg", "/bilder/a/b.jpg?w=1"], ["/bilder/a.png", "/a.jpg"]),
        ("/*/plus/*/x", ["/a/plus/b/x", "/a/b/plus/c/d/xy"], ["/plus/b/x", "/a/plus/x"]),
        ("/*a*a$", ["/aa", "/xaya"], ["/a", "/aab"]),
        ("/a*$", ["/a", "/abc"], ["/b"]),
        ("/*?plus=", ["/a?plus=1", "/?plus="], ["/a?minus=1"]),
        ("/%7Ewir/gr%c3%b6%C3%9fe", ["/~wir/größe", "/%7ewir/gr%C3%B6%c3%9fe/x"], ["/~wir/grosse"]),
        ("/größe", ["/gr%C3%B6%C3%9Fe", "/größe"], []),
        ("/preis-%24", ["/preis-%24", "/preis-%24/x"], ["/preis-"]),
        ("/a%2Fb", ["/a%2fb"], ["/a/b"]),
    ],
)
def test_where_a_rule_holds(location: str, matching: list[str], others: list[str]) -> None:
    found = read_tdmrep(rules({"location": location, "tdm-reservation": 1}))
    for path in matching:
        assert of_origin(found, SITE + path).reserved is True, path
    for path in others:
        assert of_origin(found, SITE + path) == Rights(), path


def test_the_first_rule_that_matches_counts() -> None:
    found = read_tdmrep(
        rules(
            {"location": "/frei/", "tdm-reservation": 0},
            {"location": "/", "tdm-reservation": 1, "tdm-policy": OFFER},
            {"location": "/frei/nicht/", "tdm-reservation": 1},
        )
    )
    assert of_origin(found, f"{SITE}/frei/nicht/1") == Rights(reserved=False, said_by="tdmrep.json")
    assert of_origin(found, f"{SITE}/1") == Rights(reserved=True, said_by="tdmrep.json", policy=OFFER)
    assert of_origin(found, "https://[blatt.example/") == Rights()
    assert of_origin((), SITE) == Rights()


@pytest.mark.parametrize(
    ("value", "reserved"),
    [(1, True), (0, False), ("1", True), (" 0 ", False)]
    + [(value, None) for value in (2, -1, "", "yes", True, False, None, 1.5, [1], {"1": 1}, "１")],
)
def test_a_reservation_is_one_or_nought(value: Any, reserved: bool | None) -> None:
    assert of_origin(read_tdmrep(rules(everywhere(value))), SITE).reserved is reserved


@pytest.mark.parametrize(
    "broken",
    [
        None,
        1,
        "/",
        [],
        {},
        {"location": "/"},
        {"tdm-reservation": 0},
        {"location": "", "tdm-reservation": 0},
        {"location": ["/"], "tdm-reservation": 0},
        {"location": "/" + "*a" * 2000, "tdm-reservation": 0},
        {"location": "/", "tdm-reservation": "off"},
    ],
)
def test_a_broken_rule_is_skipped(broken: Any) -> None:
    found = read_tdmrep(rules(broken, everywhere(1)))
    assert len(found) == 1
    assert of_origin(found, f"{SITE}/a").reserved is True


@pytest.mark.parametrize("policy", [3, None, ["x"], {"a": 1}, "", "  "])
def test_a_policy_that_is_no_text_is_none(policy: Any) -> None:
    expected = Rights(reserved=True, said_by="tdmrep.json")
    assert of_origin(read_tdmrep(rules(everywhere(1, **{"tdm-policy": policy}))), SITE) == expected


def test_a_policy_is_one_line_that_can_be_stored() -> None:
    offer = '" a\\n\\ud800' + "b" * 9000 + '"'
    found = read_tdmrep(f'[{{"location": "/\\ud800", "tdm-reservation": 1, "tdm-policy": {offer}}}]'.encode())
    policy = found[0].policy or ""
    assert policy.startswith("a ?b")
    assert len(policy) <= 2000
    policy.encode()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no JSON"),
        (b"<!doctype html><title>Nicht gefunden</title>", "no JSON"),
        (b'{"location": "/", "tdm-reservation": 1}', "a JSON dict, expected a list of rules"),
        (b"1", "a JSON int, expected a list of rules"),
        (b"[\xff]", "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", "no JSON"),
        (b" " * (LONGEST + 1), f"{LONGEST + 1} bytes, expected {LONGEST} at most"),
    ],
)
def test_no_list_of_rules(body: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_tdmrep(body)


def test_marks_before_the_text_do_no_harm() -> None:
    text = json.dumps([everywhere(1)])
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        assert len(read_tdmrep(text.encode(encoding))) == 1


@given(st.binary() | st.text().map(str.encode))
@example(b'[{"location": "/", "tdm-reservation": 1e999}]')
@example(b"[NaN, -Infinity]")
def test_nothing_but_a_value_error(body: bytes) -> None:
    try:
        read_tdmrep(body)
    except ValueError as error:
        assert "\n" not in str(error)


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())
properties = dict.fromkeys(("location", "tdm-reservation", "tdm-policy"), anything)


@given(st.lists(st.fixed_dictionaries({}, optional=properties)))
def test_rules_of_any_kind_are_read(entries: list[dict[str, Any]]) -> None:
    of_origin(read_tdmrep(json.dumps(entries).encode()), f"{SITE}/a?b=c")


@given(st.text(), st.text())
def test_any_address_is_matched(location: str, path: str) -> None:
    found = read_tdmrep(rules({"location": location, "tdm-reservation": 1}))
    of_origin(found, f"{SITE}/{path}")
    plain = "".join(char for char in location if char.isalnum())
    exact = read_tdmrep(rules({"location": f"/{plain}$", "tdm-reservation": 1}))
    assert of_origin(exact, f"{SITE}/{plain}").reserved is True


SAID = Rights(reserved=True, said_by="tdmrep.json", policy=OFFER)


@pytest.mark.parametrize(
    ("before", "headers", "expected"),
    [
        (Rights(), {}, Rights()),
        (SAID, {"Content-Type": "text/html"}, SAID),
        (Rights(), {"tdm-reservation": "1"}, Rights(reserved=True, said_by="header")),
        (Rights(), {"TDM-Reservation": "0"}, Rights(reserved=False, said_by="header")),
        (Rights(), {"Tdm-Reservation": "1, 1"}, Rights(reserved=True, said_by="header")),
        (Rights(), {"Tdm-Reservation": "0, 1"}, Rights(reserved=True, said_by="header")),
        (SAID, {"tdm-reservation": "0"}, Rights(reserved=False, said_by="header", policy=OFFER)),
        (SAID, {"tdm-reservation": "maybe"}, SAID),
        (SAID, {"tdm-policy": ""}, SAID),
        (SAID, {"TDM-POLICY": "/neu"}, Rights(reserved=True, said_by="tdmrep.json", policy="/neu")),
        (Rights(), {"X-Robots-Tag": "noindex, NoArchive"}, Rights(noarchive=True)),
        (Rights(), {"x-robots-tag": "otherbot: nofollow, googlebot: noarchive"}, Rights(noarchive=True)),
        (Rights(), {"x-robots-tag": "noarchiver, unavailable_after: 25 Jun 2027 15:00:00 PST"}, Rights()),
        (Rights(noarchive=True), {"x-robots-tag": "all"}, Rights(noarchive=True)),
        (Rights(), {"Content-Usage": "train-ai=n, search=y"}, Rights(content_usage="train-ai=n, search=y")),
    ],
)
def test_headers(before: Rights, headers: dict[str, str], expected: Rights) -> None:
    assert with_headers(before, headers) == expected


RESERVED = Rights(reserved=True, said_by="meta")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", Rights()),
        ('<meta name="tdm-reservation" content="1">', RESERVED),
        ("<meta name='tdm-reservation' content='1'/>", RESERVED),
        ("<META CONTENT=1 NAME=TDM-Reservation>", RESERVED),
        ('<meta\n data-x="a>b"\n name = "tdm-reservation"\n content = " 1 "\n>', RESERVED),
        ('<meta content="1"name="tdm-reservation">', RESERVED),
        ('<meta name="tdm-reservation" content="0">', Rights(reserved=False, said_by="meta")),
        ('<meta name="tdm-reservation" content="">', Rights()),
        ('<meta name="tdm-reservation">', Rights()),
        ('<meta name="tdm-reservation" content="2">', Rights()),
        ('<meta name="tdm-reservation" content="0"><meta name="tdm-reservation" content="1">', RESERVED),
        ('<meta name="description" content="tdm-reservation 1">', Rights()),
        ('<meta data-name="tdm-reservation" content="1">', Rights()),
        ('<!-- <meta name="tdm-reservation" content="1"> -->', Rights()),
        ('<script>x = \'<meta name="tdm-reservation" content="1">\'</script>', Rights()),
        ('<script>x = "<body></head><!--"</script><meta name="tdm-reservation" content="1">', RESERVED),
        ('<title>Größe</title><meta name="tdm-reservation" content="1">', RESERVED),
        ('<style>a</style><!--[if IE]><br><![endif]--><meta name="tdm-reservation" content="1">', RESERVED),
        ('</head><body><p><meta name="tdm-reservation" content="1">', Rights()),
        (
            f'<meta name="tdm-policy" content="{OFFER}?a=1&amp;b=2"><meta name="tdm-reservation" content="1">',
            Rights(reserved=True, said_by="meta", policy=f"{OFFER}?a=1&b=2"),
        ),
        ('<meta name="robots" content="index,follow,noarchive,max-snippet:-1">', Rights(noarchive=True)),
        ('<meta name="ROBOTS" content="NOARCHIVE">', Rights(noarchive=True)),
        ('<meta name="robots" content="index"><meta name="robots" content="noarchive">', Rights(noarchive=True)),
        ('<meta name="googlebot" content="noarchive">', Rights(noarchive=True)),
        ('<meta name="keywords" content="noarchive">', Rights()),
        ('<meta name="robots" content="noindex">', Rights()),
        ("<meta " + "a" * 300_000 + ' tdm-reservation noarchive="', Rights()),
    ],
)
def test_pages(head: str, expected: Rights) -> None:
    page = f"<!doctype html><html><head><meta charset=utf-8>{head}".encode()
    assert with_page(Rights(), page) == expected


def test_what_stands_late_in_a_long_head_is_read() -> None:
    meta = b'<meta name="tdm-reservation" content="1">'
    assert with_page(Rights(), b"<head><script>" + b"x" * 300_000 + b"</script>" + meta) == RESERVED
    assert with_page(Rights(), b"<head>" + b" " * HEAD + meta) == Rights()


def test_the_last_word() -> None:
    found = read_tdmrep(rules(everywhere(1, **{"tdm-policy": OFFER})))
    origin = of_origin(found, SITE)
    header = with_headers(origin, {"tdm-reservation": "0"})
    page = with_page(header, b'<meta name="tdm-reservation" content="1">')
    assert [(said.reserved, said.said_by, said.policy) for said in (origin, header, page)] == [
        (True, "tdmrep.json", OFFER),
        (False, "header", OFFER),
        (True, "meta", OFFER),
    ]
    assert with_page(with_headers(origin, {}), b"<head>") == origin


def test_only_what_was_said_is_written_down() -> None:
    assert Rights().as_dict() == {}
    assert Rights(reserved=False, said_by="header").as_dict() == {"reserved": False, "said_by": "header"}
    assert Rights(noarchive=True, content_usage="train-ai=n").as_dict() == {
        "noarchive": True,
        "content_usage": "train-ai=n",
    }


@given(st.binary() | st.text(alphabet="<>!-=/\"' metanscriptdyholbx\n10").map(str.encode))
@example(b"<meta name=tdm-reservation content=\xff>")
@example(b"\xff\xfe<\0m\0e\0t\0a\0")
@example(b'<meta name="tdm-policy" content="&#xd800;&#0;&#x110000;">')
def test_any_bytes_are_a_page(page: bytes) -> None:
    rights = with_page(Rights(), page)
    json.dumps(rights.as_dict()).encode()
    (rights.policy or "").encode()
    with_page(Rights(), b'<meta name="robots" content="' + page + b'"><meta name="tdm-policy" content=' + page)


@pytest.mark.parametrize(
    "unit", [b"<", b"<meta ", b"<meta a='", b"<!--", b"<script>", b"<meta x=noarchive ", b"<meta tdm- x ", b"a=", b"</"]
)
def test_a_page_made_to_waste_time(unit: bytes) -> None:
    for page in (unit * (HEAD // len(unit)), b"<meta tdm-" + unit * (HEAD // len(unit))):
        rights = with_page(Rights(), page)
        assert rights == Rights(noarchive=rights.noarchive)


def test_a_file_made_to_waste_time() -> None:
    many = read_tdmrep(rules(*[{"location": "/" + "*a" * 900 + "$", "tdm-reservation": 1}] * 200))
    assert of_origin(many, f"{SITE}/{'a' * 2000}b") == Rights()


def test_what_is_reserved_ends_here_if_the_setting_says_so() -> None:
    said = Rights(reserved=True, said_by="header", policy=OFFER)
    article = Article(source="blatt", url=f"{SITE}/1", rights=said, html=b'<meta name="robots" content="noarchive">')
    for setting in ("keep", "metadata-only"):
        kept = read_rights(article, setting)
        assert isinstance(kept, Article)
        assert kept.rights == Rights(reserved=True, said_by="header", policy=OFFER, noarchive=True)
    refused = read_rights(article, "skip")
    assert isinstance(refused, Rejected)
    assert refused.reason is Reason.RESERVED
    assert refused.detail == f"tdm-reservation by header, policy {OFFER}"
    assert refused.article is not None
    assert refused.article.rights.noarchive
    free = Article(source="blatt", url=f"{SITE}/1", html=b'<meta name="tdm-reservation" content="0">')
    heeded = read_rights(free, "skip")
    assert isinstance(heeded, Article)
    assert heeded.rights.reserved is False
