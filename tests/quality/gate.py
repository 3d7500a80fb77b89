"""The quality gate: floors that only rise, and a report of the worst pages with what is wrong.

python -m tests.quality.gate             the figures, the floors, the worst pages
python -m tests.quality.gate --recorded  of recorded pages beside the project alone
python -m tests.quality.gate --update    floors up to the figures of today; none down
python -m tests.quality.gate --update --lower   down as well: say why in the commit
"""

import argparse
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.relevance.judge import verdict
from pipelines.relevance.profile import profile_of
from revierspiegel.services.extract import extract, extract_warc
from tests.quality import copies, places, quotes, versions
from tests.quality import figures as facts
from tests.quality.measures import Marks, averages, f1_of, mark

HERE = Path(__file__).parent
FLOORS = HERE / "floors.json"
CORPUS = HERE.parents[2] / "shared" / "corpus"
SETS = {
    "own": "labels.jsonl",
    "other eyes": "other_eyes.jsonl",
    "third eyes": "third_eyes.jsonl",
    "fourth eyes": "fourth_eyes.jsonl",
    "fifth eyes": "fifth_eyes.jsonl",
    "sixth eyes": "sixth_eyes.jsonl",
    "seventh eyes": "seventh_eyes.jsonl",
}
GRAIN = 0.005  # what a floor may lie below the figure, so that a rounding does not fail it

Figures = dict[str, dict[str, float]]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def judged(got: dict[str, Any]) -> dict[str, Any]:
    return got | {"verdict": verdict(got["title"], got["text"], profile_of(None), url=got["url"]).verdict}


def marked(gold: dict[str, Any], pages: Path = HERE / "pages") -> Marks:
    return mark(gold, judged(extract((pages / gold["file"]).read_bytes(), gold["url"])))


@cache
def marks(name: str) -> tuple[Marks, ...]:
    """Of each labelled page of a set of ours."""
    return tuple(marked(gold) for gold in lines(HERE / SETS[name]))


def figures_of(golds: Iterable[dict[str, Any]], found: Iterable[Marks]) -> dict[str, float]:
    """Of labels and the marks of their pages, in the same order."""
    rows = list(zip(golds, found, strict=True))
    pairs = [
        (gold["label"] == "ON", (gold["label"] == "ON") == bool(each.relevant))
        for gold, each in rows
        if each.relevant is not None
    ]
    f1, precision = f1_of(pairs)
    return averages(each for _, each in rows) | {"topic f1": f1, "topic precision": precision}


def own_figures(name: str) -> dict[str, float]:
    return figures_of(lines(HERE / SETS[name]), marks(name))


def shared_figures() -> Figures:
    """On the pages beside the project, where they are; scored by the scorer that lies with them."""
    spec = importlib.util.spec_from_file_location("score", CORPUS / "score.py")
    assert spec
    assert spec.loader
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    found: Figures = {}
    for name in ("press-dev", "seeds"):
        got = [judged(line) for line in extract_warc(CORPUS / f"{name}.warc.gz")]
        rows = score.score(lines(CORPUS / f"{name}.jsonl"), got)
        found[name] = {key: score.mean(rows, key) for key in ("f1", "title", "date", "authors")}
        on = sum(line["verdict"] == "on" and not line["reason"] for line in got)
        found[name]["none on topic" if name == "press-dev" else "on topic"] = (
            float(on == 0) if name == "press-dev" else on / len(got)
        )
    return found | {"topic-dev": topic_figures(lines(CORPUS / "topic-dev.jsonl"))}


def topic_figures(rows: Iterable[dict[str, Any]]) -> dict[str, float]:
    pairs, profile = [], profile_of(None)
    for row in rows:
        said = verdict(row["title"], f"{row['gist']}\n\n{', '.join(row['terms'])}", profile, url=row.get("url"))
        if row["label"] != "MENTION":
            pairs.append((row["label"] == "ON", said.verdict == "on"))
    f1, precision = f1_of(pairs)
    return {"f1": f1, "precision": precision}


def copies_figures() -> Figures:
    return {name: copies.figures(copies.labels(name), copies.found(name)) for name in copies.SETS}


def facts_figures() -> Figures:
    return {name: facts.measure(name) for name in facts.SETS}


def quotes_figures() -> Figures:
    articles = {name: quotes.figures(quotes.labelled(path)) for name, path in quotes.SETS.items()}
    return articles | {name: places.measure(name) for name in places.SETS}


def own_sets() -> Figures:
    pages = {name: own_figures(name) for name in SETS}
    topic = topic_figures(lines(HERE / "topic.jsonl"))
    changes = {name: versions.figures(versions.pairs(path)) for name, path in versions.SETS.items()}
    return pages | {"topic": topic} | changes | copies_figures() | facts_figures() | quotes_figures()


def recorded_figures() -> Figures:
    return shared_figures() if CORPUS.is_dir() else {}


def floors() -> Figures:
    return json.loads(FLOORS.read_text("utf-8")) if FLOORS.is_file() else {}


def short(found: Figures, wanted: Figures) -> Iterator[str]:
    """Every figure below its floor, and every floor of a measured set that has no figure any more."""
    for name, measures in wanted.items():
        for measure, floor in measures.items():
            value = found[name].get(measure) if name in found else floor
            if value is None:
                yield f"{name}: {measure}: not measured any more, its floor is {floor:.3f}"
            elif value < floor:
                yield f"{name}: {measure}: {value:.4f}, below its floor of {floor:.4f}"


def raised(found: Figures, wanted: Figures, *, lower: bool) -> Figures:
    """The floors of tomorrow: never below those of today, unless asked."""
    new: Figures = {name: dict(measures) for name, measures in wanted.items()}
    for name, measures in found.items():
        for measure, value in measures.items():
            floor = max(0.0, round(value - (GRAIN if value < 1 else 0), 4))
            before = wanted.get(name, {}).get(measure, 0.0)
            new.setdefault(name, {})[measure] = floor if lower else max(floor, before)
    return new


def report(found: Figures, wanted: Figures) -> Iterator[str]:
    for name, measures in found.items():
        yield name
        for measure, value in measures.items():
            floor = wanted.get(name, {}).get(measure)
            yield f"  {measure:16} {value:.3f}   floor {'none' if floor is None else f'{floor:.3f}'}"


def report_pages(worst: int) -> Iterator[str]:
    for name in SETS:
        bad = sorted(
            (each for each in marks(name) if each.wrong), key=lambda each: each.f1 if each.f1 is not None else 1
        )
        yield f"\n{name}: {len(bad)} of {len(marks(name))} pages have something wrong"
        for each in bad[:worst]:
            yield f"  {each.file}"
            yield from (f"    {wrong}" for wrong in each.wrong)


def report_copies() -> Iterator[str]:
    for name in copies.SETS:
        yield f"\n{name}"
        yield from (f"    {wrong}" for wrong in copies.wrong(copies.labels(name), copies.found(name)))


def report_facts() -> Iterator[str]:
    for name in facts.SETS:
        yield f"\n{name}"
        yield from (f"    {wrong}" for wrong in facts.wrong(name))


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--recorded", action="store_true", help="only recorded pages beside the project, where they are")
    cli.add_argument("--update", action="store_true", help="write floors up to the figures of today")
    cli.add_argument("--lower", action="store_true", help="with --update: down as well")
    cli.add_argument("--worst", type=int, default=60, metavar="N", help="pages to tell of")
    given = cli.parse_args()
    found, wanted = recorded_figures(), floors()
    told = list(report(found, wanted))
    if not given.recorded:
        own = own_sets()
        told = [*report(own, wanted), *told, *report_pages(given.worst), *report_copies(), *report_facts()]
        found |= own
    sys.stdout.writelines(f"{line}\n" for line in told)
    if given.update:
        new = raised(found, wanted, lower=given.lower)
        FLOORS.write_text(json.dumps(new, indent=1, sort_keys=True) + "\n", "utf-8")
        return 0
    missed = list(short(found, wanted))
    sys.stderr.writelines(f"{line}\n" for line in missed)
    if missed:
        sys.stderr.write(
            "mend the rules; a floor is lowered by 'python -m tests.quality.gate --update --lower' alone\n"
        )
    return bool(missed)


if __name__ == "__main__":
    raise SystemExit(main())
