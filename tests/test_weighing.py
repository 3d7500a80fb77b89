"""The sum behind a score, read back from the outcomes of an article or a refusal."""

import math

import pytest

from db.outcomes import Code, Outcome, as_json
from db.weighing import Weight, weighing
from pipelines.relevance.judge import verdict
from pipelines.relevance.profile import load
from tests.stories import SITE, TRAINING, WINDOWS

TITLE, PLACE = Code.IN_TITLE.of(word="Northvolt"), Code.IN_SENTENCE.of(word="Heide", number=3)
FAR, REST, BASE = Code.FAR_APART.of(word="Northvolt", other="Heide"), Code.ALL_THE_REST.of(), Code.BASE.of()
DECIDED = Code.DECIDED.of(by="Holtkamp", why="so it is")


def weighed(reason: Outcome, weight: float) -> Outcome:
    return Code.WEIGHED.of(reason=reason, weight=weight)


REASONS = (
    DECIDED,
    weighed(TITLE, 0.4),
    weighed(PLACE, 0.3),
    weighed(FAR, -1.5),
    weighed(REST, -0.01),
    weighed(BASE, -2.0),
)


@pytest.mark.parametrize("stored", [as_json(REASONS), as_json(Code.JUDGED.of(reasons=REASONS, score=0.05))])
def test_all_that_was_weighed_adds_up(stored: str) -> None:
    sum_of = weighing(stored)
    assert sum_of
    assert sum_of.weights == tuple(
        Weight(*each) for each in [(TITLE, 0.4), (PLACE, 0.3), (FAR, -1.5), (REST, -0.01), (BASE, -2.0)]
    )
    assert sum_of.sum == -2.81
    assert [weight.reason for weight in sum_of.strongest] == [FAR, TITLE, PLACE]
    assert sum_of.others == (DECIDED,)


@pytest.mark.parametrize("story", [SITE, TRAINING, WINDOWS])
def test_the_sum_of_a_verdict_makes_its_score(story: tuple[str, list[str]]) -> None:
    title, paragraphs = story
    judged = verdict(title, "\n\n".join(paragraphs), load(None))
    sum_of = weighing(as_json(judged.outcomes))
    assert sum_of
    assert 1 / (1 + math.exp(-sum_of.sum)) == pytest.approx(judged.score, abs=0.005)  # weights are rounded


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "[]",
        "no JSON",
        '{"code": "unheard_of", "params": {}}',
        as_json([TITLE]),
        as_json(Code.TOO_OLD.of(day="2019-05-05", since="2024-01-01")),
        as_json(Code.WEIGHED.of(reason="a text", weight=1.0)),
        as_json(Code.JUDGED.of(reasons="a text", score=1.0)),
    ],
)
def test_where_nothing_was_weighed_there_is_no_sum(stored: str | None) -> None:
    assert weighing(stored) is None
