"""A record that was cut out of a web archive's file → the page as it was captured."""

from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

from crawler.webarchive.reader import ArchivedResponse, read_stream
from db.outcomes import Code, Outcome
from pipelines.identity import normal

LARGEST = 10 << 20  # bytes of a page, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedPage:
    captured_at: datetime
    headers: dict[str, str]  # of the answer that was captured
    encoding: str | None
    body: bytes = field(repr=False)


def read_record(body: bytes, url: str) -> CapturedPage | Outcome:
    """What is in the record, or why it is no page of that address."""
    found = read_stream(BytesIO(body), url, limit=LARGEST)
    answer = next((each for each in found if isinstance(each, ArchivedResponse)), None)
    if answer is None or normal(answer.url) != normal(url) or answer.captured_at is None:
        return Code.NO_RECORD.of()
    if not answer.is_whole:
        return Code.LARGER_THAN_READ.of()
    if answer.status != 200:
        return Code.HTTP_STATUS.of(status=answer.status)
    if "html" not in (answer.mime or "text/html"):
        return Code.CONTENT_TYPE.of(type=answer.mime)
    return CapturedPage(
        captured_at=answer.captured_at, headers=answer.joined_headers, encoding=answer.charset, body=answer.body
    )
