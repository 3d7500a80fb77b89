"""Commands for what has been published: snapshots list, snapshots diff."""

import json
from dataclasses import asdict

import click


@click.group()
def snapshots() -> None:
    """Look at what has been published, and when

    \b
    revierspiegel snapshots list
    """


@snapshots.command("list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_published(as_json: bool) -> None:
    """List the snapshots that are kept, the oldest first

    \b
    revierspiegel snapshots list
    """
    from db.home import home
    from db.publish.difference import list_snapshots

    published = list(list_snapshots(home()))
    if as_json:
        click.echo(json.dumps([asdict(facts) for facts in published]))
        return
    for facts in published:
        click.echo(
            f"{facts.name:<26} {facts.articles:>7} articles  {facts.sources:>4} sources  rules {facts.rules_version}"
        )
    if not published:
        click.echo("Nothing has been published; run 'revierspiegel publish'")


@snapshots.command()
@click.argument("before")
@click.argument("after", default="current")
@click.option("--json", "as_json", is_flag=True, help="For machines; all articles.")
def diff(before: str, after: str, as_json: bool) -> None:
    """Say what came, went and changed between two snapshots, each a name, a day, a file or 'current'

    \b
    revierspiegel snapshots diff 2026-11-01 2026-11-29
    """
    from db.home import home
    from db.publish.difference import as_lines, compare_snapshots, find_snapshot

    difference = compare_snapshots(*(find_snapshot(home(), name) for name in (before, after)))
    if as_json:
        click.echo(json.dumps(difference.as_dict(), ensure_ascii=False))
        return
    for line in as_lines(difference):
        click.echo(line)
