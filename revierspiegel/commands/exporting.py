"""The command that takes the data along: export."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

import click

from revierspiegel.commands.asking import DAY, say

if TYPE_CHECKING:
    from db.export.tables import Selection


FORMS = "csv xlsx json jsonl ris bibtex csl cite-news internetquelle wikidata all methods datapackage".split()


class WhatToExport(TypedDict):
    query: str | None
    order: Literal["best", "newest"] | None
    name: str
    registry_only: bool
    excel: bool
    sample: int | None
    by: str | None
    seed: int | None
    queries: Path | None
    hits: bool
    since: datetime | None
    until: datetime | None


@click.command()
@click.argument("form", type=click.Choice(FORMS))
@click.option("--query", metavar="Q", help="Take only articles that match, best first.")
@click.option("--order", type=click.Choice(["best", "newest"]), help="Put articles in this order.")
@click.option("--table", "name", default="articles", show_default=True, help="Take this table.")
@click.option("--registry-only", is_flag=True, help="Leave out articles at hosts that the registry does not have.")
@click.option("--excel", is_flag=True, help="Write CSV as a German Excel opens it.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Draw N articles; copies are one.")
@click.option("--by", metavar="NAMES", help="Of each source, month, kind … its share; as in --by source,month.")
@click.option("--seed", type=click.IntRange(min=0), metavar="S", help="Draw this sample again; without, it is 1.")
@click.option(
    "--queries",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Count what each query of a list finds, month by month; a line is a query, or a name, a tab and a query.",
)
@click.option("--hits", is_flag=True, help="With --queries: write the articles that each finds, not their number.")
@click.option("--since", type=DAY, metavar="DAY", help="With methods: nights of this day and later.")
@click.option("--until", type=DAY, metavar="DAY", help="With methods: nights of this day and earlier.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a file instead of stdout.")
def export(form: str, out: Path | None, **what: Unpack[WhatToExport]) -> None:
    """Take the data along: all rows, counted; as references with ris, bibtex, csl; as files for the site with all

    methods is a paragraph for a paper in each language, with --out FILE.csv the flow of pages as a table.
    datapackage is a folder of the public snapshot: a CSV file a table, and what they mean (docs/publishing.md).
    cite-news and internetquelle are references for Wikipedia, wikidata for QuickStatements.

    \b
    revierspiegel export csv --query Bergheim --out bergheim.csv
    revierspiegel export xlsx --out articles.xlsx
    revierspiegel export csv --sample 200 --by source,month --seed 7 --out sample.csv
    revierspiegel export csv --queries queries.txt --out counts.csv
    revierspiegel export all
    revierspiegel export datapackage --out revierspiegel-2026-11
    """
    from db.export.tables import ExportFormat, export_selection
    from db.home import archive_path

    check_options(form, what)
    if form == "all":
        if any(value for option, value in what.items() if option != "name") or out or what["name"] != "articles":
            raise click.UsageError("'export all' makes the files of the site's downloads; leave out all options")
        make_all()
        return
    if form == "methods":
        others = (value for option, value in what.items() if option not in ("name", "since", "until"))
        if any(others) or what["name"] != "articles":
            raise click.UsageError("'export methods' describes nights; leave out all but --since, --until and --out")
        describe_methods(out, what["since"], what["until"])
        return
    if form == "datapackage":
        if any(value for option, value in what.items() if option != "name") or what["name"] != "articles":
            raise click.UsageError("'export datapackage' takes all of the public snapshot; leave out all but --out")
        make_datapackage(out)
        return
    if form == "xlsx" and not out and sys.stdout.isatty():
        raise click.UsageError("a workbook is nothing for a terminal: say 'export xlsx --out FILE'")
    format = ExportFormat.EXCEL if what["excel"] else ExportFormat(form)
    done = export_selection(archive_path(), format, selecting(what), out)
    named = what["name"] if not what["queries"] or what["hits"] else "counts"
    say(f"{done.rows} rows of {named}{f' in {out}' if out else ''}, sha256 {done.sha256}")
    if done.shortened:
        where = ", and named in the sheet Shortened" if form == "xlsx" else ""
        say(f"{done.shortened} texts are longer than a cell of Excel and were cut{where}; CSV and JSON have them whole")


def check_options(form: str, what: WhatToExport) -> None:
    """Raises UsageError for options that do not go together."""
    if what["excel"] and form != "csv":
        raise click.UsageError(f"--excel is a kind of CSV: say 'export csv --excel', not {form}")
    if (what["by"] is not None or what["seed"] is not None) and what["sample"] is None:
        raise click.UsageError("--by and --seed go with --sample N")
    if what["sample"] and (what["order"] or what["name"] != "articles"):
        raise click.UsageError("--sample draws articles, in the order of their ids: leave out --table and --order")
    if (what["since"] or what["until"]) and form != "methods":
        raise click.UsageError("--since and --until go with 'export methods'; dates of articles go into --query")
    if what["hits"] and not what["queries"]:
        raise click.UsageError("--hits goes with --queries FILE")
    others = (what["query"], what["order"], what["registry_only"], what["sample"], what["name"] != "articles")
    if what["queries"] and any(others):
        raise click.UsageError("--queries goes with --hits, --excel and --out; write limits into the queries")


def selecting(what: WhatToExport) -> "Callable[[sqlite3.Connection], Selection]":
    """Raises ExportError."""
    from db.export.studies.query_lists import read_list, select_counts, select_hits
    from db.export.studies.samples import SamplePlan, draw_sample, read_plan
    from db.export.tables import select

    query = f"{what['query'] or ''} registry:only".strip() if what["registry_only"] else what["query"]
    if what["queries"]:
        return partial(select_hits if what["hits"] else select_counts, queries=read_list(what["queries"]))
    if what["sample"] is None:

        def selected(connection: sqlite3.Connection) -> "Selection":
            say_what_is_missing(connection, query)
            return select(connection, table=what["name"], query=query, order=what["order"])

        return selected

    def sampled(connection: sqlite3.Connection, plan: SamplePlan) -> "Selection":
        say_what_is_missing(connection, query)
        sample = draw_sample(connection, plan, query)
        say(str(sample))
        return sample.selection

    seed = 1 if what["seed"] is None else what["seed"]
    return partial(sampled, plan=read_plan(what["sample"], what["by"] or "", seed))


def say_what_is_missing(connection: sqlite3.Connection, query: str | None) -> None:
    from db.search.hints.missing_nights import missing_nights, watched_sources
    from db.search.hints.most_words import in_words
    from db.search.query import QueryError, parse

    with suppress(QueryError):  # who reads the table says what is wrong with it
        missing = missing_nights(watched_sources(connection), asked := parse(query or ""))
        for line in (*([missing] if missing else ()), *in_words(connection, asked)):
            say(str(line))


def describe_methods(out: Path | None, since: datetime | None, until: datetime | None) -> None:
    from db.audit.flow import Days
    from revierspiegel.services.audits.describing import describe

    first, last = (str(moment.date()) if moment else "" for moment in (since, until))
    text = describe(out, Days(since=first, until=last))
    if not out:
        click.echo(text, nl=False)


def make_datapackage(out: Path | None) -> None:
    """Of the snapshot that is served. Raises PackageError."""
    from db.home import home
    from db.publish.package import PackageError, write_package
    from db.publish.shelf import current

    snapshot = current(home())
    if snapshot is None:
        raise PackageError(f"{home()}: nothing has been published; run 'revierspiegel publish' first")
    folder = out or Path(snapshot.stem)
    for file in write_package(snapshot, folder):
        rows = f"{file.rows} rows, " if file.rows is not None else ""
        say(f"{file.name}: {rows}{file.bytes} bytes, sha256 {file.sha256}")
    say(f"They are in {folder}")


def make_all() -> None:
    from db.export.bundles import folder_of, make
    from db.home import archive_path

    for file in make(archive_path()):
        rows = f"{file.rows} rows, " if file.rows is not None else ""
        say(f"{file.name}: {rows}{file.bytes} bytes, sha256 {file.sha256}")
    say(f"They are in {folder_of(archive_path())}")
