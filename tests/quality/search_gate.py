"""How well the search finds: recall of what must be found, share of right ones among the first ten.

python -m tests.quality.search_gate             figures, floors, every query with something wrong; 1 below a floor
python -m tests.quality.search_gate --update    floors up to the figures of today; none down
"""

import argparse
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.search import search, vocabulary
from tests.blank import blank_in_memory
from tests.quality.gate import Figures, lines, raised, short

HERE = Path(__file__).parent
FLOORS = HERE / "search_floors.json"
SETS = {
    "own": "own_search",
    "other eyes": "search",
    "blind": "search_blind",
    "research": "search_research",
    "other eyes 2": "search_other2",
    "realistic": "search_open",
    "researchers 3": "search_researchers",
}
FIRST = 10


@dataclass(frozen=True, slots=True)
class Score:
    query: str
    missing: tuple[str, ...]
    wrong: tuple[str, ...]  # among the first ten, in neither list
    barred: tuple[str, ...]  # found, however late, though it must not be
    recall: float | None
    precision: float


@contextmanager
def archive(articles: list[dict[str, Any]]) -> Iterator[tuple[sqlite3.Connection, dict[int, str]]]:
    """An archive of these articles, and what each of its numbers is called in the file."""
    database = blank_in_memory()
    with closing(database.conn) as connection:
        rows = [
            {name: value for name, value in each.items() if name != "id"}
            | {"id": number, "identity": each["id"], "url": f"https://{each['source']}.example/{each['id']}"}
            | {
                "fetched_at": each["published"],
                "day": each["published"][:10],
                "month": each["published"][:7],
                "published_utc": each["published"],
            }
            for number, each in enumerate(articles, start=1)
        ]
        database.table("articles").insert_all(rows, pk="id")
        vocabulary.catch_up(connection)
        search.register(connection)
        yield connection, {number: each["id"] for number, each in enumerate(articles, start=1)}


def scores(name: str) -> list[Score]:
    with archive(lines(HERE / f"{SETS[name]}_articles.jsonl")) as (connection, called):
        return [
            score(each, [called[row["id"]] for row in search.search(connection, each["query"], limit=1000).rows])
            for each in lines(HERE / f"{SETS[name]}_queries.jsonl")
        ]


def score(gold: dict[str, Any], got: list[str]) -> Score:
    must, right = set(gold["must"]), {*gold["must"], *gold["may"]}
    wrong = tuple(each for each in got[:FIRST] if each not in right)
    shown = len(got[:FIRST])
    return Score(
        gold["query"],
        tuple(sorted(must - set(got))),
        wrong,
        tuple(each for each in got if each in gold["must_not"]),
        len(must & set(got)) / len(must) if must else None,
        1 - len(wrong) / shown if shown else float(not must),
    )


def figures() -> Figures:
    found: Figures = {}
    for name in SETS:
        if (HERE / f"{SETS[name]}_queries.jsonl").is_file():
            each = scores(name)
            recalls = [one.recall for one in each if one.recall is not None]
            found[name] = {
                "recall": sum(recalls) / len(recalls),
                "precision at 10": sum(one.precision for one in each) / len(each),
                "none barred": sum(not one.barred for one in each) / len(each),
            }
    return found


def floors() -> Figures:
    return json.loads(FLOORS.read_text("utf-8")) if FLOORS.is_file() else {}


def report() -> Iterator[str]:
    for name in SETS:
        for each in scores(name):
            if each.missing or each.wrong or each.barred:
                said = f"missing {each.missing}, wrong {each.wrong}, barred {each.barred}"
                yield f"{name}: {each.query}: {said}"


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--update", action="store_true", help="write floors up to the figures of today")
    cli.add_argument("--lower", action="store_true", help="with --update: down as well")
    given = cli.parse_args()
    found, wanted = figures(), floors()
    for name, measures in found.items():
        for measure, value in measures.items():
            floor = wanted.get(name, {}).get(measure)
            sys.stdout.write(f"{name:10} {measure:16} {value:.3f}   floor {floor}\n")
    sys.stdout.writelines(f"{line}\n" for line in report())
    if given.update:
        new = raised(found, wanted, lower=given.lower)
        FLOORS.write_text(json.dumps(new, indent=1, sort_keys=True) + "\n", "utf-8")
        return 0
    missed = list(short(found, wanted))
    sys.stderr.writelines(f"{line}\n" for line in missed)
    return bool(missed)


if __name__ == "__main__":
    raise SystemExit(main())
