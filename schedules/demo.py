"""The example newsrooms, crawled and shown: the same program on outlets that come with it, in a home of their own."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from crawler.demo import demo
from db.home import archive_path, make_home
from db.site.serve import serve
from db.store.archive import Archive
from schedules.schedule import Schedule

CRAWL = ("crawl", "-s", "DOWNLOAD_DELAY=0")
AGAIN = (*CRAWL, "--revisit")  # later that day, as to what has come back
Say = Callable[[str], object]


@contextmanager
def newsrooms(say: Say, next_day: bool) -> Iterator[Sequence[Sequence[str]]]:
    """While they are open, the home, the registry and the proxy of this process are the demo's own.

    Gives the commands of the day.
    """
    day = demo.next_day() if next_day else demo.day()
    newsroom = demo.open_newsrooms(day)
    before, theirs = dict(os.environ), demo.environment(newsroom, day)
    os.environ.clear()
    os.environ.update(theirs)
    say(f"Example newsrooms, day {day}: the outlets and articles are invented")
    try:
        make_home()
        Archive(archive_path()).close()
        yield [CRAWL] if day == 1 else [CRAWL, AGAIN]
    finally:
        newsroom.close()
        os.environ.clear()
        os.environ.update(before)


def crawl_demo(say: Say, next_day: bool = False) -> int:
    """Crawl once; returns the exit code."""
    with newsrooms(say, next_day) as commands:
        schedule = Schedule(())
        try:
            return max(map(schedule.run, commands))
        finally:
            schedule.stop()


def show_demo(host: str, port: int, say: Say, next_day: bool = False, trusted_proxies: Sequence[str] = ()) -> None:
    """Crawl and serve until Ctrl-C."""
    with newsrooms(say, next_day) as commands:
        schedule = Schedule(())
        schedule.start(*commands)
        try:

            def say_where(address: str) -> None:
                say(f"The demo is at {address} (Ctrl-C ends it)")

            serve(archive_path(), host, port, say_where, trusted_proxies=trusted_proxies)
        finally:
            schedule.stop()
