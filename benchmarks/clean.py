"""How fast pages are cleaned, measured against trafilatura on the same pages in the same run.

python benchmarks/clean.py             5 runs of each, one after the other: about a minute
python benchmarks/clean.py --runs 1    a first look

The pages are the recorded ones beside the project, where they are, else our own labelled ones.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import trafilatura
from warcio.archiveiterator import ArchiveIterator

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipelines.article import Article
from pipelines.extraction import clean

RECORDED = Path(__file__).parents[2] / "shared" / "corpus" / "press-dev.warc.gz"
OWN = Path(__file__).parents[1] / "tests" / "quality" / "pages"

Page = tuple[str, bytes]


def recorded(path: Path) -> Iterator[Page]:
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                yield record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read()


def pages() -> list[Page]:
    if RECORDED.is_file():
        return list(recorded(RECORDED))
    return [(f"https://talbote.example/{path.stem}", path.read_bytes()) for path in sorted(OWN.glob("*.html"))]


def ours(url: str, html: bytes) -> None:
    clean.read(Article(source="", url=url, html=html))


def text_alone(url: str, html: bytes) -> None:
    trafilatura.bare_extraction(html, url=url, include_comments=False)


def with_metadata(url: str, html: bytes) -> None:
    trafilatura.bare_extraction(html, url=url, include_comments=False, with_metadata=True)


def seconds(read: Callable[[str, bytes], None], sample: list[Page]) -> float:
    """CPU time, so that a busy machine changes it little."""
    begun = time.process_time()
    for url, html in sample:
        read(url, html)
    return time.process_time() - begun


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--runs", type=int, default=5)
    runs: int = cli.parse_args().runs
    sample = pages()
    readers = {"ours": ours, "trafilatura, text alone": text_alone, "trafilatura, with metadata": with_metadata}
    for read in readers.values():
        seconds(read, sample[:5])  # what is made at first use
    timings = [{name: seconds(read, sample) for name, read in readers.items()} for _ in range(runs)]
    for name in readers:
        speeds = [len(sample) / run[name] for run in timings]
        ratios = [run[name] / run["ours"] for run in timings]
        sys.stdout.write(
            f"{name:28} {median(speeds):5.1f} pages a second and core ({min(speeds):.1f} to {max(speeds):.1f})"
            f"   ours is {median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})\n"
        )


if __name__ == "__main__":
    main()
