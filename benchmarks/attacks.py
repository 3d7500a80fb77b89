"""What one reader may think of to take the machine or the others' time: the list that strain.py plays."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from string import ascii_lowercase
from urllib.parse import quote, urlencode

PATIENCE = 240  # seconds for one answer
ATTACKER = "127.0.0.2"  # a client of its own: what is allowed to one is not taken from the other reader
PIECE = 1 << 16
BROKEN, SILENT = "broken off", "no answer"

Statuses = Counter[int | str]


@dataclass(frozen=True, slots=True)
class Target:
    port: int
    client: str | None = None  # its address; the system's choice where there is none

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        own = (self.client, 0) if self.client else None
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=own)

    async def ask(self, path: str, method: str = "GET", extra: str = "") -> int | str:
        """The status, or how it ended."""
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self.connect()
                try:
                    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{extra}\r\n".encode())
                    return await _read(reader)
                finally:
                    writer.close()
        except TimeoutError:
            return SILENT
        except OSError:
            return BROKEN


async def _read(reader: asyncio.StreamReader) -> int | str:
    """All of an answer, which is not kept."""
    head = await reader.readuntil(b"\r\n\r\n")
    length, got = None, 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while piece := await reader.read(PIECE):
        got += len(piece)
    return BROKEN if length is not None and got < length else int(head.split()[1])


@dataclass(frozen=True, slots=True)
class Attack:
    name: str
    play: Callable[[Target], Awaitable[Statuses]]


def gets(name: str, *paths: str, times: int = 1) -> Attack:
    """All at once."""

    async def play(target: Target) -> Statuses:
        return Statuses(await asyncio.gather(*(target.ask(path) for path in paths * times)))

    return Attack(name, play)


def sql(name: str, *statements: str, times: int = 1, form: str = ".json", **more: str) -> Attack:
    return gets(name, *(f"/archive{form}?{urlencode({'sql': each, **more})}" for each in statements), times=times)


def searched(name: str, *queries: str, times: int = 1) -> Attack:
    return gets(name, *(f"/search?{urlencode({'q': query})}" for query in queries), times=times)


def table(name: str, *arguments: str, times: int = 1) -> Attack:
    return gets(name, *(f"/archive/articles{each}" for each in arguments), times=times)


ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select {} from n"
COUNTED = ENDLESS.format("count(*)")
STARS = " OR ".join(f"{letter}*" for letter in ascii_lowercase)
PAIRS = " OR ".join(f"{one}{other}*" for one, other in product(ascii_lowercase[:10], "aeioun"))
FTS = "from articles_fts where articles_fts match"

# What was found before there were bounds
KNOWN = [
    sql("zeroblob of 200 MB", "select zeroblob(200000000)"),
    sql("zeroblob of 900 MB", "select zeroblob(900000000)", times=3),
    sql("all texts in one", "select group_concat(text) from articles", times=3),
    sql("escape_fts of a long text", "select escape_fts(replace(hex(zeroblob(1000000)), '0', 'a '))", times=3),
    searched("a query of colons", ":".join("a" * 500), ":".join("a" * 20_000), times=3),
    sql("recursions as CSV", COUNTED, ENDLESS.format("i"), times=4, form=".csv"),
    searched("a letter and a star", "d*", times=4),
    searched("parentheses", "(" * 5000 + "a", "(" * 900 + "a"),
    searched("3,000 words left out", "Microsoft " + " ".join(f"-a{n}" for n in range(3000)), times=4),
    gets(
        "1,500 sources",
        *(
            f"/{door}?{urlencode({'q': ' '.join(f'source:s{n}' for n in range(1500))})}"
            for door in ("search", "feed.atom")
        ),
    ),
]

OWN = [
    sql("random bytes in many columns", f"select {', '.join(['randomblob(11000000)'] * 40)}", times=3),
    sql(
        "one value in many columns",
        f"select {', '.join(['x'] * 400)} from (select hex(zeroblob(5000000)) as x)",
        times=3,
    ),
    sql(
        "2,000 columns", f"select {', '.join(['1'] * 2000)}", f"select {', '.join(['*'] * 40)} from articles limit 900"
    ),
    sql(
        "replace of replace",
        "select length(replace(replace(hex(zeroblob(500)), '0', hex(zeroblob(500))), '0', hex(zeroblob(500))))",
    ),
    sql(
        "printf of any width", "select printf('%*s', 2000000000, 'x')", "select printf('%.*c', 900000000, 'x')", times=2
    ),
    sql("instr, quadratic", "select instr(zeroblob(10000000), zeroblob(5000000) || x'01')", times=4),
    sql("trim, quadratic", "select trim(hex(zeroblob(5000000)), hex(randomblob(5000000)))", times=4),
    sql("replace, quadratic", "select replace(hex(zeroblob(5000000)), hex(zeroblob(2000000)) || '1', '')", times=4),
    sql(
        "like and glob",
        f"select count(*) from articles where text like '{'%_' * 200}x'",
        f"select count(*) from articles where text glob '{'*[a-y]' * 60}z'",
        times=3,
    ),
    sql("recursions", COUNTED, times=12),
    sql("recursions, 200 at once", COUNTED, times=200),
    sql(
        "a recursion that grows",
        "with recursive n(s) as (select 'ab' union all select s || s from n) select length(s) from n",
        "with recursive n(i) as (select 1 union select i + 1 from n) select max(i) from n",
        times=2,
    ),
    sql(
        "a recursion, sorted",
        ENDLESS.format("i") + " order by -i",
        f"{ENDLESS.format('hex(randomblob(1000000)) as x')} order by x",
        times=2,
    ),
    sql(
        "all by all by all",
        "select count(*) from articles a, articles b, articles c",
        "select max(a.text || b.text) from articles a, articles b",
        times=3,
    ),
    sql(
        "by chance",
        "select a.id from articles a join refusals b on b.source = a.source order by random() limit 10",
        times=3,
    ),
    sql(
        "JSON of everything",
        "select json_group_array(text) from articles",
        "select json_group_object(id, text) from articles",
        times=2,
    ),
    sql(
        "JSON, deep",
        "select json(replace(hex(zeroblob(50000)), '0', '['))",
        "select json_tree.* from json_tree((select json_group_array(id) from articles))",
        times=2,
    ),
    sql("JSON, deep, read", "select replace(hex(zeroblob(200000)), '0', '[') as x", times=2, _json="x"),
    sql(
        "JSON of lists, read",
        "select '[' || replace(hex(zeroblob(900000)), '0', '[],') || '[]]' as x",
        times=4,
        _json="x",
    ),
    sql(
        "windows",
        "select id, sum(id) over (order by id rows between unbounded preceding and unbounded following"
        " exclude current row) from articles",
        times=3,
    ),
    sql(
        "snippet and highlight",
        f"select snippet(articles_fts, 1, '<', '>', '…', 64), highlight(articles_fts, 1, '<', '>') {FTS} 'der OR die'",
        f"select max(length(highlight(articles_fts, 1, hex(zeroblob(10000)), 'x'))) {FTS} 'der OR die'",
        times=2,
    ),
    sql("bm25 of everything", f"select bm25(articles_fts) {FTS} '{STARS}' order by 1", times=3),
    sql(
        "NEAR",
        f'select count(*) {FTS} \'NEAR("d"* "e"* "a"*, 100000)\'',
        f"select count(*) {FTS} 'NEAR(der die und das, 100000)'",
        times=2,
    ),
    searched("26 letters with stars", STARS, times=4),
    searched("60 beginnings", PAIRS, times=4),
    searched("beginnings, all wanted", " ".join(f"{letter}*" for letter in ascii_lowercase), times=4),
    searched(
        "frequent words",
        " ".join(["der die und in von zu das mit sich des auf für ist im dem"] * 10),
        " OR ".join(
            f'"der {word}"' for word in ("die und in von zu das mit sich des auf für ist im dem nicht".split())
        ),
        times=4,
    ),
    searched(
        "50 authors", " ".join(f"author:a{n}" for n in range(50)), " ".join(f"-author:a{n}" for n in range(50)), times=3
    ),
    gets(
        "stars by feed, numbers and export",
        *(
            f"/{door}?{urlencode({'q': STARS})}"
            for door in ("feed.atom", "search/numbers.csv", "export.csv", "archive/articles.csv")
        ),
        times=2,
    ),
    table(
        "_search raw",
        f"?{urlencode({'_search': STARS, '_searchmode': 'raw'})}",
        f"?{urlencode({'_search': 'NEAR(d* e*, 9999)', '_searchmode': 'raw'})}",
        times=3,
    ),
    table(
        "facets of texts",
        "?_facet=text&_facet_size=max",
        "?_facet_array=text&_facet_date=text&_facet=url&_facet=title",
        times=3,
    ),
    table(
        "filters of texts",
        f"?{urlencode({'text__glob': '*a*b*c*d*e*f*g*', 'text__like': '%_' * 100})}",
        f"?{urlencode({'text__contains': 'x' * 300})}",
        times=3,
    ),
    table(
        "conditions in SQL",
        f"?{urlencode({'_where': f'({COUNTED}) > 0'})}",
        f".csv?{urlencode({'_where': f'({COUNTED}) > id'})}",
        times=3,
    ),
    table("sorted by texts", "?_sort=text", "?_sort_desc=text&_next=x,1", ".csv?_sort=text", times=3),
    table("1,000 rows", "?_size=1000&_as=table", "?_size=1000", ".json?_size=1000&_labels=on", times=3),
    sql("1,000 rows of everything", "select * from articles", times=8, form=""),
    sql("1,000 rows of everything as JSON", "select * from articles", times=8),
    gets(
        "everything as files",
        "/export.csv",
        "/export.json",
        "/export.ris",
        "/archive/articles.csv",
        "/archive/articles.json?_shape=array",
        times=2,
    ),
    gets("six workbooks", "/export.xlsx", "/archive/articles.xlsx", times=3),
    sql(
        "nested",
        f"select {'(' * 90}1{')' * 90}",
        f"select {'+'.join('1' * 4000)}",
        " union all ".join(["select 1"] * 600),
        f"select {'abs(' * 400}1{')' * 400}",
        "select " + "case when 1 then " * 300 + "1" + " end" * 300,
    ),
    sql("any time", COUNTED, times=3, _timelimit="999999999"),
    gets("timelines", "/timeline?by=source", "/timeline", "/timeline?year=2025&by=source", times=20),
    gets(
        "1,000 recursions",
        f"/archive.json?{urlencode({'sql': COUNTED})}",
        times=1000,
    ),
    gets("1,000 readers of one client", "/about", times=1000),
    gets("ranges", *["/export.csv?q=Seekabel"] * 5),
]


# What no single request does


async def hold(target: Target, request: bytes, number: int, seconds: float) -> Statuses:
    """Connections on which somebody asks, and then does nothing."""
    lines = []
    with suppress(OSError):
        for _ in range(number):
            lines.append(await target.connect())
            lines[-1][1].write(request)
    await asyncio.sleep(seconds)
    for _, writer in lines:
        writer.transport.abort()
    return Statuses({"held": len(lines)})


def request(path: str, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def holding(name: str, asked: bytes, number: int, seconds: float = 5) -> Attack:
    return Attack(name, lambda target: hold(target, asked, number, seconds))


async def slow(target: Target) -> Statuses:
    """8 that read 1 kB a second."""

    async def read() -> int:
        reader, writer = await target.connect()
        writer.write(request("/export.csv"))
        head = await reader.readuntil(b"\r\n\r\n")
        for _ in range(5):
            await reader.read(1000)
            await asyncio.sleep(1)
        writer.transport.abort()
        return int(head.split()[1])

    return Statuses(await asyncio.gather(*(read() for _ in range(8))))


async def broken(target: Target) -> Statuses:
    """40 that hang up after a moment."""
    for path in (
        "/export.csv",
        f"/archive.csv?{urlencode({'sql': ENDLESS.format('i')})}",
        "/search?q=d*",
        "/archive/articles?_sort=text",
    ) * 10:
        _, writer = await target.connect()
        writer.write(request(path))
        await asyncio.sleep(0.1)
        writer.transport.abort()
    return Statuses({"broken off": 40})


async def bodies(target: Target) -> Statuses:
    """100 MB where nothing is wanted."""

    async def post(path: str, method: str) -> int | str:
        reader, writer = await target.connect()
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n".encode())
        answer = asyncio.ensure_future(reader.readline())
        with suppress(OSError):
            for _ in range(100):
                writer.write(bytes(1_000_000))
                async with asyncio.timeout(5):
                    await writer.drain()
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(5):
                return int((await answer).split()[1])
        writer.transport.abort()
        return BROKEN

    return Statuses(await asyncio.gather(post("/search", "POST"), post("/archive/articles", "PUT"), post("/", "POST")))


async def heads(target: Target) -> Statuses:
    """Headers and addresses of a megabyte, and many of them."""
    answers = [
        await target.ask("/", extra=f"X: {'a' * 1_000_000}\r\n"),
        await target.ask("/" + "a" * 1_000_000),
        await target.ask("/search?q=" + quote("ä") * 10_000),
        await target.ask("/", extra="X: a\r\n" * 5000),
        await target.ask("/", extra=f"Cookie: {'; '.join(f'a{n}=b' for n in range(5000))}\r\n"),
        await target.ask("/", extra=f"Accept-Language: {','.join(f'a{n};q=0.5' for n in range(6000))}\r\n"),
        await target.ask(
            "/export.csv?q=Seekabel", extra=f"Range: bytes={','.join(f'{n}-{n}' for n in range(8000))}\r\n"
        ),
    ]
    return Statuses(answers)


OF_CONNECTIONS = [
    Attack("slow readers", slow),
    Attack("broken off", broken),
    Attack("bodies of 100 MB", bodies),
    Attack("long headers", heads),
    holding("1,000 connections that ask nothing", b"", 1000),
    holding("1,000 that never end their request", b"GET /about HTTP/1.1\r\nX: ", 1000),
    holding("1,000 that never read their page", request("/sources"), 1000, 20),
    holding("100 that never read 1,000 rows", request("/archive/articles?_size=1000"), 100, 20),
    holding(
        "20 that never read 5 MB", request("/archive.json?" + urlencode({"sql": "select * from articles"})), 20, 20
    ),
]

ATTACKS: Iterable[Attack] = (*KNOWN, *OWN, *OF_CONNECTIONS)
