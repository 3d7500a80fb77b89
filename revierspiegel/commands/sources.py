"""Commands on the registry of sources."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click

from revierspiegel.commands.asking import ask_for_contact, say
from revierspiegel.commands.crawling import as_settings


@click.group()
def sources() -> None:
    """Look at the registry of sources"""


@sources.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_sources(as_json: bool) -> None:
    """List the sources, and hosts that finders have led to

    \b
    revierspiegel sources list
    """
    from crawler.registry.sources import load
    from db.home import archive_path
    from db.store.archive import Archive
    from db.store.finders.hosts import proposed

    registry = load()
    if as_json:
        click.echo(json.dumps([source.row() for source in registry], ensure_ascii=False, indent=2))
        return
    width = max(len(source.id) for source in registry)
    for source in registry:
        paused = f"  paused: {source.paused}" if source.paused else ""
        click.echo(f"{source.id.ljust(width)}  {source.kind.ljust(20)}  {source.lang}  {source.name}{paused}")
    if not archive_path().exists():
        return
    with Archive(archive_path(), read_only=True) as archive:
        found = archive.found_hosts.undecided()
    for row in found:
        told = f"  proposed as {proposed(row)}; sources deny {row['host']} --why TEXT" if row["proposal"] else ""
        kind = f"found, {row['state']}"
        click.echo(f"{row['source'].ljust(width)}  {kind.ljust(20)}  {row['lang'] or '  '}  {row['host']}{told}")


@sources.command(name="check")
@click.option("--source", "names", multiple=True, metavar="ID", help="Only this source; may be given more than once.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--write", is_flag=True, help="Write the changes to the registry.")
@click.option("-s", "settings", multiple=True, metavar="NAME=VALUE", help="Any Scrapy setting.")
@click.option("--paused", is_flag=True, help="Also ask sources that are paused.")
def check_registry(names: tuple[str, ...], as_json: bool, write: bool, settings: tuple[str, ...], paused: bool) -> None:
    """Ask every feed, sitemap and listing once: what works, and what to change; exits 1 where something is lost

    \b
    revierspiegel sources check --source land-nrw
    """
    from crawler.registry.editing import patched, registry_file
    from crawler.registry.editing import write as write_registry
    from crawler.spiders.check import check_sources
    from db.home import contact

    ask_for_contact()
    if not contact():
        say("REVIERSPIEGEL_CONTACT is not set: asking at half the pace")
    file = registry_file()
    text = file.read_text("utf-8") if file.is_file() else ""  # what is wrong with it, its reader says
    checked, outcome = check_sources(names, as_settings(settings), paused=paused)
    changed = patched(text, [proposal for result in checked for proposal in result.proposals])
    if as_json:
        click.echo(json.dumps([result.as_dict() for result in checked], ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join([*as_table(checked), *as_remarks(checked), *as_diff(text, changed, str(file))]))
    gone = [lost for result in checked for lost in result.lost]
    for lost in gone:
        say(f"{lost.source}: {lost.url or 'the whole source'} no longer works: {lost.why} (last on {lost.worked_at})")
    if write and changed != text and outcome == "completed":
        write_registry(file, changed)
        say(f"{file}: changed as shown")
    if outcome != "completed":
        raise click.ClickException(
            ENDED.get(outcome, "the check was broken off; what it had asked is in the table checks")
        )
    if gone:
        raise SystemExit(1)


ENDED = {
    "no_source": "no source could be reached; check the network, or the proxy that https_proxy names, and check again "
    "(nothing was changed)"
}


def as_table(checked: Iterable[Any]) -> Iterator[str]:
    """One line an address, and a line for each source of which none was asked."""
    from tabulate import tabulate

    columns = ("source", "works", "type", "entries", "newest", "titles", "dates", "robots", "reserved", "address", "")
    rows = []
    for result in checked:
        for probe in result.probes:
            works = ("yes" if probe.works else "no") if probe.asked else "-"
            shares = [f"{share:.0%}" if probe.entries else "" for share in (probe.with_title, probe.with_date)]
            facts = [probe.type or "-", "" if probe.entries is None else probe.entries, probe.newest, *shares]
            facts += [probe.robots, {None: "", True: "yes", False: "no"}[probe.reserved], probe.url]
            rows.append([probe.source, "found" if probe.found else works, *facts, probe.problem or ""])
        if not result.probes:
            rows.append([result.source.id, result.state, "-", "", "", "", "", "", "", "", result.detail])
    return iter(tabulate(rows, columns, "plain", disable_numparse=True).splitlines())


def as_remarks(checked: Iterable[Any]) -> Iterator[str]:
    """What is for a person to decide."""
    from crawler.registry.probes import REMARKS

    for result in checked:
        for proposal in result.proposals:
            if proposal.what in REMARKS:
                yield f"# {proposal.source}: {proposal.what}: {proposal.url}: {proposal.why}"


def as_diff(before: str, after: str, file: str) -> Iterator[str]:
    from difflib import unified_diff

    return unified_diff(before.splitlines(), after.splitlines(), file, file, lineterm="")


@sources.command(name="promote")
@click.argument("host")
@click.option("--why", metavar="TEXT", help="Kept beside the host.")
def promote_host(host: str, why: str | None) -> None:
    """Take a found host into the registry, under the name that it has

    \b
    revierspiegel sources promote erft-anzeiger.de
    """
    from revierspiegel.services.found_hosts import promote

    say(promote(host, why))


@sources.command(name="deny")
@click.argument("host")
@click.option("--why", metavar="TEXT", required=True, help='The end of the sentence "the host is …".')
def deny_host(host: str, why: str) -> None:
    """Never take an address of a host, nor of its subdomains, that a finder names

    \b
    revierspiegel sources deny spiegelei.example --why "a mirror"
    """
    from revierspiegel.services.found_hosts import deny

    say(deny(host, why))
