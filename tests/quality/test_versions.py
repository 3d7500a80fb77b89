"""The labelled pairs of versions are many, of all kinds, and in both languages."""

from pipelines.enrichment.changes import ChangeKind
from tests.quality import versions


def test_pairs_are_many_and_of_every_kind() -> None:
    pairs = versions.pairs()
    assert len(pairs) >= 44
    assert len({pair["id"] for pair in pairs}) == len(pairs)
    for lang in ("de", "en"):
        kinds = [kind for pair in pairs if pair["lang"] == lang for kind in pair["kinds"] or ["nothing"]]
        assert set(kinds) == {*ChangeKind, "nothing"}


def test_the_measure_sees_what_is_wrong() -> None:
    pair = versions.pairs()[0]
    wrong: versions.Pair = {**pair, "kinds": ["headline", "body"]}
    assert versions.figures([pair, wrong]) == {"kinds right": 0.5, "each kind": 2 / 3}
    assert any("told: headline" in line for line in versions.report([wrong]))
