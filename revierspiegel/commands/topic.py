"""Commands on a profile of a story: check its terms, suggest others, learn its weights."""

import json
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from revierspiegel.commands.asking import say

if TYPE_CHECKING:
    from revierspiegel.services.topic import Use

MOST = 20  # terms or words of a list that are told to a person; a program is given all

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def profile_options(command: Callable[..., Any]) -> Callable[..., Any]:
    labels = (
        "Labelled articles; may be given more than once; X.jsonl or labels/ beside the profile X.toml unless given."
    )
    command = click.option("--labels", "label_paths", multiple=True, metavar="FILE", type=FILE, help=labels)(command)
    return click.argument("profile_path", metavar="FILE", type=FILE)(command)


@click.group()
def topic() -> None:
    """Work on the profile of a story"""


@topic.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@profile_options
def check(profile_path: Path, label_paths: tuple[Path, ...], as_json: bool) -> None:
    """Look for errors in a profile, and say how its terms fare in labelled articles

    \b
    revierspiegel topic check docs/examples/heide.toml
    """
    from revierspiegel.services import topic as terms

    checked = terms.check(profile_path, label_paths)
    if as_json:
        click.echo(json.dumps(checked.as_dict(), ensure_ascii=False, indent=2))
        return
    counts = checked.as_dict()
    click.echo(f"{profile_path.name}: no error in {counts['classes']} classes with {counts['terms']} terms")
    if not sum(checked.labels.values()):
        say(f"no labels beside it ({profile_path.with_suffix('.jsonl').name}): name some with --labels to see more")
        return
    if checked.never:
        click.echo(f"\nhit in no labelled article: {len(checked.never)}")
        for name, uses in groupby(checked.never, key=lambda use: use.class_name):
            click.echo(f"  {name}: {', '.join(use.name for use in uses)}")
    _tell("carry: hit mostly in ON", checked.carry)
    _tell("split badly: hit in ON and OFF alike", checked.split)


@topic.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@profile_options
def suggest(profile_path: Path, label_paths: tuple[Path, ...], as_json: bool) -> None:
    """Suggest words that tell ON from OFF in labelled articles and are in no class, in how many articles each stands

    \b
    revierspiegel topic suggest docs/examples/heide.toml
    """
    from revierspiegel.services import topic as terms

    suggested = terms.suggest(profile_path, label_paths)
    if as_json:
        click.echo(json.dumps(suggested.as_dict(), ensure_ascii=False, indent=2))
        return
    _tell("speak for it", suggested.on)
    _tell("speak against it", suggested.off)


def _tell(heading: str, uses: Iterable["Use"]) -> None:
    """A list with the articles of each label that have the word."""
    from pipelines.relevance.labelled import Label

    uses = list(uses)
    click.echo(f"\n{heading}: {len(uses)}")
    if not uses:
        return
    click.echo("  " + "".join(f"{label:>9}" for label in Label))
    for use in uses[:MOST]:
        counts = "".join(f"{use.counts[label]:>9}" for label in Label)
        click.echo(f"  {counts}  {f'{use.class_name}: ' if use.class_name else ''}{use.name}")
    if len(uses) > MOST:
        click.echo(f"  and {len(uses) - MOST} more: --json has them all")


@topic.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="X_weights.toml beside X.toml unless given."
)
@click.option("--decisions", is_flag=True, help="Add what was decided in the archive: kept as ON, dropped as OFF.")
@profile_options
def learn(profile_path: Path, label_paths: tuple[Path, ...], out: Path | None, decisions: bool) -> None:
    """Learn the weights of a profile from at least 100 labelled articles; needs scikit-learn

    \b
    revierspiegel topic learn heide.toml --labels heide.jsonl
    """
    from revierspiegel.services import learning

    articles = learning.labelled_articles(profile_path, label_paths, decisions=decisions)
    learned = learning.learn(profile_path, articles, out)
    counts = ", ".join(f"{number} {label}" for label, number in learned.labels.items())
    say(f"learned from {len(articles)} articles ({counts}), written to {learned.file}")
    say("cross-validated, each article judged by weights that were learned without its event:")
    for name, value in learned.figures.items():
        click.echo(f"{name:15} {value}")
    say("for the profile, before its first class:")
    click.echo(learned.line)
