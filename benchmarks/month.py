"""A month of nights, of which every third crawl is killed at a random moment: does the flow have every page?

    python benchmarks/month.py [NIGHTS] [SEED]

A killed crawl is run again the same night. The books (`source_nights`) are held against the rows of articles and of
refusals, and against what the newsroom itself has written down as served.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from crawler.demo.newsroom import Newsroom, feed, page
from db.audit.flow import PageFlow, read_flow
from db.store.archive import Archive
from tests.conftest import Desk, ahead, desk_of, newsroom_of, typist
from tests.faults.kill import DAY, HOST, REGISTRY
from tests.stories import FESTIVAL, SITE

EACH = 12  # new pages a night, every other on the topic
CRAWL = "crawl --quiet -s DOWNLOAD_DELAY=0.2 -s RANDOMIZE_DOWNLOAD_DELAY=False -s PAGES_PER_NIGHT=1000".split()


def publish(room: Newsroom, night: int) -> None:
    items = []
    for number in range(EACH * (night + 1)):
        title, paragraphs = (SITE, FESTIVAL)[number % 2]
        url, called = f"{HOST}/lokales/{number}", f"{title}, Folge {number}"
        room.put(url, page(called, [f"Folge {number} einer langen Reihe. {paragraphs[0]}", *paragraphs[1:]]))
        items.append((url, called, DAY))
    room.put(f"{HOST}/feed.xml", feed(items[-3 * EACH :]))


def crawl(desk: Desk) -> float:
    """How long it took."""
    began = time.monotonic()
    done = typist().type(CRAWL, desk.folder, "", 120)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def compare(desk: Desk) -> tuple[PageFlow, Mapping[str, tuple[int, int]]]:
    """What the flow has, and what the rows say, where they differ."""
    with Archive(desk.home / "archive.db", read_only=True) as archive:
        flow = read_flow(archive.db.conn)
        (articles,) = archive.db.execute("select count(*) from articles").fetchone()
        refusals = "select reason, count(*) from refusals group by reason"
        reasons = Counter(dict(archive.db.execute(refusals).fetchall()))
    pairs = {"kept": (flow.counts["kept"], articles), "without end": (flow.without_end, 0)}
    pairs |= {reason: (flow.reasons.get(reason, 0), reasons[reason]) for reason in reasons.keys() | flow.reasons.keys()}
    return flow, {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def main(nights: int = 30, seed: int = 1) -> None:
    random, killed, longest = Random(seed), 0, 5.0
    with (
        TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as environment,
        newsroom_of(environment) as room,
    ):
        desk = desk_of(Path(folder), environment)
        desk.registry(REGISTRY)
        for night in range(nights):
            environment.setenv("REVIERSPIEGEL_DAYS_AHEAD", ahead(night))
            publish(room, night)
            if night == 0:
                assert desk.crawl().returncode == 0
                continue
            if night % 3 == 0:
                ends = time.monotonic() + random.uniform(0.3, 0.95) * longest
                done = typist().type(CRAWL, desk.folder, kill_when=lambda ends=ends: time.monotonic() >= ends)
                killed += done.returncode == -9
            longest = crawl(desk)
            print(night, killed, *compare(desk)[1].items(), file=sys.stderr, flush=True)  # noqa: T201
        served = sum(each.path.startswith("/lokales/") and each.status == 200 for each in room.log)
        flow, wrong = compare(desk)
    typist().close()
    counts = ", ".join(f"{name} {number}" for name, number in flow.counts.items())
    print(f"{nights} nights, {killed} killed crawls, {served} pages served: {counts}; wrong: {dict(wrong)}")  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
