"""What an answer, or the lack of one, means for the address that was asked for."""

from types import MappingProxyType
from typing import Any

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from db.outcomes import Code, Outcome, fault
from pipelines.article import Reason

NO = (401, 403, 429, 451)  # the visit ends for the night
# 407 is the proxy's word; 421, 425 and 429 say "not now". None of them is an answer to what was asked.
NOT_THE_SITE = (407, 421, 425, 429)


class NotAllowed(IgnoreRequest):
    """The address must not be asked for; `reason` and `outcome` say why."""

    def __init__(self, reason: Reason, outcome: Outcome) -> None:
        super().__init__(f"{reason}: {outcome}")
        self.reason, self.outcome = reason, outcome


class NotPublic(CannotResolveHostError):
    """A name of the open internet that stands for a machine that is not on it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


def facts_of(failure: Failure) -> tuple[Any, Any]:
    """The visit, and what was asked for in it; Scrapy has noted the request on the failure."""
    request: Request = failure.request  # type: ignore[attr-defined]
    visit, wanted = request.cb_kwargs.values()
    return visit, wanted


def is_no(failure: Failure) -> bool:
    """Whether the site has answered that it does not want us."""
    return isinstance(failure.value, HttpError) and failure.value.response.status in NO


def is_away(failure: Failure) -> bool:
    """Whether the whole site is: its robots.txt cannot be had, and its pages are not asked for."""
    return isinstance(failure.value, NotAllowed) and failure.value.reason is Reason.UNREACHABLE


def was_asked(failure: Failure) -> bool:
    """Whether a request has gone out: not where we may not ask, unless it is a redirect that leads there."""
    request: Request = failure.request  # type: ignore[attr-defined]
    return not isinstance(failure.value, NotAllowed) or bool(request.meta.get("redirect_times"))


def reason_of(failure: Failure) -> tuple[Reason, Outcome]:
    """The reason for which the page is refused, now or after some nights, and what came of asking for it."""
    error = failure.value or TimeoutError()
    if isinstance(error, NotAllowed):
        return error.reason, error.outcome
    if isinstance(error, HttpError):
        status = error.response.status
        answer = Code.HTTP_STATUS.of(status=status)
        if status in NO:
            return Reason.FORBIDDEN, answer
        # 304 to a question without conditions, a redirect without an address: a bad moment, and no word on the page
        nowhere = status < 400 and not error.response.headers.get("Location")
        for_now = status >= 500 or nowhere or status == 408 or status in NOT_THE_SITE
        return (Reason.UNREACHABLE if for_now else Reason.MISSING), answer
    if too_large(error):
        return Reason.TOO_LARGE, outcome_of(error)
    if isinstance(error, IgnoreRequest):  # "max redirections reached"
        return Reason.MISSING, outcome_of(error)
    return Reason.UNREACHABLE, outcome_of(error)


def header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def headers_of(response: Response) -> dict[str, str]:
    """All headers; where one stands several times, its values joined as RFC 9110 (5.3) has it."""
    return {
        name.decode("latin-1"): ", ".join(value.decode("latin-1") for value in values)
        for name, values in response.headers.items()
    }


def declared(response: Response) -> str | None:
    """The charset of the HTTP header; the page may know better."""
    _, _, charset = (header(response, "Content-Type") or "").lower().partition("charset=")
    return charset.partition(";")[0].strip(" \"'") or None


CODES = {
    "CannotResolveHostError": Code.NAME_UNKNOWN,
    "DNSLookupError": Code.NAME_UNKNOWN,
    "DownloadConnectionRefusedError": Code.CONNECTION_REFUSED,
    "ConnectionRefusedError": Code.CONNECTION_REFUSED,
    "DownloadTimeoutError": Code.NO_ANSWER,
    "TimeoutError": Code.NO_ANSWER,
    "ResponseDataLossError": Code.BROKE_OFF,
    "DownloadFailedError": Code.CONNECTION_BROKE,
    "TunnelError": Code.PROXY,
}
UNPACKING = ("gzip", "zlib", "brotli", "zstd")  # modules whose errors say that a body is not packed as its header says


class PlainBodiesMiddleware:
    """A body that is not packed, though its header says so, is read as it is: some servers only forget to pack."""

    MAGIC = MappingProxyType({b"gzip": b"\x1f\x8b", b"x-gzip": b"\x1f\x8b", b"zstd": b"\x28\xb5\x2f\xfd"})

    def process_response(self, request: Request, response: Response) -> Response:
        encoding = (response.headers.get("Content-Encoding") or b"").strip().lower()
        if encoding in self.MAGIC and response.body and not response.body.startswith(self.MAGIC[encoding]):
            del response.headers["Content-Encoding"]
        return response


class RefreshMiddleware(MetaRefreshMiddleware):
    """Scrapy decodes each page in full to look for a redirect in its first 4,096 characters."""

    MOST = 4 * 4096  # bytes of so many

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        if b"refresh" in response.body[: self.MOST].replace(b"\0", b"").lower():
            return super().process_response(request, response)
        return response


def too_large(error: BaseException | None) -> bool:
    return isinstance(error, DownloadCancelledError) or "DOWNLOAD_MAXSIZE" in str(error)


def outcome_of(error: BaseException) -> Outcome:
    """Of a network error; one that we have no code for says what the library says."""
    if isinstance(error, NotPublic):
        return error.outcome
    if too_large(error):
        return Code.LARGER_THAN_READ.of()
    module = type(error).__module__
    if isinstance(error, EOFError) or any(name in module for name in UNPACKING):
        return Code.NOT_PACKED_SO.of()
    if "max redirections" in str(error):
        return Code.REDIRECTS.of()
    if "certificate" in str(error).lower() or "VerificationError" in str(error):
        return Code.CERTIFICATE.of()
    code = CODES.get(type(error).__name__)
    return code.of() if code else fault(error)
