import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from revierspiegel.services.extract import ExtractError, extract, extract_warc
from tests.conftest import SHARED, needs_shared
from tests.quality.measures import day
from tests.web.press import gold, records_of_ours
from tests.web.records import write_warc

SENTENCE = "Der Bau des Rechenzentrums an der Landstraße beginnt nach Angaben der Stadt im kommenden Frühjahr. "
PAGE = f"<html lang=de><title>Baubeginn im Frühjahr</title><h1>Baubeginn im Frühjahr</h1><p>{SENTENCE * 4}</p></html>"
FIELDS = "url title authors agencies published modified date_source lang page_kind access text reason".split()


def warc(*pages: tuple[str, str | None, bytes]) -> bytes:
    return b"".join(gzip.compress(record(*page)) for page in pages)


def record(url: str, mime: str | None, body: bytes) -> bytes:
    block = b"HTTP/1.1 200 OK\r\n" + (f"Content-Type: {mime}\r\n" if mime else "").encode() + b"\r\n" + body
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-03-18T10:00:00Z\r\n"
    head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    return head.encode() + block + b"\r\n\r\n"


def test_a_line_has_the_promised_fields() -> None:
    line = extract(PAGE.encode(), "https://talbote.example/a?b=1#c", encoding="utf-8")
    assert set(FIELDS) <= set(line) and line["url"] == "https://talbote.example/a?b=1#c"
    assert (
        line["title"] == "Baubeginn im Frühjahr" and line["text"] == (SENTENCE * 4).strip() and line["reason"] is None
    )
    assert json.loads(json.dumps(line)) == line


def test_a_refused_page_has_a_line_with_its_reason() -> None:
    line = extract(b"%PDF-1.7", "https://talbote.example/a.pdf")
    assert (line["text"], line["reason"]) == ("", "not_html")


def test_every_html_response_of_a_warc_file_in_its_order(tmp_path: Path) -> None:
    file = tmp_path / "pages.warc.gz"
    file.write_bytes(
        warc(
            ("https://talbote.example/1", "text/html; charset=windows-1252", PAGE.encode("cp1252")),
            ("https://talbote.example/2.pdf", "application/pdf", b"%PDF"),
            ("https://talbote.example/3", "application/xhtml+xml", b""),
            ("https://talbote.example/4", None, PAGE.encode()),
        )
    )
    lines = list(extract_warc(file))
    assert [line["url"][-1] for line in lines] == ["1", "3", "4"]
    assert "Landstraße" in lines[0]["text"] and lines[1]["reason"] == "not_html"


def test_a_broken_file_gives_what_can_be_read_and_then_says_so(tmp_path: Path) -> None:
    file = tmp_path / "broken.warc.gz"
    whole = warc(*((f"https://talbote.example/{n}", "text/html", PAGE.encode()) for n in range(3)))
    file.write_bytes(whole[:-120])
    lines = extract_warc(file)
    assert [next(lines)["url"], next(lines)["url"]] == ["https://talbote.example/0", "https://talbote.example/1"]
    with pytest.raises(ExtractError, match=r"broken\.warc\.gz: .* after"):
        list(lines)


@pytest.mark.parametrize(
    "content", [b"no warc at all", gzip.compress(b"no warc at all", mtime=0)], ids=["plain", "packed"]
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ExtractError, match="after 0 pages"):
        list(extract_warc(tmp_path / "x"))
    with pytest.raises(ExtractError, match="No such file"):
        list(extract_warc(tmp_path / "missing"))


def test_labelled_articles_come_out_word_for_word(tmp_path: Path) -> None:
    wanted = {url: row for url, row in gold().items() if not row["refused"] and row["page_kind"] != "media"}
    assert len(wanted) > 20
    records = [record for record in records_of_ours() if record.url in wanted]
    compare(list(wanted.values()), list(extract_warc(write_warc(tmp_path / "ours.warc.gz", records))))


@needs_shared("corpus")
def test_the_first_two_articles_come_out_word_for_word() -> None:
    labels = [json.loads(line) for line in (SHARED / "corpus/seeds.jsonl").read_text("utf-8").splitlines()]
    compare(labels, list(extract_warc(SHARED / "corpus/seeds.warc.gz")))


def compare(labels: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> None:
    for label, line in zip(labels, lines, strict=True):
        paragraphs = [text for text in line["text"].split("\n\n") if text not in label["optional"]]
        assert paragraphs == label["paragraphs"]
        assert (line["title"], day(line["published"])) == (label["title"], label["date"])
