"""docs/finders.md says what the file of the finders says, and what looking back costs by their manners."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from crawler.discovery.requests.request import Answered, FinderRequest
from crawler.frontier import asking
from crawler.registry.finders import Finder, FinderKind, load_finders
from crawler.registry.sources import load_registry
from db.outcomes import Code
from db.site.events import load as load_events
from pipelines.relevance.profile import load as load_profile
from tests.conftest import ROOT

DOCS = (ROOT / "docs" / "finders.md").read_text("utf-8")
FINDERS = load_finders().finders
SINCE, UNTIL = date(2023, 11, 29), date(2026, 11, 28)
NOW = datetime(2026, 12, 24, tzinfo=UTC)
CRAWLS = [f"CC-MAIN-2026-{number}" for number in range(36)]


def requests(finder: Finder, done: dict[str, Answered]) -> Iterator[FinderRequest]:
    """All of three years; `done` grows while they are taken."""
    hosts = asking.apart(h for source in load_registry().sources if not source.paused for h in sorted(source.own_hosts))
    return asking.requests(finder, load_profile(None), hosts, (SINCE, UNTIL), done, NOW)


@pytest.mark.soak
@pytest.mark.parametrize("finder", FINDERS, ids=lambda finder: finder.id)
def test_the_costs_of_three_years_are_those_of_the_manners(finder: Finder) -> None:
    done = {asking.CRAWLS: Answered(code=Code.ROWS_READ, at=NOW, go_on=" ".join(CRAWLS))}  # asked first
    number = 0
    for number, request in enumerate(requests(finder, done), 1):  # noqa: B007 - the last number is the count
        done[request.key] = Answered(code=Code.NOTHING_FOUND, at=NOW)
    nights = math.ceil(number / finder.per_night) if number else 0
    hours = f"{number * finder.distance / 3600:.1f}"
    row = f"| `{finder.id}` | {number:,} | {finder.distance} s | {hours} | {finder.per_night} | {nights} |"
    assert row in DOCS


def test_days_around_events_cost_less() -> None:
    (finder,) = (finder for finder in FINDERS if finder.kind is FinderKind.GAL)
    a_day = 96 * len(finder.minutes)
    dated = [event.first for event in load_events() if event.first == event.last]
    days = {day + timedelta(number) for day in dated for number in range(-3, 4)}
    number = len(days) * a_day
    told = f"{len(days)} days, {number:,} requests, {number * finder.distance / 3600:.0f} hours"
    assert f"{told}, {math.ceil(number / finder.per_night)} nights" in DOCS
    assert f"a day is {a_day} requests" in DOCS and f", {a_day * finder.distance // 60} minutes," in DOCS
    assert f"{86_400 // finder.distance:,} requests a day, so {86_400 // finder.distance // a_day} days" in DOCS


@pytest.mark.parametrize("finder", FINDERS, ids=lambda finder: finder.id)
def test_terms_and_citation_are_those_of_the_file(finder: Finder) -> None:
    for part, text in (("used for", finder.terms.says["en"]), ("cite", finder.citation["en"])):
        rows = re.split(r"(?m)^## ", DOCS)
        (section,) = (each for each in rows if each.partition("\n")[0].endswith(part))
        (row,) = (line for line in section.splitlines() if line.startswith("| `") and f"`{finder.id}`" in line)
        assert text in row
    if finder.terms.url:
        assert finder.terms.url in DOCS
    if finder.key:
        assert f"export {finder.key}=" in DOCS
