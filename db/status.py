"""The state of the archive on one screen."""

import os
from typing import Any

from db.archive import Row, read_only
from db.home import archive_path, contact, home

FAILING = ("unreachable", "stopped")


def read_status() -> dict[str, Any]:
    """What `status` tells; an archive that is not there yet is an empty one."""
    state: dict[str, Any] = {
        "home": str(home()),
        "articles": 0,
        "refusals": 0,
        "waiting": 0,
        "last_run": None,
        "refused_by_reason": {},
        "sources": [],
        "needs_a_hand": [],
        "contact": contact(),
        "loopback_allowed": os.environ.get("REVIERSPIEGEL_ALLOW_LOOPBACK") == "1",
    }
    if not archive_path().is_file():
        return state
    db = read_only(archive_path())
    try:
        if "runs" not in db.table_names():
            return state
        for name, table in (("articles", "articles"), ("refusals", "refusals"), ("waiting", "leads")):
            state[name] = db.execute(f"select count(*) from {table}").fetchone()[0]
        state["last_run"] = next(db.query("select * from runs order by id desc limit 1"), None)
        counts = "select reason, count(*) from refusals group by reason order by 2 desc"
        state["refused_by_reason"] = dict(db.execute(counts).fetchall())
        rows = db.query("select id, last_success, last_state as state, last_detail as detail from sources order by id")
        state["sources"] = list(rows)
        state["needs_a_hand"] = [row for row in state["sources"] if _needs_a_hand(row)]
    finally:
        db.close()
    return state


def _needs_a_hand(row: Row) -> bool:
    return row["state"] in FAILING or (row["state"] == "partial" and bool(row["detail"]))
