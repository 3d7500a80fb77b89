"""The command that looks back: files of web archives, lists of addresses, sitemaps and listings of years past."""

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from typing import TypedDict, Unpack

import click

from revierspiegel.commands.asking import DAY, say
from revierspiegel.commands.crawling import as_settings, crawl_now

FILE_SECONDS = 6 * 3600  # of CPU time for one file of a web archive; a gigabyte takes minutes


class HowToFill(TypedDict):
    """The options on files."""

    again: bool
    any_host: bool
    ask_rights: bool
    processes: int
    scheduler: str | None
    cc_news: str | None
    dry_run: bool


@click.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--urls", type=click.Path(exists=True, dir_okay=False), help="A list of addresses: text, CSV, BibTeX, RIS."
)
@click.option("--since", type=DAY, help="Read sitemaps and listings back to this day.")
@click.option("--source", "sources", multiple=True, metavar="ID", help="Only this source; may be given more than once.")
@click.option("-s", "settings", multiple=True, metavar="NAME=VALUE", help="Any Scrapy setting.")
@click.option("--again", is_flag=True, help="Read files of web archives that are done once more.")
@click.option("--processes", default=2, type=click.IntRange(1, 64), help="That read files side by side.")
@click.option("--scheduler", metavar="tcp://…", help="Let the workers of this scheduler of Dask read the files.")
@click.option("--cc-news", metavar="MONTH..MONTH", help="Files of Common Crawl's news: 2024-02..2024-04.")
@click.option("--dry-run", is_flag=True, help="List the files, and read none.")
@click.option("--ask-rights", is_flag=True, help="Ask the sites of articles for robots.txt and tdmrep.json.")
@click.option("--any-host", is_flag=True, help="Keep what is on topic at hosts of no source, too.")
def backfill(
    paths: tuple[str, ...],
    urls: str | None,
    since: datetime | None,
    sources: tuple[str, ...],
    settings: tuple[str, ...],
    **how: Unpack[HowToFill],
) -> None:
    """Look back: files of web archives, a list of addresses, or sitemaps and listings of years past

    \b
    revierspiegel backfill archives/ 'more/*.warc.gz' a.wacz
    revierspiegel backfill archives/ --scheduler tcp://127.0.0.1:8786
    revierspiegel backfill --cc-news 2024-02..2024-04
    revierspiegel backfill --urls bibliography.bib
    revierspiegel backfill --since 2024-02-01 --source land-nrw
    """
    of_files = bool(paths or how["cc_news"])
    if [of_files, bool(urls), bool(since)].count(True) != 1:
        raise click.UsageError("say either PATH… or --cc-news, --urls FILE or --since YYYY-MM-DD")
    if of_files:
        if sources or (settings and not how["ask_rights"]):
            raise click.UsageError("--source and -s are for what is asked of sites; files of web archives ask nothing")
        fill_from(paths, how, as_settings(settings))
        return
    arguments = {"urls": urls} if urls else {"back": f"{since:%Y-%m-%d}"}
    skipped = crawl_now(sources, as_settings(settings), spider="backfill", arguments=arguments)
    for address, what in skipped:
        say(f"{address}: {what}")


def fill_from(paths: Iterable[str], how: HowToFill, settings: dict[str, str]) -> None:
    from crawler.run import ask_sites, enter
    from crawler.settings import TOPIC, VERSION
    from crawler.webarchive.cluster import cluster
    from crawler.webarchive.filling import Filling, fill
    from db.home import archive_path
    from pipelines.worker import Worker

    files = located(paths, how)
    if how["dry_run"]:
        for file in files:
            click.echo(file)
        return
    processes = nullcontext((Worker(how["processes"], seconds=FILE_SECONDS), how["processes"]))
    scheduler = how["scheduler"]
    with cluster(scheduler, say) if scheduler else processes as (executor, at_a_time), executor:
        filling = Filling(
            topic=TOPIC,
            version=VERSION,
            again=how["again"],
            any_host=how["any_host"],
            ask=partial(ask_sites, settings) if how["ask_rights"] else None,
            at_a_time=at_a_time,
        )
        filled = fill(files, executor, filling, say)
    enter(archive_path())
    for line in filled.aside:
        say(line)
    if filled.aside and len(filled.aside) == filled.files:
        raise click.ClickException("none of the files could be read")


def located(paths: Iterable[str], how: HowToFill) -> list[str]:
    """All files that are meant. Says what disk those of Common Crawl need."""
    import shutil

    from crawler.webarchive.filling import downloads
    from crawler.webarchive.locations import CC_NEWS_FILE, cc_news, files_of
    from db.home import make_home

    files = files_of(paths)
    if span := how["cc_news"]:
        free = shutil.disk_usage(make_home()).free / 1e9
        try:
            files += (news := cc_news(span, downloads()))
        except ValueError:
            raise click.BadParameter(f"--cc-news {span}: expected months, as in 2024-02..2024-04") from None
        need = CC_NEWS_FILE * how["processes"]
        say(
            f"{len(news)} files of Common Crawl's news, about {CC_NEWS_FILE * len(news):.0f} GB over one connection; "
            f"{how['processes']} of them at a time on the disk, {need:.1f} GB in {downloads()}, of {free:.1f} GB free"
        )
        if need > free and not how["dry_run"]:
            raise click.ClickException(f"make room for {need:.1f} GB, or read fewer at a time (--processes 1)")
    return files
