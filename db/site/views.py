"""Datasette's pages of the archive, its tables, rows and queries, with errors that readers can make sense of."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from datasette.database import QueryInterrupted
from datasette.utils import InvalidSql, tilde_decode, urlsafe_components, validate_sql_select
from datasette.utils.asgi import BadRequest, NotFound, Request
from datasette.views.base import DatasetteError, DataView
from datasette.views.database import DatabaseView
from datasette.views.row import RowView
from datasette.views.table import TableView

from db.export.tables import ExportError, UnreadableError
from db.language import t
from db.search.query import QueryError
from db.site import arguments
from db.site.sql_errors import in_words, is_unreadable
from db.store.leaving.tombstones import SHOWN

logger = logging.getLogger(__name__)

LONGEST_SQL = 10_000  # characters; on its page it stands ten times
# What Datasette's views fall over where an argument is none that they expect and `arguments` does not know.
_OF_ARGUMENTS = (ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError)


@contextmanager
def errors_in_words(path: str, too_slow: str | None = None) -> Iterator[None]:
    """Raises DatasetteError, of which no traceback is written, for what is wrong with a query or an argument."""
    try:
        yield
    except QueryInterrupted as error:
        raise DatasetteError(t("tables.too_slow"), status=400) from error
    except UnreadableError as error:
        raise DatasetteError(t("sql.unreadable"), status=503) from error
    except (QueryError, ExportError) as error:
        raise DatasetteError(str(error), status=400) from error
    except (sqlite3.Error, sqlite3.Warning, InvalidSql) as error:
        if str(error) == "interrupted":
            raise DatasetteError(too_slow or t("tables.too_slow"), status=400) from error
        status = 503 if is_unreadable(str(error)) else 400
        raise DatasetteError(in_words(str(error)), status=status) from error
    except _OF_ARGUMENTS as error:
        logger.warning("%s", path, exc_info=True)
        raise DatasetteError(t("asked.no_sense"), status=400) from error


class InWords(DataView):  # type: ignore[misc]
    async def data(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        with errors_in_words(request.path):
            return await super().data(request, *args, **kwargs)

    async def get(self, request: Request) -> Any:
        with errors_in_words(request.path):  # a page is made after its data are there
            return await super().get(request)


class ReadersTable(InWords, TableView):  # type: ignore[misc]
    async def data(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        if request.args:
            await self.check(request)
        return await super().data(request, *args, **kwargs)

    async def check(self, request: Request) -> None:
        """Raises BadRequest."""
        database, name = self.ds.get_database("archive"), tilde_decode(request.url_vars["table"])
        is_view = bool(await database.get_view_definition(name))
        if not is_view and not await database.table_exists(name):
            return  # Datasette says so; to SQLite `nothing` and `always` are keywords, which it does not put in quotes
        columns = await database.table_columns(name)
        table = arguments.Table(columns, await database.primary_keys(name), is_view)
        arguments.check(request.args, table)
        if "_through" in request.args:
            incoming = (await database.get_all_foreign_keys())[name]["incoming"]
            known = [(key["other_table"], column) for key in incoming for column in await self.columns(key)]
            for value in request.args.getlist("_through"):
                arguments.check_through(value, known)

    async def columns(self, key: dict[str, str]) -> list[str]:
        names: list[str] = await self.ds.get_database("archive").table_columns(key["other_table"])
        return names


class ReadersRow(InWords, RowView):  # type: ignore[misc]
    async def data(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Raises NotFound, also where the key has more or fewer parts than the table's."""
        database, name = self.ds.get_database("archive"), tilde_decode(request.url_vars["table"])
        if not await database.table_exists(name):
            raise NotFound("Table not found")
        if len(urlsafe_components(request.url_vars["pks"])) != (len(await database.primary_keys(name)) or 1):
            raise NotFound("Record not found")
        if name == "tombstones":
            sql = f"select 1 from tombstones where article = ? and {SHOWN}"
            if (await database.execute(sql, [request.url_vars["pks"]])).first() is None:
                raise NotFound("Record not found")
        return await super().data(request, *args, **kwargs)


def check_sql(sql: str) -> None:
    """Raises BadRequest where it is no select, or too long."""
    if len(sql) > LONGEST_SQL:
        raise BadRequest(t("sql.too_long", length=len(sql), most=LONGEST_SQL))
    try:
        validate_sql_select(sql)
    except InvalidSql as error:
        raise BadRequest(in_words(str(error))) from error


class ReadersDatabase(InWords, DatabaseView):  # type: ignore[misc]
    async def data(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        if sql := request.args.get("sql"):
            check_sql(sql)
        shown = await super().data(request, *args, **kwargs)
        if isinstance(shown, tuple) and shown[0].get("error"):
            shown[0]["error"] = in_words(shown[0]["error"])
        return shown
