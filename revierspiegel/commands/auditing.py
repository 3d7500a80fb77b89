"""Commands on how good the corpus is: audit draw, desk, sheet and report."""

from datetime import datetime
from pathlib import Path

import click

from revierspiegel.commands.asking import DAY, say

LARGEST_SEED = 2**53
PORT = 8002
NAME = click.option("--name", default="", help="An audit; the newest unless given.")
LANG = click.option("--lang", "wanted", type=click.Choice(["en", "de"]), help="REVIERSPIEGEL_LANGUAGE unless given.")
SHEET = click.Path(exists=True, dir_okay=False, path_type=Path)
CODER = click.option("--coder", default="A", show_default=True, help="Who labels.")


@click.group()
def audit() -> None:
    """Measure precision and recall of the archive by labels of people"""


@audit.command()
@click.option("--n", "size", type=click.IntRange(min=1), default=250, show_default=True, help="Pages to label.")
@click.option("--seed", type=click.IntRange(0, LARGEST_SEED), default=1, show_default=True, help="Draws the same.")
@click.option("--since", type=DAY, metavar="DAY", help="Take pages of this day and later.")
@click.option("--until", type=DAY, metavar="DAY", help="Take pages of this day and earlier.")
@click.option("--name", default="", help="How it is called; the seed and the days unless given.")
def draw(size: int, seed: int, since: datetime | None, until: datetime | None, name: str) -> None:
    """Draw pages to label, kept and refused, by score and language

    \b
    revierspiegel audit draw --n 250 --seed 7
    """
    from revierspiegel.services.audits.drawing import draw_audit, in_words

    first, last = (str(moment.date()) if moment else "" for moment in (since, until))
    drawn, path = draw_audit(name, size, seed, (first, last))
    say(f"{len(drawn.units)} pages drawn, in {path}")
    for line in in_words(drawn):
        say(line)
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
    from revierspiegel.services.audits.sheets import write_sheet

    say(f"{write_sheet(name, coder, out, wanted)} pages in {out}; fill in the label with on, mention, off or unsure")


@audit.command()
@NAME
@CODER
@click.option("--from", "sheet_path", type=SHEET, metavar="FILE", help="Take in the labels of a sheet first.")
@LANG
@click.option("--no-pages", is_flag=True, help="Without the pages that were judged wrongly: the set stays unspent.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def report(name: str, coder: str, sheet_path: Path | None, wanted: str | None, no_pages: bool, as_json: bool) -> None:
    """Tell precision, recall and F1 with their intervals, and how far coders agree

    \b
    revierspiegel audit report --lang de
    """
    from db.audit.drawing import read_draw
    from db.audit.sheets import take_in
    from revierspiegel.services.audits.reporting import report_on

    drawn = read_draw(name)
    if sheet_path:
        say(f"{take_in(drawn, coder, sheet_path)} labels taken in")
    click.echo(report_on(drawn, with_pages=not no_pages, as_json=as_json, wanted=wanted))
