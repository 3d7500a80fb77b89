"""The pages in shut/ are measured, and the measuring tells nothing of them. No floor: they are to stay unseen."""

import re

from tests.quality import shut
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
