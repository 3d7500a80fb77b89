"""A record that was cut out of a web archive's file → the page as it was captured."""

from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from io import BytesIO
from zlib import error as ZlibError

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

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
    try:
        record = next(iter(ArchiveIterator(BytesIO(body))))
        page = record.content_stream().read(LARGEST + 1)
        name, at = (record.rec_headers.get_header(each) or "" for each in ("WARC-Target-URI", "WARC-Date"))
        captured_at = datetime.fromisoformat(at)
    except (OSError, EOFError, StopIteration, ValueError, ZlibError, ArchiveLoadFailed):
        return Code.NO_RECORD.of()
    answer = record.http_headers
    if record.rec_type != "response" or answer is None or normal(name) != normal(url) or not captured_at.tzinfo:
        return Code.NO_RECORD.of()
    if len(page) > LARGEST:
        return Code.LARGER_THAN_READ.of()
    if answer.get_statuscode() != "200":
        return Code.HTTP_STATUS.of(status=answer.get_statuscode())
    kind = Message()
    kind["Content-Type"] = answer.get_header("Content-Type") or "text/html"
    if "html" not in kind.get_content_type():
        return Code.CONTENT_TYPE.of(type=kind.get_content_type())
    headers: dict[str, str] = {}
    for header, value in answer.headers:
        headers[header] = f"{headers[header]}, {value}" if header in headers else value
    return CapturedPage(captured_at=captured_at, headers=headers, encoding=kind.get_content_charset(), body=page)
