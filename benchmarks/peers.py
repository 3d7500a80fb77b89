"""How pages are read that no rule was written for: the peers' own benchmarks, by the peers' own scorers.

python benchmarks/peers.py --set aeb PATH            PATH: a checkout of scrapinghub/article-extraction-benchmark
python benchmarks/peers.py --set trafilatura PATH    … of adbar/trafilatura
python benchmarks/peers.py --set htmldate PATH       … of adbar/htmldate

Ours and the installed trafilatura and htmldate read the same pages in one run. The scorer is the checkout's own code,
which is run. Only totals are printed, never a page's name or words: whoever writes rules must not see these pages.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import StatisticsError
from typing import Any
from urllib.parse import urlsplit

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).parents[1]))

import peer_sets as peers
from peer_sets import Answers, CheckoutError, Entry

from pipelines.worker import Lost, Worker

SECONDS = 300  # of CPU time, for all readers on one page
EVERY = 5.0  # seconds between two lines of progress
NEEDED: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {  # keys of a label, and what they hold
    "aeb": {},  # its scorer takes no text for an empty one
    "trafilatura": {"file": str, "with": list, "without": list},
    "htmldate": {"file": str, "date": (str, type(None))},
}
Result = tuple[Entry, Answers]


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def whole(entries: Sequence[Entry], needed: Mapping[str, type | tuple[type, ...]]) -> Iterator[Entry]:
    """The entries that can be read; a line for each of the others."""
    for entry in entries:
        wrong = [key for key, kind in needed.items() if not isinstance(entry.label.get(key, ...), kind)]
        if wrong:
            say(f"entry {entry.number}: its label has no {' and no '.join(wrong)}; left out")
        elif entry.page is None:
            say(f"entry {entry.number}: its page is not in the checkout; left out")
        else:
            yield entry


def read_all(read: Callable[[Entry], Answers], entries: Sequence[Entry], processes: int) -> list[Result]:
    """In the order of the labels; what cannot be read is left out, with a line."""
    answers: dict[int, Answers] = {}
    begun = told = time.monotonic()
    with Worker(processes, seconds=SECONDS) as worker:
        futures = {worker.submit(read, entry): entry for entry in entries}
        for done, future in enumerate(as_completed(futures), 1):
            number = futures[future].number
            try:
                answers[number] = future.result()
            except Lost as lost:
                say(f"entry {number}: {lost}; left out")
            except Exception as error:  # from another process, and one page must not stop the others
                say(f"entry {number}: its page cannot be read ({type(error).__name__}); left out")
            if (now := time.monotonic()) - told >= EVERY:
                left = (now - begun) / done * (len(entries) - done)
                say(f"{done} of {len(entries)} pages, about {left:.0f} s left")
                told = now
    return [(entry, answers[entry.number]) for entry in entries if entry.number in answers]


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    body = list(rows)
    align = ("left", *["right"] * (len(headers) - 1))
    return tabulate(body, headers, tablefmt="github", colalign=align if body else None, disable_numparse=True)


def figure(value: float) -> str:
    return f"{value:.4f}"


def added(counts: Iterable[peers.Counts]) -> peers.Counts:
    first, second, third, fourth = zip((0, 0, 0, 0), *counts, strict=True)
    return sum(first), sum(second), sum(third), sum(fourth)


def silent(results: Sequence[Result], reader: str) -> int:
    return sum(not answers.given[reader] for _, answers in results)


def aeb_report(checkout: Path, results: Sequence[Result], bootstrap: int) -> Iterator[str]:
    scorer = peers.scorer(checkout, "aeb")
    evaluate = scorer.evaluate if scorer else peers.evaluate
    truth = {entry.label["id"]: entry.label for entry, _ in results}

    def cell(metrics: Mapping[str, Any], name: str) -> str:
        if name not in metrics:
            return "–"  # before 7d95432 there was no accuracy
        spread = metrics.get(f"{name}_std", metrics.get(f"{name}_ci"))
        return figure(metrics[name]) + (f" ± {spread:.3f}" if spread is not None else "")

    rows = []
    for reader in peers.TEXT_READERS:
        given = {entry.label["id"]: {"articleBody": answers.given[reader] or ""} for entry, answers in results}
        random.seed(0)  # the scorer draws its samples from it
        try:
            metrics = evaluate(truth, given, bootstrap)
        except (StatisticsError, ZeroDivisionError) as error:  # a sample of pages without any text
            raise CheckoutError(f"the scorer has no figures for {reader} ({error}); try --bootstrap 0") from error
        cells = [cell(metrics, name) for name in ("f1", "precision", "recall", "accuracy")]
        rows.append([reader, *cells, silent(results, reader)])
    by = "evaluate.py of the checkout; ± as it has it" if scorer else "the formula of evaluate.py at 7d95432"
    yield f"Scored by {by}."
    yield table(["reader", "F1", "precision", "recall", "accuracy", "no text"], rows)
    yield refusals(results)


def german(entry: Entry) -> bool:
    host = urlsplit(entry.url).hostname or ""
    return host.endswith((".de", ".at", ".ch")) and bool(entry.label.get("date"))


def trafilatura_report(checkout: Path, results: Sequence[Result], _: int) -> Iterator[str]:
    scorer = peers.scorer(checkout, "trafilatura")
    count: peers.CountItem = scorer.count_item if scorer else peers.count_item
    by = Path(scorer.__file__ or "").name + " of the checkout" if scorer else "the formula of evaluate.py at 623b0ef"
    yield f"Scored by {by}."
    yield from chunks("all", results, count)
    yield from chunks(".de, .at, .ch with a date", [result for result in results if german(result[0])], count)


def chunks(heading: str, results: Sequence[Result], count: peers.CountItem) -> Iterator[str]:
    """By the strings that a text is to have, and not to have."""
    rows = []
    for reader in peers.TEXT_READERS:
        counts = [count(entry.label, answers.given[reader]) for entry, answers in results]
        precision, recall, accuracy, f1 = peers.ratios(added(counts))
        rows.append([reader, *map(figure, (precision, recall, f1, accuracy)), silent(results, reader)])
    wrong = {
        entry.number
        for entry, answers in results
        if not answers.given[peers.OURS]
        and entry.label["with"]
        and count(entry.label, answers.given[peers.DEFAULT])[0] == len(entry.label["with"])
    }
    yield f"### {heading}: {len(results)} pages"
    yield table(["reader", "precision", "recall", "F1", "accuracy", "no text"], rows)
    yield refusals(results, wrong)


def htmldate_report(checkout: Path, results: Sequence[Result], _: int) -> Iterator[str]:
    scorer = peers.scorer(checkout, "htmldate")
    evaluate = scorer.evaluate_result if scorer else peers.evaluate_result
    by = "evaluation.py of the checkout" if scorer else "the formula of evaluation.py at 083c068"
    yield f"Scored by {by}. Days are those of the page's own offset; dates of pages that ours refuses count, too."
    rows = []
    for reader in peers.DATE_READERS:
        counts = [evaluate(answers.given[reader], entry.label) for entry, answers in results]
        right, wrong, _, none = added(counts)
        f1 = peers.ratios((right, wrong, none, 0))[3]
        rows.append([reader, right, none, wrong, figure(f1)])
    yield table(["reader", "right", "none", "wrong", "F"], rows)
    yield refusals(results)


def refusals(results: Sequence[Result], wrong: set[int] | None = None) -> str:
    """Ours, by reason. `wrong`: where trafilatura finds every string of the label, and ours gives no text."""
    reasons = Counter(answers.reason for _, answers in results if answers.reason)
    headers = ["refused by ours", "pages", *(["wrong"] if wrong is not None else [])]
    wrongs = Counter(answers.reason for entry, answers in results if entry.number in (wrong or ()))
    rows = [[reason, number, wrongs[reason]] for reason, number in reasons.most_common()]
    rows.append(["together", reasons.total(), wrongs.total()])
    return table(headers, [row[: len(headers)] for row in rows])


Report = Callable[[Path, Sequence[Result], int], Iterator[str]]
SETS: Mapping[str, tuple[Callable[[Path], list[Entry]], Report]] = {
    "aeb": (peers.aeb_entries, aeb_report),
    "trafilatura": (peers.trafilatura_entries, trafilatura_report),
    "htmldate": (peers.htmldate_entries, htmldate_report),
}


def measure(name: str, checkout: Path, processes: int, bootstrap: int) -> bool:
    """Whether every page of the set was read."""
    entries_of, report = SETS[name]
    entries = entries_of(checkout)
    results = read_all(partial(peers.answer, name, checkout), list(whole(entries, NEEDED[name])), processes)
    if not results:
        raise CheckoutError(f"{checkout}: no page of the set could be read")
    faults = Counter(line for _, answers in results for line in answers.faults)
    for line, number in faults.most_common():
        say(f"{line}: {number} pages, counted as nothing found")
    versions = " and ".join(f"{package} {version(package)}" for package in ("trafilatura", "htmldate"))
    sys.stdout.write(f"## {name}: {len(results)} of {len(entries)} pages, {versions}\n")
    for part in report(checkout, results, bootstrap):
        sys.stdout.write(f"\n{part}\n")
    return len(results) == len(entries)


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--set", choices=SETS, required=True, help="whose benchmark it is")
    cli.add_argument("checkout", type=Path, metavar="PATH", help="a checkout of that repository")
    cli.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="that read pages")
    cli.add_argument("--bootstrap", type=int, default=1000, metavar="N", help="samples for the ± of aeb; 0: no ±")
    options = cli.parse_args()
    # adbar/htmldate's own gate asks for it: its figures depend on the local day.
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    try:
        complete = measure(options.set, options.checkout.resolve(), options.processes, options.bootstrap)
    except CheckoutError as error:
        say(str(error))
        return 1
    return 0 if complete else 1


if __name__ == "__main__":
    raise SystemExit(main())
