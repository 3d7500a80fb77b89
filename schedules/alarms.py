"""Which alarms an operator is told now, by what they were told before; and the telling, over every channel there is."""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db.days import BERLIN
from db.home import archive_path, home
from db.operations.causes import Cause, Causes, read_causes
from db.outcomes import Code, Outcome, as_json, from_json
from db.problem import Problem
from db.store.archive import Archive
from db.store.crawl.alarms import AlarmRow
from schedules.channels import Channel, ChannelError
from schedules.history import as_iso
from schedules.messages import alarm_message
from schedules.state import JobState, states

# Days after which the same is told again, at first, then, and from then on: a source that stays away for a year is
# told 54 times, not 365.
REMINDERS = (1, 3, 7)
MISSED = timedelta(hours=2)  # a job that is late by less may be about to begin

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    row: AlarmRow
    due: bool  # to be told now

    @property
    def is_over(self) -> bool:
        return self.row["over_at"] is not None

    @property
    def outcome(self) -> Outcome:
        return from_json(self.row["outcome"])[0]


def due_alarms(causes: Causes, state: Sequence[AlarmRow], now: datetime) -> list[Alarm]:
    """What is wrong and what is over, each with whether it is to be told: at most once a day of Berlin for each cause.

    `state`: of each cause the last time that it was wrong.
    """
    last = {row["cause"]: row for row in state}
    alarms = [_going_on(cause, last.get(cause.name), now) for cause in causes.known]
    wrong = {cause.name for cause in causes.known}
    quiet = (row for row in state if row["cause"] not in wrong and not row["cause"].startswith(causes.unknown))
    return alarms + [_over(row, now) for row in quiet if row["over_at"] is None or _end_is_untold(row)]


def _going_on(cause: Cause, before: AlarmRow | None, now: datetime) -> Alarm:
    row = AlarmRow(
        cause=cause.name,
        first_at=as_iso(now),
        last_at=as_iso(now),
        told_at=before["told_at"] if before else None,
        times=0,
        over_at=None,
        detail=str(cause.outcome),
        outcome=as_json(cause.outcome) or "",
    )
    changed = False
    if before and before["over_at"] is None:
        row |= {"first_at": before["first_at"], "times": before["times"]}
        changed = _kinds(from_json(before["outcome"])[0]) != _kinds(cause.outcome)
    pause = REMINDERS[0] if changed else REMINDERS[min(max(row["times"], 1), len(REMINDERS)) - 1]
    return Alarm(row, row["told_at"] is None or days_since(row["told_at"], now) >= pause)


def _over(row: AlarmRow, now: datetime) -> Alarm:
    ended: AlarmRow = {**row, "over_at": row["over_at"] or as_iso(now)}
    last = row["told_at"]
    return Alarm(ended, bool(row["times"] and last) and days_since(last or "", now) >= REMINDERS[0])


def _end_is_untold(row: AlarmRow) -> bool:
    return bool(row["times"] and row["told_at"] and row["over_at"] and row["told_at"] < row["over_at"])


def _kinds(outcome: Outcome) -> list[Code]:
    return [part.code for part in outcome.parts()]


def days_since(at: str, now: datetime) -> int:
    return (now.astimezone(BERLIN).date() - datetime.fromisoformat(at).astimezone(BERLIN).date()).days


def rows_of(alarms: Iterable[Alarm], delivered: bool, now: datetime) -> Iterator[AlarmRow]:
    """What is remembered once the due ones have been told, or could not be."""
    for alarm in alarms:
        if alarm.due and delivered:
            # not before the end that it tells
            yield {**alarm.row, "told_at": as_iso(now), "times": alarm.row["times"] + (not alarm.is_over)}
        else:
            yield alarm.row


def job_causes(job_states: Iterable[JobState], now: datetime) -> Iterator[Cause]:
    for state in job_states:
        name, job = f"job/{state.job.id}", state.job.id
        if state.running or state.last is None:
            continue
        if state.unwell:
            detail = state.last.detail.replace(f"{home()}/", "")  # readers see the table
            why = f"{state.last.outcome}: {detail}" if detail else state.last.outcome
            yield Cause(name, Code.ALARM_JOB_FAILED.of(job=job, why=why))
        elif state.overdue and now - state.job.last_hour(now) > MISSED:
            yield Cause(name, Code.ALARM_JOB_MISSED.of(job=job))


def look(now: datetime) -> Causes:
    """All that is wrong with this home."""
    causes = read_causes(now)
    return replace(causes, known=(*job_causes(states(now), now), *causes.known), unknown=(*causes.unknown, "channel/"))


@dataclass(frozen=True, slots=True)
class Delivery:
    alarms: tuple[Alarm, ...]  # also those that are not due
    channels: tuple[str, ...]  # that took those that are due
    failed: tuple[Cause, ...]


def tell(causes: Causes, channels: Sequence[Channel], now: datetime) -> Delivery:
    """Send what is due, and remember it. What cannot be remembered is told again with the next look."""
    state = read_state()
    alarms = due_alarms(causes, state, now)
    delivered, failed = send([alarm for alarm in alarms if alarm.due], channels)
    rows = list(rows_of(alarms, bool(delivered), now))
    tried = {*delivered, *(cause.name.partition("/")[2] for cause in failed)}
    if tried:
        ours = [row for row in state if row["cause"].startswith("channel/")]
        untried = tuple(f"channel/{each.name}" for each in channels if each.name not in tried)
        of_channels = due_alarms(Causes(tuple(failed), untried), ours, now)
        others = [channel for channel in channels if channel.name in delivered]
        took, _ = send([alarm for alarm in of_channels if alarm.due], others)
        rows += rows_of(of_channels, bool(took), now)
        alarms += of_channels
    try:
        with Archive(archive_path(), read_only=True) as archive:
            archive.check_is_current()  # to bring it up to date is the matter of who holds the lock of the crawl
        with Archive(archive_path()) as archive:
            archive.alarms.put(rows)
    except (Problem, sqlite3.Error) as error:
        logger.warning("What was told cannot be remembered, and is told again: %s", error)
    return Delivery(tuple(alarms), tuple(delivered), tuple(failed))


def read_state() -> list[AlarmRow]:
    try:
        with Archive(archive_path(), read_only=True) as archive:
            return archive.alarms.latest()
    except (Problem, sqlite3.Error):
        return []


def send(alarms: Sequence[Alarm], channels: Iterable[Channel]) -> tuple[list[str], list[Cause]]:
    """The names of those that took it, and of those that did not why. Nothing is sent where nothing is to be told."""
    delivered, failed = list[str](), list[Cause]()
    if not alarms:
        return delivered, failed
    message = alarm_message([(alarm.row, alarm.outcome) for alarm in alarms])
    for channel in channels:
        try:
            channel.send(message)
        except ChannelError as error:
            logger.warning("The alarms could not be sent by %s: %s", channel.name, error)
            failed.append(Cause(f"channel/{channel.name}", Code.ALARM_CHANNEL.of(channel=channel.name, why=str(error))))
        except Exception as error:  # whatever a channel does, the others are to hear of it
            logger.exception("The alarms could not be sent by %s", channel.name)
            why = type(error).__name__
            failed.append(Cause(f"channel/{channel.name}", Code.ALARM_CHANNEL.of(channel=channel.name, why=why)))
        else:
            delivered.append(channel.name)
    return delivered, failed
