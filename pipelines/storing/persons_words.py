"""What people have said of an address or of its page, as the archive has it."""

from collections.abc import Iterable

from db.store.archive import Archive
from db.store.leaving.removals import digest_of
from pipelines.article import Correction, Decision, Word


class PersonsWords:
    def __init__(self, archive: Archive) -> None:
        self.archive = archive

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
        archive = self.archive
        return archive.decisions.names() | archive.corrections.names() | archive.removals.digests()


class RememberedWords(PersonsWords):
    """For who asks of thousands of pages: what has a word is read again when others have written, or more addresses of
    what was taken down are known."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._read_at: tuple[int, int] | None = None
        self._on: frozenset[str] = frozenset()
        self._any_removed = False

    def decision(self, keys: Iterable[str], url: str) -> Decision | None:
        wanted = list(keys)
        return super().decision(wanted, url) if self._is_on(wanted, url) else None

    def corrections(self, keys: Iterable[str], url: str) -> tuple[Correction, ...]:
        wanted = list(keys)
        return super().corrections(wanted, url) if self._is_on(wanted, url) else ()

    def _is_on(self, keys: list[str], url: str) -> bool:
        now = (self.archive.changes_of_others(), self.archive.removals.additions)
        if now != self._read_at:
            self._on, self._read_at = self.on(), now
            self._any_removed = bool(self.archive.removals.digests())
        names = [*keys, url]
        return not self._on.isdisjoint(names) or (self._any_removed and not self._on.isdisjoint(map(digest_of, names)))
