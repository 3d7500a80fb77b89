"""Lists of several pages that can be taken along: the page that is asked for, their addresses, files of all rows."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any
from urllib.parse import urlencode

from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.export.tables import ExportFormat, Selection
from db.site.answering.dispatch import kind_of_export
from db.site.answering.tasks import write_selection
from db.site.plugins.complete import ENDINGS, EXPORT_SECONDS, Ask, at_once, whole

FORMS = {name: ENDINGS[name] for name in (".csv", "-excel.csv", ".json")}


@dataclass(frozen=True, slots=True)
class Paging:
    page: int  # from 1 on
    last_page: int
    first: int  # number of the first that is shown

    @classmethod
    def of(cls, request: Request, total: int, size: int) -> "Paging":
        """Of ?page=; what is no number of a page leads to the nearest."""
        last = max(1, -(-total // size))
        page = min(asked_page(request.args.get("page") or ""), last)
        return cls(page, last, (page - 1) * size + 1)

    @property
    def context(self) -> dict[str, Any]:
        """What templates know it by."""
        pages = beside(self.page, self.last_page)
        return {"page": self.page, "last_page": self.last_page, "first": self.first, "pages": pages}


def asked_page(asked: str) -> int:
    return max(int(asked), 1) if re.fullmatch(r"\d{1,6}", asked, re.ASCII) else 1


def beside(page: int, last: int) -> list[int | None]:
    """The pages that are named: the first, the last and those around; None for a gap."""
    named = sorted({1, last, *range(max(1, page - 2), min(last, page + 2) + 1)})
    shown: list[int | None] = []
    for number in named:
        if shown and number - (shown[-1] or 0) > 1:
            shown.append(None)
        shown.append(number)
    return shown


def address(datasette: Datasette, path: str, values: Mapping[str, object]) -> str:
    """With what has a value."""
    query = urlencode({name: value for name, value in values.items() if value})
    return str(datasette.urls.path(path)) + (f"?{query}" if query else "")


async def send_selection(
    datasette: Datasette, request: Request, select: Callable[[Connection], Selection], name: str
) -> AsgiStream:
    """The file that the address ends with. Raises Refused, TooBusy, Gone, DatasetteError."""
    ending = request.url_vars["ending"]
    form: ExportFormat = FORMS[ending]
    ask = Ask(kind_of_export(form), EXPORT_SECONDS, EXPORT_SECONDS, write_selection, (form, select), "bounds.export")
    return await whole(datasette, request, ask, form, f"{name}{ending}")


def file_route(path: str, download: Any, forms: Mapping[str, ExportFormat] = FORMS) -> tuple[str, Any]:
    """`path`: a pattern."""
    return rf"^{path}(?P<ending>{'|'.join(map(re.escape, forms))})$", at_once(download)
