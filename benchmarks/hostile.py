"""Whether time is wasted by what is built to waste it: each input at one size and at twice that, in the same run.

python benchmarks/hostile.py                every reader, about two minutes
python benchmarks/hostile.py --size 50000   a first look: small inputs say little

Measured is CPU time, the least of three; the ratio is 2 where time grows with the input, 4 where with its square. It
ends with 1 if a ratio is above 3 and the larger input takes longer than a twentieth of a second.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path

from crawler.discovery import address_lists, documents
from crawler.discovery.leads import Form, Unreadable
from db.search.highlight import snippet
from pipelines.article import Article
from pipelines.enrichment.entities import find_places
from pipelines.enrichment.figures import find_figures
from pipelines.enrichment.quotes import find_quotes
from pipelines.extraction import clean
from pipelines.intake.prefilter import might_be_on_topic
from pipelines.intake.rights import HEAD, Rights, with_page
from pipelines.relevance.profile import load

LIMIT, FLOOR = 3.0, 0.05  # a ratio; seconds
PROFILE = load()
URL = "https://blatt.example/a"
ANEW = count()

Reader = Callable[[bytes], object]


def prefilter(body: bytes) -> None:
    might_be_on_topic(b"m" + body, None, PROFILE)


def rights(body: bytes) -> None:
    with_page(Rights(), body)


def document(form: Form, head: bytes, body: bytes) -> None:
    with suppress(Unreadable):
        documents.read(head + body, URL, expected=form)


def address_list(head: bytes, body: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".txt") as file, suppress(address_lists.AddressListError):
        Path(file.name).write_bytes(head + body)
        address_lists.read(Path(file.name))


def page(head: bytes, body: bytes) -> None:
    clean.read(Article(source="", url=URL, html=head + body))


def passage(body: bytes) -> None:
    snippet(body.decode("latin-1"), ["d*", "ist das", "der*"])


def fact(find: Callable[[str, str], object], body: bytes) -> None:
    find(f"{body.decode()} {next(ANEW)}", "de")  # another text each time: places are remembered


# reader → (what reads, bytes at the larger size where it reads no more, what is repeated)
READERS: dict[str, tuple[Reader, int, tuple[bytes, ...]]] = {
    "prefilter": (
        prefilter,
        9_900_000,
        (b"\xc2\xad", b"&#x200b;", b"<b>", b"m<", b"m<!--", b"m<a b='", b"\\u006d"),
    ),
    "rights": (
        rights,
        HEAD,
        (b"<", b"<meta ", b"<meta a='", b"<!--", b"<script>", b"<meta x=noarchive ", b"<meta tdm- x ", b"a=", b"</"),
    ),
    "feed": (
        partial(document, Form.FEED, b"<rss><channel><item>"),
        1_000_000,
        (b"<item>", b"&", b"<![CDATA[", b"<a<", b"</item>", b"<title>", b"-"),
    ),
    "listing": (
        partial(document, Form.LISTING, b"<html><a href='/a'>"),
        1_000_000,
        (b"<a href='x'>", b"<div>", b"<!--", b"<time>", b"<h2><a href=/a-b-c-d>"),
    ),
    "list": (partial(address_list, b""), 10_000_000, (b"a", b"url\na.")),
    "RIS": (partial(address_list, b"TY  - NEWS\nTI  - Lang\n"), 600_000, (b"x\n",)),
    "BibTeX": (
        partial(address_list, b"@misc{a, title = {"),
        1_500_000,
        (b'{\\"a}', b"\\textasciitilde", b"{"),
    ),
    "snippet": (passage, 528_000, (b"das ist der ", b"d ", b"d", b"ist ")),
    "figures": (partial(fact, find_figures), 70_000, (b"und 20 ", b"20 bis ", b"9")),
    "quotes": (
        partial(fact, find_quotes),
        150_000,
        tuple(map(str.encode, ("„Wir sind da“, sagte sie. Peter Müller kam. ", "„Wir gehen.“ Er ging. ", '"', "„"))),
    ),
    "places": (partial(fact, find_places), 70_000, (b"Bedburg-", b"Bedburg ", "Peter Müller aus Köln kam. ".encode())),
    "page": (
        partial(page, b"<html><title>Titel</title><h1>Titel</h1><p>Ein Satz.</p>"),
        2_000_000,
        (b"<div>", b"<span><b>", b'<a href="/x">Link</a> ', b"<h1>x</h1><p class=kicker>a</p>", b"<frameset>"),
    ),
}


def seconds(read: Reader, body: bytes, runs: int = 3) -> float:
    def once() -> float:
        begun = time.process_time()
        read(body)
        return time.process_time() - begun

    return min(once() for _ in range(runs))


def measured(largest: int) -> Iterator[tuple[str, bytes, int, float, float]]:
    """Reader, what is repeated, bytes of the larger input, CPU seconds for the smaller and for the larger."""
    for name, (read, size, units) in READERS.items():
        read(b"")  # what is made once and kept is no matter of the input
        for unit in units:
            half = max(1, min(size, largest) // len(unit) // 2)
            yield name, unit, 2 * half * len(unit), seconds(read, unit * half), seconds(read, unit * 2 * half)


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--size", type=int, default=sys.maxsize, metavar="BYTES", help="of the larger input, at most")
    options = cli.parse_args()
    slow = []
    sys.stdout.write("| reader | repeated | bytes | s | ratio |\n|---|---|---|---|---|\n")
    for name, unit, size, half, whole in measured(options.size):
        ratio = whole / half if half else 0.0
        text = unit.decode("utf-8", "backslashreplace").replace("\n", "\\n")
        sys.stdout.write(f"| {name} | `{text}` | {size:,} | {whole:.3f} | {ratio:.1f} |\n")
        sys.stdout.flush()
        if ratio > LIMIT and whole > FLOOR:
            slow.append(f"{name}: `{text}`: {ratio:.1f}")
    sys.stderr.writelines(f"grows faster than its input: {line}\n" for line in slow)
    return bool(slow)


if __name__ == "__main__":
    raise SystemExit(main())
