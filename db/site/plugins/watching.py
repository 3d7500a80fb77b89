"""For who watches over the site: /health and /-/health say whether it answers, /-/metrics what a monitor counts.

Metrics are for this machine, and for whoever has the token; what a proxy has passed on is not of this machine.
"""

import hmac
import os
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.operations.metrics import read_metrics

FRESH = {"cache-control": "no-store"}
TOKEN = "REVIERSPIEGEL_METRICS_TOKEN"
PASSED_ON = frozenset({b"x-forwarded-for", b"x-real-ip", b"forwarded", b"via"})


async def health(datasette: Datasette) -> Response:
    """The site answers, and the archive can be read; else 503."""
    await datasette.get_database("archive").execute("select 1 from sqlite_master")
    return Response.text("ok\n", headers=FRESH)


async def metrics(datasette: Datasette, request: Request) -> Response:
    if not may_read(request):
        raise NotFound("404")
    database = datasette.get_database("archive")
    text = await database.execute_fn(partial(read_metrics, home=Path(database.path).parent))
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8", headers=FRESH)


def may_read(request: Request) -> bool:
    headers = dict(request.scope["headers"])
    given = headers.get(b"authorization", b"")
    if (wanted := token()) and hmac.compare_digest(given, f"Bearer {wanted}".encode()):
        return True
    try:
        here = ip_address((request.scope.get("client") or [""])[0]).is_loopback
    except ValueError:  # no address at all, as in a request of the program's own
        return False
    return here and not given and not headers.keys() & PASSED_ON


def token() -> str:
    """'' for none."""
    if path := os.environ.get(f"{TOKEN}_FILE"):
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""
    return os.environ.get(TOKEN, "").strip()


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]  # before all else under /-/ is closed
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/health$", health), (r"^/-/health$", health), (r"^/-/metrics$", metrics)]
