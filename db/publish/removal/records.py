"""Kept pages: records of what is taken down are blanked where they lie, and other pages lose its address."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from zlib import error as ZlibError

from db.publish.removal.traces import Marks, host_of, mask
from db.store.leaving.records import blank, members, packed_to, put

Place = tuple[str, int]  # a file and where in it a record begins
_TARGET = re.compile(rb"^WARC-Target-URI: *<?([^\r\n>]*)", re.MULTILINE | re.IGNORECASE)
_LENGTH = re.compile(rb"^Content-Length: *(\d+)", re.MULTILINE | re.IGNORECASE)
_DIGESTS = re.compile(rb"^WARC-(?:Block|Payload)-Digest:[^\r\n]*\r\n", re.MULTILINE | re.IGNORECASE)
_IS_GONE = re.compile(rb"^WARC-Type: *metadata\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Remade:
    """A record without an address, of the same length; the sums are of its body."""

    content: bytes
    before: str
    after: str


@dataclass(slots=True)
class SweptRecords:
    blanked: int = 0
    masked: int = 0
    unread: tuple[str, ...] = ()


def sweep_records(
    files: Iterator[Path], places: Set[Place], marks: Marks, note: Callable[[Mapping[str, str]], object]
) -> SweptRecords:
    """Each file once, by whatever names it lies there. `note` is told the sums of a page before it is written."""
    swept, seen, unread = SweptRecords(), set[tuple[int, int]](), []
    own = {url.encode() for url in marks.traces.spellings}
    known = {(*_inode(Path(name)), offset) for name, offset in places if Path(name).is_file()}
    for path in files:
        inode = _inode(path)
        if inode in seen:
            continue
        seen.add(inode)
        try:
            with path.open("rb") as stream:
                for member in members(stream):
                    head = member.content.partition(b"\r\n\r\n")[0]
                    target = match[1] if (match := _TARGET.search(head)) else b""
                    if (*inode, member.offset) in known or target in own:
                        if not _IS_GONE.search(head):
                            blank(path, member.offset, member.length)
                            swept.blanked += 1
                    elif remade := remake(member.content, marks, host_of(target.decode(errors="replace"))):
                        note({remade.before: remade.after})
                        packed = packed_to(member.length, remade.content)
                        if packed is None:
                            unread.append(f"{path}: a page at {member.offset} still names it")
                            continue
                        put(path, member.offset, packed)
                        swept.masked += 1
        except (OSError, ZlibError) as error:
            unread.append(f"{path}: could not be read to its end ({error})")
    swept.unread = tuple(unread)
    return swept


def _inode(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_dev, facts.st_ino


def remake(content: bytes, marks: Marks, host: str) -> Remade | None:
    """None where nothing of it stands there."""
    mark = marks.in_pages_of(host)
    head, _, rest = content.partition(b"\r\n\r\n")
    length = match and int(match[1]) if (match := _LENGTH.search(head)) else None
    if mark is None or length is None or not mark.stands_in(rest[:length]):
        return None
    block = mark.pattern.sub(mask, rest[:length])
    body, before = (part.partition(b"\r\n\r\n")[2] for part in (block, rest[:length]))
    head = _DIGESTS.sub(b"", head)  # they are of other bytes now, and leave room where the rest is packed less well
    return Remade(
        content=head + b"\r\n\r\n" + block + rest[length:],
        before=hashlib.sha256(before).hexdigest(),
        after=hashlib.sha256(body).hexdigest(),
    )
