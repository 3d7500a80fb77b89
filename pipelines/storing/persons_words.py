"""What people have said of an address or of its page, as the archive has it."""

from collections.abc import Iterable
from dataclasses import dataclass

from db.store.archive import Archive
from pipelines.article import Correction, Decision


@dataclass(frozen=True, slots=True)
class PersonsWords:
    archive: Archive

    def decision(self, keys: Iterable[str], url: str) -> Decision | None:
        return Decision.of(self.archive.decisions.find(keys, url))

    def corrections(self, keys: Iterable[str], url: str) -> tuple[Correction, ...]:
        return tuple(map(Correction.of, self.archive.corrections.find(keys, url)))

    def on(self) -> frozenset[str]:
        """Keys and addresses, the latter as they were written, on which there is a word."""
        stores = (self.archive.decisions, self.archive.corrections)
        return frozenset(
            name for store in stores for row in store.every() for name in (row["url"], *store.keys(row["url"]))
        )
