"""What a removal is about while it lasts: a kill leaves it, and the command goes on with it. At the end it is gone."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from db.publish.removal.erasing import Order
from db.publish.removal.records import Place
from db.publish.removal.traces import Traces
from db.store.leaving.tombstones import How

NAME = ".removal.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    path: Path
    order: Order
    traces: Traces
    articles: frozenset[int] = frozenset()  # numbers in the archive
    places: frozenset[Place] = frozenset()
    sums: Mapping[str, str] = field(default_factory=dict)  # of other pages, out of which its address is taken

    def write(self) -> None:
        """On the disk before it returns. Raises OSError."""
        order = {"how": str(self.order.how), "why": self.order.why, "at": self.order.at}
        facts = {"order": order, "traces": self.traces.as_json(), "places": sorted(self.places)}
        facts |= {"articles": sorted(self.articles)}
        part = self.path.with_name(f"{NAME}.part")
        part.touch(0o600)
        with part.open("w", encoding="utf-8") as stream:
            json.dump(facts | {"sums": dict(self.sums)}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(self.path)

    @classmethod
    def read(cls, home: Path) -> Self | None:
        path = home / NAME
        if not path.is_file():
            return None
        facts = json.loads(path.read_text("utf-8"))
        order = facts["order"]
        return cls(
            path=path,
            order=Order(how=How(order["how"]), why=order["why"], at=order["at"]),
            traces=Traces.of(facts["traces"]),
            articles=frozenset(facts["articles"]),
            places=frozenset((name, offset) for name, offset in facts["places"]),
            sums=facts["sums"],
        )

    def with_sums(self, sums: Mapping[str, str]) -> Self:
        return replace(self, sums={**self.sums, **sums})

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
