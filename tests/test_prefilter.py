"""The glance at a raw page: whatever the judgement weighs, it lets through, in each disguise that a page knows."""

import json
import random
import string
from pathlib import Path
from typing import NamedTuple

import pytest
import trafilatura
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.registry.owners import Owners
from crawler.webarchive.one_file import Briefing, Digests, capture_of
from db.days import moment
from pipelines.article import Article, Rejected
from pipelines.intake.prefilter import might_be_on_topic
from pipelines.relevance.judge import verdict
from pipelines.relevance.profile import load
from pipelines.stages import READING, Context, run
from tests.rovers import write_profile

PROFILE = load()
CP1252 = {code: chars for code in range(128, 160) if (chars := bytes([code]).decode("cp1252", "ignore"))}


@pytest.mark.parametrize(
    ("page", "encoding"),
    [
        (b"<p>MICROSOFT</p>", None),
        ("<p>Microsoft</p>".encode("utf-16"), None),
        ("<p>Microsoft</p>".encode("utf-16-le"), "utf-16-le"),
        ("<p>Microsoft</p>".encode("utf-16-be"), None),
        ("<p>Microsoft</p>".encode("utf-32"), None),
        ("<p>Micro\u00adsoft</p>".encode("latin-1"), None),
        ("<p>Micro\u00adsoft</p>".encode("latin-1"), "utf-8"),
        ("<p>Mi\u200bcro\ufeffsoft</p>".encode(), "iso-8859-1"),
        ("<p>Ｍｉｃｒｏｓｏｆｔ</p>".encode(), None),
        ('<meta charset="shift_jis"><p>Ｍｉｃｒｏｓｏｆｔ</p>'.encode("shift_jis"), None),
        ("<p>𝐌𝐢𝐜𝐫𝐨𝐬𝐨𝐟𝐭</p>".encode(), None),
        (b"<p>Micro<b>soft</b></p>", None),
        (b"<p>Micro<!-- > -->soft</p>", None),
        (b"<p><hr>Micro</hr>soft</p>", None),
        (b"<p>M<wbr>i<wbr/>crosoft</p>", None),
        (b"<p>Micro<a title='x > y'>soft</a></p>", None),
        (b'<p>Micro<a title="<b>x</b>" id=1>soft</a></p>', None),
        (b'<p>Micro<a title=5">so</a><i title=">">ft</i></p>', None),
        (b"<p>Micro<script>if (a < b) c = '>'</script>soft</p>", None),
        (b"<p>&#77;icrosoft</p>", None),
        (b"<p>&#0077icrosoft</p>", None),
        (b"<p>&#x4D;&#X69;crosof&#x74</p>", None),
        (b"<p>&amp;#77;icrosoft</p>", None),
        (b"&#77;icrosoft", None),
        (b"<p>&amp;amp;amp;#x4d;icrosoft</p>", None),
        (b"<p>&amp;Mopf;icrosoft</p>", None),
        (b"<p>&nbspM&#105;crosoft</p>", None),
        (b"<p>&Mopf;icrosoft</p>", None),
        (b"<p>Micro&shy;soft Micro&#173soft</p>", None),
        (b"<p>Micro&ZeroWidthSpace;soft</p>", None),
        (b"<p>Micro&shysoft</p>", None),
        (b'{"headline": "\\u004d\\u0069crosoft"}', None),
        (b'{"headline": "Micro\\u00ADsoft"}', None),
        (b'{"headline": "\\uff2dicrosoft"}', None),
        (b'{"headline": "\\nM\\u0069crosoft"}', None),
        (b'{"headline": "\\u201eMicro\\u00adsoft"}', None),
        (b'{"headline": "<\\/b>Micro\\u003C\\/b\\u003Esoft"}', None),
        (b'{"headline": "Micro\\u003cb\\u003esoft"}', None),
        (b'<meta content="Micro&lt;i&gt;soft">', None),
        (b"<p>M\0i\0crosoft</p>", None),
        ("<p>Micro\u00adsoft für Größe</p>".encode().decode("latin-1").encode(), None),
        ("<p>Micro\u200bsoft</p>".encode().decode("cp1252").encode(), None),
    ],
)
def test_the_look_sees_through(page, encoding):
    assert might_be_on_topic(page, encoding, PROFILE)


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"<p>micro soft</p>",
        "<p>Mikrofon &amp; M&uuml;hle, möglich</p>".encode(),
        b"<p>m<b>i</b>c</p>&#77;",
        b"Microsof",
        b"amp;#77;icrosoft amp;amp;#77;icrosoft #77;icrosoft",
        b"\\/Micro\\/soft",
        b"<h3>Micro</h3>soft <p>Micro</p><p>soft",
        b'{"headline": "Micro\\u0020soft mi\\u00f6crosoft \\u00a0gr\\u00f6"}',
    ],
)
def test_the_look_passes_by(page):
    assert not might_be_on_topic(page, "utf-8", PROFILE)


def test_the_look_reads_the_title_hint():
    assert might_be_on_topic(b"<p></p>", None, PROFILE, "Micro\u00adsoft kommt")


@pytest.mark.parametrize(
    ("club", "seen"),
    [
        ("Königsfähre".encode(), True),
        ("Königsfähre".encode("latin-1"), True),
        ("Ko\u0308nigsfa\u0308hre".encode(), True),
        (b"K&ouml;nigsf&#228;hre", True),
        (b"KOENIGSFAEHRE", True),
        (b"K\\u00f6nigsf\\u00e4hre", True),
        (b"roten W<i>&ouml;</i>lfe", True),
        (b"roten Hunde", False),
    ],
)
def test_the_look_knows_no_topic(club: bytes, seen: bool, tmp_path: Path) -> None:
    page = b"<p>" + club + b" gegen Stra&szlig;enbahner</p>"
    assert might_be_on_topic(page, None, load(write_profile(tmp_path))) is seen


SENTENCES = (
    "Microsoft baut in Bedburg ein Rechenzentrum.",
    "Der Konzern Microsoft investiert 3,2 Milliarden Euro in Deutschland.",
    "Microsofts Hyperscaler im Rheinischen Revier nehmen Gestalt an.",
    "Mircrosoft errichtet Rechenzentren in Grevenbroich und Bergheim.",
    "Microsoft builds data centres in North Rhine-Westphalia, from coal to AI.",
)
FILLER = "Die Bürgermeister äußerten sich am Größten – ‚zufrieden‘ – und luden zum Fest auf dem Marktplatz ein. " * 3
CODECS = {
    "utf-8": ("utf-8", "strict"),
    "utf-16": ("utf-16", "strict"),
    "latin-1": ("latin-1", "xmlcharrefreplace"),
    "cp1252": ("cp1252", "xmlcharrefreplace"),
}
TAGS = (
    "<b>|</b>",
    "<!-- x > y -->|",
    '<a title="a > b">|</a>',
    "<span class='<i>'>|</span>",
    "<wbr>|",
    "<br/>|",
    "<sup></sup>|",
)


def disguised(text: str, dice: random.Random, *, json_string: bool = False) -> str:
    """`text` with references or escapes, invisible characters and markup within its words."""
    out = []
    for char in text:
        spelt, invisible = [char] * 6, ["\u00ad", "\u200b", "\u2060", "\ufeff"]
        if json_string:
            spelt += [f"\\u{ord(char):04x}", f"\\u{ord(char):04X}"]
            if char in string.ascii_letters:  # full-width, and bold: half a character an escape
                bold = 0x1D400 + string.ascii_uppercase.find(char) if char.isupper() else 0x1D41A + ord(char) - ord("a")
                halves = chr(bold).encode("utf-16-be").hex()
                spelt += [f"\\u{ord(char) + 0xFEE0:04x}", f"\\u{halves[:4]}\\u{halves[4:].upper()}"]
            invisible += ["\\u00ad", "\\u200B", "\\u2060", "\\uFEFF", "\\u003cb\\u003e", "\\u003C/i\\u003E"]
        elif char in string.ascii_letters:
            spelt += [f"&#{ord(char)};", f"&#x{ord(char):x};", f"&#X{ord(char):04X};", chr(ord(char) + 0xFEE0)]
            invisible += ["&shy;", "&#173;", "&#x200B;", "&ZeroWidthSpace;"]
        out.append(dice.choice(spelt) if char.isascii() else char)
        if char in string.ascii_letters and dice.random() < 0.15:
            out.append(dice.choice(invisible))
        if char in string.ascii_letters and not json_string and dice.random() < 0.15:
            before, after = dice.choice(TAGS).split("|")
            out.append(before + after)
    return "".join(out)


@st.composite
def pages(draw):
    """(bytes, encoding in the header, title, text) of a page that tells the story, more or less in disguise."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    title = draw(st.sampled_from(SENTENCES))
    paragraphs = [draw(st.sampled_from(SENTENCES)), FILLER, draw(st.sampled_from(SENTENCES)), FILLER]
    codec = draw(st.sampled_from(sorted(CODECS)))
    declared = draw(st.sampled_from([codec, "utf-8", "iso-8859-1", "no-such-charset"]))
    linked = json.dumps({"@type": "NewsArticle", "headline": "TITLE"}).replace(
        "TITLE", disguised(title, dice, json_string=True)
    )
    body = "".join(f"<p>{disguised(paragraph, dice)}</p>" for paragraph in paragraphs)
    source = (
        f'<html><head><meta charset="{declared}"><title>{disguised(title, dice)}</title>'
        f'<script type="application/ld+json">{linked}</script></head><body><article><h1>{disguised(title, dice)}</h1>'
        f"{body}</article></body></html>"
    )
    header = draw(st.sampled_from([None, codec, "utf-8", "iso-8859-1"]))
    name, errors = CODECS[codec]
    return source.encode(name, errors), header, title, "\n\n".join(paragraphs)


@settings(max_examples=2 * settings.default.max_examples)
@given(pages())
def test_what_the_judgement_weighs_the_look_lets_through(page):
    source, header, title, text = page
    assert verdict(title, text, PROFILE).score > 0
    assert might_be_on_topic(source, header, PROFILE)


@given(pages())
def test_what_trafilatura_reads_and_the_judgement_weighs_the_look_lets_through(page):
    source, header, _, _ = page
    read = trafilatura.bare_extraction(source, with_metadata=True)
    if read and verdict(read.title, read.text, PROFILE).score > 0:
        assert might_be_on_topic(source, header, PROFILE)


@settings(max_examples=2 * settings.default.max_examples)
@given(st.integers(0, 2**32), st.sampled_from(SENTENCES))
def test_the_look_reads_every_escape(seed: int, sentence: str) -> None:
    headline = disguised(sentence, random.Random(seed), json_string=True)
    assert might_be_on_topic(f'{{"headline": "{headline}"}}'.encode(), "utf-8", PROFILE)


CORES = (*PROFILE.needed_cores, "koenigsfaehre", "*weiss", "škoda", "citroën", "москва", "σοφοσ", "e2", "*4u")
BROKEN_BY = (
    *("\u00ad", "\u200b", "&shy;", "&shy", "&#173;", "&#xAD;", "&amp;shy;", "&#8203;", "&#1;", "\\u00ad", "\\u200B"),
    *("<b>", "</b>", "<wbr/>", "<a title='x > y'>", '<a title="<i>" id=5">', "<!-- <b> -->", "<svg><p>x</p></svg>"),
    *("<script>if (a < b) c = '>'</script>", "&lt;b&gt;", "&amp;lt;/b&amp;gt;", "\\u003cb\\u003E"),
)
BEFORE = (
    " ",
    "x y <p>",
    "…",
    "\\n",
    "\\t",
    "\\u201e",
    "\\u00fc-",
    "&nbsp",
    "&nbsp;",
    "&#8222;",
    "</b>",
    "3",
    "=",
    "m<b>",
    "er",
)
ONE_BYTE = ("cp1252", "latin-1", "iso-8859-15", "iso-8859-2", "iso-8859-5", "iso-8859-7", "windows-1251", "koi8-r")


def spellings(letter: str) -> list[str]:
    """Of a letter of a core, in small letters: as it may stand in the source of a page."""
    spelt = [*(letter, letter.upper()) * 2]
    for code in {ord(letter), ord(letter.upper())} if len(letter.upper()) == 1 else {ord(letter)}:
        spelt += [
            f"&#{code};",
            f"&#0{code};",
            f"&#x{code:x};",
            f"&#X00{code:X};",
            f"&amp;amp;#{code};",
            f"\\u{code:04x}",
        ]
    if "a" <= letter <= "z":
        at = ord(letter) - ord("a")
        bold = f"\\ud835\\u{0xDC00 + at:04x}"
        spelt += [
            chr(0xFF41 + at),
            chr(0x1D400 + at),
            f"&{letter}opf;",
            f"&{letter.upper()}fr;",
            f"\\uff{0x21 + at:02x}",
            bold,
        ]
    return spelt + {"s": ["ſ", "\\u017f"], "σ": ["ς"], "š": ["&scaron;", "S\u030c"]}.get(letter, [])


UMLAUT = {"ae": "ä", "oe": "ö", "ue": "ü", "ss": "ß"}
UMLAUTS = {
    letters: [char, char.upper(), f"&{name};", f"&{name}", f"&#{ord(char)};", f"\\u{ord(char):04x}"]
    + [letters[0] + dots for dots in ("\u0308", "&#776;", "\u00ad\u0308", "\\u0308") if letters != "ss"]
    for (letters, char), name in zip(UMLAUT.items(), ("auml", "ouml", "uuml", "szlig"), strict=True)
}


@st.composite
def cores_in_disguise(draw):
    """(source of a page, core) with the core in it, spelt and broken in any ways that a page knows."""
    core = draw(st.sampled_from(CORES))
    dice = random.Random(draw(st.integers(0, 2**32)))
    plain = dice.random()  # most of what is real is nearly plain
    letters, out = core.lstrip("*"), []
    while letters:
        pair = letters[:2] if letters[:2] in UMLAUTS and dice.random() < 0.6 else ""
        some = UMLAUTS[pair] if pair else spellings(letters[0])[: 2 if dice.random() < plain else None]
        spelt = dice.choice(some)
        if out and out[-1].startswith("&") and not out[-1].endswith(";") and spelt[0].isalnum():
            out.append("&shy;")  # a reference ends there
        out.append(spelt)
        letters = letters[len(pair) or 1 :]
        while letters and dice.random() < 0.3 * (1 - plain) + 0.05:
            out.append(dice.choice(BROKEN_BY))
    if core.isascii() and dice.random() < 0.1:
        out = [core.lstrip("*")]
    before = "".join(dice.choices(BEFORE, k=2)) + dice.choice(("er",) if core.startswith("*") else BEFORE[:-1])
    before = before if dice.random() < 0.9 else ""
    return f"{before}{''.join(out)}{dice.choice(('', ' ', 's', '<', '&', chr(92)))}", core


class Needed(NamedTuple):
    needed_cores: tuple[str, ...]


@pytest.mark.parametrize(
    ("page", "encoding", "core"),
    [
        ("CITROË\u00adN".encode("cp1252"), "cp1252", "citroën"),  # two bytes that are one character in UTF-8
        ("GRÄ\u00adSER".encode("latin-1"), "latin-1", "graeser"),
        ("Škoda".encode("cp1252"), "cp1252", "škoda"),
        ("Škoda".encode("iso-8859-15"), "iso-8859-15", "škoda"),
        ("Königsfähre".encode().decode("cp1252").encode(), "utf-8", "koenigsfaehre"),
    ],
)
def test_the_look_knows_charsets(page, encoding, core):
    assert might_be_on_topic(page, encoding, Needed((core,)))
    assert not might_be_on_topic(page, encoding, Needed((f"{core}x",)))


@settings(max_examples=4 * settings.default.max_examples)
@given(cores_in_disguise(), st.sampled_from(ONE_BYTE), st.booleans())
def test_a_core_is_seen_in_any_disguise(made, charset, with_others):
    source, core = made
    profile = Needed(CORES if with_others else (core,))
    for page, encoding in (
        (source.encode(), None),
        (source.encode("utf-16"), None),
        (source.encode(charset, "xmlcharrefreplace"), charset),
        (source.encode().decode("latin-1").translate(CP1252).encode(), "utf-8"),  # encoded twice
    ):
        assert might_be_on_topic(page, encoding, profile), (page, encoding)


@given(pages())
def test_of_a_file_nothing_is_refused_that_the_full_way_would_keep(page):
    source, header, _, _ = page
    article = Article(source="bote", url="http://bote.example/1", html=source, encoding=header, fetched_at=moment())
    briefing = Briefing(
        owners=Owners(()),
        topic=None,
        reserved="keep",
        decided=frozenset(),
        kept=Digests(),
        removed=frozenset(),
        downloads="",
    )
    in_full = run(article, Context(), READING)
    assert isinstance(in_full, Rejected) or capture_of(article, briefing).outcome == in_full
