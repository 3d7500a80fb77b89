"""Where answers lie until they are whole: files in a folder of the site, which goes with it."""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from db.site.answering.tasks import Spool

SHARE = 4  # of the disk's free room one answer may take the fourth part, so that all together never fill it


class Spools:
    def __init__(self) -> None:
        self.folder: Path | None = None
        self.close: Callable[[], object] = lambda: None
        self.numbers = count()

    @contextmanager
    def spool(self, what: str, most: int | None = None) -> Iterator[Spool]:
        """Of at most so many bytes; who opens its file meanwhile keeps it. `what`: said where it is more."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="revierspiegel-"))
            self.close = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        free = shutil.disk_usage(self.folder).free // SHARE
        folder = self.folder / str(next(self.numbers))
        try:
            yield Spool(folder, free if most is None else min(most, free), what)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
