"""The day in Berlin, where the story is: by it nights are named, articles counted and searched."""

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def moment() -> datetime:
    """Now, in UTC; so many days later as REVIERSPIEGEL_DAYS_AHEAD says, for the demo and for tests of many nights."""
    ahead = os.environ.get("REVIERSPIEGEL_DAYS_AHEAD")
    return datetime.now(UTC) + timedelta(days=float(ahead)) if ahead else datetime.now(UTC)


def today() -> str:
    """The night of a crawl is named by its day."""
    return moment().astimezone(BERLIN).date().isoformat()


def day_after(at: str) -> str:
    """The day after that of a moment, in Berlin."""
    return (there(at).date() + timedelta(days=1)).isoformat()


def day_of(published: str | None) -> str | None:
    """YYYY-MM-DD: half past eleven in the evening, UTC, is tomorrow in Berlin; a time without offset is one there."""
    return there(published).date().isoformat() if published else None


def in_utc(published: str | None) -> str | None:
    """For sorting. A bare day is its midnight in Berlin."""
    return there(published).astimezone(UTC).isoformat(timespec="seconds") if published else None


def there(published: str) -> datetime:
    moment = datetime.fromisoformat(published)
    return moment.astimezone(BERLIN) if moment.tzinfo else moment.replace(tzinfo=BERLIN)


def half_year(day: str | None) -> str | None:
    """2025-1; None where not even the month is known."""
    return f"{day[:4]}-{1 if day[5:7] < '07' else 2}" if day and len(day) >= len("2025-01") else None


def next_month(day: date) -> date:
    """Its first day."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
