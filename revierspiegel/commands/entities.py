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
    from pipelines.enrichment.lists.candidates import propose as names_of

    with Archive(archive_path(), read_only=True) as archive:
        names = names_of(((row.id, row.text, row.lang) for row in archive.facts.every()), least)
    if as_json:
        click.echo(json.dumps([name.as_dict() for name in names], ensure_ascii=False, indent=2))
        return
    click.echo(f"{len(names)} names in {least} articles or more that are in no list")
    for name in names[:MOST]:
        kind = " (a person)" if name.is_person else ""
        click.echo(f"{len(name.articles):>5} articles  {name.name}{kind}\n       {name.example}")
    if len(names) > MOST:
        click.echo(f"and {len(names) - MOST} more: --json has them all")
