"""Table `revisits`: when the page of each kept article is to be looked at again, and what came of the last look."""

from typing import TypedDict


class RevisitRow(TypedDict):
    article: int
    source: str
    due: str | None  # the night, a day in Berlin; None: all looks have been taken
    looks: int  # how often it was looked at since it came
    tries: int  # nights on which it was asked for in vain since
    checked_at: str | None  # when it was last looked at
    etag: str | None
    modified: str | None  # as the server says, for conditional requests
    full_at: str | None  # when it was last asked without conditions
    unchanged: int | None  # nights in a row on which it answered 304
    missing_at: str | None  # when it was first not found, and was not found since
    detail: str | None
    outcome: str | None
