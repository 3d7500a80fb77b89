"""Commands on backups: backup, restore."""

import json

import click

from db.problem import Problem
from revierspiegel.commands.asking import say, say_at_times


@click.command()
@click.option("--list", "listed", is_flag=True, help="Name the backups that there are, and make none.")
@click.option("--check", is_flag=True, help="Read all backups again; exit with 1 where one is damaged. Makes none.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def backup(listed: bool, check: bool, as_json: bool, quiet: bool) -> None:
    """Make a backup of the archive and its pages, and remove those that are no longer kept

    \b
    revierspiegel backup
    revierspiegel backup --check
    """
    from db.home import home
    from db.operations.backups.making import fault_of_backup, make_backup, thin_out
    from db.operations.backups.shelf import Backup, backups, folder_of
    from schedules.schedule import utc_now

    def tell(made: Backup, **more: object) -> None:
        if as_json:
            click.echo(json.dumps(made.as_json() | more, ensure_ascii=False))
        elif fault := more.get("fault"):
            click.echo(f"{as_line(made.as_json())}, {fault}")
        elif not quiet:
            click.echo(as_line(made.as_json()))

    if listed or check:
        damaged = False
        if not (there := backups(home())):
            say(f"There is no backup in {folder_of(home())} yet")
        for each in there:
            facts = {"fault": fault_of_backup(each)} if check else {}
            damaged |= any(facts.values())
            tell(each, **facts)
        if damaged:
            raise SystemExit(1)
        return
    made = make_backup(home(), utc_now(), say_at_times(quiet))
    try:
        removed = thin_out(home())
    except OSError as error:
        raise Problem(f"{made.folder}: is made, but older ones could not be removed ({error})") from error
    tell(made, removed=removed)
    for name in made.missing:
        say(f"{name}: gone or cut short in this home, so it is in no backup; 'revierspiegel reprocess' names its pages")


@click.command()
@click.argument("wanted", metavar="[BACKUP]", required=False)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def restore(wanted: str | None, as_json: bool) -> None:
    """Put a backup in the place of the archive, which is set aside; the newest, or one by its name or folder

    \b
    revierspiegel restore 2026-11-29T013000Z
    """
    from db.home import home, make_home
    from db.operations.backups.restoring import choose
    from db.operations.backups.restoring import restore as put_back
    from revierspiegel.services.removing.removal import take_down_since
    from schedules.schedule import utc_now

    chosen = choose(make_home(), wanted)
    restored = put_back(chosen, home(), utc_now(), say_at_times(as_json), take_down_since)
    aside = restored.set_aside
    if as_json:
        facts = chosen.as_json() | {"home": str(home()), "set_aside": str(aside) if aside else None}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{as_line(chosen.as_json())}: restored to {home()}")
    if aside:
        click.echo(f"What was there is in {aside}; delete it once all is as you want it")
    click.echo("Next: 'revierspiegel doctor', then start the site and the schedule")


def as_line(backup: dict[str, object]) -> str:
    size = int(str(backup["bytes"])) / 1e6
    return f"{backup['name']}  {backup['articles']} articles  {backup['files']} files, {size:.1f} MB"
