"""What is measured on a labelled page. Text: F1 of four-word shingles, page by page, then averaged, as in Zyte's
article-extraction-benchmark; titles and authors as words, in any order."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

SIZE = 4
BERLIN = ZoneInfo("Europe/Berlin")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Marks:
    """One page: each from 0 to 1, None where the label does not ask."""

    file: str
    f1: float | None
    title: float | None
    date: float | None
    authors: float | None
    agencies: float | None
    kind: float | None
    access: float | None
    refused: float | None
    relevant: float | None  # 1 where the label is ON and the verdict too, and so on
    wrong: tuple[str, ...]  # in words


def words(text: str | None) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text or "").lower())


def shingles(text: str | None) -> Counter[tuple[str, ...]]:
    found = words(text)
    return Counter(tuple(found[at : at + SIZE]) for at in range(max(1, len(found) - SIZE + 1))) if found else Counter()


def text_f1(gold: str, got: str | None, optional: Iterable[str] = ()) -> float:
    """What stands in an optional text alone (a table, a caption) counts neither way."""
    wanted, found = shingles(gold), shingles(got)
    spare = sum((shingles(text) for text in optional), Counter())
    hits = (wanted & found).total()
    if not hits:
        return 0.0
    precision = hits / max(1, found.total() - ((found - wanted) & spare).total())
    recall = hits / max(1, wanted.total())
    return 2 * precision * recall / (precision + recall)


def same_title(gold: str, got: str | None) -> bool:
    """The label's words, in any order, and no more than half as many again: papers serve several for one page."""
    wanted, found = Counter(words(gold)), Counter(words(got))
    shared = (wanted & found).total()
    near = shared >= 0.8 * min(wanted.total(), found.total()) and found.total() <= 1.5 * wanted.total() + 2
    return bool(found) and near and shared >= 2


def names(authors: Iterable[str] | None) -> set[str]:
    return {" ".join(words(name)) for name in authors or () if words(name)}


def day(published: str | None) -> str | None:
    """The day in Berlin of a moment with an offset; of anything else the day that stands there."""
    if not published:
        return None
    moment = datetime.fromisoformat(published) if len(published) > 10 else None
    return moment.astimezone(BERLIN).date().isoformat() if moment and moment.tzinfo else published[:10]


def mark(gold: Row, got: Row) -> Marks:
    """`gold`: a line of the labels; `got`: a line as `extract` gives it, with `verdict` beside."""
    article = not gold["refused"]
    spare = names(gold.get("optional_authors"))
    checks: dict[str, tuple[bool, Any, Any] | None] = {
        "title": (same_title(gold["title"], got["title"]), gold["title"], got["title"]) if article else None,
        "date": (day(got["published"]) == day(gold["date"]), gold["date"], got["published"])
        if article and gold.get("date")
        else None,
        "authors": (
            names(got["authors"]) - spare == names(gold["authors"]) - spare,
            gold["authors"],
            got["authors"],
        )
        if article
        else None,
        "agencies": (names(got["agencies"]) == names(gold["agencies"]), gold["agencies"], got["agencies"])
        if article and "agencies" in gold
        else None,
        "kind": (gold["page_kind"] == got["page_kind"], gold["page_kind"], got["page_kind"]),
        "access": (gold["access"] == got["access"], gold["access"], got["access"]) if article else None,
        "refused": (bool(got["reason"]) == gold["refused"], gold["refused"], got["reason"]),
        "relevant": ((got["verdict"] == "on") == (gold["label"] == "ON"), gold["label"], got["verdict"])
        if article and gold.get("label") in ("ON", "OFF")
        else None,
    }
    f1 = text_f1("\n".join(gold["paragraphs"]), got["text"], gold.get("optional", ())) if article else None
    wrong = [f"{name}: {found!r}, expected {wanted!r}" for name, (ok, wanted, found) in _asked(checks) if not ok]
    if f1 is not None and f1 < 0.98:
        wrong.insert(0, f"text: F1 {f1:.2f}")
    values = {name: None if check is None else float(check[0]) for name, check in checks.items()}
    return Marks(file=gold["file"], f1=f1, wrong=tuple(wrong), **values)


def _asked(checks: Mapping[str, tuple[bool, Any, Any] | None]) -> list[tuple[str, tuple[bool, Any, Any]]]:
    return [(name, check) for name, check in checks.items() if check is not None]


MEASURES = ("f1", "title", "date", "authors", "agencies", "kind", "access", "refused", "relevant")


def averages(marks: Iterable[Marks]) -> dict[str, float]:
    rows = list(marks)
    known = {name: [value for row in rows if (value := getattr(row, name)) is not None] for name in MEASURES}
    return {name: fmean(values) for name, values in known.items() if values}


def f1_of(pairs: Iterable[tuple[bool, bool]]) -> tuple[float, float]:
    """(F1, precision) of (is on the topic, was said to be)."""
    told = list(pairs)
    hits = sum(on and said for on, said in told)
    precision, recall = hits / max(1, sum(said for _, said in told)), hits / max(1, sum(on for on, _ in told))
    return (2 * precision * recall / (precision + recall) if hits else 0.0), precision
