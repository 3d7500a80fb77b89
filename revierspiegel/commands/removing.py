"""Commands on what must not be here any more: remove."""

import json

import click

from revierspiegel.commands.asking import say, say_at_times


@click.command()
@click.argument("url")
@click.option("--why", required=True, metavar="TEXT", help="The reason, without a word of the article; readers see it.")
@click.option(
    "--exclude", is_flag=True, help="Say nowhere that it was ever here: 404 instead of 451, no address, no reason."
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def remove(url: str, why: str, exclude: bool, dry_run: bool, as_json: bool) -> None:
    """Take an article down: out of the archive, its index, kept pages, exports and backups, never to be fetched again

    \b
    revierspiegel remove https://www.example.org/a --why "the publisher has asked us to"
    revierspiegel remove https://www.example.org/a --why "names a minor" --exclude
    """
    from db.store.leaving.tombstones import How
    from revierspiegel.services.removing import removal

    if not why.strip():
        raise click.UsageError("--why is missing: say the reason, for whoever asks later")
    if dry_run:
        foreseen = removal.dry_run(url)
        if as_json:
            click.echo(json.dumps(foreseen.as_json(), ensure_ascii=False))
        elif foreseen.articles or foreseen.pages:
            numbers = ", ".join(map(str, foreseen.articles)) or "none"
            say(f"would go: article {numbers}, {foreseen.pages} kept pages, out of {foreseen.databases} databases")
            for address in foreseen.addresses:
                click.echo(address)
        else:
            say("nothing of it is here; it would never be fetched")
        return
    done = removal.remove(url, How.EXCLUDE if exclude else How.BLOCK, why, say_at_times(as_json))
    if as_json:
        click.echo(json.dumps([each.as_json() for each in done], ensure_ascii=False))
    for each in () if as_json else done:
        say(f"{each.line()}. It is never fetched again")
        say(f"Not reached: {'; '.join(each.elsewhere)}")
    for left in dict.fromkeys(left for each in done for left in each.left):
        say(left)
    if any(each.left for each in done):
        raise SystemExit(1)
