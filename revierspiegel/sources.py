"""Commands on the registry of sources."""

import json

import click


@click.group()
def sources() -> None:
    """Look at the registry of sources"""


@sources.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_sources(as_json: bool) -> None:
    """List the sources

    \b
    revierspiegel sources list
    """
    from crawler.sources import load

    registry = load()
    if as_json:
        click.echo(json.dumps([source.row() for source in registry], ensure_ascii=False, indent=2))
        return
    width = max(len(source.id) for source in registry)
    for source in registry:
        paused = f"  paused: {source.paused}" if source.paused else ""
        click.echo(f"{source.id.ljust(width)}  {source.kind.ljust(20)}  {source.lang}  {source.name}{paused}")
