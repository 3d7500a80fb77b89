"""One night's visit to one finder: what is still to be asked, and what came of it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crawler.discovery.requests.request import Answered, FinderRequest
from crawler.frontier.findings import Match
from crawler.frontier.visit import located
from crawler.registry.finders import Finder
from db import outcomes
from db.days import today
from db.outcomes import Outcome
from db.store.finders.books import FinderNightRow
from db.store.rows import Row, now

COUNTS = ("asked", "rows", "bad_lines", "matches", "queued")


@dataclass(slots=True, kw_only=True)
class FinderVisit:
    finder: Finder
    left: int  # requests that the night has left
    days: tuple[date, date]
    done: dict[str, Answered]
    counts: dict[str, int]  # of the night
    past: FinderNightRow | None = None  # what an earlier try of the night has left
    requests: Iterator[FinderRequest] = field(default_factory=lambda: iter(()))
    found: list[Match] = field(default_factory=list)  # of this run
    problems: dict[Outcome, list[str]] = field(default_factory=dict)
    stopped: Outcome | None = None
    waits_until: str | None = None
    answered: bool = False
    in_vain: int = 0
    asked: int = 0
    over: bool = False
    began: float = field(default_factory=time.monotonic)

    def is_left_alone(self, anything_answered: bool) -> bool:
        """For the rest of the night: it has said so, or is away while others are there."""
        state = self.past["state"] if self.past else ""
        return state == "stopped" or (state == "unreachable" and anything_answered)

    @property
    def state(self) -> str:
        if self.finder.is_off:
            return "off"
        if self.past and not self.asked and not self.stopped and not self.problems:
            return self.past["state"]
        if not self.over and not self.stopped:
            return "not_finished"
        if self.stopped:
            return "stopped" if self.answered else "unreachable"
        return "partial" if self.problems else "ok" if self.answered else "nothing_to_ask"

    def problem(self, url: str, what: Outcome) -> None:
        self.problems.setdefault(what, []).append(url)

    def seconds_left(self) -> float:
        """At most: nobody knows beforehand what there is to be asked."""
        return float(self.finder.distance * self.left)

    def row(self, night: str) -> Row:
        happened = [*([self.stopped] if self.stopped else []), *(located(*each) for each in self.problems.items())]
        words = {"detail": "; ".join(map(str, happened)), "outcomes": outcomes.as_json(happened)}
        if self.past and not self.asked and not happened:  # what an earlier try of the night has said holds
            words = {"detail": self.past["detail"], "outcomes": self.past["outcomes"]}
        facts = {"finder": self.finder.id, "night": night, "state": self.state, "ended": now()}
        return facts | self.counts | words | {"waits_until": self.waits_until}

    def as_dict(self) -> dict[str, Any]:
        row = self.row(today())
        names = ("finder", "state", "asked", "rows", "bad_lines", "matches", "queued", "detail")
        found = [
            {
                "url": match.lead.url,
                "title": match.lead.title,
                "said_date": match.lead.said_date,
                "source": match.source,
                "article": match.article,
                "queued": match.is_queued,
                "detail": str(match.outcome),
            }
            for match in self.found
        ]
        return {name: row[name] for name in names} | {"found": found}
