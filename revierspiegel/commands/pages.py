"""Commands that read and judge pages, or say what became of one: extract, judge, explain, decide, reprocess."""

import json
import sys
import time
from pathlib import Path
from typing import TypedDict, Unpack

import click

from revierspiegel.commands.asking import say, say_how_far, topic_option

STDIN = "-"


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", help="The address of an HTML file.")
@click.option("--why", is_flag=True, help="Add the trace of the reading: what was dropped and added, and why.")
def extract(files: tuple[Path, ...], url: str | None, why: bool) -> None:
    """Read articles out of HTML (with --url) or files of web archives, as JSON lines

    \b
    revierspiegel extract pages.warc.gz > articles.jsonl
    """
    from revierspiegel.services.extract import extract_file

    for path in files:
        for line in extract_file(path, url):
            if not why:
                del line["why"]
            click.echo(json.dumps(line, ensure_ascii=False))


@click.command()
@click.option(
    "--labels",
    is_flag=False,
    flag_value=STDIN,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Measure: lines with `label` (ON, MENTION, OFF), in a file or on stdin.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines; with --labels.")
@topic_option
def judge(labels: str | None, as_json: bool, topic: Path | None) -> None:
    """Judge JSON lines on stdin: on the topic, or not, and why; or measure how well it judges those with labels

    \b
    revierspiegel judge < articles.jsonl
    revierspiegel judge --labels docs/examples/heide.jsonl --topic docs/examples/heide.toml
    """
    from pipelines.relevance.judge import judge_line
    from pipelines.relevance.profile import load

    if labels is None and as_json:
        raise click.UsageError("--json goes with --labels; without it every line is JSON")
    profile = load(topic)
    if labels is None:
        for line in sys.stdin.buffer:
            if line.strip():
                click.echo(json.dumps(judge_line(line.decode("utf-8", "replace"), profile), ensure_ascii=False))
        return
    from pipelines.relevance.labelled import parse, read_labels
    from revierspiegel.services.labels import as_lines, measure

    if labels == STDIN:
        articles = parse(sys.stdin.buffer.read().decode("utf-8", "replace").split("\n"), "stdin")
    else:
        articles = read_labels([Path(labels)])
    measured = measure(articles, profile)
    if as_json:
        click.echo(json.dumps(measured.as_dict(), ensure_ascii=False, indent=2))
        return
    for line in as_lines(measured):
        click.echo(line)


@click.command()
def copies() -> None:
    """Say who copies whom among the articles of JSON lines on stdin, and what they take from press releases

    \b
    revierspiegel copies < articles.jsonl
    """
    from revierspiegel.services.copies import copies_of

    lines = (line.decode("utf-8", "replace") for line in sys.stdin.buffer if line.strip())
    for answer in copies_of(lines):
        click.echo(json.dumps(answer, ensure_ascii=False))


@click.command()
def facts() -> None:
    """Say what the articles of JSON lines on stdin say: figures, quotes with their speakers, places

    \b
    revierspiegel facts < articles.jsonl
    """
    from revierspiegel.services.facts import facts_line

    for line in sys.stdin.buffer:
        if line.strip():
            click.echo(json.dumps(facts_line(line.decode("utf-8", "replace")), ensure_ascii=False))


@click.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def explain(url: str, as_json: bool) -> None:
    """Say why an address is in the archive, or why not

    \b
    revierspiegel explain https://www.land.nrw/pressemitteilung/…
    """
    from revierspiegel.services.explain import explain as explained

    answer = explained(url)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    click.echo(answer["answer"])
    for reason in answer["reasons"]:
        click.echo(f"  {reason}")
    if answer["reading"]:
        click.echo("the page, as the rules of today read it:")
    for entry in answer["reading"]:
        click.echo(f"  {entry}")


class MoreOfDecide(TypedDict):
    why: str | None
    by: str | None
    other: str | None  # undo, export
    file: Path | None


@click.command()
@click.argument("url", required=False)
@click.argument("word", required=False, type=click.Choice(["keep", "drop"]))
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Correct what was read of the page: published (or date), author, title, kind; may be given more than once.",
)
@click.option("--why", metavar="TEXT", help="The reason, for whoever asks later.")
@click.option("--by", metavar="NAME", help="Whose word it is.")
@click.option("--undo", "other", flag_value="undo", help="Take it all back, or with --set NAME that correction.")
@click.option("--export", "other", flag_value="export", help="Write all decisions to stdout, as CSV.")
@click.option(
    "--from",
    "--import",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Decide on many: a CSV with the columns url, decision (keep or drop) and why; or one of --export.",
)
def decide(url: str | None, word: str | None, settings: tuple[str, ...], **more: Unpack[MoreOfDecide]) -> None:
    """Give a person's word, stronger than any rule: keep an address, drop it, or correct what was read of its page

    \b
    revierspiegel decide https://www.example.org/a keep --why "the only report on the hearing" --by Holtkamp
    revierspiegel decide https://www.example.org/a --set date=2026-05-11 --set author="Jutta Reimers" --why "as printed"
    revierspiegel decide https://www.example.org/a --undo
    revierspiegel decide --from decisions.csv --by Holtkamp
    revierspiegel decide --export > decisions.csv
    revierspiegel decide --from near-misses.csv
    """
    from pipelines.article import Word
    from revierspiegel.services import decide as deciding
    from revierspiegel.services import decision_lists

    why, by = more["why"] or "", more["by"]
    match url, word, settings, more["other"], more["file"]:
        case (str(), str(), (), None, None) | (str(), None, (_, *_), None, None) if not why.strip():
            raise click.UsageError("--why is missing: say the reason, for whoever asks later")
        case str(), str(), (), None, None:
            say(f"{url}: {deciding.decide(url, Word(word), why, by)}")
        case str(), None, (_, *_), None, None:
            say(f"{url}: {deciding.correct(url, settings, why, by)}")
        case str(), None, _, "undo", None:
            say(f"{url}: {deciding.undo(url, settings)}")
        case None, None, (), "export", None:
            click.echo(decision_lists.export(), nl=False)
        case None, None, (), None, Path() as file:
            words: list[str] = []
            for taken in decision_lists.take_list(file, by):
                say(str(taken))
                words += taken.words
            counts = ", ".join(
                f"{words.count(each)} {each}" for each in dict.fromkeys(["keep", "drop", *words]) if each
            )
            earlier = f", {words.count('')} decided before" if "" in words else ""
            say(f"{len(words)} decisions: {counts}{earlier}")
        case str(), str(), (_, *_), None, None:
            raise click.UsageError(f"say {word} and --set one after the other: each has its own reason")
        case _:
            raise click.UsageError(
                "say URL keep|drop --why TEXT, URL --set NAME=VALUE --why TEXT, URL --undo, --export or --from FILE"
            )


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--source", "sources", multiple=True, metavar="ID", help="Only this source; may be given more than once.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--only", type=click.Choice(["facts", "copies"]), help="Make only this anew, from the stored texts.")
@topic_option
def reprocess(dry_run: bool, sources: tuple[str, ...], as_json: bool, only: str | None, topic: Path | None) -> None:
    """Read all kept pages again by the rules of today, without the network: what comes in, goes out and changes

    \b
    revierspiegel reprocess --dry-run
    revierspiegel reprocess --only facts
    """
    from revierspiegel.services.reprocess import Count, Stage, make_anew, reprocessing

    if only:
        if dry_run or sources or as_json or topic:
            raise click.UsageError("--only reads all stored texts: it goes with no other option")
        say(f"{make_anew(Stage(only), say_how_far())} articles read")
        return
    seconds = 5.0 if sys.stderr.isatty() else 30.0  # between two lines on how far it is
    changes, last = [], time.monotonic()
    with reprocessing(sources, topic, dry_run=dry_run) as work:
        count = Count(work.pages)
        for change in work.changes:
            count.add(change)
            if as_json and change.matters():
                changes.append(change.as_dict())
            elif not as_json:
                for line in change.as_lines():
                    click.echo(line)
            if time.monotonic() - last > seconds:
                say(count.line())
                last = time.monotonic()
        pruned = work.prune()
    if as_json:
        click.echo(json.dumps(changes, ensure_ascii=False, indent=2))
    for line in count.lines():
        click.echo(line, err=as_json)
    if pruned.pages:
        say(f"{pruned.pages} pages of old refusals pruned, {pruned.bytes / 1e6:.1f} MB")
