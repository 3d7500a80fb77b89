"""Who owns a source, and whose newsroom makes its national pages: claims, each with the page that shows it.

They hold for whole months, since more is seldom known, and counts are kept by months.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

from db import validation
from db.store.rows import Row
from db.validation import Reader, Tell

MONTH_EXPECTED = 'a year or a month such as "2022" or "2022-03"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    name: str
    since: str  # YYYY or YYYY-MM: the first month
    until: str | None = None  # the first month in which it holds no more; None: it still holds
    evidence: str  # address of a public page

    def holds(self, month: str) -> bool:
        """As `claimed` of db/store/newsrooms.py asks the tables."""
        return self.since <= month and (self.until is None or month < self.until)


def holding(claims: Sequence[Claim], month: str) -> str | None:
    return next((claim.name for claim in claims if claim.holds(month)), None)


def rows_of(source: str, claims: Sequence[Claim]) -> Iterator[Row]:
    for claim in claims:
        yield {
            "source": source,
            "name": claim.name,
            "since": claim.since,
            "until": claim.until,
            "evidence": claim.evidence,
        }


def read_claims(value: Any, tell: Tell) -> tuple[Claim, ...]:
    """One table or a list of them, the oldest first; each ends where the next begins, unless it says when."""
    if not isinstance(value, dict | list):
        tell(f"{value!r}, expected a table with {', '.join(_CLAIM_REQUIRED)}, or a list of them")
        return ()
    told = [_claim(value, tell)] if isinstance(value, dict) else validation.many(_claim, value, tell)
    claims = [claim for claim in told if claim]
    for number, (before, after) in enumerate(pairwise(claims), 2):
        since, ends = _first(after.since), _first(before.until or before.since)
        if since < ends or (since == ends and not before.until):
            tell(f"{number}: since: {after.since!r}, expected a later one than that before, {before.since!r}")
    return tuple(
        claim if claim.until else replace(claim, until=following and following.since)
        for claim, following in zip(claims, [*claims[1:], None], strict=False)
    )


def _claim(value: Any, tell: Tell) -> Claim | None:
    table = validation.table(value, _CLAIM, _CLAIM_REQUIRED, tell)
    if not _CLAIM_REQUIRED.keys() <= table.keys() or not re.fullmatch(_MONTH, table["since"]):
        return None
    claim = Claim(**table)
    if claim.until and _first(claim.until) <= _first(claim.since):
        tell(f"until: {claim.until!r}, expected a later one than since, {claim.since!r}")
    return claim


def _first(month: str) -> str:
    """The first month of a year."""
    return month if len(month) > len("2022") else f"{month}-01"


_MONTH = r"\d{4}(-(0[1-9]|1[0-2]))?"
_month: Reader = partial(validation.form, _MONTH, MONTH_EXPECTED)
_CLAIM_REQUIRED = {"name": "a name", "since": MONTH_EXPECTED, "evidence": validation.ADDRESS_EXPECTED}
_CLAIM: dict[str, Reader] = {
    "name": partial(validation.form, validation.SOME_TEXT, "a name"),
    "since": _month,
    "until": _month,
    "evidence": partial(validation.web_address, ()),
}
