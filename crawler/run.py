"""One crawl, here and now."""

import gc
import json
import logging
import sqlite3
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from tabulate import tabulate

from crawler.frontier.elsewhere import connect
from crawler.frontier.findings import list_kept
from db.audit.drawing import drawn_pages
from db.days import moment, today
from db.home import home, make_home
from db.lock import Busy, lock_crawl
from db.logs import forget_old_logs, log_path, speak_json, wants_json
from db.open_files import allow_many_files
from db.outcomes import fault
from db.problem import Problem
from db.search import vocabulary
from db.store.archive import Archive
from db.store.crawl.runs import RunRow, SourceNightRow
from db.store.warc import prune as prune_pages

if TYPE_CHECKING:
    from crawler.policy.site_rules import RulesKeeper, SiteRules
    from crawler.reporting.context import CheckContext, CrawlContext
    from crawler.spiders.check import CheckSpider
    from crawler.spiders.press import PressSpider
    from pipelines.pipeline import PipelineContext
    from pipelines.storing.enrichments import Enrichment

logger = logging.getLogger(__name__)

# What follows a crawl is imported when it is done: a night's crawl leaves it to other jobs.
DONE = {
    "copies": "Compared %d articles with all others in %.1f s",
    "facts": "Read figures and quotes of %d articles in %.1f s",
    "names": "Looked for names of no list in %d articles in %.1f s",
}
NOT_DONE = {
    "copies": "Who copies whom was not found out",
    "facts": "What articles say was not read",
    "names": "Names of no list were not looked for",
}

WORDS_SECONDS = 600.0  # some 60,000 new articles
# New objects between two collections of cyclic garbage, and collections of each generation before one of the next.
# With Python's 700, 10, 10 a crawl spends 7 % of its time in them, half of it on libraries that stay anyway.
GARBAGE = (20_000, 20, 50)


if TYPE_CHECKING:  # the spiders are what middlewares, pipeline and extensions take them for

    def _as_they_are_taken(
        press: PressSpider, check: CheckSpider
    ) -> tuple[CrawlContext, PipelineContext, RulesKeeper, CheckContext, RulesKeeper]:
        return press, press, press, check, check


def start(spider: str, overrides: Mapping[str, Any], **arguments: str) -> Any:
    """Run a spider to its end and return it. Raises what is wrong with settings, home, registry, profile, archive.

    Once a process: Twisted's reactor does not start twice.
    """
    logs = make_home() / "logs"
    logs.mkdir(exist_ok=True)
    forget_old_logs(logs, today())
    allow_many_files()
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("LOG_FILE", log_file(spider if spider in ("check", "find") else "crawl"), priority="project")
    for name, value in overrides.items():
        check(name, value, settings[name])
    settings.setdict(dict(overrides), priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    if wants_json():
        speak_json()
    crawler = process.create_crawler(spider)
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    task = process.crawl(crawler, **arguments)
    process.start()
    if not task.done():
        raise Problem("it was broken off; what was stored is kept, and the next one goes on from there")
    if error := task.exception():
        raise error
    return crawler.spider


def ask_sites(overrides: Mapping[str, Any], sites: Mapping[str, str]) -> "list[tuple[str, SiteRules]]":
    """(source, what it says) of robots.txt and tdmrep.json of each site, with the manners of a crawl; site → source.

    In a process of its own: Twisted's reactor does not start twice.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_ask_sites_here, dict(overrides), dict(sites)).result()


def _ask_sites_here(overrides: dict[str, Any], sites: dict[str, str]) -> "list[tuple[str, SiteRules]]":
    from crawler.settings import DOWNLOADER_MIDDLEWARES  # which reads the environment when it is imported

    middlewares = DOWNLOADER_MIDDLEWARES | {"crawler.spiders.rights.asking.NothingElse": 101}
    settings = {"DOWNLOADER_MIDDLEWARES": middlewares, "EXTENSIONS": {}, "ITEM_PIPELINES": {}}
    return list(start("rights", overrides | settings, sites=json.dumps(sites)).rules)


def crawl(
    sources: Sequence[str] = (), overrides: Mapping[str, Any] | None = None, *, spider: str = "press", **arguments: str
) -> tuple[RunRow, list[SourceNightRow], Any]:
    """Crawl; returns the run's row, its source_nights and the spider."""
    ended = start(spider, overrides or {}, sources=",".join(sources), **arguments)
    archive = Path(ended.settings["ARCHIVE"])
    finishing = ended.settings.getbool("FINISHING")
    if ended.outcome != "no_source":
        enter(archive, finishing)
    if ended.outcome == "completed" and finishing:
        prune(ended.settings)
        make_downloads(archive)
    with Archive(archive, read_only=True) as opened:
        run, nights = opened.runs.get(ended.run), opened.runs.nights(ended.run)
    assert run
    return run | {"outcome": ended.outcome, "detail": str(ended.detail or "")}, nights, ended


def enter(archive: Path, finishing: bool = True) -> None:
    """What has come is found by the search, by what is read out of it, and by finders' matches."""
    if finishing:
        take_in_words(archive)
        from pipelines.storing.enrichments import Enrichment

        for kind in Enrichment:
            bring_up_to_date(archive, kind)
    weigh_findings(archive)


def take_in_words(archive: Path) -> None:
    """A search knows the words of what came tonight; of what it has no time for, after the next crawl."""
    began = time.monotonic()
    try:
        with lock_crawl():
            read = vocabulary.take_in(archive, WORDS_SECONDS)
    except Problem as problem:
        logger.warning("The words of new articles were not taken in: %s", problem)
    else:
        logger.info("The search has read the words of %d articles in %.1f s", read, time.monotonic() - began)


def bring_up_to_date(archive: Path, kind: "Enrichment") -> None:
    """With what came tonight; what cannot be done now is done after the next crawl."""
    from pipelines.storing.enrichments import enrich

    began = time.monotonic()
    try:
        with lock_crawl(), Archive(archive) as opened:
            read = enrich(opened, kind)
    except (Problem, sqlite3.Error) as error:
        logger.warning("%s: %s", NOT_DONE[kind], error)
    except Exception as error:  # a slip of ours: what the night has brought is kept, and all that is due stays due
        logger.exception(NOT_DONE[kind])
        note_fault(archive, kind, error)
    else:
        logger.info(DONE[kind], read, time.monotonic() - began)


def note_fault(archive: Path, step: str, error: Exception) -> None:
    """Until the step has gone well again, `doctor` and `status` tell of it."""
    try:
        with Archive(archive) as opened:
            opened.faults.note(step, fault(error))
    except (Problem, sqlite3.Error) as problem:
        logger.warning("A fault of %s was not written down: %s", step, problem)


def weigh_findings(archive: Path) -> None:
    """What has become of finders' matches, and what their hosts are worth; else after the next crawl."""
    try:
        with lock_crawl(), Archive(archive) as opened:
            connect(opened)
            list_kept(opened)
            opened.captures.connect()
            opened.found_hosts.judge()
    except (Problem, sqlite3.Error) as error:
        logger.warning("What has become of finders' matches was not written down: %s", error)


def prune(settings: Settings) -> None:
    """Pages of old refusals go; what cannot be done now is done after the next crawl."""
    try:
        with lock_crawl():
            archive = Archive(Path(settings["ARCHIVE"]))
            try:
                before = moment() - timedelta(days=settings.getfloat("REFUSED_PAGES_DAYS"))
                done = prune_pages(archive, Path(settings["PAGES"]), before, drawn_pages())
            finally:
                archive.close()
    except (Busy, OSError, sqlite3.Error) as error:
        logger.warning("Pages of refusals were not pruned: %s", error)
    else:
        logger.info("Pruned %d pages of refusals, %d bytes", done.pages, done.bytes)


def make_downloads(archive: Path) -> None:
    """A crawl that went well has gone well, also where its files cannot be written."""
    from db.export.bundles import make

    try:
        files = make(archive)
    except Problem as problem:
        logger.warning("The files of /downloads were not made, those before stay: %s", problem)
    else:
        logger.info("Made %d files for /downloads, %d bytes", len(files), sum(file.bytes for file in files))


def check(name: str, value: Any, usual: Any) -> None:
    """Raises Problem where a setting that is a number is given as none."""
    if isinstance(usual, int | float) and not isinstance(usual, bool):
        try:
            float(value)
        except ValueError:
            raise Problem(f"-s {name}={value}: expected a number, such as {usual}") from None


def log_file(kind: str = "crawl") -> str:
    return str(log_path(home() / "logs", kind, today()))


def as_table(nights: Sequence[SourceNightRow]) -> list[str]:
    """What came of each source, in lines; sources that nothing is known or wanted of are summed up."""
    columns = (
        "source",
        "state",
        "listed",
        "new",
        "fetched",
        "kept",
        "again",
        "refused",
        "failed",
        "unasked",
        "waiting",
    )
    summed_up = {"unreachable": "could not be reached", "nothing_to_ask": "nothing to ask of"}
    shown = [night for night in nights if night["state"] not in summed_up or night["waiting"]]
    lines = tabulate([itemgetter(*columns)(night) for night in shown], columns, "plain").splitlines()
    for state, words in summed_up.items():
        if names := [night["source"] for night in nights if night["state"] == state and night not in shown]:
            lines.append(f"{words} ({len(names)}): {', '.join(names)}")
    ill = [night for night in nights if night["state"] not in ("ok", *summed_up) and night["detail"]]
    return lines + [f"{night['source']}: {night['detail']}" for night in ill]
