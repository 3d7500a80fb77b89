import json
import random
import re
import string
from datetime import date
from pathlib import Path

import pytest
import trafilatura
from hypothesis import given, settings
from hypothesis import strategies as st

from db.language import languages, speaking
from db.outcomes import say
from pipelines.folding import fold
from pipelines.intake.prefilter import might_be_on_topic
from pipelines.relevance.judge import judge_line, verdict
from pipelines.relevance.profile import Profile, ProfileError, load, mentions, none_of

PROFILE = load()

ROVERS = """
version = "7"
since = 2020-02-03
must = ["club", "rival"]
[thresholds]
on = 0.5
mention = 0.1
[class.club]
says = "the club"
strong = true
terms = ["Königsfähre*", "roten (wölfe*|bären)"]
except = ["königsfähre brücke"]
[class.rival]
says = "the rival"
terms = ["*straßen~bahner"]
not_near = ["tram"]
[class.tram]
says = "a tram"
terms = ["fahrplan"]
[[story]]
says = "both clubs"
all = ["club", "rival"]
"""


@pytest.fixture
def rovers(tmp_path):
    path = tmp_path / "rovers.toml"
    path.write_text(ROVERS, "utf-8")
    return load(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Niederaußem", "NIEDERAUSSEM"),
        ("Königsfähre", "Ko\u0308nigsfaehre"),
        ("Re\u00adchen\u200bzentrum", "rechenzentrum"),
        ("Ｍicrosoft", "microsoft"),
        ("3,2\u00a0Mrd", "3,2 mrd"),
        ("Kohle–Ausstieg", "kohle-ausstieg"),
    ],
)
def test_fold_makes_spellings_equal(one, other):
    assert fold(one) == fold(other)


def test_the_project_s_own_profile():
    assert PROFILE.since == date(2024, 1, 1)
    assert PROFILE.must
    assert all(terms.cores for terms in PROFILE.classes.values())


def test_the_environment_names_another_profile(tmp_path, monkeypatch):
    path = tmp_path / "rovers.toml"
    path.write_text(ROVERS, "utf-8")
    monkeypatch.setenv("REVIERSPIEGEL_TOPIC", str(path))
    assert load().version == "7"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("place", "im Rheinischen Revier", True),
        ("place", "des Rheinischen Reviers", True),
        ("place", "/milliarden-im-rheinischen-revier.html", True),
        ("place", "Bedburg-Hau", False),
        ("place", "Bedburg-Hau und Bedburg", True),
        ("place", "Niederaussem", True),
        ("place", "Kleinbergheimer", False),
        ("facility", "Riesen-Rechenzentren", True),
        ("facility", "Großrechenzentrum", True),
        ("facility", "data-centre", True),
        ("facility", "datacenters", True),
        ("sum", "3,2\u00a0Mrd.€", True),
        ("sum", "3,2 Milliarden Euro", True),
        ("sum", "€3.2bn", True),
        ("sum", "3.2 billion euros", True),
        ("sum", "13,2 Milliarden Euro", False),
        ("sum", "3,2 Milliarden Dollar", False),
        ("sum", "3,2-Milliarden-Investition", True),
        ("sum", "$3.2 billion investment", False),
        ("sum", "US$3.2bn plan", False),
        ("company", "Microsofts", True),
        ("company", "Mircrosoft", True),
        ("company", "Mikrofon", False),
        ("region", "Rheinland-Pfalz", False),
        ("region", "North Rhine-Westphalia", True),
    ],
)
def test_terms_as_people_write_them(name, text, found):
    assert bool(PROFILE.classes[name].find(fold(text))) is found


def test_another_profile_has_other_terms(rovers):
    club = rovers.classes["club"]
    assert club.find(fold("Sieg der Königsfährer"))
    assert club.find(fold("die roten Wölfe"))
    assert not club.find(fold("Stau auf der Königsfähre-Brücke"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('version = "7"', "", "rovers.toml: version: missing, expected a text"),
        ("2020-02-03", '"gestern"', "rovers.toml: since: 'gestern', expected a day such as 2024-01-01"),
        (
            "mention = 0.1",
            "mention = 0.9",
            "thresholds: mention: 0.9, expected more than 0 and at most on, which is 0.5",
        ),
        ("on = 0.5", "on = 5", "thresholds: on: 5, expected a number from 0 to 1"),
        ('terms = ["fahrplan"]', "terms = []", "class: tram: terms: is empty, expected at least one"),
        ('terms = ["fahrplan"]', 'terms = ["*"]', "class: tram: terms: 1: '*' has no letter, expected a text"),
        ('terms = ["fahrplan"]', 'terms = ["(a|b"]', "class: tram: terms: 1: '(a|b' has a bracket too many"),
        ('terms = ["fahrplan"]', 'terms = ["((a|b)|c)"]', "class: tram: terms: 1: '((a|b)|c)' has a bracket too many"),
        ('terms = ["fahrplan"]', 'terms = ["a|b"]', "class: tram: terms: 1: 'a|b' has '|' outside brackets"),
        ('terms = ["fahrplan"]', 'terms = ["(a|)~(b|)*"]', "'(a|)~(b|)*' has no letter in one of its choices"),
        ('terms = ["fahrplan"]', 'terms = ["fahrpl[aä]n"]', "'fahrpl[aä]n' has '[', which is no sign"),
        ('terms = ["fahrplan"]', "terms = [3]", "class: tram: terms: 1: 3, expected a text"),
        ('terms = ["fahrplan"]', 'terms = "fahrplan"', "class: tram: terms: 'fahrplan', expected a list"),
        (
            'except = ["königsfähre brücke"]',
            'except = ["*"]',
            "class: club: except: 1: '*' has no letter, expected a text",
        ),
        ("[class.tram]", "[class]\nbus = 7\n[class.tram]", "class: bus: 7, expected a table with says, terms"),
        ("2020-02-03", "2020-02-03T10:00:00", "since: datetime.datetime(2020, 2, 3, 10, 0), expected a day"),
        ('all = ["club", "rival"]', "all = []", "story: 1: all: is empty, expected at least one"),
        (
            'all = ["club", "rival"]',
            'weight = -1\nall = ["club"]',
            "story: 1: weight: -1, expected a number from 0",
        ),
        (
            'all = ["club", "rival"]',
            'all = ["club"]\n[[against]]\nsays = "x"\nclasses = ["tram"]',
            "against: 1: factor: missing",
        ),
        ('terms = ["fahrplan"]', 'term = ["fahrplan"]', "class: tram: term: unknown key; did you mean 'terms'?"),
        (
            'not_near = ["tram"]',
            'not_near = ["tramm"]',
            "'tramm' is no class, expected one of club, rival, tram; did you mean 'tram'?",
        ),
        ('["club", "rival"]\n[thr', "[]\n[thr", "must: is empty, expected at least one"),
        ("strong = true", 'strong = "yes"', "class: club: strong: 'yes', expected true or false"),
        (
            "[[story]]",
            "[[storry]]",
            "storry: unknown key; did you mean 'story'?",
        ),
        ('says = "a tram"', 'says = { de = "eine Bahn" }', "class: tram: says: en: missing, expected a text"),
        ('says = "a tram"', 'says = { en = "a tram", dee = "x" }', "says: dee: unknown key; did you mean 'de'?"),
        ('says = "both clubs"', 'says = { en = "" }', "story: 1: says: en: '', expected a text"),
        ('says = "both clubs"', "says = 7", "story: 1: says: 7, expected a text"),
        ("[[story]]", "[story]", "story: one table, expected a list of them: [[ … ]]"),
    ],
)
def test_an_error_says_where_what_and_what_is_expected(tmp_path, old, new, message):
    assert old in ROVERS
    path = tmp_path / "rovers.toml"
    path.write_text(ROVERS.replace(old, new), "utf-8")
    with pytest.raises(ProfileError) as error:
        load(path)
    assert message in str(error.value)


def test_a_profile_says_it_in_the_languages_that_it_has(tmp_path):
    path = tmp_path / "rovers.toml"
    both = ROVERS.replace('"both clubs"', '{ en = "both clubs", de = "beide Vereine" }')
    path.write_text(both.replace('"a tram"', '{ en = "a tram", de = "eine Bahn" }'), "utf-8")
    text = "Königsfähre trifft auf Straßenbahner."
    story, *words = verdict("Spiel", text, load(path)).outcomes
    with speaking("de"):
        assert [say(story), str(story)] == ["beide Vereine", "both clubs"]
        assert [say(each) for each in words] == ["„Königsfähre“ in Absatz 1", "„Straßenbahner“ in Absatz 1"]
    path.write_text(both.replace('all = ["club", "rival"]', 'all = ["club", "tram"]'), "utf-8")
    (apart,) = verdict("Spiel", text, load(path)).outcomes
    assert str(apart) == 'no tram within reach of "Königsfähre"'


def test_what_is_missing_is_denied_in_each_language():
    both = {"en": "a place of the story", "de": "ein Ort des Geschehens"}
    assert none_of([both, {"en": "the sum", "de": "eine Summe"}]) == {
        "en": "no place of the story and no sum",
        "de": "kein Ort des Geschehens und keine Summe",
    }
    assert none_of(["a tram", "coal"]) == "no tram and no coal"
    assert none_of([both, "Kohle"]) == {
        "en": "no place of the story and no Kohle",
        "de": "kein Ort des Geschehens und nichts von Kohle",
    }


def test_our_own_profile_speaks_every_language():
    profile = load()
    said = [each.says for each in (*profile.classes.values(), *profile.stories, *profile.against)]
    assert all(isinstance(says, dict) and set(says) == set(languages()) for says in said)


def test_all_errors_are_told_at_once(tmp_path):
    path = tmp_path / "rovers.toml"
    path.write_text(ROVERS.replace('version = "7"', "version = 7").replace("says", "sayz"), "utf-8")
    with pytest.raises(ProfileError) as error:
        load(path)
    lines = str(error.value).splitlines()
    assert len(lines) == 1 + 2 * 4
    assert any("did you mean 'says'?" in line for line in lines)


@pytest.mark.parametrize("content", [b"version = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml(tmp_path, content):
    path = tmp_path / "rovers.toml"
    path.write_bytes(content)
    with pytest.raises(ProfileError, match=r"rovers.toml: .*expected (TOML|a TOML file in UTF-8)"):
        load(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ProfileError, match="cannot be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "strong"),
    [
        ("https://bote.example/microsoft-investiert-milliarden-im-rheinischen-revier-12.html", True),
        ("https://bote.example/artikel_niederau%C3%9Fem_2", True),
        ("Von der Kohle zur KI", True),
        ("Stadtfest eröffnet", False),
        (None, False),
    ],
)
def test_mentions(text, strong):
    assert mentions(PROFILE, None, text) is strong


# ------------------------------------------------------------------------------------------------------------ the look


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
        (b"<p>M<wbr>i<wbr/>crosoft</p>", None),
        (b"<p>Micro<a title='x > y'>soft</a></p>", None),
        (b'<p>Micro<a title="<b>x</b>" id=1>soft</a></p>', None),
        (b'<p>Micro<a title=5">so</a><i title=">">ft</i></p>', None),
        (b"<p>Micro<script>if (a < b) c = '>'</script>soft</p>", None),
        (b"<p>&#77;icrosoft</p>", None),
        (b"<p>&#0077icrosoft</p>", None),
        (b"<p>&#x4D;&#X69;crosof&#x74</p>", None),
        (b"<p>&amp;#77;icrosoft</p>", None),
        (b"<p>&Mopf;icrosoft</p>", None),
        (b"<p>Micro&shy;soft Micro&#173soft</p>", None),
        (b"<p>Micro&ZeroWidthSpace;soft</p>", None),
        (b"<p>Micro&shysoft</p>", None),
        (b'{"headline": "\\u004d\\u0069crosoft"}', None),
        (b'{"headline": "Micro\\u00ADsoft"}', None),
        (b'{"headline": "\\uff2dicrosoft"}', None),
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
def test_the_look_knows_no_topic(rovers, club, seen):
    assert might_be_on_topic(b"<p>" + club + b" gegen Stra&szlig;enbahner</p>", None, rovers) is seen
    assert not might_be_on_topic(b"<p>" + club + b"</p>", None, rovers)


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
            invisible += ["\\u00ad", "\\u200B"]
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


@settings(max_examples=150)
@given(pages())
def test_what_the_judgement_keeps_the_look_lets_through(page):
    source, header, title, text = page
    assert verdict(title, text, PROFILE).verdict == "on"
    assert might_be_on_topic(source, header, PROFILE)


@settings(max_examples=40)
@given(pages())
def test_what_trafilatura_reads_and_the_judgement_keeps_the_look_lets_through(page):
    source, header, _, _ = page
    read = trafilatura.bare_extraction(source, with_metadata=True)
    if read and verdict(read.title, read.text, PROFILE).verdict == "on":
        assert might_be_on_topic(source, header, PROFILE)


# ----------------------------------------------------------------------------------------------------- docs/topic.md

PAGE = (Path(__file__).parents[1] / "docs" / "topic.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def heide(tmp_path):
    """The profile that the page builds from top to bottom."""
    path = tmp_path / "heide.toml"
    path.write_text("\n".join(blocks("toml")), "utf-8")
    return path


def test_the_page_s_profile_judges_as_the_page_says(heide):
    asked, answered = (block.splitlines() for block in blocks("json"))
    profile = load(heide)
    assert [json.dumps(judge_line(line, profile), ensure_ascii=False) for line in asked] == answered


def test_the_page_s_signs(heide):
    rows = [[re.sub(r"\\\|", "|", cell).strip(" `") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in
            PAGE.splitlines() if line.startswith("| ")]  # fmt: skip
    assert len(rows) == 8
    for _, _, term, finds, finds_not in rows[1:]:
        assert f'"{term}"' in heide.read_text("utf-8") or "|" in term
        text = heide.read_text("utf-8").replace('"northvolt*"', f'"{term}"')
        heide.with_name("sign.toml").write_text(text, "utf-8")
        company = load(heide.with_name("sign.toml")).classes["company"]
        assert company.find(fold(finds)), (term, finds)
        assert not company.find(fold(finds_not)), (term, finds_not)


def test_the_page_s_mistake(heide):
    heide.write_text(heide.read_text("utf-8").replace('["moor"]', '["mor"]'), "utf-8")
    with pytest.raises(ProfileError) as error:
        load(heide)
    assert str(error.value) in PAGE


def test_a_profile_is_data(rovers):
    assert isinstance(rovers, Profile)
    assert verdict("Königsfähre siegt", "Straßenbahner verlieren in der Vorstadt.", rovers).verdict == "on"
    assert verdict("Königsfähre siegt", "Fahrplan der Straßenbahner.", rovers).verdict == "off"
