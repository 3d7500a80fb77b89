"""The desk, served: what stands on a page comes from the archive, which is only read."""

import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from db.audit.desk import DeskText, LabelDesk
from db.audit.drawing import read_draw
from db.audit.labels import labels_path
from db.audit.universe import AuditUnit
from db.home import archive_path, pages_path
from db.problem import Problem
from db.store.archive import Archive
from db.store.warc import PageError, read_page
from pipelines.article import Hints, as_far_as_read
from pipelines.extraction.clean import clean
from pipelines.storing.rows import of_page


def serve_desk(name: str, coder: str, port: int, ready: Callable[[str], object]) -> None:
    """Until Ctrl-C. Raises Problem."""
    draw = read_draw(name)
    labels = labels_path(draw.name, coder)
    with Archive(archive_path(), read_only=True) as archive:
        archive.check_is_current()
        hints = {row["id"]: Hints(kind=row["kind"], lang=row["lang"]) for row in archive.sources.every()}
        desk = LabelDesk(draw, coder, labels, lambda unit: text_of(unit, archive, hints.get(unit.source, Hints())))
        try:
            listener = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise Problem(f"127.0.0.1:{port}: {error.strerror}; choose another with --port") from error
        with listener, suppress(KeyboardInterrupt):
            ready(f"http://127.0.0.1:{listener.getsockname()[1]}/")
            uvicorn.Server(uvicorn.Config(desk, log_level="warning", ws="none", lifespan="off")).run([listener])


def text_of(unit: AuditUnit, archive: Archive, hints: Hints) -> DeskText:
    """Of a kept article as it is stored; of a refusal as the rules of today read its page."""
    what, _, number = unit.id.partition("-")
    if what == "article":
        row = archive.articles.get(int(number))
        return DeskText(unit.title, row["text"] if row else None)
    page = archive.pages.get(unit.page)
    if page is None:
        return DeskText(unit.title, None)
    try:
        read = as_far_as_read(clean(of_page(page, read_page(pages_path(), page)[0], hints)))
    except PageError:
        return DeskText(unit.title, None)
    return DeskText(unit.title, (read and read.text) or None)
