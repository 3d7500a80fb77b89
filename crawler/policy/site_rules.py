"""What a site tells robots, as a row of the books: robots.txt and tdmrep.json."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol, cast

from scrapy.crawler import Crawler

from crawler.discovery.encodings import decoded
from db.outcomes import Code, Outcome, as_json
from db.store.rows import Row, now

LONGEST = 500 << 10  # bytes of a document that are kept; RFC 9309 wants as much of a robots.txt read

# Names that publishers bar to keep their texts out of training and mining. None of them is ours; that they are barred
# is a sign of what the publisher wants, and is written down for whoever must show it later.
MINERS = (
    *("AI2Bot", "Amazonbot", "anthropic-ai", "Applebot-Extended", "Bytespider", "CCBot", "ClaudeBot", "cohere-ai"),
    *("Diffbot", "FacebookBot", "Google-Extended", "GPTBot", "meta-externalagent", "news-please", "omgili"),
    *("PerplexityBot", "TDMBot", "Timpibot"),
)
CONTENT_USAGE = re.compile(r"^[ \t]*content-usage[ \t]*:[ \t]*([^#\r\n]*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    site: str  # https://www.example.org
    document: str  # robots.txt, tdmrep.json
    outcome: Outcome
    status: int | None = None  # None: no answer
    crawl_delay: float | None = None  # seconds
    reserved: bool | None = None  # None: nothing was said
    content_usage: str | None = None  # AIPREF (an internet draft): written down, decides nothing
    barred: tuple[str, ...] = ()
    text: str = ""

    @property
    def verdict(self) -> str:
        """In English words."""
        return str(self.outcome)

    def row(self, source: str, run: int | None, night: str) -> Row:
        """`run`: None where a finder was asked."""
        facts = {"verdict": self.verdict, "outcome": as_json(self.outcome), "source": source, "run": run}
        return asdict(self) | facts | {"night": night, "at": now()}


def of_robots(
    site: str,
    *,
    status: int | None,
    body: bytes,
    allowed: Callable[[str, str], bool],
    delay: float,
    away: Outcome | None,
) -> SiteRules:
    """`away`: why the site is left alone; `allowed` (address, robot) is what `body` says."""
    text = decoded(body[:LONGEST])
    rules = Code.RULES.of(number=len(body)) if body else Code.NO_RULES.of()
    return SiteRules(
        site=site,
        document="robots.txt",
        outcome=away or (Code.RULES_WITH_DELAY.of(rules=rules, seconds=delay) if delay else rules),
        status=status,
        crawl_delay=delay or None,
        content_usage="; ".join(usage.strip() for usage in CONTENT_USAGE.findall(text)) or None,
        barred=() if away else tuple(name for name in MINERS if not allowed(f"{site}/", name)),
        text=text,
    )


class RulesKeeper(Protocol):
    """What the middlewares tell a spider of a site."""

    def note_rules(self, source: str, rules: SiteRules) -> None: ...

    def wait_until(self, source: str, until: datetime, status: int) -> None:
        """The site has said when it may be asked again."""


def keeper_of(crawler: Crawler) -> RulesKeeper:
    return cast(RulesKeeper, crawler.spider)
