"""The peers' benchmarks: their labels and pages, what each reader makes of a page, and the peers' own scorers.

Layouts and formulas are those of the peers' repositories, read there at

- scrapinghub/article-extraction-benchmark 7d95432: `evaluate.py`, `extractors/run_trafilatura.py`, `README.rst`
- adbar/trafilatura d5f6da0: `tests/eval_common.py`; 11796a9: `tests/eval_gate.py`; 623b0ef: `tests/evaluate.py`
- adbar/htmldate 083c068: `tests/evaluation.py`; 45cfc1f: `tests/eval_gate.py`; 225e5e1: `tests/comparison.py`

Nothing here prints or returns the name of a page: an entry is known by its number in the file of labels.
"""

import gzip
import json
import logging
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO, TextIOWrapper
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any

import trafilatura
from htmldate import find_date
from htmldate.utils import decode_file

from pipelines.article import Article, Rejected
from pipelines.stages import Context, read_page, run

OURS, ALL_FOUND = "ours", "ours, refusals ignored"
FAST, DEFAULT, PRECISION = "trafilatura fast", "trafilatura", "trafilatura precision"
MODES: Mapping[str, Mapping[str, bool]] = {FAST: {"fast": True}, DEFAULT: {}, PRECISION: {"favor_precision": True}}
TEXT_READERS = (OURS, ALL_FOUND, *MODES)

DATE_FAST, DATE_EXTENSIVE = "htmldate fast", "htmldate extensive"
OURS_ALONE, DATE_WITH_URL = "ours, address not given", "htmldate extensive, address given"
DATE_READERS = (OURS, DATE_FAST, DATE_EXTENSIVE, OURS_ALONE, DATE_WITH_URL)

NO_ADDRESS = "https://page.example/"
SCORERS = {  # files of the checkout, newer layouts first, and what is called of them
    "aeb": (("evaluate.py",), ("evaluate",)),
    "trafilatura": (("tests/eval_common.py", "tests/eval_gate.py"), ("count_item",)),
    "htmldate": (("tests/evaluation.py",), ("evaluate_result", "load_document")),
}


class CheckoutError(Exception):
    """What is given is no checkout of the peer, or not whole."""


@dataclass(frozen=True, slots=True)
class Entry:
    number: int  # in the labels, from 1
    url: str
    label: Mapping[str, Any]
    page: Path | None  # None where it is not in the checkout


@dataclass(frozen=True, slots=True)
class Answers:
    """What the readers made of one page."""

    given: Mapping[str, str | None]  # reader → its text, or its day in ISO 8601
    reason: str | None  # why ours refused the page
    faults: tuple[str, ...]  # 'htmldate fast: ValueError in extractors.py, line 7'


Counts = tuple[int, int, int, int]  # true positives, false positives, false negatives, true negatives
CountItem = Callable[[Mapping[str, Any], str | None], Counts]
Labels = Mapping[str, Mapping[str, Any]]


def labels(file: Path, repository: str) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise CheckoutError(f"{file}: {error.strerror}; PATH is to be a checkout of {repository}") from error
    except ValueError as error:
        raise CheckoutError(f"{file}: no JSON ({error}); check the file out again") from error
    if not isinstance(content, dict) or not all(isinstance(label, dict) for label in content.values()):
        raise CheckoutError(f"{file}: no object of labels; PATH is to be a checkout of {repository}")
    return content


def first(*paths: Path) -> Path | None:
    return next((path for path in paths if path.is_file()), None)


def aeb_entries(checkout: Path) -> list[Entry]:
    truth = labels(checkout / "ground-truth.json", "scrapinghub/article-extraction-benchmark")
    return [
        Entry(number, label.get("url") or NO_ADDRESS, {**label, "id": key}, first(checkout / f"html/{key}.html.gz"))
        for number, (key, label) in enumerate(truth.items(), 1)
    ]


def trafilatura_entries(checkout: Path) -> list[Entry]:
    return in_tests(checkout, ("evaldata.json",), ("cache", "eval"), "adbar/trafilatura")


def htmldate_entries(checkout: Path) -> list[Entry]:
    files = ("eval_mediacloud_2020.json", "eval_default.json")  # what both say, the second says last
    return in_tests(checkout, files, ("test_set", "cache", "eval"), "adbar/htmldate")


def in_tests(checkout: Path, files: tuple[str, ...], folders: tuple[str, ...], repository: str) -> list[Entry]:
    tests = checkout / "tests"
    all_labels: dict[str, dict[str, Any]] = {}
    for file in files:
        all_labels |= labels(tests / file, repository)
    return [
        Entry(number, url, label, first(*(tests / folder / str(label.get("file") or "") for folder in folders)))
        for number, (url, label) in enumerate(all_labels.items(), 1)
    ]


@cache
def scorer(checkout: Path, name: str) -> ModuleType | None:
    """The peer's own scorer, run from its file; None where it has another form or imports what is not installed."""
    files, functions = SCORERS[name]
    for path in (checkout / file for file in files):
        if not path.is_file():
            continue
        spec = spec_from_file_location(f"peer_{path.stem}", path)
        assert spec and spec.loader
        module = module_from_spec(spec)
        sys.modules[spec.name] = module  # a dataclass looks its module up
        sys.path.append(str(path.parent))  # modules of its own; last, so that the installed libraries stay
        try:
            spec.loader.exec_module(module)
        except ImportError:  # older ones import every extractor that they compare
            continue
        finally:
            sys.path.remove(str(path.parent))
        if all(hasattr(module, function) for function in functions):
            return module
    return None


def evaluate(truth: Labels, prediction: Labels, _: int) -> dict[str, float]:
    """F1, precision, recall and accuracy of texts by their shingles of four words: `evaluate` of
    scrapinghub/article-extraction-benchmark, evaluate.py at 7d95432, without its bootstrap.

    Precision is the mean over pages with a prediction, recall over those with a label, F1 that of the two means.
    """
    precisions, recalls, equal = [], [], []
    for key, label in truth.items():
        wanted = re.findall(r"\w+", label.get("articleBody") or "")
        found = re.findall(r"\w+", prediction[key].get("articleBody") or "")
        equal.append(wanted == found)
        true, given = shingles(wanted), shingles(found)
        hits = (true & given).total()
        precisions += [hits / given.total()] if given else []
        recalls += [hits / true.total()] if true else []
    precision, recall = fmean(precisions), fmean(recalls)
    f1 = 2 * precision * recall / (precision + recall)
    return {"f1": f1, "precision": precision, "recall": recall, "accuracy": fmean(equal)}


def shingles(words: list[str]) -> Counter[tuple[str, ...]]:
    """Of fewer than four words there is one."""
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3)) if words)


def count_item(item: Mapping[str, Any], result: str | None) -> Counts:
    """`Evaluation.evaluate_result` of adbar/trafilatura, tests/evaluate.py at 623b0ef: which of the strings are there.

    Later versions compare with white space made even; they can be imported.
    """
    hits = sum(text in result for text in item["with"]) if result else 0
    misses = sum(text in result for text in item["without"]) if result else 0
    return hits, misses, len(item["with"]) - hits, len(item["without"]) - misses


def ratios(counts: Counts) -> tuple[float, float, float, float]:
    """Precision, recall, accuracy and F1 of all strings together: `ConfusionMatrix.scores` of adbar/trafilatura,
    tests/eval_common.py at d5f6da0, the same as `calculate_scores` of tests/evaluate.py at 623b0ef."""
    tp, fp, fn, tn = counts

    def part(of: float, all_: float) -> float:
        return of / all_ if all_ else 0.0

    return part(tp, tp + fp), part(tp, tp + fn), part(tp + tn, tp + fp + fn + tn), part(2 * tp, 2 * tp + fp + fn)


def evaluate_result(result: str | None, data: Mapping[str, Any]) -> Counts:
    """(tp, fp, tn, fn) of one page: `evaluate_result` of adbar/htmldate, tests/evaluation.py at 083c068."""
    if result is None:
        return (0, 0, 1, 1) if data["date"] is None else (0, 0, 0, 1)
    return (1, 0, 0, 0) if result == data["date"] else (0, 1, 0, 0)


def answer(name: str, checkout: Path, entry: Entry) -> Answers:
    """What the readers of that set make of a page; for a worker process. Raises where the file cannot be read."""
    logging.disable(logging.CRITICAL)  # the libraries' lines name pages
    assert entry.page
    return READ[name](checkout, entry, entry.page.read_bytes())


def aeb_answers(_: Path, entry: Entry, packed: bytes) -> Answers:
    """Pages are UTF-8, whatever they say (README.rst); text is read as in `extractors/run_trafilatura.py`."""
    raw = gzip.decompress(packed)
    document = TextIOWrapper(BytesIO(raw), encoding="utf-8").read()
    return texts(entry.url, raw, "utf-8", partial(trafilatura.extract, document, include_comments=False))


def trafilatura_answers(_: Path, entry: Entry, raw: bytes) -> Answers:
    """Settings are `EXTRACT_OPTS` of tests/eval_common.py, the same in all versions."""
    peer = partial(trafilatura.extract, raw, include_comments=False, include_tables=True, include_formatting=False)
    return texts(entry.url, raw, None, peer)


def texts(url: str, raw: bytes, encoding: str | None, peer: Callable[..., str | None]) -> Answers:
    faults: list[str] = []
    article, reason = read(raw, url, encoding, faults)
    given: dict[str, str | None] = {OURS: None if reason else article.text, ALL_FOUND: article.text}
    for name, mode in MODES.items():
        given[name] = attempt(name, partial(peer, **mode), faults)
    return Answers(given, reason, tuple(faults))


def htmldate_answers(checkout: Path, entry: Entry, raw: bytes) -> Answers:
    """Settings are those of `run_htmldate_fast` and `run_htmldate_extensive` of tests/evaluation.py, which give no
    address. Ours is given it, as in every crawl; the last two readers are the other way round."""
    faults: list[str] = []
    module = scorer(checkout, "htmldate")
    document = module.load_document(entry.label["file"]) if module else decode_file(raw)
    article, reason = read(raw, entry.url, None, faults)
    alone, _ = read(raw, NO_ADDRESS, None, [])
    find = partial(find_date, document, original_date=True)
    given = {
        OURS: day(article),
        DATE_FAST: attempt(DATE_FAST, partial(find, extensive_search=False), faults),
        DATE_EXTENSIVE: attempt(DATE_EXTENSIVE, partial(find, extensive_search=True), faults),
        OURS_ALONE: day(alone),
        DATE_WITH_URL: attempt(DATE_WITH_URL, partial(find, extensive_search=True, url=entry.url), faults),
    }
    return Answers(given, reason, tuple(faults))


def read(raw: bytes, url: str, encoding: str | None, faults: list[str]) -> tuple[Article, str | None]:
    """The article as `extract` reads it and why it is refused; a refused one as far as it was read."""
    article = Article(source="", url=url, html=raw, encoding=encoding)
    try:
        outcome = run(article, Context(), (read_page,))
    except Exception as error:  # `extract` goes on, too
        faults.append(fault(OURS, error))
        return article, "failed"
    if isinstance(outcome, Rejected):
        return outcome.article or article, str(outcome.reason)
    return outcome, None


def day(article: Article) -> str | None:
    """The day as the page has it, in its own offset, as htmldate gives it."""
    return article.published[:10] if article.published else None


def attempt(name: str, find: Callable[[], str | None], faults: list[str]) -> str | None:
    try:
        return find()
    except Exception as error:  # what crashes has found nothing: `run_and_count` of tests/eval_common.py
        faults.append(fault(name, error))
        return None


def fault(name: str, error: Exception) -> str:
    """Without the error's words, which may be the page's."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{name}: {type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"


READ: Mapping[str, Callable[[Path, Entry, bytes], Answers]] = {
    "aeb": aeb_answers,
    "trafilatura": trafilatura_answers,
    "htmldate": htmldate_answers,
}
