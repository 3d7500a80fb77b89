"""A draw from the archive as it is."""

import re
from collections.abc import Iterator
from pathlib import Path

from db.audit.drawing import Draw, DrawPlan, draw_units, write_draw
from db.audit.flow import Days, read_flow
from db.audit.spent import spent_sets
from db.audit.universe import read_outside, read_universe
from db.audit.words import spent_line, stratum_in_words
from db.home import archive_path
from db.language import number, speaking
from db.problem import Problem
from db.store.archive import Archive
from schedules.messages import operators_language

NAME = re.compile(r"[\w-][\w.-]{0,60}")


def draw_audit(name: str, size: int, seed: int, days: tuple[str, str] = ("", "")) -> tuple[Draw, Path]:
    """`days`: the first and the last, '' where there is none. Raises Problem."""
    since, until = days
    named = name or "-".join(filter(None, [f"seed{seed}", f"n{size}", since, until]))
    if not NAME.fullmatch(named):
        raise Problem(f"{named!r}: a name of an audit has letters, digits, '-', '_' and '.'")
    with Archive(archive_path(), read_only=True) as archive:
        archive.check_is_current()
        universe = read_universe(archive.db.conn, since, until)
        outside = read_outside(archive.db.conn)
        flow = read_flow(archive.db.conn, Days(since=since, until=until))
    ran = {"sources": flow.sources, "nights": flow.nights, "gaps": flow.gaps}
    draw = draw_units(universe, DrawPlan(named, size, seed, since, until), ran, outside)
    return draw, write_draw(draw)


def in_words(draw: Draw) -> Iterator[str]:
    """How many of each stratum, and whether somebody has looked at some of its pages before."""
    with speaking(operators_language()):
        for stratum, plan in draw.strata.items():
            yield f"  {stratum_in_words(stratum)}: {number(plan.drawn)} / {number(plan.units)}"
        for spent in spent_sets(draw):
            yield spent_line(spent, draw.name)
