"""The tables, one step each. A step is never edited once it is released: write the next one here."""

from sqlite_utils import Database

from db.store.first_migrations import FTS_COLUMNS as FTS_COLUMNS
from db.store.first_migrations import migrations as migrations


@migrations()
def m024_job_runs(db: Database) -> None:
    """What the schedule did: see db/store/job_runs.py."""
    columns = {"job": str, "due": str, "started": str, "ended": str, "outcome": str, "detail": str}
    needed = {"job", "due", "started", "outcome", "detail"}
    db.table("job_runs").create(columns, pk=("job", "started"), not_null=needed)


@migrations()
def m026_endings(db: Database) -> None:
    """fetched = kept + again + refused + failed; unknown of runs before. `unasked`: refused without a request."""
    for name in ("failed", "unasked"):
        db.table("source_nights").add_column(name, int)
    for name in ("again", "failed", "unasked"):
        db.table("runs").add_column(name, int)
