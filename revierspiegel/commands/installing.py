"""The command that makes services of it: install."""

import click

from revierspiegel.commands.asking import PORT, say


@click.command()
@click.option("--systemd", is_flag=True, required=True, help="Units for systemd.")
@click.option("--run-as", "user", metavar="NAME", required=True, help="The user that they run as.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535), help="Of the site.")
def install(systemd: bool, user: str, port: int) -> None:
    """Write services for this home, and print what root has to run

    \b
    REVIERSPIEGEL_HOME=/srv/revierspiegel revierspiegel install --systemd --run-as revierspiegel
    """
    from db.home import make_home
    from schedules.install import install as write

    written = write(make_home(), user, port)
    say(f"Written into {written.folder}: {', '.join(written.files)}. As root run:")
    for step in written.steps:
        click.echo(step)
