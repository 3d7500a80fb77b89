"""Commands on how good the corpus is: audit draw, desk, sheet and report."""

import json
from datetime import datetime
from pathlib import Path
from typing import TypedDict, Unpack

import click

from revierspiegel.commands.asking import DAY, say

LARGEST_SEED = 2**53
PORT = 8002
NAME = click.option("--name", default="", help="An audit; the newest unless given.")
LANG = click.option(
    "--lang", "wanted", type=click.Choice(["en", "de"]), help="As REVIERSPIEGEL_LANGUAGE says unless given."
)
CODER = click.option("--coder", default="A", show_default=True, help="Who labels.")


class WordsOfReport(TypedDict):
    name: str
    coder: str
    sheet_path: Path | None
    wanted: str | None
    no_pages: bool
    as_json: bool


@click.group()
def audit() -> None:
    """Measure precision and recall of the archive by labels of people"""


@audit.command()
@click.option("--n", "size", type=click.IntRange(min=1), default=250, show_default=True, help="Pages to label.")
@click.option(
    "--seed", type=click.IntRange(0, LARGEST_SEED), default=1, show_default=True, help="Draws the same again."
)
@click.option("--since", type=DAY, metavar="DAY", help="Take pages of this day and later.")
@click.option("--until", type=DAY, metavar="DAY", help="Take pages of this day and earlier.")
@click.option("--name", default="", help="How it is called; the seed and the days unless given.")
def draw(size: int, seed: int, since: datetime | None, until: datetime | None, name: str) -> None:
    """Draw pages to label, kept and refused, by score and language

    \b
    revierspiegel audit draw --n 250 --seed 7
    """
    from db.audit.spent import spent_sets
    from db.audit.words import spent_line
    from db.language import speaking
    from revierspiegel.services.audits.drawing import draw_audit
    from schedules.messages import operators_language

    first, last = (str(moment.date()) if moment else "" for moment in (since, until))
    drawn, path = draw_audit(name, size, seed, (first, last))
    say(f"{len(drawn.units)} pages drawn, in {path}")
    for stratum, plan in drawn.strata.items():
        say(f"  {stratum}: {plan.drawn} of {plan.units}")
    with speaking(operators_language()):
        for spent in spent_sets(drawn):
            say(spent_line(spent, drawn.name))
    say(f"Label them with 'revierspiegel audit desk --name {drawn.name} --coder A'")


@audit.command()
@NAME
@CODER
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535))
def desk(name: str, coder: str, port: int) -> None:
    """Open a page on this machine at which a coder labels, one article at a time

    \b
    revierspiegel audit desk --coder A
    """
    from revierspiegel.services.audits.desk import serve_desk

    serve_desk(name, coder, port, lambda address: say(f"The desk of coder {coder} is at {address} (Ctrl-C ends it)"))


@audit.command()
@NAME
@CODER
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A file .csv or .xlsx.")
@LANG
def sheet(name: str, coder: str, out: Path, wanted: str | None) -> None:
    """Write the drawn pages to a sheet, to label them there

    \b
    revierspiegel audit sheet --coder B --out sheet.xlsx
    """
    from db.language import speaking
    from revierspiegel.services.audits.sheets import write_sheet
    from schedules.messages import operators_language

    with speaking(wanted or operators_language()):
        say(f"{write_sheet(name, coder, out)} pages in {out}; fill in 'label' with on, mention, off or unsure")


@audit.command()
@NAME
@CODER
@click.option(
    "--from",
    "sheet_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="First take the labels of a sheet as that coder's.",
)
@LANG
@click.option("--no-pages", is_flag=True, help="Without the pages that were judged wrongly: the set stays unspent.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def report(**words: Unpack[WordsOfReport]) -> None:
    """Tell precision, recall and F1 with their intervals, and how far coders agree

    \b
    revierspiegel audit report --lang de
    """
    from db.audit.drawing import read_draw
    from db.audit.sheets import take_in
    from db.audit.words import as_lines
    from db.language import speaking
    from revierspiegel.services.audits.reporting import report_on
    from schedules.messages import operators_language

    drawn = read_draw(words["name"])
    if words["sheet_path"]:
        say(f"{take_in(drawn, words['coder'], words['sheet_path'])} labels taken in")
    with speaking(words["wanted"] or operators_language()):
        reported = report_on(drawn, with_pages=not words["no_pages"])
        if words["as_json"]:
            click.echo(json.dumps(reported.as_dict(), ensure_ascii=False, indent=2))
            return
        for line in as_lines(reported):
            click.echo(line)
