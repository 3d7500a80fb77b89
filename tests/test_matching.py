"""What little an index says of an article, and whether it is of the story."""

import re

import pytest

from pipelines.folding import fold
from pipelines.relevance.matching import glanced, matches
from pipelines.relevance.profile import load

PROFILE = load()
HERE = "https://bote.example/2026/11/artikel"


@pytest.mark.parametrize(
    ("title", "sentence", "url"),
    [
        ("Spatenstich in Bergheim : Microsoft beginnt mit dem Bau", None, HERE),  # place
        ("Microsoft adds fourth campus in North Rhine-Westphalia", None, HERE),  # region
        ("Microsoft : 3,2 Milliarden Euro", None, HERE),  # sum
        ("Microsoft : aus Kohle zu KI", None, HERE),  # slogan, coal
        ("Microsoft bouwt in bruinkoolgebied", None, HERE),
        ("Wie viel Wasser braucht Microsoft ?", "Die Fraktion fragt nach den Hallen in Bergheim.", HERE),
        ("Der Konzern aus Redmond kommt nach Bedburg", None, HERE),  # a strong by-name
        ("Es geht los", None, "https://bote.example/lokales/microsoft-baut-in-bedburg-4711.html"),
        ("Hier entsteht die Halle", "In Bedburg wird gebaut.", "https://news.microsoft.example/de/halle"),
        ("\uff2d\uff29\uff23\uff32\uff2f\uff33\uff2f\uff26\uff34 in Bedburg", None, HERE),
        ("Micro\u00adsoft in Berg\u200bheim", None, HERE),
    ],
)
def test_matches(title: str, sentence: str | None, url: str) -> None:
    assert matches(PROFILE, title, sentence, url)


@pytest.mark.parametrize(
    ("title", "sentence", "url"),
    [
        ("Microsoft-Aktie : Analysten heben das Kursziel an", None, HERE),  # the company alone
        ("Bergheim feiert sein Stadtfest", "Wein und Musik in Bedburg.", HERE),  # a place alone
        ("Microsoft in Deutschland", None, HERE),  # the country is too wide
        ("Ein Konzern in Bergheim", None, HERE),  # a by-name that stands for many
        ("Microsoft verlässt Bedburg-Hau", None, HERE),  # another place
        (None, None, None),
        ("", "", ""),
    ],
)
def test_no_matches(title: str | None, sentence: str | None, url: str | None) -> None:
    assert not matches(PROFILE, title, sentence, url)


def test_a_glance_sees_letters_as_they_are_folded() -> None:
    signs = [chr(code) for code in range(0x20000) if not 0xD800 <= code < 0xE000]
    for sign in signs:
        folded, seen = (re.findall("[a-z0-9]", text) for text in (fold(sign), glanced(sign).decode()))
        assert folded == seen, hex(ord(sign))
