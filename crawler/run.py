"""One crawl, here and now."""

from collections.abc import Mapping, Sequence
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from tabulate import tabulate

from db.archive import Row, berlin_day, read_only
from db.home import archive_path, home, make_home
from db.problem import Problem


def crawl(
    sources: Sequence[str] = (), overrides: Mapping[str, Any] | None = None, *, spider: str = "press", **given: str
) -> tuple[Row, list[Row], Any]:
    """Crawl; returns the run's row, its source_nights, the spider. Raises what is wrong with home, registry, archive.

    Once a process: Twisted's reactor does not start twice.
    """
    logs = make_home() / "logs"
    logs.mkdir(exist_ok=True)
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("LOG_FILE", str(logs / f"crawl-{berlin_day()[:7]}.log"), priority="project")
    for name, value in (overrides or {}).items():
        check(name, value, settings[name])
    settings.setdict(overrides or {}, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider)
    task = process.crawl(crawler, sources=",".join(sources), **given)
    process.start()
    if not task.done():
        raise Problem("the crawl was broken off; what it had stored is kept, and the next one goes on from there")
    if error := task.exception():
        raise error
    db = read_only(archive_path())
    ended: Any = crawler.spider
    run = next(db.query("select * from runs where id = ?", [ended.run]))
    nights = list(db.query("select * from source_nights where run = ? order by source", [ended.run]))
    db.close()
    return run | {"outcome": ended.outcome, "detail": ended.detail}, nights, ended


def check(name: str, value: Any, usual: Any) -> None:
    """Raises Problem where a setting that is a number is given as none."""
    if isinstance(usual, int | float) and not isinstance(usual, bool):
        try:
            float(value)
        except ValueError:
            raise Problem(f"-s {name}={value}: expected a number, such as {usual}") from None


def log_file() -> str:
    return str(home() / "logs" / f"crawl-{berlin_day()[:7]}.log")


def as_table(nights: Sequence[Row]) -> list[str]:
    """What came of each source, in lines; sources that nothing is known or wanted of are summed up."""
    columns = ("source", "state", "listed", "new", "fetched", "kept", "again", "refused", "waiting")
    told = [night for night in nights if night["state"] != "unreachable" or night["waiting"]]
    lines = tabulate([[night[name] for name in columns] for night in told], columns, "plain").splitlines()
    if away := [night["source"] for night in nights if night["state"] == "unreachable"]:
        lines.append(f"could not be reached ({len(away)}): {', '.join(away)}")
    ill = [night for night in nights if night["state"] not in ("ok", "unreachable") and night["detail"]]
    return lines + [f"{night['source']}: {night['detail']}" for night in ill]
