"""The pages in shut/ are measured, and the measuring tells nothing of them. No floor: they are to stay unseen."""

import json
import re
from pathlib import Path

from pipelines.relevance.labelled import LABELS
from tests.quality import shut, shut_facts, shut_search, shut_topic
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
        f"{group}, {way}" for group in ("hard", "others", "newest", "all") for way in ("keywords", "weights")
    ]
    assert all(re.fullmatch(r"\w+, \w+|  \w[\w ]* +(\d+|[01]\.\d{3})", line) for line in said)


def test_no_event_is_both_learned_from_and_measured() -> None:
    learned = {row.get("event") for path in sorted(LABELS.glob("*.jsonl")) for row in lines(path)}
    assert not learned & {row["event"] for row in lines(shut.SHUT / "topic.jsonl")}


def test_facts_are_measured_by_totals() -> None:
    said = list(shut_facts.report())
    assert [line for line in said if not line.startswith(" ")] == [file.stem for file in shut_facts.FILES]
    figures = r"  (figures|quotes|places) +f1 [01]\.\d{3}  precision [01]\.\d{3}  recall [01]\.\d{3}  of \d+"
    assert all(re.fullmatch(figures, line) for line in said if line.startswith(" "))
    assert len(said) == 18  # three figures of articles, one of sentences, each with its file's name


def test_the_search_is_measured_by_totals(tmp_path: Path) -> None:
    article = {"title": "Rechenzentrum", "lang": "de", "source": "blatt", "published": "2025-03-12T08:00:00+01:00"}
    texts = ("Das Umspannwerk ist gebaut.", "Kein Wort vom anderen.", "Vom Bagger steht hier auch.")
    sets = {
        "articles": [article | {"id": f"a{number}", "text": text} for number, text in enumerate(texts)],
        "queries": [
            {"query": "Umspannwerke", "kind": "de", "relevant": ["a0"]},
            {"query": "substation", "kind": "en", "relevant": ["a0", "a1"]},
            {"query": "data centre", "kind": "en", "relevant": ["a0", "a1"]},
            {"query": "-Bagger", "kind": "mixed", "relevant": ["a0"]},
        ],
        "typos": [{"typed": "Umspanwerk", "right": "Umspannwerk"}, {"typed": "Bager", "right": "Lader"}],
    }
    for name, rows in sets.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    told = "\n".join(shut_search.report(tmp_path))
    assert " ".join(told.split()) == (
        "de, 1 queries recall 1.000 precision at 10 1.000 nothing found 0.000"
        " en, 2 queries recall 0.750 precision at 10 0.833 nothing found 0.000"
        " mixed, 1 queries recall 0.000 nothing found 1.000"
        " all, 4 queries recall 0.625 precision at 10 0.889 nothing found 0.250"
        " typos, 2 words offered 0.500 or found so 0.500"
    )
