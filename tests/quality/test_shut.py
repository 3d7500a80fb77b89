"""The pages in shut/ are measured, and the measuring tells nothing of them. No floor: they are to stay unseen."""

import re

from pipelines.relevance.labelled import LABELS
from tests.quality import shut, shut_facts, shut_topic
from tests.quality.gate import lines
from tests.quality.measures import MEASURES


def test_totals_of_all_groups_and_nothing_else() -> None:
    said = list(shut.report(shut.figures()))
    names = [line for line in said if not line.startswith(" ")]
    assert names == [*shut.GROUPS, shut.OTHERS, shut.ALL]
    each = {*MEASURES, "topic f1", "topic precision", "pages", "wrongly refused", "wrongly kept"}
    told = [match for line in said if (match := re.fullmatch(r"  (\S.*?) +(\d+|[01]\.\d{3})", line))]
    assert len(told) + len(names) == len(said)
    assert {match[1] for match in told} == each
    assert len(told) == len(names) * len(each)


def test_every_page_has_its_label() -> None:
    golds = lines(shut.SHUT / "reading.jsonl")
    files = [gold["file"] for gold in golds]
    assert sorted(files) == sorted(path.name for path in (shut.SHUT / "pages").iterdir())
    assert {".example/" in gold["url"] for gold in golds} == {True}
    fields = set(lines(shut.HERE / "labels.jsonl")[0])
    assert [sorted(gold) for gold in golds] == [sorted(fields)] * len(golds)


def test_the_judgement_is_measured_by_totals() -> None:
    said = list(shut_topic.report())
    assert [line for line in said if not line.startswith(" ")] == [
        f"{group}, {way}" for group in ("hard", "others", "all") for way in ("keywords", "weights")
    ]
    assert all(re.fullmatch(r"\w+, \w+|  \w[\w ]* +(\d+|[01]\.\d{3})", line) for line in said)


def test_no_event_is_both_learned_from_and_measured() -> None:
    learned = {row.get("event") for path in sorted(LABELS.glob("*.jsonl")) for row in lines(path)}
    assert not learned & {row["event"] for row in lines(shut.SHUT / "topic.jsonl")}


def test_facts_are_measured_by_totals() -> None:
    said = list(shut_facts.report())
    assert [line for line in said if not line.startswith(" ")] == ["facts", "facts_phrases"]
    figures = r"  (figures|quotes|places) +f1 [01]\.\d{3}  precision [01]\.\d{3}  recall [01]\.\d{3}  of \d+"
    assert all(re.fullmatch(figures, line) for line in said if line.startswith(" "))
    assert len(said) == 6
