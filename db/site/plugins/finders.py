"""How an article was found, what finders are called, and how they are cited, as pages show it."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from datasette import hookimpl
from jinja2 import Environment
from markupsafe import Markup, escape

from db.language import language, t
from db.store.finders import catalogue
from db.store.finders.catalogue import CitedFinder
from db.store.finders.findings import REGISTRY, VIA
from db.store.finders.hosts import OUTSIDE

_BY = "select finder, min(first_at) from findings where article = ? group by finder order by 2, 1"
_IS_OUTSIDE = f"select 1 from ({OUTSIDE}) where source = ?"
# Of a host that only finders have led to.
_HOST = (
    "select finder, first_found from found_hosts where source = ? and finder is not null order by first_found limit 1"
)


@dataclass(frozen=True, slots=True)
class FoundBy:
    """By whom an article was named and when, the first first; and what of it the reader is told at once."""

    by: Sequence[tuple[str | None, str]]  # name of the finder, None of the registry; moment
    finders: Sequence[str]  # of these those by whose word alone it is here
    at: str | None
    is_outside: bool  # its source is none of the registry


def found_by(connection: Connection, tables: Set[str], article: int, source: str, via: str | None) -> FoundBy:
    if not {"findings", "found_hosts"} <= tables:
        return FoundBy((), (), None, False)
    names = catalogue.names(connection)
    rows = [(finder, at) for finder, at in map(tuple, connection.execute(_BY, [article]))]
    others = [(finder, at) for finder, at in rows if finder != REGISTRY]
    is_outside = connection.execute(_IS_OUTSIDE, [source]).fetchone() is not None
    by_finder = is_outside or (via or "").startswith(f"{VIA} ")
    if by_finder and not others and via:  # the finding is not there any more
        others = [(via.removeprefix(f"{VIA} "), "")]
    return FoundBy(
        [(None if finder == REGISTRY else names.get(finder, finder), at) for finder, at in rows],
        [names.get(finder, finder) for finder, _ in others] if by_finder else (),
        next((at for _, at in others if at), None),
        is_outside,
    )


def found_host(connection: Connection, source: str) -> tuple[str, str] | None:
    """Name of the finder that led to it first, and when; None of a source of the registry."""
    if connection.execute(_IS_OUTSIDE, [source]).fetchone() is None:
        return None
    row = connection.execute(_HOST, [source]).fetchone()
    return (catalogue.names(connection).get(row[0], row[0]), row[1]) if row else None


def called(names: dict[str, str], finder: str) -> str:
    return t("finders.registry") if finder == REGISTRY else names.get(finder, finder)


def citation(finder: CitedFinder) -> dict[str, Any]:
    """In the reader's language."""
    cited, terms = finder.in_language(language())
    return {"name": finder.name, "homepage": finder.homepage, "citation": cited, "terms": terms}


def linked(text: str) -> Markup:
    """With the addresses in it as links."""
    parts = re.split(r"(https?://[^\s,;]+[^\s,;.])", text)
    link = Markup('<a href="{0}" rel="noopener noreferrer">{0}</a>')
    return Markup("").join(link.format(part) if at % 2 else escape(part) for at, part in enumerate(parts))


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.filters |= {"cited": citation, "linked": linked}
