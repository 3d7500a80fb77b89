"""Alarms in words: one message of all that is told at once, in the operator's language."""

import os
from collections.abc import Sequence
from socket import gethostname
from typing import Any

from db.home import home
from db.language import choose, moment, speaking, t
from db.outcomes import Outcome, say
from db.store.crawl.alarms import AlarmRow
from schedules.channels import Notice


def operators_language() -> str:
    return choose(os.environ.get("REVIERSPIEGEL_LANGUAGE"), "")


def alarm_message(alarms: Sequence[tuple[AlarmRow, Outcome]]) -> Notice:
    with speaking(operators_language()):
        wrong = [(row, outcome) for row, outcome in alarms if row["over_at"] is None]
        over = [(row, outcome) for row, outcome in alarms if row["over_at"] is not None]
        numbers = (("alarms.wrong", wrong), ("alarms.over", over))
        counts = [t(key, number=len(rows)) for key, rows in numbers if rows]
        lines = [line for row, outcome in wrong for line in (f"- {as_line(row, outcome)}", "")]
        if over:
            lines += [t("alarms.ended"), "", *(f"- {as_line(row, outcome)}" for row, outcome in over), ""]
        where = t("alarms.where", machine=gethostname(), home=str(home()))
        return Notice(
            subject=t("alarms.subject", what=", ".join(counts)),
            text="\n".join([*lines, t("alarms.help"), where]) + "\n",
            data={"home": str(home()), "alarms": [as_data(row, outcome) for row, outcome in alarms]},
        )


def as_line(row: AlarmRow, outcome: Outcome) -> str:
    """In the language that is spoken; the code at its end is that of the manual."""
    if row["over_at"]:
        return f"{t('alarms.over_since', at=moment(row['over_at']))}: {say(outcome)} [{outcome.code}]"
    again = f" ({t('alarms.since', at=moment(row['first_at']))})" if row["times"] else ""
    return f"{say(outcome)}{again} [{outcome.code}]"


def as_data(row: AlarmRow, outcome: Outcome) -> dict[str, Any]:
    return {
        "cause": row["cause"],
        "since": row["first_at"],
        "over": row["over_at"],
        "words": say(outcome),
        **outcome.as_dict(),
    }
