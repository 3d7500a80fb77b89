"""Whether this machine's clock is right, by what is written in the archive already and by what servers said lately."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from statistics import median
from zlib import error as ZlibError

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from db.store.archive import Archive
from db.store.pages import PageRow

HOSTS = 15  # whose word on the time is taken
ENOUGH_HOSTS = 3


def minutes_off(archive: Archive, folder: Path, now: datetime) -> float:
    """By how much the clock of others is ahead of ours; `folder`: where pages are kept."""
    newest = archive.runs.newest_moment()
    back = (datetime.fromisoformat(newest) - now).total_seconds() / 60 if newest else 0.0
    if back > 1:
        return back
    pages = archive.pages.last_of_hosts(HOSTS, (now - timedelta(days=2)).isoformat(timespec="seconds"))
    minutes = [ahead.total_seconds() / 60 for row in pages if (ahead := clock_of(folder, row)) is not None]
    return median(minutes) if len(minutes) >= ENOUGH_HOSTS else 0.0


def clock_of(folder: Path, row: PageRow) -> timedelta | None:
    """By how much the server's clock was ahead of ours when it sent a page; None where it did not say."""
    try:
        with (folder / row["file"]).open("rb") as stream:
            stream.seek(row["offset"])
            headers = next(iter(ArchiveIterator(stream))).http_headers
            sent = parsedate_to_datetime(headers.get_header("Date"))
            age = timedelta(seconds=int(headers.get_header("Age") or 0))  # in a cache on the way
            return sent + age - datetime.fromisoformat(row["fetched_at"])
    except (OSError, EOFError, StopIteration, ValueError, TypeError, AttributeError, ZlibError, ArchiveLoadFailed):
        return None
