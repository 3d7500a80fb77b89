"""Commands that fill the archive: run, demo, crawl, schedule."""

from collections.abc import Iterable
from datetime import datetime
from threading import Event

import click

from revierspiegel.commands.asking import (
    DAY,
    address_options,
    ask_for_contact,
    check_host,
    prepare_archive,
    say,
    say_where,
)


@click.command()
@address_options
@click.option("--once", is_flag=True, help="Crawl, print the table and end.")
def run(host: str, port: int, i_have_the_rights: bool, trusted_proxies: tuple[str, ...], once: bool) -> None:
    """Serve the archive, crawl if the last crawl is older than a day, keep the nightly schedule

    \b
    revierspiegel run --port 8001
    """
    from db.home import archive_path, make_home
    from db.operations.status import nothing_yet
    from db.site.serve import serve
    from schedules.demo import show_demo
    from schedules.history import crawl_is_due
    from schedules.jobs import load
    from schedules.schedule import Schedule

    check_host(host, i_have_the_rights)
    make_home()
    if once:
        crawl_now((), {})
        return
    ask_for_contact()
    prepare_archive()
    schedule = Schedule(load())
    alone = Event()  # no source could be reached, and there is nothing to read
    due = crawl_is_due()
    schedule.start(*[("crawl",)] * due, then=lambda: alone.set() if nothing_yet() else None)
    if not due:
        say("The last crawl is less than a day old; the next one is tonight")
    try:
        serve(archive_path(), host, port, say_where, alone.is_set, trusted_proxies)
    finally:
        schedule.stop()
    if alone.is_set():
        say("The archive is still empty: here are the example newsrooms instead")
        show_demo(host, port, say, trusted_proxies=trusted_proxies)


@click.command()
@address_options
@click.option("--once", is_flag=True, help="Crawl, print the table and end.")
@click.option("--next-day", is_flag=True, help="The newsrooms move on a day.")
def demo(
    host: str, port: int, i_have_the_rights: bool, trusted_proxies: tuple[str, ...], once: bool, next_day: bool
) -> None:
    """Do the same on example newsrooms that come with the program, without a network

    \b
    revierspiegel demo
    """
    from schedules.demo import crawl_demo, show_demo

    check_host(host, i_have_the_rights)
    if once:
        raise SystemExit(crawl_demo(say, next_day))
    show_demo(host, port, say, next_day, trusted_proxies)


@click.command()
@click.option("--source", "sources", multiple=True, metavar="ID", help="Only this source; may be given more than once.")
@click.option("-s", "settings", multiple=True, metavar="NAME=VALUE", help="Any Scrapy setting.")
@click.option("--revisit", is_flag=True, help="Look at every kept article again now, whatever is due.")
@click.option("--young", is_flag=True, help="Only look once more at articles that were hours old when they came.")
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def crawl(sources: tuple[str, ...], settings: tuple[str, ...], revisit: bool, young: bool, quiet: bool) -> None:
    """Crawl once, now

    \b
    revierspiegel crawl --source land-nrw --source heise
    revierspiegel crawl --revisit --source heise
    """
    if revisit and young:
        raise click.UsageError("say either --revisit or --young")
    arguments = {"looking": "all" if revisit else "young"} if revisit or young else {}
    crawl_now(sources, as_settings(settings), quiet=quiet, arguments=arguments)


@click.command()
@click.option("--since", type=DAY, help="From this day on; else since the last night.")
@click.option("--until", type=DAY, help="Up to this day; else until now.")
@click.option("--finder", "finders", multiple=True, metavar="ID", help="Only this finder; may be given more than once.")
@click.option("-s", "settings", multiple=True, metavar="NAME=VALUE", help="Any Scrapy setting.")
@click.option("--dry-run", is_flag=True, help="Ask and print what would be queued, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="For machines: a line for each finder.")
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def find(
    since: datetime | None,
    until: datetime | None,
    finders: tuple[str, ...],
    settings: tuple[str, ...],
    **flags: bool,
) -> None:
    """Ask the finders for addresses on the topic, and queue what they find; give it again to go on

    \b
    revierspiegel find --since 2026-11-01 --until 2026-11-07 --finder gal --dry-run
    """
    import json

    from crawler.spiders.find import as_table
    from crawler.spiders.find import find as ask_finders
    from db.days import today

    last = f"{until:%Y-%m-%d}" if until else today()
    if since and f"{since:%Y-%m-%d}" > last:
        raise click.UsageError(f"--since {since:%Y-%m-%d} is after {last}")
    if not flags["quiet"]:
        ask_for_contact()
    days = {"since": f"{since:%Y-%m-%d}" if since else "", "until": last if until else ""}
    overrides = as_settings(settings) | ({"PROGRESS": "0"} if flags["quiet"] else {})
    visits = ask_finders(overrides, finders, dry="yes" if flags["dry_run"] else "", **days)
    if flags["as_json"]:
        for visit in visits:
            click.echo(json.dumps(visit.as_dict(), ensure_ascii=False))
        return
    if flags["dry_run"]:
        for url in sorted({match.lead.url for visit in visits for match in visit.found if match.is_queued}):
            click.echo(url)
    if not flags["quiet"]:
        say("\n".join(as_table(visits)))


def as_settings(settings: Iterable[str]) -> dict[str, str]:
    pairs = [setting.partition("=") for setting in settings]
    if bad := [name for name, equals, _ in pairs if not equals or not name]:
        raise click.BadParameter(f"-s {bad[0]}: expected NAME=VALUE")
    return {name: value for name, _, value in pairs}


def crawl_now(
    sources: Iterable[str],
    settings: dict[str, str],
    *,
    quiet: bool = False,
    spider: str = "press",
    arguments: dict[str, str] | None = None,
) -> list[tuple[str, str]]:
    """Returns what the spider has to say of addresses that it did not ask for."""
    from crawler.run import as_table, log_file
    from crawler.run import crawl as crawl_once
    from db.home import contact

    if not quiet:
        ask_for_contact()
        if not contact():
            say("REVIERSPIEGEL_CONTACT is not set: crawling at half the pace")
    ended, nights, spent = crawl_once(
        tuple(sources), settings | ({"PROGRESS": "0"} if quiet else {}), spider=spider, **(arguments or {})
    )
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
    return list(getattr(spent, "skipped", ()))


@click.group(invoke_without_command=True)
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
    from schedules.schedule import utc_now
    from schedules.state import as_words, states

    for state in states(utc_now()):
        job = state.job
        after = f" after {', '.join(job.after)}" if job.after else ""
        click.echo(
            f"{job.id}  {job.at:%H:%M} Europe/Berlin{after}  revierspiegel {' '.join(job.command)}"
            f"  at most {job.hours:g} h  {as_words(state)}{f', waits for {state.waits}' if state.waits else ''}"
        )


@schedule.command(name="next")
def next_job() -> None:
    """Say when the next job runs

    \b
    revierspiegel schedule next
    """
    from schedules.schedule import utc_now
    from schedules.state import states, trouble

    for state in sorted(states(utc_now()), key=lambda state: state.next):
        click.echo(f"{state.next.isoformat(timespec='minutes')}  {state.job.id}  {trouble(state)}".rstrip())


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
        code = keeper.run_job(jobs[job_id])
    finally:
        keeper.stop()
    raise SystemExit(code)
