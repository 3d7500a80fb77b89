"""What the invented outlets have written, and how they are built: read from articles/ and outlets.toml."""

import re
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any, Self

FOLDER = Path(__file__).parent
FRONT = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """An article as its newsroom knows it."""

    outlet: str
    slug: str
    title: str
    date: datetime | date  # the outlet's own offset; a bare day where it tells no more
    blocks: tuple[str, ...]  # '## ' a subhead, '**…**' a question, lines with '- ' a list, else a paragraph
    topic: str  # on, mention, off
    expect: str  # 'kept', or the reason of the refusal
    authors: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    kind: str = "article"
    lang: str = "de"
    section: str | None = None
    # walled: only the lead is shown; closed: nothing is; missing: listed but gone; misdated: ten years off in what
    # the page says to machines
    traits: frozenset[str] = frozenset()
    day: int = 1  # of the demo, on which it appears
    # its text from the second day on; or what becomes of it then: 'gone', 'walled', 'returned' (gone for one request)
    day_2: str | None = None
    changed: bool = False

    @property
    def published(self) -> str:
        return self.date.isoformat()

    @property
    def number(self) -> int:
        """What the outlet's own system calls it."""
        return 10_000_000 + zlib.crc32(f"{self.outlet}/{self.slug}".encode()) % 90_000_000

    @cached_property
    def paragraphs(self) -> tuple[str, ...]:
        """What a reader is shown of it, as text."""
        shown = () if "closed" in self.traits else self.blocks[:1] if "walled" in self.traits else self.blocks
        return tuple(line.removeprefix("## ").removeprefix("- ").strip("*") for b in shown for line in b.split("\n"))

    @property
    def summary(self) -> str:
        return re.split(r"(?<=[.!?]) ", self.blocks[0])[0]

    def on(self, day: int) -> Self | None:
        """The article as it stands on that day of the demo; None where it is not, or no longer, there."""
        if day < self.day or (day > 1 and self.day_2 == "gone"):
            return None
        if day == 1 or self.day_2 in (None, "returned"):
            return self
        if self.day_2 == "walled":
            return replace(self, traits=self.traits | {"walled"})
        return replace(self, blocks=blocks(self.day_2 or ""), changed=True)


@dataclass(frozen=True, kw_only=True)
class Outlet:
    id: str
    name: str
    site: str
    address: str
    linked_data: str
    robots: str
    teaser: str
    documents: tuple[Mapping[str, Any], ...]
    lang: str = "de"
    section: str = ""
    charset: str = "utf-8"
    shelves: Mapping[str, str] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()

    def url(self, piece: Piece) -> str:
        parts = {"year": f"{piece.date:%Y}", "month": f"{piece.date:%m}", "section": piece.section or self.section}
        return self.site + Template(self.address).substitute(parts, slug=piece.slug, number=piece.number)


def blocks(text: str) -> tuple[str, ...]:
    return tuple(text.strip().split("\n\n"))


def load_articles() -> tuple[Piece, ...]:
    """All articles of both days, the newest first."""
    pieces = map(_piece, (FOLDER / "articles").glob("*/*.md"))
    return tuple(sorted(pieces, key=lambda piece: (piece.published, piece.outlet, piece.slug), reverse=True))


def _piece(path: Path) -> Piece:
    parts = FRONT.fullmatch(path.read_text("utf-8"))
    assert parts, f"{path}: no front matter between +++ lines"
    facts = tomllib.loads(parts[1])
    facts |= {name: tuple(facts.get(name, ())) for name in ("authors", "agencies")}
    facts["traits"] = frozenset(facts.get("traits", ()))
    return Piece(outlet=path.parent.name, slug=path.stem, blocks=blocks(parts[2]), **facts)


def load_outlets() -> dict[str, Outlet]:
    tables = tomllib.loads((FOLDER / "outlets.toml").read_text("utf-8"))
    return {name: Outlet(id=name, **table) for name, table in tables.items()}
