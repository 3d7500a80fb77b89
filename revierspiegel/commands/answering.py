"""The command that answers a public site, which has no texts: answer."""

from pathlib import Path

import click

from revierspiegel.commands.asking import HOST, say


@click.command()
@click.option(
    "--socket",
    "socket_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The socket to be asked at; answer.sock in the home unless set.",
)
@click.option("--group", help="Who is in this group may ask at the socket, too.")
@click.option("--host", default=HOST, show_default=True, help="With --port.")
@click.option("--port", type=click.IntRange(0, 65535), help="Be asked over HTTP, with REVIERSPIEGEL_ANSWER_TOKEN.")
def answer(socket_path: Path | None, group: str | None, host: str, port: int | None) -> None:
    """Answer the searches of a public site, with numbers of articles and no text

    \b
    revierspiegel answer --socket /run/revierspiegel/answer.sock --group www-data
    """
    from db.home import answer_socket, archive_path
    from db.site.full_text.service import serve_answers

    if port is not None and (socket_path or group):
        raise click.UsageError("say either --port or --socket, and --group only with a socket")
    place = (host, port) if port is not None else (socket_path or answer_socket()).absolute()
    serve_answers(
        archive_path(), place, lambda address: say(f"Searches are answered at {address} (Ctrl-C ends it)"), group
    )
