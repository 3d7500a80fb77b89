"""Files of web archives, whole and damaged: what is sound in them is read, and what is not is said."""

import gzip
import random
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import brotli
import pytest
from fastwarc.stream_io import ZstdWriter

from crawler.webarchive.reader import LARGEST, ArchivedResponse, Damage, read_archive, read_stream

HTML = b"<html>" + b"x" * 3000
Pack = Callable[[bytes], bytes]


def record(
    number: int, body: bytes | None = None, headers: str = "", *, longer: int | None = 0, kind: str = "response"
) -> bytes:
    noise = b"<html>" + random.Random(number).randbytes(500)
    block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=latin-1\r\n{headers}\r\n".encode() + (body or noise)
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
    head += f"WARC-Target-URI: https://talbote.example/{number}\r\nWARC-Date: 2024-03-18T10:00:00Z\r\n"
    head += "" if longer is None else f"Content-Length: {len(block) + longer}\r\n"
    return head.encode() + b"\r\n" + block + b"\r\n\r\n"


def plain(content: bytes) -> bytes:
    return content


def zstd(content: bytes) -> bytes:
    out = BytesIO()
    with ZstdWriter(out) as writer:
        writer.write(content)
    return out.getvalue()


PACKS = pytest.mark.parametrize("pack", [gzip.compress, plain], ids=["members", "plain"])


def read(content: bytes) -> tuple[str, list[ArchivedResponse], list[Damage]]:
    """The numbers of the records that are given, those records, and what is said to be damaged."""
    found = list(read_stream(BytesIO(content), "x"))
    responses = [each for each in found if isinstance(each, ArchivedResponse)]
    numbers = "".join(response.url.rpartition("/")[2] for response in responses)
    return numbers, responses, [each for each in found if isinstance(each, Damage)]


def packed(pack: Pack, *records: bytes) -> bytes:
    return b"".join(map(pack, records))


def test_every_form_of_a_file(tmp_path: Path) -> None:
    records = [record(number) for number in range(4)]
    for content in (packed(gzip.compress, *records), b"".join(records), packed(zstd, *records)):
        numbers, responses, damages = read(content)
        assert (numbers, damages) == ("0123", [])
        assert len({response.offset for response in responses}) == 4
    assert read(gzip.compress(b"".join(records)))[::2] == ("0123", [])  # one stream around all
    first = responses[0]
    assert (first.record_id, first.status, first.mime, first.charset) == ("<urn:uuid:0>", 200, "text/html", "latin-1")
    assert first.captured_at and first.captured_at.isoformat() == "2024-03-18T10:00:00+00:00" and first.is_html
    with ZipFile(tmp_path / "x.wacz", "w") as bundle:
        bundle.writestr("datapackage.json", "{}")
        bundle.writestr("archive/a.warc.gz", packed(gzip.compress, *records))
        bundle.writestr("archive/b.warc", b"".join(records[:1]))
        bundle.writestr("archive/c.warc.zst", packed(zstd, *records[:2]))
    found = [each for each in read_archive(tmp_path / "x.wacz") if isinstance(each, ArchivedResponse)]
    assert [(each.file.rpartition("/")[2], each.url[-1]) for each in found] == [
        *(("a.warc.gz", f"{number}") for number in range(4)),
        ("b.warc", "0"),
        ("c.warc.zst", "0"),
        ("c.warc.zst", "1"),
    ]


def test_only_responses_of_wanted_addresses_are_unpacked() -> None:
    records = [record(0, kind="request"), record(1), record(2, kind="revisit"), record(3)]
    content = packed(gzip.compress, *records)
    assert read(content)[::2] == ("13", [])
    wanted = read_stream(BytesIO(content), "x", lambda url: url.endswith("3"))
    assert [each.url[-1] for each in wanted if isinstance(each, ArchivedResponse)] == ["3"]


CHUNKED = b"10\r\n%b\r\n20;x=1\r\n%b\r\n0\r\n\r\n" % (HTML[:16], HTML[16:48])


# Without the time of packing: each worker has to name the cases alike.
@pytest.mark.parametrize(
    ("headers", "body", "given"),
    [
        ("Content-Encoding: gzip", gzip.compress(HTML, mtime=0), HTML),
        ("Content-Encoding: br", brotli.compress(HTML), HTML),
        ("Content-Encoding: zstd", zstd(HTML), HTML),
        ("Content-Encoding: deflate", zlib.compress(HTML), HTML),
        ("Content-Encoding: deflate", zlib.compress(HTML)[2:-4], HTML),
        ("Content-Encoding: br, gzip", gzip.compress(brotli.compress(HTML), mtime=0), HTML),
        ("Content-Encoding: gzip", HTML, HTML),
        ("Content-Encoding: br", HTML, HTML),
        ("Content-Encoding: br", gzip.compress(HTML, mtime=0), HTML),
        ("Transfer-Encoding: chunked", CHUNKED, HTML[:48]),
        ("Transfer-Encoding: chunked", HTML, HTML),
        ("Transfer-Encoding: chunked\r\nContent-Encoding: gzip", CHUNKED, HTML[:48]),
        ("Content-Encoding: gzip", gzip.compress(bytes(3 * LARGEST), 1, mtime=0), bytes(LARGEST)),
    ],
)
def test_bodies_are_undone_and_a_wrong_label_costs_nothing(headers: str, body: bytes, given: bytes) -> None:
    numbers, responses, damages = read(packed(gzip.compress, record(0), record(1, body, f"{headers}\r\n"), record(2)))
    assert (numbers, damages) == ("012", [])
    assert responses[1].body == given and responses[1].is_whole == (len(given) < LARGEST)


@PACKS
@pytest.mark.parametrize("left", [20, 120, 400, -60])
def test_a_cut_file_is_read_to_its_last_whole_record(pack: Pack, left: int) -> None:
    whole = packed(pack, record(0), record(1))
    numbers, _, damages = read(whole + pack(record(2))[:left])
    assert numbers == "01" and [damage.offset for damage in damages] == [len(whole)]


@PACKS
@pytest.mark.parametrize(
    ("broken", "numbers"),
    [
        (lambda pack: pack(record(1, longer=-100)), "0123"),
        (lambda pack: pack(record(1, longer=100)), "0123"),
        (lambda pack: pack(record(1, longer=100_000)), "0123"),
        (lambda pack: pack(record(1, longer=None)), "023"),
        (lambda pack: b"garbage\0\xff" * 30, "023"),
        (lambda pack: pack(record(1))[:200], "023"),
        (lambda pack: pack(record(1).replace(b"WARC-Type", b"X: " + b"y" * 100_000 + b"\r\nWARC-Type", 1)), "023"),
        (lambda pack: pack(record(1).replace(b"\r\n", b"\n")), "023"),
    ],
    ids=["short", "long", "far too long", "no length", "garbage", "half a record", "large head", "LF"],
)
def test_what_is_broken_costs_no_neighbour(pack: Pack, broken: Callable[[Pack], bytes], numbers: str) -> None:
    given, _, damages = read(pack(record(0)) + broken(pack) + packed(pack, record(2), record(3)))
    assert (given, len(damages)) == (numbers, 1)


def test_a_damaged_member_is_left_out() -> None:
    members = [bytearray(gzip.compress(record(number))) for number in range(3)]
    for damaged, numbers in ((0, "12"), (1, "02")):
        content = [bytes(member) for member in members]
        content[damaged] = content[damaged][:300] + b"\xff" * 20 + content[damaged][320:]
        given, _, damages = read(b"".join(content))
        assert (given, len(damages)) == (numbers, 1)


def test_a_panic_of_the_library_ends_no_file() -> None:
    class PanicException(BaseException):
        pass

    def panic(url: str) -> bool:
        if url.endswith("/1"):
            raise PanicException("called `Result::unwrap()`")
        return True

    content = packed(gzip.compress, record(0), record(1), record(2))
    first, damage, last = read_stream(BytesIO(content), "x", panic)
    assert isinstance(first, ArchivedResponse) and isinstance(last, ArchivedResponse)
    assert (first.url[-1], last.url[-1]) == ("0", "2") and "unwrap" in str(damage)


def test_what_is_no_web_archive_says_so(tmp_path: Path) -> None:
    for content in (b"no warc at all", gzip.compress(b"no warc at all"), b"PK\x03\x04 no ZIP either"):
        (tmp_path / "x").write_bytes(content)
        (damage,) = read_archive(tmp_path / "x")
        assert isinstance(damage, Damage)
