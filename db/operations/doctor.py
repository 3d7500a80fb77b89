"""Whether an archive is sound; and what can be made new from its articles: the search index and the kept counts."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from db.search import vocabulary
from db.store import changed, counts
from db.store.archive import Archive
from db.store.connection import Mode, check_is_current, connect, open_to_read
from db.store.derived import index_fault, rebuild
from db.store.enrichment import facts

# A number that means two articles, the one that left and another; and one that could come to do so.
TWICE = "select article from tombstones where article in (select id from articles) order by 1 limit 10"
TO_COME = """select article from tombstones
where article > (select coalesce(max(seq), 0) from sqlite_sequence where name = 'articles') order by 1 limit 10"""

BACKUP = "put a sound copy of the archive in its place"
REPAIR = "run `revierspiegel doctor --repair`"
READ_AGAIN = "run `revierspiegel reprocess --only facts`"
OWN_FAULTS = "the log of those nights has the traceback; `revierspiegel enrich` tries again"
REMOVE_AGAIN = "give `revierspiegel remove` again"
LOST_PAGES = "look into the log of that night; what has no end still waits, and is asked for again"

# The history of an article that left stays under its number.
LEFT = " union all ".join(
    f"select '{table}', {number} from {table} where article in (select article from tombstones)"
    for table, number in (("versions", "id"), ("changes", "version"), ("disappearances", "id"))
)
LOST = f"""select "table", parent, count(*) from pragma_foreign_key_check
where ("table", rowid) not in ({LEFT}) group by 1, 2"""

# Of the last 28 nights; `failed` is unknown of those before there was such a count.
WITHOUT_END = """select run, source, n.fetched - n.kept - n.again - n.refused - n.failed as number
from source_nights as n join runs on runs.id = run
where n.failed is not null and number != 0 and runs.outcome not in ('running', 'killed')
and night > (select date(max(night), '-28 days') from source_nights) order by run desc, source limit 10"""


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    wrong: str = ""  # empty where it is sound
    remedy: str = ""


def examine(archive: Path) -> list[Finding]:
    """Each part with what is wrong with it. Raises ArchiveError where there is none, or one of another version."""
    with closing(open_to_read(archive)) as db, suppress(sqlite3.Error):  # a damaged file: the checks say what is wrong
        check_is_current(db, archive)
    with closing(connect(archive, Mode.WRITE)) as connection:
        return [Finding(what, *_run(check, connection)) for what, check in CHECKS.items()]


def repair(archive: Path) -> None:
    """Make new what is made from the articles: the index of the search, the kept counts, the words that it knows.

    For who holds the lock of the crawl.
    """
    with Archive(archive) as opened:
        rebuild(opened.db)
    vocabulary.take_in(archive)


Check = Callable[[sqlite3.Connection], tuple[str, str]]


def _run(check: Check, connection: sqlite3.Connection) -> tuple[str, str]:
    try:
        return check(connection)
    except sqlite3.Error as error:
        return f"cannot be read ({error})", BACKUP


def _file(connection: sqlite3.Connection) -> tuple[str, str]:
    result = connection.execute("pragma integrity_check(1)").fetchone()[0]
    return ("", "") if result == "ok" else (result, BACKUP)


def _references(connection: sqlite3.Connection) -> tuple[str, str]:
    lost = connection.execute(LOST).fetchall()
    faults = ", ".join(
        f"{number} rows of {table} name something that is not in {parent}" for table, parent, number in lost
    )
    return faults, BACKUP if lost else ""


def _index(connection: sqlite3.Connection) -> tuple[str, str]:
    fault = index_fault(connection)
    return (f"does not agree with the articles ({fault})", REPAIR) if fault else ("", "")


def _counts(connection: sqlite3.Connection) -> tuple[str, str]:
    wrong = sum(connection.execute(each.MISCOUNTED).fetchone()[0] for each in (changed, counts))
    return (f"{wrong} do not agree with the articles", REPAIR) if wrong else ("", "")


def _numbers(connection: sqlite3.Connection) -> tuple[str, str]:
    """What readers cite: a number stands for one article, for ever."""
    twice, to_come = (
        ", ".join(str(number) for (number,) in connection.execute(sql).fetchall()) for sql in (TWICE, TO_COME)
    )
    faults = [f"{twice} are of articles that have left, and of articles that are here"] if twice else []
    faults += [f"{to_come} are of articles that have left, and could be given again"] if to_come else []
    return "; ".join(faults), BACKUP if faults else ""


def _nights(connection: sqlite3.Connection) -> tuple[str, str]:
    """Pages that were fetched and of which nobody knows what has become; a run that was killed knows it of none."""
    lost = connection.execute(WITHOUT_END).fetchall()
    differences = ", ".join(f"{number:+} of {source} in run {run}" for run, source, number in lost)
    return (f"pages fetched and pages that ended do not agree: {differences}", LOST_PAGES) if lost else ("", "")


def _facts(connection: sqlite3.Connection) -> tuple[str, str]:
    """Of rows of figures, quotations and names, and of what the search counts of them."""
    for wrong, sql, remedy in (
        ("rows are of articles that are gone", facts.GONE, REPAIR),
        ("rows are by other rules than their article was read by", facts.OTHER_RULES, READ_AGAIN),
        ("rows do not stand where they say", facts.MISPLACED, READ_AGAIN),
        ("articles have others than the search counts", facts.MISCOUNTED, REPAIR),
    ):
        (number,) = connection.execute(f"select {sql}").fetchone()
        if number:
            return f"{number} {wrong}", remedy
    return "", ""


def _faults(connection: sqlite3.Connection) -> tuple[str, str]:
    rows = connection.execute("select step, times, first_at, detail from faults order by step").fetchall()
    told = (f"{step} failed {times} times since {since}: {detail}" for step, times, since, detail in rows)
    return "; ".join(told), OWN_FAULTS if rows else ""


def _removals(connection: sqlite3.Connection) -> tuple[str, str]:
    (number,) = connection.execute("select count(*) from removals where ended is null").fetchone()
    return (f"{number} broken off: something may be left of it", REMOVE_AGAIN) if number else ("", "")


CHECKS: dict[str, Check] = {
    "file": _file,
    "references between tables": _references,
    "index of the search": _index,
    "kept counts": _counts,
    "numbers of articles": _numbers,
    "nights": _nights,
    "figures, quotations and names": _facts,
    "what is read out of texts": _faults,
    "what was taken down": _removals,
}
