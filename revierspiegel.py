"""The command line: one command for each thing that an operator does; nothing here but asking and printing."""

import json
import os
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import click

from db.problem import Problem

# What a command needs is imported in it: 'judge' must not wait for Datasette, nor a worker process for Scrapy.

HOST, PORT = "127.0.0.1", 8001


def main() -> None:
    try:
        cli()
    except Problem as problem:
        raise SystemExit(f"Error: {problem}") from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="revierspiegel")
def cli() -> None:
    """Archive of the press on Microsoft's investment in North Rhine-Westphalia.

    Everything lies in the folder that REVIERSPIEGEL_HOME names, ./var unless set.
    """


def address_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--i-have-the-rights", is_flag=True, help="Serve to other machines than this one."),
        click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535)),
        click.option("--host", default=HOST, show_default=True),
    ):
        command = option(command)
    return command


def topic_option(command: Callable[..., Any]) -> Callable[..., Any]:
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option("--topic", type=path, help="Another profile than pipelines/topic.toml.")(command)


def check_host(host: str, i_have_the_rights: bool) -> None:
    if host not in ("127.0.0.1", "localhost", "::1") and not i_have_the_rights:
        raise click.ClickException(
            f"{host} is open to other machines, and press texts are not ours to publish; "
            "say --i-have-the-rights where they are yours"
        )


def ask_for_contact() -> None:
    """Sites that we read should know whom to write to; a person is asked once."""
    from db.home import contact, keep_contact, was_asked_for_contact

    if not contact() and not was_asked_for_contact() and sys.stdin.isatty() and sys.stderr.isatty():
        question = "A mail or web address that press sites can reach you at (empty: crawl at half the pace)"
        keep_contact(click.prompt(question, default="", show_default=False, err=True))


@cli.command()
@address_options
@click.option("--once", is_flag=True, help="Crawl, print the table and end.")
def run(host: str, port: int, i_have_the_rights: bool, once: bool) -> None:
    """Serve the archive, crawl if the last crawl is older than a day, keep the nightly schedule

    \b
    revierspiegel run --port 8001
    """
    from db.archive import Archive
    from db.home import archive_path, make_home
    from db.serve import serve
    from db.status import nothing_yet
    from schedules.demo import show_demo
    from schedules.jobs import crawl_is_due, load
    from schedules.schedule import Schedule

    check_host(host, i_have_the_rights)
    make_home()
    if once:
        crawl_now((), {})
        return
    ask_for_contact()
    Archive(archive_path()).close()
    schedule = Schedule(load())
    alone = Event()  # no source could be reached, and there is nothing to read
    due = crawl_is_due()
    schedule.start(*[("crawl",)] * due, then=lambda: alone.set() if nothing_yet() else None)
    if not due:
        say("The last crawl is less than a day old; the next one is tonight")
    try:
        serve(archive_path(), host, port, say_where, alone.is_set)
    finally:
        schedule.stop()
    if alone.is_set():
        say("The archive is still empty: here are the example newsrooms instead")
        show_demo(host, port, say)


@cli.command()
@address_options
@click.option("--once", is_flag=True, help="Crawl, print the table and end.")
@click.option("--next-day", is_flag=True, help="The newsrooms move on a day.")
def demo(host: str, port: int, i_have_the_rights: bool, once: bool, next_day: bool) -> None:
    """Do the same on example newsrooms that come with the program, without a network

    \b
    revierspiegel demo
    """
    from schedules.demo import crawl_demo, show_demo

    check_host(host, i_have_the_rights)
    if once:
        raise SystemExit(crawl_demo(say, next_day))
    show_demo(host, port, say, next_day)


@cli.command()
@click.option("--source", "sources", multiple=True, metavar="ID", help="Only this source; may be given more than once.")
@click.option("-s", "settings", multiple=True, metavar="NAME=VALUE", help="Any Scrapy setting.")
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def crawl(sources: tuple[str, ...], settings: tuple[str, ...], quiet: bool) -> None:
    """Crawl once, now

    \b
    revierspiegel crawl --source land-nrw --source heise
    """
    pairs = [setting.partition("=") for setting in settings]
    if bad := [name for name, equals, _ in pairs if not equals or not name]:
        raise click.BadParameter(f"-s {bad[0]}: expected NAME=VALUE")
    crawl_now(sources, {name: value for name, _, value in pairs}, quiet=quiet)


def crawl_now(sources: Iterable[str], settings: dict[str, str], *, quiet: bool = False) -> None:
    from crawler.run import as_table, log_file
    from crawler.run import crawl as crawl_once
    from db.home import contact

    if not quiet:
        ask_for_contact()
        if not contact():
            say("REVIERSPIEGEL_CONTACT is not set: crawling at half the pace")
    ended, nights = crawl_once(tuple(sources), settings | ({"PROGRESS": "0"} if quiet else {}))
    outcome, detail = ended["outcome"], ended["detail"]
    if outcome != "no_source" and not quiet:
        say("\n".join(as_table(nights)))
    if outcome == "no_source":
        raise click.ClickException(
            "no source could be reached; check the network, or the proxy that https_proxy names, and run again "
            "(the archive is as it was)"
        )
    if outcome != "completed":
        raise click.ClickException(f"the crawl {outcome} ({detail}); what it had is kept, more is in {log_file()}")


@cli.command(name="serve")
@address_options
def serve_command(host: str, port: int, i_have_the_rights: bool) -> None:
    """Serve the archive with Datasette

    \b
    revierspiegel serve --port 8001
    """
    from db.archive import Archive
    from db.home import archive_path, make_home
    from db.serve import serve

    check_host(host, i_have_the_rights)
    if not archive_path().is_file() or os.access(archive_path(), os.W_OK):
        make_home()
        Archive(archive_path()).close()
    serve(archive_path(), host, port, say_where)


def say(line: str) -> None:
    click.echo(line, err=True)


def say_where(address: str) -> None:
    say(f"The archive is at {address} (Ctrl-C ends it)")


@cli.group(invoke_without_command=True)
@click.pass_context
def schedule(context: click.Context) -> None:
    """Keep the nightly schedule in the foreground

    \b
    revierspiegel schedule
    """
    from db.home import make_home
    from schedules.jobs import load, next_crawl
    from schedules.schedule import Schedule

    if context.invoked_subcommand:
        return
    make_home()
    ask_for_contact()
    line = f"Crawling next at {next_crawl()}, or at once where a night was missed (Ctrl-C ends it)"
    Schedule(load()).keep(lambda: say(line))


@schedule.command(name="list")
def list_jobs() -> None:
    """List the jobs and their hours

    \b
    revierspiegel schedule list
    """
    from schedules.jobs import load

    for job in load():
        click.echo(
            f"{job.id}  {job.at:%H:%M} Europe/Berlin  revierspiegel {' '.join(job.command)}  at most {job.hours:g} h"
        )


@schedule.command(name="next")
def next_job() -> None:
    """Say when the next job runs

    \b
    revierspiegel schedule next
    """
    from schedules.jobs import load
    from schedules.schedule import utc_now

    for job in sorted(load(), key=lambda job: job.next_hour(utc_now())):
        click.echo(f"{job.next_hour(utc_now()).isoformat(timespec='minutes')}  {job.id}")


@schedule.command(name="run")
@click.argument("job_id", metavar="JOB")
def run_job(job_id: str) -> None:
    """Run a job now, as the schedule would

    \b
    revierspiegel schedule run crawl
    """
    from schedules.jobs import load
    from schedules.schedule import Schedule

    jobs = {job.id: job for job in load()}
    if job_id not in jobs:
        raise click.ClickException(f"no job '{job_id}'; there is {', '.join(jobs)}")
    keeper = Schedule(())
    try:
        code = keeper.run(jobs[job_id].command, timedelta(hours=jobs[job_id].hours))
    finally:
        keeper.stop()
    raise SystemExit(code)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(as_json: bool) -> None:
    """Show the last and the next run, what is in the archive and what needs a hand

    \b
    revierspiegel status --json
    """
    from db.status import as_lines, read_status
    from schedules.jobs import next_crawl

    state = read_status() | {"next_run": str(next_crawl() or "")}
    if as_json:
        click.echo(json.dumps(state, ensure_ascii=False, indent=2))
        return
    for line in as_lines(state):
        click.echo(line)


@cli.group()
def sources() -> None:
    """Look at the registry of sources"""


@sources.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_sources(as_json: bool) -> None:
    """List the sources

    \b
    revierspiegel sources list
    """
    from crawler.sources import load

    registry = load()
    if as_json:
        click.echo(json.dumps([source.row() for source in registry], ensure_ascii=False, indent=2))
        return
    width = max(len(source.id) for source in registry)
    for source in registry:
        paused = f"  paused: {source.paused}" if source.paused else ""
        click.echo(f"{source.id.ljust(width)}  {source.kind.ljust(20)}  {source.lang}  {source.name}{paused}")


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", help="The address of an HTML file.")
def extract(files: tuple[Path, ...], url: str | None) -> None:
    """Read articles out of HTML (with --url) or WARC files, as JSON lines

    \b
    revierspiegel extract pages.warc.gz > articles.jsonl
    """
    from pipelines.extract import extract_file

    for path in files:
        for line in extract_file(path, url):
            click.echo(json.dumps(line, ensure_ascii=False))


@cli.command()
@topic_option
def judge(topic: Path | None) -> None:
    """Judge JSON lines on stdin: on the topic, or not, and why

    \b
    revierspiegel judge < articles.jsonl
    """
    from pipelines.judge import judge_line
    from pipelines.topic import load

    profile = load(topic)
    for line in sys.stdin.buffer:
        if line.strip():
            click.echo(json.dumps(judge_line(line.decode("utf-8", "replace"), profile), ensure_ascii=False))


@cli.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def explain(url: str, as_json: bool) -> None:
    """Say why an address is in the archive, or why not

    \b
    revierspiegel explain https://www.land.nrw/pressemitteilung/…
    """
    from crawler.explain import explain as explained

    found = explained(url)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    click.echo(found["answer"])
    for reason in found["reasons"]:
        click.echo(f"  {reason}")


@cli.command()
@click.argument("form", type=click.Choice(["csv", "json", "jsonl"]))
@click.option("--query", metavar="Q", help="Only articles that match, best first.")
@click.option("--table", "name", default="articles", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
def export(form: str, query: str | None, name: str, out: Path | None) -> None:
    """Take the data along: all rows, counted

    \b
    revierspiegel export csv --query Bergheim --out bergheim.csv
    """
    from db.exports import Form
    from db.exports import export as export_table
    from db.home import archive_path

    done = export_table(archive_path(), Form(form), table=name, query=query, out=out)
    say(f"{done.rows} rows of {name}{f' in {out}' if out else ''}, sha256 {done.sha256}")


@cli.command()
def migrate() -> None:
    """Bring the archive up to date with the program

    \b
    revierspiegel migrate
    """
    from db.archive import Archive
    from db.home import archive_path, make_home

    make_home()
    archive = Archive(archive_path())
    steps = archive.db.execute("select count(*) from _sqlite_migrations").fetchone()[0]
    archive.close()
    say(f"{archive_path()}: up to date, {steps} steps")


if __name__ == "__main__":
    main()
