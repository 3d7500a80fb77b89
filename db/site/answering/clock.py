"""How long a task may take, in the process that does it."""

import signal
import sqlite3
import time

GRACE = 1.0  # seconds that a task may be late before its process is ended
OPERATIONS = 1_000  # of SQLite between two looks at the clock: a tenth of a millisecond


_last = _ends = 0.0
_work_ends = float("inf")


def start(connection: sqlite3.Connection, seconds: float, work: float | None = None) -> None:
    """`work`: seconds of the processor's time; on a busy machine they take longer than those on the wall.

    SQLite looks at the clock and ends the statement. Where it cannot, inside of a function or of the index, the alarm
    ends the process.
    """
    global _last, _work_ends
    _last = time.monotonic() + seconds
    _work_ends = time.process_time() + work if work else float("inf")
    signal.setitimer(signal.ITIMER_PROF, work + GRACE / 2 if work else 0)
    give(seconds)
    connection.set_progress_handler(_is_over, OPERATIONS)


def _is_over() -> bool:
    return time.monotonic() > _ends or time.process_time() > _work_ends


def expect(work: float) -> None:
    """Raises what SQLite raises in the end, where there is less time of the processor left than this takes."""
    if time.process_time() + work > _work_ends:
        raise sqlite3.OperationalError("interrupted")


def give(seconds: float) -> None:
    """From now on, and no more than is left of the whole."""
    global _ends
    now = time.monotonic()
    _ends = min(_last, now + seconds)
    signal.setitimer(signal.ITIMER_REAL, max(_ends - now, 0) + GRACE)


def stop() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
