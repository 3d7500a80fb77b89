"""How well the search finds on sets that whoever writes its rules has not seen. It prints totals and never a query.

python -m tests.quality.shut_search            every folder shut/search*
python -m tests.quality.shut_search DIR…       these

A folder has articles.jsonl (id, title, text, lang, source, published), queries.jsonl (query, kind: de, en or mixed,
relevant: [ids]) and typos.jsonl (typed, right).
"""

import argparse
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from db.search import search
from db.search.hints.nothing_found import hints
from db.search.morphology import spelling
from tests.quality.gate import HERE, lines
from tests.quality.search_gate import FIRST, archive

SETS = "search*"  # in shut/
KINDS = ("de", "en", "mixed")
COLUMNS = ("id", "title", "text", "lang", "source", "published")


def found(connection: sqlite3.Connection, query: str) -> list[int]:
    """Best first; nothing where the query is none."""
    try:
        return [row["id"] for row in search.search(connection, query, limit=1000).rows]
    except search.QueryError:
        return []


def marks(relevant: set[str], hits: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Recall over all hits; precision of the first ten, of queries that find anything."""
    if relevant:
        yield "recall", len(relevant & set(hits)) / len(relevant)
    if hits:
        yield "precision at 10", len(relevant & set(hits[:FIRST])) / len(hits[:FIRST])
    yield "nothing found", float(not hits)


def is_offered(connection: sqlite3.Connection, typed: str, right: str) -> bool:
    """The right word, however many other words; not where the wrong one is searched for without a hint."""
    try:
        offers = hints(connection, search.parse(typed), search.count(connection, typed)).offers
    except search.QueryError:
        return False
    return spelling(right) in {spelling(offer.put_into(typed)) for offer in offers}


def report(folder: Path) -> Iterator[str]:
    totals: Counter[tuple[str, str]] = Counter()
    numbers: Counter[tuple[str, str]] = Counter()
    articles = [{name: each.get(name) or "" for name in COLUMNS} for each in lines(folder / "articles.jsonl")]
    queries, typos = lines(folder / "queries.jsonl"), lines(folder / "typos.jsonl")
    with archive(articles) as (connection, called):
        for each in queries:
            hits = [called[number] for number in found(connection, each["query"])]
            for name, value in marks(set(each["relevant"]), hits):
                for kind in (each["kind"], "all"):
                    totals[kind, name] += value
                    numbers[kind, name] += 1
        offered = [is_offered(connection, each["typed"], each["right"]) for each in typos]
        same = [found(connection, each["typed"]) == found(connection, each["right"]) != [] for each in typos]
    for kind in (*KINDS, "all"):
        yield f"{kind}, {sum(each['kind'] == kind or kind == 'all' for each in queries)} queries"
        for name in ("recall", "precision at 10", "nothing found"):
            if number := numbers[kind, name]:
                yield f"  {name:16} {totals[kind, name] / number:.3f}"
    yield f"typos, {len(typos)} words"
    if typos:
        yield f"  {'offered':16} {sum(offered) / len(typos):.3f}"
        yield f"  {'or found so':16} {sum(map(max, offered, same)) / len(typos):.3f}"


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("folders", metavar="DIR", nargs="*", type=Path, help=f"default: all of shut/{SETS}")
    folders = cli.parse_args().folders or sorted((HERE / "shut").glob(SETS))
    for folder in folders:
        sys.stdout.writelines(f"{line}\n" for line in (folder.name, *report(folder)))
    return 0 if folders else 1


if __name__ == "__main__":
    raise SystemExit(main())
