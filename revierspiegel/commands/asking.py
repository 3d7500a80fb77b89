"""What commands share: what they say, what they ask and the options that several have."""

import logging
import sys
import time
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click

from db.logs import wants_json

HOST, PORT = "127.0.0.1", 8001
DAY = click.DateTime(formats=["%Y-%m-%d"])
SECONDS = 5.0  # between two lines on how far it is


def say(line: str) -> None:
    if wants_json():
        logging.getLogger("revierspiegel").info("%s", line)
    else:
        click.echo(line, err=True)


def say_at_times(quiet: bool = False) -> Callable[[str], None]:
    """What says the lines that it is given, but for those that come too soon after one."""
    last = time.monotonic()

    def tell(line: str) -> None:
        nonlocal last
        if not quiet and time.monotonic() - last > SECONDS:
            say(line)
            last = time.monotonic()

    return tell


def say_how_far() -> Callable[[int, int], None]:
    """What says how many of how many have been read, from time to time."""
    tell = say_at_times()
    return lambda read, of: tell(f"{read}/{of} articles read")


def say_where(address: str) -> None:
    say(f"The archive is at {address} (Ctrl-C ends it)")


def check_addresses(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ip_network(value)
        except ValueError as error:
            raise click.BadParameter(
                f"{value}: expected an address or a network, as 127.0.0.1 or 10.0.0.0/8"
            ) from error
    return values


def address_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--trusted-proxy",
            "trusted_proxies",
            multiple=True,
            metavar="ADDRESS",
            callback=check_addresses,
            help="A proxy, or a network of them, whose X-Forwarded-For says who asks; may be given more than once.",
        ),
        click.option("--i-have-the-rights", is_flag=True, help="Serve to other machines than this one."),
        click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535)),
        click.option("--host", default=HOST, show_default=True),
    ):
        command = option(command)
    return command


def topic_option(command: Callable[..., Any]) -> Callable[..., Any]:
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option("--topic", type=path, help="Another profile than pipelines/relevance/topic.toml.")(command)


def check_host(host: str, i_have_the_rights: bool) -> None:
    if host not in ("127.0.0.1", "localhost", "::1") and not i_have_the_rights:
        raise click.ClickException(
            f"{host} is open to other machines, and press texts are not ours to publish; "
            "say --i-have-the-rights where they are yours"
        )


def prepare_archive() -> None:
    """Bring it up to date before it is served. While somebody crawls that is the crawl's, which has done it."""
    from db.home import archive_path, make_home
    from db.lock import Busy, lock_crawl
    from db.operations.upkeep import bring_up_to_date

    make_home()
    try:
        with lock_crawl():
            bring_up_to_date(archive_path(), say)
    except Busy as busy:
        say(f"{busy}; what it has stored is shown, and found in all forms of its words once it has ended")


def ask_for_contact() -> None:
    """Sites that we read should know whom to write to; a person is asked once."""
    from db.home import contact, keep_contact, was_asked_for_contact

    if not contact() and not was_asked_for_contact() and sys.stdin.isatty() and sys.stderr.isatty():
        question = "A mail or web address that press sites can reach you at (empty: crawl at half the pace)"
        keep_contact(click.prompt(question, default="", show_default=False, err=True))
