"""Commands for what everybody may see: publish."""

import json

import click

from revierspiegel.commands.asking import say


@click.command()
@click.option("--again", is_flag=True, help="Only where something has been published before; each night does.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def publish(again: bool, as_json: bool) -> None:
    """Write what may be shown to everybody into a file of its own, and make it the one that is served

    \b
    revierspiegel publish
    """
    from crawler.registry.sources import load_registry
    from db.home import archive_path, home
    from db.lock import lock_crawl
    from db.operations.upkeep import bring_up_to_date
    from db.publish.shelf import snapshots
    from db.publish.snapshot import publish as publish_snapshot
    from db.store.connection import open_to_read

    open_to_read(archive_path()).close()  # says so where there is no archive
    if again and not snapshots(home()):
        return
    settings = load_registry().publishing
    with lock_crawl():
        bring_up_to_date(archive_path(), say)
        published = publish_snapshot(archive_path(), home(), extract_words=settings.extract_words, keep=settings.keep)
    if as_json:
        click.echo(json.dumps(published.as_json()))
        return
    say(
        f"{published.path}: {published.articles} articles, {published.extracts} with an extract,"
        f" {published.whole_texts} whole"
    )
    if published.left_empty:
        say(f"{published.left_empty} lists of names left out: each was eight words in a row of a text")
