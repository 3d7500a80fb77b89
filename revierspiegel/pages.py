"""Commands that read and judge pages, or say what became of one: extract, judge, explain."""

import json
import sys
from pathlib import Path

import click

from revierspiegel.asking import topic_option


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", help="The address of an HTML file.")
def extract(files: tuple[Path, ...], url: str | None) -> None:
    """Read articles out of HTML (with --url) or WARC files, as JSON lines

    \b
    revierspiegel extract pages.warc.gz > articles.jsonl
    """
    from pipelines.extract import extract_file

    for path in files:
        for line in extract_file(path, url):
            click.echo(json.dumps(line, ensure_ascii=False))


@click.command()
@topic_option
def judge(topic: Path | None) -> None:
    """Judge JSON lines on stdin: on the topic, or not, and why

    \b
    revierspiegel judge < articles.jsonl
    """
    from pipelines.judge import judge_line
    from pipelines.topic import load

    profile = load(topic)
    for line in sys.stdin.buffer:
        if line.strip():
            click.echo(json.dumps(judge_line(line.decode("utf-8", "replace"), profile), ensure_ascii=False))


@click.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def explain(url: str, as_json: bool) -> None:
    """Say why an address is in the archive, or why not

    \b
    revierspiegel explain https://www.land.nrw/pressemitteilung/…
    """
    from crawler.explain import explain as explained

    found = explained(url)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    click.echo(found["answer"])
    for reason in found["reasons"]:
        click.echo(f"  {reason}")
