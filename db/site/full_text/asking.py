"""The public side of its search: it has no texts, and asks who has them which articles a query finds.

What it is told are numbers of articles. All that a page says of them stands in the snapshot; what is not in it is
neither shown nor counted. Where nobody answers, titles and extracts are searched, and the page says so.
"""

import logging
import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import httpx
from datasette.app import Datasette
from datasette.utils.asgi import Base400

from db.home import answer_socket
from db.language import language, t
from db.search.morphology import tokens
from db.search.public.elsewhere import found_elsewhere, words_alone
from db.search.public.questions import check
from db.search.query import Query, QueryError, parse
from db.search.search import Order
from db.site.answering.visitors import current
from db.site.full_text.service import TOKEN
from db.site.limits import RateLimits

ADDRESS = "REVIERSPIEGEL_ANSWER"  # a socket's path, or an address as http://10.0.0.2:8002
SECONDS = httpx.Timeout(6.0, connect=1.0)
RATES = "30/minute;300/hour;1000/day"  # of questions of one client
AWAY = 5.0  # seconds in which who did not answer is not asked again
KEPT, KEPT_SECONDS = 100, 60.0  # answers, for the next pages of the same search

logger = logging.getLogger(__name__)


class SearchedIn(StrEnum):
    """What was searched; each has a sentence on the page, search.searched_in."""

    TEXTS = "texts"
    FIRST = "first"  # more were found than are listed
    TITLES = "titles"  # nobody answers


class AskedTooOften(Base400):  # type: ignore[misc]
    """The reader has asked as much of the texts as one may."""

    status = 429


class AwayError(Exception):
    """Nobody answers, or not in time."""


@dataclass(frozen=True, slots=True)
class ToldArticles:
    ids: Sequence[int]
    total: int


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """`searched_in` is None where that need not be said; `has_phrases`: of which rare ones are their words alone."""

    query: Query
    searched_in: SearchedIn | None = None
    has_phrases: bool = False


class FullTexts:
    def __init__(self, address: str, token: str = "", rates: str = RATES) -> None:
        by_socket = not address.startswith(("http://", "https://"))
        one_by_one = httpx.Limits(max_connections=20, max_keepalive_connections=0)  # nothing is left open
        self.client = httpx.AsyncClient(
            base_url="http://answer" if by_socket else address.rstrip("/"),
            transport=httpx.AsyncHTTPTransport(uds=address if by_socket else None, limits=one_by_one),
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=SECONDS,
        )
        self.address = address
        self.limits = RateLimits(rates)
        self.away_until = 0.0
        self.kept: OrderedDict[tuple[str, Order], tuple[float, ToldArticles]] = OrderedDict()

    @classmethod
    def of_environment(cls) -> "FullTexts":
        return cls(os.environ.get(ADDRESS, "").strip() or str(answer_socket()), os.environ.get(TOKEN, "").strip())

    async def find(self, text: str, order: Order) -> ToldArticles:
        """Raises QueryError, AwayError, AskedTooOften."""
        key, now = (text, order), time.monotonic()
        if (kept := self.kept.get(key)) and kept[0] > now:
            return kept[1]
        if now < self.away_until:
            raise AwayError
        visitor = current.get()
        if wait := self.limits.hit(visitor.client):
            visitor.retry_after = wait
            raise AskedTooOften(t("public_search.asked_too_often"))
        told = await self.ask(text, order)
        self.kept[key] = (now + KEPT_SECONDS, told)
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)
        return told

    async def ask(self, text: str, order: Order) -> ToldArticles:
        try:
            answer = await self.client.get(
                "/search", params={"q": text, "order": order}, headers={"accept-language": language()}
            )
            told = answer.json()
            if answer.status_code == httpx.codes.BAD_REQUEST:
                raise QueryError(str(told["error"]))
            answer.raise_for_status()
            return ToldArticles([int(each["id"]) for each in told["articles"]], int(told["total"]))
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            self.away_until = time.monotonic() + AWAY
            logger.warning("%s: no answer for the search (%s); titles are searched", self.address, error)
            raise AwayError from error


def full_texts_of(site: Datasette) -> FullTexts | None:
    """None of a site that has the texts itself."""
    return getattr(site, "full_texts", None)


async def ask_for(site: Datasette, query: Query, order: Order = "newest") -> AskedQuery:
    """The query as this site's own file can answer it. Raises QueryError, AskedTooOften."""
    full_texts = full_texts_of(site)
    if full_texts is None or not any(not term.title for either in query.wanted for term in either):
        return AskedQuery(query)
    text = words_alone(query)
    check(parse(text))
    try:
        told = await full_texts.find(text, order)
    except AwayError:
        return AskedQuery(query, SearchedIn.TITLES)
    listed = SearchedIn.TEXTS if told.total <= len(told.ids) else SearchedIn.FIRST
    has_phrases = any(len(tokens(term.text)) > 1 for either in query.wanted for term in either)
    return AskedQuery(found_elsewhere(query, told.ids), listed, has_phrases)
