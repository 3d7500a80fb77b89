"""Kinds of change between two versions of an article."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.enrichment.changes import ChangeKind, Reading, another_article, compare

OLD = Reading(
    title="Microsoft baut in Bedburg",
    text="""Der Konzern Microsoft plant in Bedburg ein Rechenzentrum. Rund 300 Stellen sollen bis 2027 entstehen.

Bürgermeister Sascha Solbach (SPD) begrüßte am Montag die Pläne. Die Investition beträgt 3,2 Milliarden Euro.

Der Rat stimmte den Plänen zu. Die Anwohner fürchten den Lärm und die Abwärme der Umspannwerke im Ort.""",
    authors=("Lena Kirsch",),
    access="free",
    page_kind="article",
    lang="de",
)


def kinds(old: Reading, new: Reading) -> str:
    change = compare(old, new)
    return " ".join(change.kinds) if change else ""


def edited(*edits: tuple[str, str]) -> Reading:
    text = OLD.text
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return replace(OLD, text=text)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("stimmte den", "stimmte nicht den", "body"),
        ("Lärm", "Staub", "body"),
        ("sollen", "könnten", "lead"),
        ("Rund 300", "300", "lead"),
        ("300", "2.500", "figure"),
        ("am Montag", "am Dienstag", "figure"),
        ("3,2 Milliarden", "3,2 Millionen", "figure"),
        ("Euro", "Dollar", "figure"),
        ("Sascha Solbach", "Andreas Heller", "name"),
        ("Bürgermeister Sascha Solbach (SPD)", "Der Bürgermeister", "name"),
        ("in Bedburg", "in Bergheim", "name"),
        ("Rund 300 Stellen", "2.500 Jobs", "lead figure"),
        ("300", "dreihundert", "cosmetic"),
        ("3,2 Milliarden Euro", "3,2 Mrd. €", "cosmetic"),
        ("Umspannwerke", "Umspanwerke", "cosmetic"),
        ("im Ort", "im im Ort", "cosmetic"),
        ("begrüßte", "begrüsste", "cosmetic"),
        ("Solbach (SPD)", "Solbach – SPD –", "cosmetic"),
        ("Rechenzentrum", "Rechen\u00adzentrum", ""),
        ("3,2 Milliarden", "3,2\u00a0Milliarden", ""),
        ("\n\nDer Rat", "\n\n  Der\nRat", ""),
    ],
)
def test_edits_of_the_text(before: str, after: str, found: str) -> None:
    assert kinds(OLD, edited((before, after))) == found


def test_title_byline_and_access() -> None:
    assert kinds(OLD, replace(OLD, title="Microsoft kommt nach Bedburg")) == "headline"
    assert kinds(OLD, replace(OLD, title="Microsoft baut in „Bedburg“")) == "cosmetic"
    assert kinds(OLD, replace(OLD, title="Microsoft baut in Bedburg?")) == "headline"
    assert kinds(OLD, replace(OLD, authors=("Lena Kirsch", "Ute Baum"))) == "author"
    assert kinds(OLD, replace(OLD, authors=("Von Lena Kirsch",))) == ""
    assert kinds(OLD, replace(OLD, access="metered")) == "access"
    assert kinds(OLD, replace(OLD, access=None)) == ""


def test_a_wall_takes_nothing_out_of_the_text() -> None:
    walled = replace(OLD, access="walled", text=OLD.text[: OLD.text.index(" die Pläne")] + " …")
    assert kinds(OLD, walled) == kinds(walled, OLD) == "access"
    assert kinds(OLD, replace(walled, access="free")) == "body"
    cut_in_a_word = replace(walled, text=OLD.text[: OLD.text.index("grüßte am")] + "…")
    assert kinds(OLD, cut_in_a_word) == "access"
    asks = replace(walled, text=f"{walled.text}\n\nWeiterlesen mit dem Plus-Abo für 2,99 Euro im Monat.")
    assert kinds(OLD, asks) == kinds(asks, OLD) == "access"
    assert kinds(OLD, replace(walled, text=walled.text.replace("Sascha", "Ute"))) == "name access"
    assert kinds(OLD, replace(walled, text=walled.text.replace("300", "2.500"))) == "figure access"


def test_notes_are_told_from_the_text() -> None:
    note = "In einer früheren Fassung hieß es, 300 Stellen entstünden. Das haben wir korrigiert."
    assert kinds(OLD, edited(("im Ort.", f"im Ort.\n\n{note}"))) == "correction"
    assert kinds(OLD, edited(("300", "2.500"), ("im Ort.", f"im Ort. {note}"))) == "figure correction"
    for trap in ("Der Konzern hat seine Prognose korrigiert.", "Die Korrektur des Bebauungsplans dauert an."):
        assert kinds(OLD, edited(("im Ort.", f"im Ort. {trap}"))) == "body"


def test_paragraphs_and_tickers() -> None:
    first, second, third = OLD.text.split("\n\n")
    assert kinds(OLD, replace(OLD, text="\n\n".join([first, third, second]))) == "body"
    more = replace(OLD, text=f"Ein neuer erster Absatz vom Abend.\n\n{OLD.text}")
    assert kinds(OLD, more) == "lead"
    assert kinds(replace(OLD, page_kind="ticker"), replace(more, page_kind="ticker")) == "body"


def test_the_size_is_the_share_of_words_that_changed() -> None:
    change = compare(OLD, edited(("300", "2.500")))
    assert change is not None
    assert change.size == pytest.approx(2 / (len(f"{OLD.title} {OLD.text}".split()) * 2), abs=0.0001)


@given(st.text(max_size=60), st.text(max_size=200), st.sampled_from(["de", "en", "fr", None]))
def test_what_is_the_same_is_no_change(title: str, text: str, lang: str | None) -> None:
    reading = Reading(title=title, text=text, lang=lang)
    assert compare(reading, reading) is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_every_change_has_a_kind_and_a_size(old: str, new: str) -> None:
    change = compare(replace(OLD, text=old), replace(OLD, text=new))
    if change is not None:
        assert set(change.kinds) <= set(ChangeKind)
        assert change.kinds
        assert 0 <= change.size <= 1


def test_another_article_under_the_same_address() -> None:
    other = Reading(title="Das Wetter am Rhein", text="Am Rhein wird es wieder wärmer, sagen die Leute vom Wetteramt.")
    assert another_article(OLD, other)
    assert not another_article(OLD, replace(other, title=OLD.title))
    assert not another_article(OLD, replace(OLD, title="Neuer Titel", text=OLD.text[:80]))


@pytest.mark.parametrize(
    ("letters", "times"), [("9", 100_000), ("1th", 5_000), ("Xa", 50_000), ("billion ", 2_000), ("Ü", 50_000)]
)
def test_words_that_nobody_writes_are_compared(letters: str, times: int) -> None:
    word = letters * times
    change = compare(edited(("Lärm", word)), edited(("Lärm", f"{word}b")))
    assert change is not None
    assert change.kinds
