"""What people have said of an address or of its page, as the archive has it."""

from collections.abc import Iterable
from dataclasses import dataclass

from db.store.archive import Archive
from pipelines.article import Correction, Decision, Word


@dataclass(frozen=True, slots=True)
class PersonsWords:
    archive: Archive

    def decision(self, keys: Iterable[str], url: str) -> Decision | None:
        """That it was taken down is the last word."""
        names = [*keys, url]
        if removal := self.archive.removals.of(names):
            return Decision(word=Word.REMOVE, why="", at=removal["at"])
        return Decision.of(self.archive.decisions.find(names[:-1], url))

    def corrections(self, keys: Iterable[str], url: str) -> tuple[Correction, ...]:
        return tuple(map(Correction.of, self.archive.corrections.find(keys, url)))

    def on(self) -> frozenset[str]:
        """Keys and addresses on which there is a word, the latter as they were written; digests of what was removed."""
        stores = (self.archive.decisions, self.archive.corrections)
        return self.archive.removals.digests() | frozenset(
            name for store in stores for row in store.every() for name in (row["url"], *store.keys(row["url"]))
        )
