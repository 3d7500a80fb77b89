"""Which process answers what, and when: quick questions at once, slow ones where they hold up nobody.

Each kind of question has a quick lane and a slow one. All begin in the quick lane. What is not answered there in a
moment is begun anew in the slow one, where few are at work, with low priority. So a search of a tenth of a second never
waits for one of four seconds, nor for somebody's SQL.
"""

import asyncio
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import Any, TypeVar, cast

from datasette.app import Datasette
from datasette.utils.asgi import Base400

from db.export.tables import ExportFormat
from db.language import language, t
from db.search.query import Query
from db.site.answering.bounds import TooMuch
from db.site.answering.fork_server import Setup, Task
from db.site.answering.lanes import Lane, Slots, TooBusy
from db.site.answering.processes import Ended, Late, Process
from db.site.answering.spools import Spools
from db.site.answering.visitors import Visitor, current

T = TypeVar("T")

QUICK, QUICK_TASK = 1.5, 0.5  # seconds of the processor's time in a quick lane: of a request, of one task
PATIENCE = 10.0  # seconds, after which costly work that still waits for its turn counts for its client
TURN = 30.0  # seconds, after which it is told to come later: a proxy's usual patience is 60
DOOR = 24, 8  # requests that are worked on at once, but for questions; of one client
LONG_PAGES = 4, 1  # that are made at once; of one client
MOST_WAITING = 32  # questions of one client in a lane
KEPT = 3  # processes at rest, for who comes next
POLITE, LOW = 2, 7  # niceness beyond the site's: pages come first, slow work last; at 15 in all nothing of it was done
BUSY = 4  # times as long as its work a search may take on the wall: beside a crawl it has a quarter of a processor


@dataclass(frozen=True, slots=True)
class Room:
    """How many may be at work at once; `each`: in the slow lane, of one client."""

    quick: int
    slow: int
    each: int
    is_costly: bool  # it counts for its client while it waits, too; all else only in the slow lane
    quick_task: float = QUICK_TASK  # seconds of the processor's time
    stretch: int = 1  # BUSY where the seconds that it may take are the processor's: not of what is asked to waste time

    def quick_lane(self) -> Lane:
        """Of costly work one client leaves a turn to the others."""
        return Lane(self.quick, self.quick - 1 if self.is_costly else None)


class Question(Enum):
    SEARCH = auto()
    BROAD_SEARCH = auto()
    TABLE = auto()
    SQL = auto()
    EXPORT = auto()
    WORKBOOK = auto()  # of 100,000 articles: two minutes, where CSV takes 7 s


ROOMS = {
    Question.SEARCH: Room(quick=2, slow=1, each=1, is_costly=False, quick_task=1.0, stretch=BUSY),
    Question.BROAD_SEARCH: Room(quick=1, slow=2, each=1, is_costly=False),
    Question.TABLE: Room(quick=3, slow=1, each=1, is_costly=False),
    Question.SQL: Room(quick=2, slow=4, each=3, is_costly=True),
    Question.EXPORT: Room(quick=3, slow=3, each=2, is_costly=True),
    Question.WORKBOOK: Room(quick=2, slow=2, each=1, is_costly=True, quick_task=3.0),  # of 3,000 articles
}
SHORT = 3  # letters: what begins with fewer is a tenth of all words, and FTS5 reads through all of them: 1 s
MANY = 20  # words of a search; forms of each are looked for
MANY_AUTHORS = 3  # each is looked for in all articles


def kind_of_search(query: Query) -> Question:
    """Broad ones take long in any archive: they have a lane of their own from the beginning."""
    terms = [term for either in (*query.wanted, query.unwanted) for term in either]
    authors = sum(condition.field == "author" for condition in query.filters)
    is_broad = any(term.star and len(term.text) < SHORT for term in terms) or len(terms) > MANY
    return Question.BROAD_SEARCH if is_broad or authors > MANY_AUTHORS else Question.SEARCH


def kind_of_export(form: ExportFormat) -> Question:
    return Question.WORKBOOK if form is ExportFormat.XLSX else Question.EXPORT


class Refused(Base400):  # type: ignore[misc]
    """The answer would take more than one may; the message says what to do."""


def refusal(error: BaseException) -> Refused | None:
    """Where a process gave up because of a bound."""
    if isinstance(error, TooMuch):
        return Refused(t(error.what, most=error.most))
    return Refused(t("bounds.memory")) if isinstance(error, MemoryError | Ended) else None


class Dispatcher:
    """Of one site."""

    def __init__(self, archive: Path, most_costly: int, *, patience: float = PATIENCE, turn: float = TURN) -> None:
        self.patience, self.turn = patience, turn
        self.slots = Slots(most_costly)
        self.door, self.long_pages = Lane(*DOOR), Lane(*LONG_PAGES)
        self.lanes = {kind: (room.quick_lane(), Lane(room.slow, room.each)) for kind, room in ROOMS.items()}
        self.spools = Spools()
        self.usual = Setup(archive, POLITE, is_bounded=True)  # that of those at rest
        self.resting: list[Process] = []
        self.end_those_at_rest = weakref.finalize(self, _end, self.resting)

    @asynccontextmanager
    async def session(self, kind: Question) -> AsyncIterator["Session"]:
        """For the tasks of one request, one after another."""
        session = Session(self, kind, current.get())
        try:
            yield session
        finally:
            session.close()

    async def do(self, kind: Question, seconds: float, work: Callable[..., T], *arguments: object) -> T:
        """Raises what `work` raises, Late, Refused, TooBusy, Gone."""
        async with self.session(kind) as session:
            return await session.do(seconds, work, *arguments)

    async def count(self, seconds: float, work: Callable[..., T], *arguments: object) -> T:
        """What is asked for all readers, and once at a time: it needs no lane.

        Raises what `work` raises, Refused.
        """
        process = None
        try:
            process = await self.process(self.usual)
            counted: T = await process.do(Task(work, arguments, seconds, language()))
        except BaseException as error:
            if process:
                process.end()
            if isinstance(error, Late):
                raise Refused(t("errors.too_long", seconds=f"{seconds:.0f}")) from error
            if refused := refusal(error):
                raise refused from error
            raise
        self.rest(process)
        return counted

    async def process(self, setup: Setup) -> Process:
        """Raises Ended."""
        with suppress(IndexError):
            while setup == self.usual:
                if (process := self.resting.pop()).is_alive():
                    return process
                process.end()
        return await Process.start(setup)

    def rest(self, process: Process) -> None:
        """One of the usual setup that has nothing to do."""
        if len(self.resting) < KEPT:
            self.resting.append(process)
        else:
            process.end()

    def close(self) -> None:
        self.end_those_at_rest()
        self.spools.close()


def _end(processes: Iterable[Process]) -> None:
    for process in processes:
        process.end()


def dispatcher_of(datasette: Datasette) -> Dispatcher:
    dispatcher: Dispatcher = datasette.get_database("archive").dispatcher
    return dispatcher


class Session:
    def __init__(self, dispatcher: Dispatcher, kind: Question, visitor: Visitor) -> None:
        self.dispatcher, self.kind, self.visitor = dispatcher, kind, visitor
        self.quick, self.slow = dispatcher.lanes[kind]
        self.lane: Lane | None = None  # the one in which it has a turn
        self.process: Process | None = None
        self.began = time.monotonic()
        self.work = 0.0  # seconds of the processor's time

    async def begin(self) -> None:
        """Raises TooBusy, Gone."""
        if self.lane is None:
            await self._turn(self.quick)

    async def do(self, seconds: float, work: Callable[..., T], *arguments: object) -> T:
        """Raises what `work` raises, Late, Refused, TooBusy, Gone."""
        await self.begin()
        room = ROOMS[self.kind]
        on_the_wall = seconds * room.stretch
        if self.lane is self.quick and self.work < QUICK:
            with suppress(Late):
                return cast(T, await self._do(Task(work, arguments, on_the_wall, language(), room.quick_task)))
        if self.lane is self.quick:
            await self._turn(self.slow)
        most_work = seconds if room.stretch > 1 else None
        return cast(T, await self._do(Task(work, arguments, on_the_wall, language(), most_work)))

    async def _turn(self, lane: Lane) -> None:
        """Raises TooBusy, Gone."""
        self.close()
        self.visitor.at_the_door.close()
        if lane is self.slow:
            self.visitor.cost(self.dispatcher.slots)
        is_costly = ROOMS[self.kind].is_costly
        if is_costly and lane.number_waiting(self.visitor.client) >= MOST_WAITING:
            self.dispatcher.slots.refuse()
        entered = asyncio.ensure_future(lane.enter(self.visitor.client))
        try:
            if is_costly:
                await asyncio.wait(
                    {entered}, timeout=max(0.0, self.began + self.dispatcher.patience - time.monotonic())
                )
                if not entered.done():
                    self.visitor.cost(self.dispatcher.slots)
            async with asyncio.timeout(self.dispatcher.turn if is_costly else None):
                await self.visitor.unless_gone(entered)
        except BaseException as error:
            if entered.done() and not entered.cancelled():
                lane.leave(self.visitor.client)
            entered.cancel()
            if isinstance(error, TimeoutError):
                raise TooBusy(t("bounds.turn", seconds=f"{self.dispatcher.turn:.0f}")) from error
            raise
        self.lane = lane

    async def _do(self, task: Task) -> Any:
        try:
            return await self.visitor.unless_gone(asyncio.ensure_future(self._ask(task)))
        except BaseException as error:
            self._end()  # whatever it may still be doing
            if refused := refusal(error):
                raise refused from error
            raise

    async def _ask(self, task: Task) -> Any:
        process = self.process = self.process or await self.dispatcher.process(self._setup())
        before = process.work
        try:
            return await process.do(task)
        finally:
            self.work += process.work - before

    def _setup(self) -> Setup:
        niceness = POLITE if self.lane is self.quick else LOW
        is_bounded = self.lane is self.quick or self.kind not in (Question.EXPORT, Question.WORKBOOK)
        return replace(self.dispatcher.usual, niceness=niceness, is_bounded=is_bounded)

    def _end(self) -> None:
        if self.process:
            self.process.end()
            self.process = None

    def close(self) -> None:
        if self.lane:
            if self.process and self._setup() == self.dispatcher.usual:
                self.dispatcher.rest(self.process)
                self.process = None
            self._end()
            self.lane.leave(self.visitor.client)
            self.lane = None
