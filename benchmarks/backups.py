"""How long a backup and a restore take, and how long a writer waits meanwhile.

python benchmarks/backups.py --mb 1000
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from db.home import archive_path, home
from db.operations.backups.making import fault_of_backup, make_backup
from db.operations.backups.restoring import restore
from db.store.archive import Archive
from db.store.warc import Pages, StoredPage, packed

TEXT = 20_000  # bytes of each article, which the index of the search has too
RUNS, PAGES, BODY = 200, 10, 100_000  # files of pages, pages of each, bytes of each


def fill(megabytes: int) -> None:
    with Archive(archive_path()) as archive:
        while archive_path().stat().st_size < megabytes * 10**6:
            start = archive.db.table("articles").count
            rows = (
                {
                    "id": number,
                    "url": f"https://blatt.example/{number}",
                    "source": "blatt",
                    "title": f"Nummer {number}",
                    "text": " ".join(os.urandom(5).hex() for _ in range(TEXT // 11)),
                    "identity": str(number),
                    "fetched_at": "2026-11-01T02:00:00+00:00",
                }
                for number in range(start + 1, start + 1001)
            )
            archive.db.table("articles").insert_all(rows)
            archive.db.execute("pragma wal_checkpoint(truncate)")
        for run in range(1, RUNS + 1):
            pages = Pages(archive, home() / "pages", run)
            for number in range(PAGES):
                url = f"https://blatt.example/{run}/{number}"
                body = os.urandom(BODY // 2).hex().encode()
                at = "2026-11-01T02:00:00+00:00"
                page = StoredPage(
                    source="blatt", url=url, final_url=url, fetched_at=at, status=200, headers=(), body=body, lead={}
                )
                pages.add(packed(page))
            pages.close()


def timed(what: str, work: Callable[[], object]) -> None:
    stop, waits = Event(), [0.0]

    def write() -> None:
        with Archive(archive_path()) as archive:
            while not stop.wait(0.05):
                began = time.monotonic()
                archive.db.table("addresses").upsert({"url": "https://blatt.example/", "source": "blatt"}, pk="url")
                waits.append(time.monotonic() - began)

    writer = Thread(target=write)
    if what != "restore":
        writer.start()
    began = time.monotonic()
    work()
    seconds = time.monotonic() - began
    stop.set()
    if what != "restore":
        writer.join()
    print(f"{what}: {seconds:.1f} s; {len(waits) - 1} writes meanwhile, the slowest {max(waits) * 1000:.0f} ms")  # noqa: T201


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mb", type=int, default=1000)
    given = options.parse_args()
    with TemporaryDirectory() as folder:
        os.environ["REVIERSPIEGEL_HOME"] = folder
        fill(given.mb)
        for path in (home() / "pages").iterdir():
            os.utime(path, (0, 0))
        first = datetime(2026, 11, 1, tzinfo=UTC)
        timed("backup", lambda: make_backup(Path(folder), first))
        timed("the next one", lambda: make_backup(Path(folder), first.replace(day=2)))
        backup = make_backup(Path(folder), first.replace(day=3))
        print(f"{backup.bytes / 1e6:.0f} MB in {len(backup.files)} files")  # noqa: T201
        timed("check", lambda: fault_of_backup(backup))
        timed("restore", lambda: restore(backup, Path(folder), first.replace(day=4)))


if __name__ == "__main__":
    main()
