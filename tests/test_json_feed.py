"""JSON Feed, 1.0 and 1.1, is read as RSS is."""

import json

import pytest

from crawler.demo.newsroom import Answer, Newsroom
from crawler.discovery.documents import read as read_document
from crawler.discovery.feeds import read
from crawler.discovery.leads import Form, Unreadable
from tests.conftest import Desk
from tests.test_check import checked, entry

URL = "https://blatt.example/ressort/feed.json"


def feed(*items: object, version: str = "https://jsonfeed.org/version/1.1", **facts: object) -> bytes:
    return json.dumps({"items": items, "title": "Blatt", "version": version} | facts).encode()


def test_items_become_leads() -> None:
    body = feed(
        {
            "id": "7",
            "url": "/a?x=1&y=2#kommentare",
            "title": "Microsoft <KI> in Bedburg",
            "content_html": "<p>Ein <b>Rechenzentrum</b></p>",
            "date_published": "2026-11-21T08:00:00+01:00",
            "date_modified": "2026-11-22T08:00:00+01:00",
        },
        {"external_url": "b.html", "content_text": "Kohle & Klima", "date_modified": "2026-11-20T07:00:00Z"},
        {"id": "https://blatt.example/c", "summary": "Kurz", "content_text": "Lang", "title": None},
        home_page_url="https://blatt.example/heim/",
    )
    found = read(body, URL)
    assert (found.kind, found.listed, found.problem) == (Form.FEED, 3, None)
    third, first, second = found.leads  # what has no date may be of today
    assert (first.url, first.title) == ("https://blatt.example/a?x=1&y=2", "Microsoft <KI> in Bedburg")
    assert (first.summary, first.published) == ("Ein Rechenzentrum", "2026-11-21T08:00:00+01:00")
    assert (second.url, second.summary) == ("https://blatt.example/heim/b.html", "Kohle & Klima")
    assert second.published == "2026-11-20T07:00:00+00:00"
    assert (third.url, third.title, third.summary) == ("https://blatt.example/c", None, "Kurz")


def test_what_is_no_item_is_counted_and_told() -> None:
    found = read(feed({"url": "https://blatt.example/a"}, "b", {"title": "c"}, {"url": 7}, None), URL)
    assert ([lead.url for lead in found.leads], found.listed) == (["https://blatt.example/a"], 5)
    assert str(found.problem) == "4 of 5 items have no address"


def test_older_versions_and_other_encodings() -> None:
    item = {"url": "https://blatt.example/a", "title": "Müller", "content_html": "<html><body>x</body></html>"}
    old = feed(item, version="https://jsonfeed.org/version/1")
    for body in (old, b"\xef\xbb\xbf" + old, json.dumps(json.loads(old), ensure_ascii=False).encode("utf-16")):
        assert read(body, URL).leads[0].title == "Müller"
    assert read(json.dumps({"items": [item]}).encode(), URL).listed == 1  # the version is forgotten


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (feed()[:-20], "feed: JSON breaks off at line 1"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "feed: a JSON Feed without a list of items"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "feed: a JSON Feed without a list of items"),
        (b'{"items": [1, {"a": 2}]}', "feed: this is JSON, not XML"),
        (b'{"a":' * 100_000, "feed: JSON that cannot be read (RecursionError)"),
        (b'{"a": ' + b"9" * 5000 + b"}", "feed: JSON that cannot be read (ValueError)"),
        (b"[1, 2]", "feed: this is JSON, not XML"),
    ],
)
def test_what_cannot_be_read_is_told(body: bytes, message: str) -> None:
    with pytest.raises(Unreadable) as error:
        read(body, URL)
    assert str(error.value).startswith(message)


def test_it_is_read_wherever_a_document_was_expected() -> None:
    body = feed({"url": "https://blatt.example/a"})
    assert read_document(body, URL, expected=Form.SITEMAP).kind is Form.FEED


def test_the_check_takes_it_for_a_feed(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(entry("blatt"))
    link = '<link rel="alternate" type="application/feed+json" href="/feed.json">'
    newsroom.put("http://blatt.example/", Answer(body=f"<html><head>{link}</head></html>".encode()))
    item = {"url": "http://blatt.example/a", "date_published": "2026-11-21T08:00:00+01:00"}
    newsroom.put("http://blatt.example/feed.json", Answer(body=feed(item), kind="application/feed+json"))
    proposed = checked(desk)["blatt"]["proposals"]
    assert [(each["what"], each["key"], each["url"]) for each in proposed] == [
        ("add", "feeds", "http://blatt.example/feed.json")
    ]
