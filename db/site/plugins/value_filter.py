"""What values and speakers over time are narrowed to: a kind of outlet, and of each text one article."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datasette.utils.asgi import Request

from db.site.facts.figures import ValueUses, narrowed, source_kinds


@dataclass(frozen=True, slots=True)
class ValueFilter:
    source_kind: str = ""
    folded: bool = False

    @classmethod
    def of(cls, request: Request) -> "ValueFilter":
        """Of ?source_kind= and ?fold=1."""
        return cls(request.args.get("source_kind") or "", request.args.get("fold") == "1")

    @property
    def arguments(self) -> dict[str, object]:
        """Of an address."""
        return {"source_kind": self.source_kind, "fold": 1 if self.folded else None}

    @property
    def of_files(self) -> dict[str, str]:
        """Of the address of a file, which has every article."""
        return {"source_kind": self.source_kind} if self.source_kind else {}

    def narrow(self, values: Sequence[ValueUses]) -> list[ValueUses]:
        if not self.source_kind and not self.folded:
            return list(values)
        return narrowed(values, self.source_kind, self.folded)

    def context(self, values: Sequence[ValueUses]) -> dict[str, Any]:
        """What templates know it by; `values`: all of them."""
        return {"source_kind": self.source_kind, "folded": self.folded, "source_kinds": source_kinds(values)}
