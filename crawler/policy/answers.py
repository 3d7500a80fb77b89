"""What an answer, or the lack of one, means for the address that was asked for."""

from typing import Any

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.policy.manners import NOT_THE_SITE, NotAllowed, in_words, too_large
from pipelines.article import Reason

NO = (401, 403, 429, 451)  # the visit ends for the night


def facts_of(failure: Failure) -> tuple[Any, Any]:
    """The visit, and what was asked for in it; Scrapy has noted the request on the failure."""
    request: Request = failure.request  # type: ignore[attr-defined]
    visit, wanted = request.cb_kwargs.values()
    return visit, wanted


def is_no(failure: Failure) -> bool:
    """Whether the site has answered that it does not want us."""
    return isinstance(failure.value, HttpError) and failure.value.response.status in NO


def was_asked(failure: Failure) -> bool:
    """A page of a site whose robots.txt cannot be had is not asked for, and has not failed."""
    return not (isinstance(failure.value, NotAllowed) and failure.value.reason is Reason.UNREACHABLE)


def reason_of(failure: Failure) -> tuple[Reason, str]:
    """The reason for which the page is refused, now or after some nights, and the detail in words."""
    error = failure.value or TimeoutError()
    if isinstance(error, NotAllowed):
        return error.reason, error.detail
    if isinstance(error, HttpError):
        status = error.response.status
        if status in NO:
            return Reason.FORBIDDEN, f"HTTP {status}"
        for_now = status >= 500 or status == 408 or status in NOT_THE_SITE
        return (Reason.UNREACHABLE if for_now else Reason.MISSING), f"HTTP {status}"
    if too_large(error):
        return Reason.TOO_LARGE, in_words(error)
    if isinstance(error, IgnoreRequest):  # "max redirections reached"
        return Reason.MISSING, in_words(error)
    return Reason.UNREACHABLE, in_words(error)


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
