"""The web on this machine answers as real servers do, also where these are at fault."""

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse, IncompleteRead

import pytest

from crawler.demo.newsroom import Answer, Newsroom, feed

HOME = "http://www.blatt.example/"


@pytest.fixture
def room() -> Iterator[Newsroom]:
    with closing(Newsroom()) as room:
        yield room


@pytest.fixture
def line(room: Newsroom) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection("127.0.0.1", room.port, timeout=5)) as line:
        yield line


def ask(line: HTTPConnection, url: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    line.request("GET", url, headers=headers)
    response = line.getresponse()
    return response, response.read()


def test_hosts_and_paths(room: Newsroom, line: HTTPConnection) -> None:
    room.put(HOME, Answer(body="Grüße".encode(), headers={"X-Robots-Tag": "noindex"}))
    room.put(f"{HOME}a?seite=2", Answer(body=b"zwei"))
    response, body = ask(line, HOME)
    assert (response.status, body.decode(), response.headers["X-Robots-Tag"]) == (200, "Grüße", "noindex")
    assert ask(line, f"{HOME}a?seite=2")[1] == b"zwei"
    assert ask(line, f"{HOME}a")[0].status == 404
    assert ask(line, "http://anderswo.example/")[0].status == 502
    assert room.asked("www.blatt.example") == ["/", "/a?seite=2", "/a"]


def test_an_answer_may_change_from_request_to_request(room: Newsroom, line: HTTPConnection) -> None:
    bodies = iter([b"eins", b"zwei"])
    room.put(HOME, lambda: Answer(body=next(bodies)))
    assert [ask(line, HOME)[1] for _ in range(2)] == [b"eins", b"zwei"]


def test_what_has_not_changed_is_not_sent_again(room: Newsroom, line: HTTPConnection) -> None:
    items = [(f"{HOME}a", "Titel", "Wed, 12 Mar 2025 09:30:00 +0100")]
    room.put(f"{HOME}feed", feed(items))
    tag = ask(line, f"{HOME}feed")[0].headers["ETag"]
    again, body = ask(line, f"{HOME}feed", **{"If-None-Match": tag, "User-Agent": "Leser"})
    assert (again.status, body) == (304, b"")
    assert (room.log[-1].conditional, room.log[-1].agent, room.log[-1].status) == (True, "Leser", 304)
    room.put(f"{HOME}feed", feed([*items, (f"{HOME}b", "Titel", items[0][2])]))
    assert ask(line, f"{HOME}feed", **{"If-None-Match": tag})[0].status == 200


def test_an_answer_that_breaks_off(room: Newsroom, line: HTTPConnection) -> None:
    room.put(HOME, Answer(body=b"halb", promised=8))
    with pytest.raises(IncompleteRead):
        ask(line, HOME)
