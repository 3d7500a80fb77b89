"""Commands on the archive as it is: serve, status, doctor, enrich, migrate."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from revierspiegel.commands.asking import address_options, check_host, prepare_archive, say, say_how_far, say_where


@click.command(name="serve")
@click.option("--public", is_flag=True, help="What 'publish' has made last, without the texts; to whatever machine.")
@address_options
def serve_command(
    public: bool, host: str, port: int, i_have_the_rights: bool, trusted_proxies: tuple[str, ...]
) -> None:
    """Serve the archive with Datasette

    \b
    revierspiegel serve --port 8001
    """
    from db.home import archive_path, home
    from db.operations.upkeep import may_be_written
    from db.site.public.serving import serve_public
    from db.site.serve import serve

    if public:
        serve_public(home(), host, port, say_where, trusted_proxies)
        return
    check_host(host, i_have_the_rights)
    if not archive_path().is_file() or may_be_written(archive_path()):
        prepare_archive()
    serve(archive_path(), host, port, say_where, trusted_proxies=trusted_proxies)


@click.command()
@click.option("--repair", is_flag=True, help="Make the index of the search and the kept counts new.")
def doctor(repair: bool) -> None:
    """See whether the archive is sound; exit with 1 where it is not

    \b
    revierspiegel doctor --repair
    """
    from db.home import archive_path
    from db.lock import lock_crawl
    from db.operations import doctor

    if repair:
        doctor.examine(archive_path())  # raises where there is nothing to repair
        with lock_crawl():
            doctor.repair(archive_path())
    findings = doctor.examine(archive_path())
    for finding in findings:
        click.echo(f"{finding.what}: {f'{finding.wrong}; {finding.remedy}' if finding.wrong else 'sound'}")
    if any(finding.wrong for finding in findings):
        raise SystemExit(1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(as_json: bool) -> None:
    """Show the last and the next run, what is in the archive and what needs a hand

    \b
    revierspiegel status --json
    """
    from db.home import home
    from db.operations.status import as_lines, read_status
    from db.publish.shelf import current
    from schedules.channels import channels
    from schedules.schedule import utc_now
    from schedules.state import as_json as state_as_json
    from schedules.state import states, trouble

    jobs = states(utc_now())
    crawls = [job.next for job in jobs if job.job.command[0] == "crawl"]
    state = read_status() | {
        "next_run": str(min(crawls, default="")),
        "jobs": [state_as_json(job) for job in jobs],
        "alarm_channels": [channel.name for channel in channels()],
        "published": (snapshot := current(home())) and snapshot.stem,
    }
    if as_json:
        click.echo(json.dumps(state, ensure_ascii=False, indent=2))
        return
    for line in as_lines(state, [f"{job.job.id}: {trouble(job)}" for job in jobs if trouble(job)]):
        click.echo(line)


@click.command()
@click.option(
    "--known", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="addresses that should be there"
)
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def coverage(known: Path | None, as_json: bool) -> None:
    """Estimate how complete the archive is, by overlap of its finders

    A list of known addresses has one a line, or is CSV with a column of them, BibTeX or RIS.

    \b
    revierspiegel coverage --known addresses.txt
    """
    from datetime import date
    from functools import partial

    from db.days import today
    from db.operations.coverage import as_lines, read_coverage
    from db.operations.recall import as_lines as recall_lines
    from revierspiegel.services.known_lists import recall

    coverage = read_coverage(date.fromisoformat(today()))
    recalled = recall(known, partial(click.echo, err=True)) if known else None
    if as_json:
        told = coverage.as_json() | ({"known": asdict(recalled)} if recalled else {})
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for line in as_lines(coverage):
        click.echo(line)
    if recalled:
        for line in recall_lines(recalled):
            click.echo(line)


@click.command()
@click.option("--all", "anew", is_flag=True, help="Make everything anew, not only what is due.")
def enrich(anew: bool) -> None:
    """Find out who copies whom and what articles say, of what has come since the last time

    \b
    revierspiegel enrich
    """
    from db.home import archive_path
    from db.lock import lock_crawl
    from db.search import vocabulary
    from db.store.archive import Archive
    from db.store.connection import open_to_read
    from pipelines.storing.enrichments import Enrichment
    from pipelines.storing.enrichments import enrich as bring_up_to_date

    open_to_read(archive_path()).close()  # says so where there is no archive
    with lock_crawl(), Archive(archive_path()) as opened:
        vocabulary.take_in(archive_path(), tell=say)
        read = {kind: bring_up_to_date(opened, kind, anew=anew, tell=say_how_far()) for kind in Enrichment}
    say(
        f"{read[Enrichment.COPIES]} articles compared with all others,"
        f" figures and quotes of {read[Enrichment.FACTS]} read"
    )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def prune(as_json: bool) -> None:
    """Delete the kept pages of old refusals; each crawl does at its end

    \b
    revierspiegel prune
    """
    from db.home import archive_path, pages_path
    from db.lock import lock_crawl
    from db.problem import Problem
    from db.store.archive import Archive
    from db.store.connection import open_to_read
    from revierspiegel.services.reprocess import prune_pages

    open_to_read(archive_path()).close()  # says so where there is no archive
    try:
        with lock_crawl(), Archive(archive_path()) as opened:
            pruned = prune_pages(opened, pages_path())
    except OSError as error:
        raise Problem(f"{pages_path()}: could not be pruned ({error}); make room, nothing is lost") from error
    if as_json:
        click.echo(json.dumps(asdict(pruned)))
    else:
        say(f"{pruned.pages} pages of old refusals pruned, {pruned.bytes / 1e6:.1f} MB")


@click.command()
def migrate() -> None:
    """Bring the archive up to date with the program

    \b
    revierspiegel migrate
    """
    from crawler.registry.owners import Owners
    from crawler.registry.sources import load
    from db.home import archive_path
    from db.lock import lock_crawl
    from db.operations.upkeep import bring_up_to_date
    from db.store.archive import Archive
    from pipelines.identity import KEY_RULES
    from pipelines.storing.keys import renew_keys

    with lock_crawl():
        steps = bring_up_to_date(archive_path(), say)
        with Archive(archive_path()) as archive:
            if archive.keys.rules() != KEY_RULES:
                sources = load()
                renew_keys(archive, {source.id: source.hints() for source in sources}, Owners(sources).target)
    say(f"{archive_path()}: up to date, {steps} steps")
