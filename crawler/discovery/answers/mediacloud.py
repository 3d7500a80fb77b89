"""Media Cloud's search: pages of stories as JSON; errors as JSON, as a page, or as nothing at all."""

import re
from datetime import datetime
from typing import Any

from crawler.discovery.answers.answer import (
    FinderAnswer,
    Harvest,
    Headers,
    NoJson,
    lenient_json,
    listed_at,
    only,
    sentence_of,
    text_in,
    trouble,
    unparsed,
    unreadable,
)
from crawler.discovery.encodings import decoded
from db.days import moment
from db.outcomes import Code, Outcome

QUOTA = re.compile("quota", re.I)


def read(body: bytes, status: int, headers: Headers, *, at: datetime | None = None) -> FinderAnswer:
    try:
        document, mended = lenient_json(body)
    except NoJson as error:
        return only(wrong) if (wrong := trouble(status)) else unparsed(error, decoded(body))
    if status != 200:
        return only(_error(status, document))
    stories = listed_at(document, "stories")
    if stories is None:
        return unreadable(decoded(body))
    harvest = Harvest(at=at or moment())
    for row in stories:
        if isinstance(row, dict):
            published = row.get("publish_date")
            harvest.row(
                row.get("url"),
                title=row.get("title"),
                said_date=published[:10]
                if isinstance(published, str)
                else None,  # a day, with a midnight that is nobody's
                about=(text_in(row, "language"), text_in(row, "media_name")),
            )
        else:
            harvest.bad_lines += 1
    return harvest.answer(go_on=text_in(document, "pagination_token"), mended=mended)


def _error(status: int, document: Any) -> Outcome:
    fields = document if isinstance(document, dict) else {}
    text = sentence_of(text_in(fields, "note", "detail") or "")
    if QUOTA.search(f"{text} {text_in(fields, 'exception') or ''}"):
        return Code.QUOTA_USED.of(text=text)
    if status == 401:
        return Code.KEY_REFUSED.of(text=text)
    if status in (403, 429):  # older servers say "no permission" for the limit of requests
        return Code.TOO_FAST.of(status=status)
    if fields.get("temporary") is True or status >= 500:
        return Code.BUSY.of(status=status)
    return Code.REFUSED_QUERY.of(text=text)
