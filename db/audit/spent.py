"""Sets that somebody has looked at: they are spent, and judge no rules that were made with them."""

from collections.abc import Iterator
from dataclasses import dataclass

from db.audit.drawing import NAME, Draw, read_draw
from db.audit.files import audits_path
from db.audit.log import looked_at
from db.problem import Problem


@dataclass(frozen=True, slots=True)
class SpentSet:
    audit: str
    day: str  # on which it was looked at first
    rules_versions: tuple[str, ...]  # that it has judged
    pages: int  # of the draw that is asked of


def spent_sets(draw: Draw) -> Iterator[SpentSet]:
    """Its own, and others with which it shares pages."""
    units = {unit.id for _, unit in draw.units}
    for name in sorted(path.parent.name for path in audits_path().glob(f"*/{NAME}")):
        look = looked_at(name)
        if look is None:
            continue
        try:
            shared = units & {unit.id for _, unit in read_draw(name).units}
        except Problem:  # no file of ours any more
            continue
        if shared:
            yield SpentSet(name, look.at[:10], look.rules_versions, len(shared))
