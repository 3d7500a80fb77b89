"""Where files of web archives lie: on this machine, at addresses, in the lists of Common Crawl."""

import fcntl
import gzip
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

from crawler.registry.finders import FinderKind, load_finders
from db.problem import Problem

ENDINGS = (".warc", ".warc.gz", ".warc.zst", ".wacz")
CC_NEWS_FILE = 1.1  # GB; a file of Common Crawl's news is closed at 1 GB
PAUSES = (30, 60, 120, 240, 480)  # seconds before the next try; Common Crawl says 503 to who asks too much
TOO_MUCH, NOT_NOW = 429, range(500, 600)
LONGEST_PAUSE = 3600  # seconds of a Retry-After that are waited for
TIMEOUT = 60
BLOCK = 1 << 20


def is_address(location: str) -> bool:
    return "://" in location


def files_of(names: Iterable[str]) -> list[str]:
    """Files and addresses as they are named, and those of folders and patterns. Raises Problem where there is none."""
    files: dict[str, None] = {}
    for name in names:
        path = Path(name)
        if is_address(name):
            found = _matching(name) if "*" in name else [name]
        elif path.is_dir():
            found = sorted(str(each) for each in path.rglob("*") if each.name.endswith(ENDINGS))
        elif path.is_file():
            found = [str(path)]
        else:
            found = sorted(map(str, Path(path.anchor or ".").glob(str(path.relative_to(path.anchor)))))
        if not found:
            raise Problem(f"{name}: no file of a web archive; name files ({', '.join(ENDINGS)}), folders or patterns")
        files |= dict.fromkeys(found)
    return list(files)


def _matching(pattern: str) -> list[str]:
    """Raises Problem."""
    if urlsplit(pattern).scheme in ("http", "https"):
        raise Problem(f"{pattern}: no patterns over HTTP; name each file")
    files, path = _stores(pattern).core.url_to_fs(pattern)
    return sorted(files.unstrip_protocol(each) for each in files.glob(path))


def known_as(location: str) -> tuple[str, int, int]:
    """Path, size and moment; what is at an address stays the same. Raises OSError."""
    if is_address(location):
        return location, 0, 0
    facts = Path(location).stat()
    return str(Path(location).resolve()), facts.st_size, facts.st_mtime_ns


@contextmanager
def at_hand(location: str, folder: Path) -> Iterator[Path]:
    """The file on this machine's disk; what was fetched goes afterwards. Raises OSError, Problem.

    One fetches at a time into a folder: while others read, there is one connection.
    """
    if not is_address(location):
        yield Path(location)
        return
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as own:
        target = Path(own) / (urlsplit(location).path.rpartition("/")[2] or "file")
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fetch(location, target)
        yield target


def fetch(address: str, target: Path) -> None:
    """To the end, gone on with where it breaks off. Raises OSError, Problem."""
    if urlsplit(address).scheme not in ("http", "https"):
        with _stores(address).open(address, "rb") as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, BLOCK)
        return
    pauses = iter(PAUSES)
    with target.open("wb") as out:
        while True:
            before, pause, why = out.tell(), None, OSError(f"{address}: breaks off")
            try:
                if _stream(address, out):
                    return
            except HTTPError as error:
                if error.code != TOO_MUCH and error.code not in NOT_NOW:
                    raise
                pause, why = _retry_after(error.headers.get("Retry-After")), error
            except (URLError, HTTPException, ConnectionError, TimeoutError) as error:
                why = OSError(f"{address}: {error}")
            if out.tell() > before:
                continue
            usual = next(pauses, None)
            if usual is None:
                raise why
            time.sleep(usual if pause is None else pause)


def _stream(address: str, out: BinaryIO) -> bool:
    """What is missing of it; whether it is whole now."""
    from crawler.settings import USER_AGENT  # which reads the environment when it is imported

    at = out.tell()
    ask = Request(address, headers={"User-Agent": USER_AGENT} | ({"Range": f"bytes={at}-"} if at else {}))
    with urlopen(ask, timeout=TIMEOUT) as answer:
        if at and answer.status != 206:
            at = out.seek(0)
            out.truncate()
        length = int(answer.headers.get("Content-Length") or -1)
        if length > shutil.disk_usage(Path(out.name).parent).free:
            raise Problem(f"{address}: {length / 1e9:.1f} GB, more than the disk has room for at {out.name}")
        while block := answer.read(BLOCK):
            out.write(block)
    return length < 0 or out.tell() >= at + length


def _retry_after(value: str | None) -> float | None:
    """Seconds; a date, which the header may have, is taken for the usual pause."""
    return min(float(value), LONGEST_PAUSE) if value and value.isdecimal() else None


def _stores(address: str) -> ModuleType:
    try:
        return import_module("fsspec")
    except ImportError:
        raise Problem(f"{address}: needs fsspec; pip install '.[s3]'") from None


# Common Crawl's news


def months_of(span: str) -> list[str]:
    """'2024-02..2024-04' or '2024-02' → each month. Raises ValueError."""
    first, _, last = span.partition("..")
    (year, month), end = map(int, first.split("-")), tuple(map(int, (last or first).split("-")))
    months = []
    while (year, month) <= end:
        months.append(f"{year:04}/{month:02}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return months


def cc_news(span: str, folder: Path) -> list[str]:
    """The addresses of the files of these months, in their order. Raises Problem, OSError."""
    base = next(each.records for each in load_finders().finders if each.kind is FinderKind.COMMONCRAWL)
    files = []
    for month in months_of(span):
        address = urljoin(base, f"crawl-data/CC-NEWS/{month}/warc.paths.gz")
        try:
            with at_hand(address, folder) as path:
                files += [urljoin(base, line) for line in gzip.decompress(path.read_bytes()).decode().split()]
        except HTTPError as error:
            raise Problem(f"{address}: {error}; Common Crawl's news begin with 2016-08") from None
    return files
