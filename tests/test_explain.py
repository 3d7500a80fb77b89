"""Why an address is in the archive or not, as the command line says it: the sum, line by line."""

from pathlib import Path

import pytest

from db import outcomes
from db.home import archive_path, make_home
from db.outcomes import Code
from db.store.archive import Archive
from db.store.rows import as_json
from pipelines.article import Reason
from revierspiegel.services.explain import explain

TITLE, BASE = Code.IN_TITLE.of(word="Northvolt"), Code.BASE.of()
REASONS = tuple(Code.WEIGHED.of(reason=reason, weight=weight) for reason, weight in [(TITLE, 1.5), (BASE, -2.0)])
MISS = Code.WOULD_BE_ON.of(condition=Code.IF_IN_TITLE.of(says="a place of the story"))
OLD = Code.TOO_OLD.of(day="2019-05-05", since="2024-01-01")
SUM = [
    '+1.50  "Northvolt" in the title',
    "-2.00  what every article starts with",
    "-0.50  is the sum: a probability of 37.8 % by the rules in version 4",
]


def row(name: str) -> dict[str, object]:
    address = {"key": f"blatt.example/{name}", "url": f"https://blatt.example/{name}", "source": "blatt"}
    judged = {"score": 0.378, "features": '{"title: who": 1.5}', "rules_version": "4"}
    return address | judged | {"reasons": as_json([str(REASONS[0].params["reason"])])}


@pytest.fixture
def filled(home: Path) -> None:
    make_home()
    with Archive(archive_path()) as archive:
        judged = Code.JUDGED.of(reasons=(*REASONS, MISS), score=0.378)
        archive.refusals.refuse(row("mention"), Reason.MENTION, judged, None)
        archive.refusals.refuse(row("old"), Reason.TOO_OLD, OLD, None)
        archive.refusals.refuse(row("short") | {"features": None}, Reason.TOO_SHORT, Code.TOO_SHORT.of(number=9), None)
        article = row("kept") | {"title": "Titel", "text": "Text", "identity": "1", "fetched_at": "2025-01-01"}
        article |= {"outcomes": outcomes.as_json(REASONS), "sha256": "0", "page": None}
        key = str(article.pop("key"))
        archive.articles.save(article, {key: str(article["url"])}, key)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("kept", SUM),
        ("mention", ["would be on the topic if a place of the story stood in the title", *SUM]),
        ("old", ["published 2019-05-05, the archive begins on 2024-01-01", '"Northvolt" in the title']),
        ("short", ["9 characters"]),
    ],
)
def test_the_sum_is_told_of_what_is_kept_and_of_what_is_refused(name: str, reasons: list[str]) -> None:
    assert explain(f"https://blatt.example/{name}")["reasons"] == reasons
