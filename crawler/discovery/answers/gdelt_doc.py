"""GDELT's DOC API: one JSON document, or a sentence in its place, under the status 200."""

import re
from datetime import datetime
from functools import cache

from babel import Locale

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
from db.outcomes import Code

MOST = 250  # rows of an answer; there are no further pages
LIMIT = re.compile(r"limit (?:your )?requests|one every \d+ seconds", re.I)


def read(body: bytes, status: int, headers: Headers, *, at: datetime | None = None) -> FinderAnswer:
    if wrong := trouble(status):
        return only(wrong)
    text = decoded(body).strip()
    if not text.startswith("{"):
        return _sentence(text, status)
    try:
        document, mended = lenient_json(text)
    except NoJson as error:
        return unparsed(error, text)
    articles = [] if document == {} else listed_at(document, "articles")
    if articles is None:
        return unreadable(text)
    harvest = Harvest(at=at or moment())
    for row in articles:
        if isinstance(row, dict):
            lang = language_code(text_in(row, "language") or "")
            harvest.row(
                row.get("url"),
                title=row.get("title"),
                said_date=row.get("seendate"),
                about=(lang, text_in(row, "domain")),
            )
        else:
            harvest.bad_lines += 1
    full = Code.FULL_ANSWER.of(number=len(articles)) if len(articles) >= MOST else None
    return harvest.answer(full, mended=mended or "\N{REPLACEMENT CHARACTER}" in text)


def _sentence(text: str, status: int) -> FinderAnswer:
    """A page in place of an answer, the limit, and a fault of the question are three different things."""
    if LIMIT.search(text):
        return only(Code.TOO_FAST.of(status=status))
    if not text or text.startswith(("<", "[")) or not text.isprintable():
        return unreadable(text)
    return only(Code.REFUSED_QUERY.of(text=sentence_of(text)))


@cache
def language_code(name: str) -> str | None:
    """German → de."""
    known = {english: code for code, english in Locale("en").languages.items() if len(code) == 2}
    return known.get(name)
