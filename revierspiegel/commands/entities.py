"""Commands on the lists of people, bodies and places."""

import json

import click

MOST = 30  # names that are told to a person; a program is given all


@click.group()
def entities() -> None:
    """Work on the lists of people, bodies and places"""


@entities.command()
@click.option("--least", type=click.IntRange(2), default=3, show_default=True, help="In how many articles at least.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def propose(least: int, as_json: bool) -> None:
    """List names that recur in kept articles and are in no list; nothing is added to one

    \b
    revierspiegel entities propose --least 5
    """
    from db.home import archive_path
    from db.store.archive import Archive
    from pipelines.enrichment.facts import facts_rules
    from pipelines.storing.proposals import sentences_with

    with Archive(archive_path(), read_only=True) as archive:
        unread = len(archive.proposals.due(facts_rules()))
        rows = archive.proposals.counted(least)
        shown = rows if as_json else rows[:MOST]
        sentences = [list(sentences_with(archive.proposals, row["name"])) for row in shown]
    if unread:
        click.echo(f"{unread} articles have not been looked through yet: revierspiegel enrich", err=True)
    if as_json:
        names = [{**row, "sentences": found} for row, found in zip(rows, sentences, strict=True)]
        click.echo(json.dumps(names, ensure_ascii=False, indent=2))
        return
    click.echo(f"{len(rows)} names in {least} articles or more that are in no list")
    for row, found in zip(shown, sentences, strict=True):
        kind = f" ({row['kind']})" if row["kind"] else ""
        click.echo(f"{row['articles']:>5} articles  {row['name']}{kind}\n       {found[0]['sentence']}")
    if len(rows) > MOST:
        click.echo(f"and {len(rows) - MOST} more: --json has them all")


@entities.command()
@click.argument("name", required=False)
@click.option("--why", metavar="TEXT", help="The reason, for whoever asks later.")
@click.option("--undo", is_flag=True, help="Propose it again.")
@click.option("--list", "listed", is_flag=True, help="List what was dismissed, with reasons.")
def dismiss(name: str | None, why: str | None, undo: bool, listed: bool) -> None:
    """Say that a proposed name belongs into no list: it is not proposed again

    \b
    revierspiegel entities dismiss "Guten Morgen" --why "no name"
    revierspiegel entities dismiss "Guten Morgen" --undo
    """
    from db.home import archive_path
    from db.store.archive import Archive
    from db.store.rows import now
    from pipelines.storing.proposals import propose_again

    if listed:
        with Archive(archive_path(), read_only=True) as archive:
            for row in archive.proposals.dismissed():
                click.echo(f"{row['at'][:10]}  {row['name']}: {row['why']}")
        return
    if not name:
        raise click.UsageError("say which NAME, or --list")
    if not undo and not (why or "").strip():
        raise click.UsageError("--why is missing: say the reason, for whoever asks later")
    with Archive(archive_path()) as archive:
        if undo:
            if not archive.proposals.restore(name):
                raise click.ClickException(f"{name} was not dismissed")
            propose_again(archive.proposals)
        elif not archive.proposals.dismiss({"name": name, "why": (why or "").strip(), "at": now()}):
            raise click.ClickException(f"no article has the name {name} outside the lists")
    click.echo(f"{name}: {'proposed again' if undo else 'dismissed'}")
