"""The command line: one command for each thing that an operator does; nothing here but asking and printing.

What a command needs is imported in it: 'judge' must not wait for Datasette, nor a worker process for Scrapy.
"""

import logging
import os

import click

from db.logs import FORMAT, speak_json, wants_json
from db.problem import Problem
from revierspiegel.commands import (
    answering,
    archive,
    auditing,
    backfill,
    backups,
    crawling,
    entities,
    exporting,
    installing,
    pages,
    publishing,
    removing,
    snapshots,
    sources,
    topic,
    watching,
)


def main() -> None:
    logging.raiseExceptions = False  # a full disk takes no line of a log either: whoever meets it says so, once
    try:
        cli()
    except Problem as problem:
        raise SystemExit(f"Error: {problem}") from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="revierspiegel")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="How logs are written, also by all it starts.")
def cli(log_format: str | None) -> None:
    """Archive of the press on Microsoft's investment in North Rhine-Westphalia.

    Everything lies in the folder that REVIERSPIEGEL_HOME names, ./var unless set.
    """
    if log_format:
        os.environ[FORMAT] = log_format
    if wants_json():
        speak_json()


for command in (
    crawling.run,
    crawling.demo,
    crawling.crawl,
    backfill.backfill,
    crawling.find,
    crawling.schedule,
    sources.sources,
    pages.extract,
    pages.judge,
    pages.copies,
    pages.facts,
    pages.explain,
    pages.decide,
    pages.reprocess,
    topic.topic,
    entities.entities,
    archive.serve_command,
    answering.answer,
    archive.doctor,
    archive.status,
    watching.health,
    watching.report,
    watching.letter,
    installing.install,
    archive.coverage,
    exporting.export,
    auditing.audit,
    archive.enrich,
    archive.prune,
    archive.migrate,
    publishing.publish,
    snapshots.snapshots,
    removing.remove,
    backups.backup,
    backups.restore,
):
    cli.add_command(command)
