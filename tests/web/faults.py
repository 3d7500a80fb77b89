"""Hosts that misbehave: what each kind of fault answers.

A plan is an object with `kind` and what the kind takes:

    reset                                 the connection breaks instead of an answer
    hang       seconds                    no answer
    drip       seconds                    a few bytes each second of a page that is said to be large
    bomb       bytes                      a small gzip that unpacks to so many
    endless    mib                        a page that does not end
    truncated                             half a page, then the end
    redirect   to                         `{target}` in it is the path that was asked for
    status     status, retry_after
    body       body, content_type
    untrusted                             the host identifies itself by another authority's certificate

Each also takes `path` (a pattern: which paths), `rate` (0 to 1: how often) and `robots_too` (robots.txt as well).
`robots` beside them, or alone, is what the host's robots.txt says.
"""

import re
import struct
import time
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import repeat
from random import Random
from typing import Any

from crawler.demo.newsroom import Answer

Plan = Mapping[str, Any]
FOREVER = 600  # seconds
MIB = 1 << 20


class UnknownFault(ValueError):
    """A plan of a kind that there is not."""


def fault(plan: Plan, path: str, chance: Random) -> Answer | None:
    """What the plan answers at a path; None where the host is well there. Raises UnknownFault."""
    kind = plan.get("kind")
    if kind in (None, "untrusted") or (path == "/robots.txt" and not plan.get("robots_too")):
        return None
    if not re.search(plan.get("path", ""), path) or chance.random() >= plan.get("rate", 1):
        return None
    if kind == "redirect":
        return Answer(status=302, headers={"Location": plan["to"].replace("{target}", path)})
    if kind not in KINDS:
        raise UnknownFault(f"fault {kind!r}: expected one of {', '.join([*KINDS, 'redirect', 'untrusted'])}")
    return KINDS[kind](plan)


def status(plan: Plan) -> Answer:
    headers = {"Retry-After": str(plan["retry_after"])} if "retry_after" in plan else {}
    return Answer(status=plan["status"], headers=headers, body=b"<h1>no</h1>")


def endless(plan: Plan) -> Answer:
    piece, count = b"<p>" + b"x" * MIB, plan.get("mib", 2000)
    return Answer(kind="text/html", stream=lambda: (piece for _ in range(count)))


def drip(plan: Plan) -> Answer:
    def drops() -> Iterator[bytes]:
        for _ in range(int(plan.get("seconds", FOREVER))):
            yield b"<p>."
            time.sleep(1)

    return Answer(promised=1_000_000, stream=drops)


@cache
def packed(size: int) -> bytes:
    """So many zeros as gzip: one packed piece again and again, for to pack a gigabyte takes seconds."""
    count, rest = divmod(size, MIB)
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    piece = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)  # what follows does not look back
    end = packer.compress(bytes(rest)) + packer.flush()
    checksum = 0
    for part in (*repeat(MIB, count), rest):
        checksum = zlib.crc32(bytes(part), checksum)
    head = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
    return head + piece * count + end + struct.pack("<II", checksum, size)


KINDS = {
    "reset": lambda plan: Answer(status=0),
    "hang": lambda plan: Answer(seconds=plan.get("seconds", FOREVER)),
    "drip": drip,
    "bomb": lambda plan: Answer(body=packed(plan.get("bytes", 1 << 30)), headers={"Content-Encoding": "gzip"}),
    "endless": endless,
    "truncated": lambda plan: Answer(body=b"<html><p>half a page", promised=50_000),
    "status": status,
    "body": lambda plan: Answer(body=plan["body"].encode(), kind=plan.get("content_type", "text/html")),
}
