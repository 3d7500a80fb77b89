"""The demo: example newsrooms on this machine, a home of their own, and the environment that leads a crawl there."""

import os
from pathlib import Path

from crawler.demo.newsroom import Newsroom
from crawler.demo.press import DAYS, build
from db.home import home
from db.problem import Problem

PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


class DemoError(Problem):
    """The demo's home holds something that is not the demo's."""


def demo_home() -> Path:
    return home() / "demo"


def environment(newsroom: Newsroom, day: int = 1) -> dict[str, str]:
    """For child processes: everything as it is here, but that they see the example newsrooms and nothing else.

    On the second day it is a day later, also where the first was a minute ago.
    """
    kept = {name: value for name, value in os.environ.items() if name.lower() not in ("no_proxy", "all_proxy")}
    return (
        kept
        | dict.fromkeys(PROXIES, newsroom.proxy)
        | {
            "REVIERSPIEGEL_HOME": str(demo_home()),
            "REVIERSPIEGEL_SOURCES": str(Path(__file__).with_name("sources.toml")),
            "REVIERSPIEGEL_KNOWN": "",
            "REVIERSPIEGEL_CONTACT": "demo@revierspiegel.example",
            "REVIERSPIEGEL_DEMO": "1",
            "REVIERSPIEGEL_DAYS_AHEAD": str(day - 1),
        }
    )


def open_newsrooms(day: int) -> Newsroom:
    newsroom = Newsroom()
    build(newsroom, day)
    return newsroom


def day() -> int:
    """Which day the newsrooms are at; the first unless `next_day` said otherwise. Raises DemoError."""
    path = _day_file()
    try:
        text = path.read_text("utf-8").strip()
    except FileNotFoundError:
        return 1
    if text not in map(str, range(1, DAYS + 1)):
        raise DemoError(f"{path}: {text[:20]!r}, expected a number from 1 to {DAYS}; delete the file")
    return int(text)


def next_day() -> int:
    """Go on to the next day and say which it is; the last one stays."""
    following = min(day() + 1, DAYS)
    path = _day_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{following}\n", "utf-8")
    return following


def _day_file() -> Path:
    return demo_home() / "day"
