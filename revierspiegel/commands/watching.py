"""Commands for who watches over the nights: health, report, letter."""

import json

import click

from revierspiegel.commands.asking import say


@click.command()
@click.option("--dry-run", is_flag=True, help="Tell nobody, and remember nothing.")
@click.option("--quiet", is_flag=True, help="Say nothing unless it cannot be told.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def health(dry_run: bool, quiet: bool, as_json: bool) -> None:
    """Look for what is wrong, and send the alarms that are due

    \b
    revierspiegel health --dry-run
    """
    from db.language import speaking
    from schedules import alarms
    from schedules.channels import channels
    from schedules.letters import try_to_send
    from schedules.messages import as_data, as_line, operators_language
    from schedules.schedule import utc_now

    now, ways = utc_now(), channels()
    causes = alarms.look(now)
    if dry_run:
        delivery = alarms.Delivery(tuple(alarms.due_alarms(causes, alarms.read_state(), now)), (), ())
    else:
        delivery = alarms.tell(causes, ways, now)
    with speaking(operators_language()):
        for alarm in delivery.alarms:
            facts = as_data(alarm.row, alarm.outcome)
            if as_json:
                click.echo(json.dumps(facts | {"due": alarm.due}, ensure_ascii=False))
            elif not quiet:
                click.echo(as_line(alarm.row, alarm.outcome))
        for cause in delivery.failed:
            say(str(cause.outcome))
    if not dry_run and (why := try_to_send(now)):
        say(f"The weekly letter could not be sent, and is tried again: {why}")
    if not ways and not quiet:
        say("Nobody is told: set REVIERSPIEGEL_ALARM_MAIL, _WEBHOOK or _FILE (docs/operations.md, Alarms)")


@click.command()
@click.argument("run", type=click.IntRange(min=1), required=False)
@click.option("--sources", "by_source", is_flag=True, help="Say it of each source, too.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def report(run: int | None, by_source: bool, as_json: bool) -> None:
    """Tell what came of a run, the last one unless a number is given

    \b
    revierspiegel report --sources
    """
    from db.home import archive_path
    from db.language import speaking
    from db.operations.run_report import as_lines, read_report
    from db.store.archive import Archive
    from schedules.messages import operators_language

    with Archive(archive_path(), read_only=True) as archive:
        archive.check_is_current()
        run_report = read_report(archive.db.conn, run)
    if run_report is None:
        raise click.ClickException(f"there is no run {run or 'yet'}: run 'revierspiegel crawl'")
    if as_json:
        click.echo(json.dumps(run_report.as_dict(), ensure_ascii=False))
        return
    with speaking(operators_language()):
        for line in as_lines(run_report, by_source):
            click.echo(line)


@click.command()
@click.option("--html", "as_html", is_flag=True, help="As the mail has it beside the text.")
def letter(as_html: bool) -> None:
    """Print the letter of last week; 'health' sends it to REVIERSPIEGEL_LETTER

    \b
    revierspiegel letter --html > letter.html
    """
    from db.home import archive_path
    from db.operations.letter import last_week, read_letter
    from db.store.archive import Archive
    from schedules.letters import letter_notice
    from schedules.schedule import utc_now

    with Archive(archive_path(), read_only=True) as archive:
        archive.check_is_current()
        notice = letter_notice(read_letter(archive.db.conn, last_week(utc_now())))
    click.echo(notice.html if as_html else notice.text, nl=as_html)
