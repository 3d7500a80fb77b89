"""Two versions of a text side by side: what a reader is shown, and that nothing of either is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.normal_forms import visible
from db.word_diff import Fate, WordChange, changed_figures, diff, diff_words, paragraphs

OLD = """Microsoft baut in Bedburg.

Rund 300 Stellen sollen bis 2027 entstehen, sagte der Bürgermeister am Montag.

Der Rat der Stadt stimmt den Plänen zu.

Der Erftbote hatte zuerst davon berichtet."""
NEW = """Microsoft baut in Bedburg.

Der Erftbote hatte zuerst davon berichtet.

Rund 2.500 Stellen sollen bis 2027 entstehen – sagte der Bürgermeister am Dienstag.

Der Rat der Stadt stimmt den Plänen nicht zu."""


def fates(old: str, new: str) -> list[Fate]:
    return [change.fate for change in diff(old, new)]


def changed(old: str, new: str) -> list[tuple[str, str]]:
    return [
        (piece.old, piece.new)
        for change in diff(old, new)
        for piece in change.pieces
        if not piece.same and not piece.cosmetic
    ]


def test_paragraphs_are_paired_and_words_compared_in_pairs() -> None:
    assert fates(OLD, NEW) == [Fate.SAME, Fate.MOVED, Fate.CHANGED, Fate.CHANGED]
    assert changed(OLD, NEW) == [("300", "2.500"), ("Montag.", "Dienstag."), ("", "nicht")]
    assert changed_figures(diff(OLD, NEW)) == [("300", "2.500"), ("Montag", "Dienstag")]


def test_what_is_gone_stands_where_it_was() -> None:
    gone = "Ein Satz, den keiner vermisst."
    first, *rest = OLD.split("\n\n")
    assert fates("\n\n".join([first, gone, *rest]), OLD) == [Fate.SAME, Fate.GONE, Fate.SAME, Fate.SAME, Fate.SAME]
    assert fates(OLD, "\n\n".join([first, gone, *rest])) == [Fate.SAME, Fate.NEW, Fate.SAME, Fate.SAME, Fate.SAME]


def test_a_paragraph_with_a_sentence_more_is_the_same_paragraph() -> None:
    longer = OLD.replace(
        "Plänen zu.", "Plänen zu. Dagegen waren zwei Ratsleute aus dem Norden, die mehr wissen wollten."
    )
    assert fates(OLD, longer) == [Fate.SAME, Fate.SAME, Fate.CHANGED, Fate.SAME]


def test_a_paragraph_cut_in_two_is_no_change() -> None:
    whole = OLD.replace("Plänen zu.\n\n", "Plänen zu. ")
    assert set(fates(OLD, whole)) == set(fates(whole, OLD)) == {Fate.SAME}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("300 Stellen", "dreihundert Stellen"),
        ("3,2 Mrd. Euro", "3,2 Milliarden €"),
        ("zwei Millionen Euro", "2.000.000 Euro"),
        ("€3.2bn", "3.2 billion euros"),
        ("das Data-Center", "das Data Center"),
        ("60% der Fläche", "60 Prozent der Fläche"),
        ("am 18.03.2024", "am 18. März 2024"),
        ("„Ja“, sagte er –", "»Ja«, sagte er."),
    ],
)
def test_cosmetics_are_marked(old: str, new: str) -> None:
    pieces = diff_words(f"Es sind {old} gewesen", f"Es sind {new} gewesen")
    assert {piece.same or piece.cosmetic for piece in pieces} == {True}
    assert {piece.same for piece in pieces} == {True, False}


def test_figures_change_as_whole_words() -> None:
    assert WordChange("3,2", "3,25") in diff_words("rund 3,2 Milliarden", "rund 3,25 Milliarden")


WORDS = "der Rat 300 2.500 nicht stimmt Bedburg – „Ja“ zu. m² 2½ €".split()
texts = st.lists(
    st.lists(st.sampled_from("der Rat 300 2.500 nicht stimmt Bedburg – „Ja“ zu. m² 2½ €".split()), max_size=12).map(
        " ".join
    ),
    max_size=6,
).map("\n\n".join)


@given(texts, texts)
def test_both_sides_can_be_read_from_it(old: str, new: str) -> None:
    changes = diff(old, new)
    before = sorted((change.old_at, change.old) for change in changes if change.old_at is not None)
    after = [change.new for change in changes if change.new_at is not None]
    assert visible(" ".join(text for _, text in before)) == visible(old)
    assert visible(" ".join(after)) == visible(new)


@given(texts)
def test_a_text_is_the_same_as_itself(text: str) -> None:
    assert set(fates(text, text)) <= {Fate.SAME}
    assert len(diff(text, text)) == len(paragraphs(text))
