"""Commands for what has been published: snapshots list, snapshots diff."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from revierspiegel.commands.asking import say, say_at_times


@click.group()
def snapshots() -> None:
    """Look at what has been published, and when

    \b
    revierspiegel snapshots list
    """


@snapshots.command("list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_published(as_json: bool) -> None:
    """List what has been published, the oldest first

    \b
    revierspiegel snapshots list
    """
    from db.home import home
    from db.publish.record import published_snapshots
    from db.publish.shelf import folder_of

    published = published_snapshots(folder_of(home()))
    if as_json:
        kept = [asdict(each.facts) | {"kept": bool(each.file), "package": bool(each.package)} for each in published]
        click.echo(json.dumps(kept))
        return
    for each in published:
        counts = f"{each.facts.articles:>7} articles  {each.facts.sources:>4} sources"
        state = "" if each.file else "  kept no more"
        packed = f"  package {each.package.name}" if each.package else ""
        click.echo(f"{each.facts.name:<26} {counts}  rules {each.facts.rules_version or '–'}{state}{packed}")
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


@snapshots.command()
@click.option(
    "--out", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="New, or one of these."
)
@click.option("--address", required=True, help="Where the files will be found: https://example.org/archive/")
def static(folder: Path, address: str) -> None:
    """Write the current snapshot as files that any web space can hold, with a search in the browser

    \b
    revierspiegel snapshots static --out site --address https://example.org/archive/
    """
    from db.home import home
    from db.site.prerender.writing import write_static_site

    written = write_static_site(home(), folder.absolute(), address, say_at_times())
    say(f"{folder}: {written.snapshot}, {written.articles} articles, {written.pages} pages")
