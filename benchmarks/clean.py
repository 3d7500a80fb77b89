"""How fast pages are cleaned, measured against trafilatura on the same pages in the same run.

python benchmarks/clean.py             5 runs, both in turn at each page: about a minute
python benchmarks/clean.py --runs 1    a first look
python benchmarks/clean.py --without parts --without lead    what each of these steps of the reading brings: F1 of the
                                                             text with all steps, less that without the one; 'all': each
python benchmarks/clean.py --without all --set LABELS.jsonl  on another set, too: its pages lie beside it as .warc.gz

The pages are the recorded ones beside the project, where they are, else our own labelled ones.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean, median

import trafilatura
from trafilatura.meta import reset_caches
from warcio.archiveiterator import ArchiveIterator

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipelines.article import Article
from pipelines.extraction import body, clean
from tests.quality.gate import SETS
from tests.quality.measures import text_f1

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


def seconds(readers: dict[str, Callable[[str, bytes], None]], sample: list[Page]) -> dict[str, float]:
    """CPU time of each, so that a busy machine changes it little; in turn at each page, as its speed changes meanwhile.

    trafilatura remembers what it has read of other pages; here each page is read several times, in a crawl once.
    """
    spent = dict.fromkeys(readers, 0.0)
    for url, html in sample:
        for name, read in readers.items():
            reset_caches()
            begun = time.process_time()
            read(url, html)
            spent[name] += time.process_time() - begun
    return spent


Labelled = tuple[str, bytes, str, list[str]]  # address, page, text, what counts neither way


def labelled(labels: Path) -> Iterator[Labelled]:
    """The articles of a set; its pages stand in files of their own or in the WARC beside the labels."""
    rows = [json.loads(line) for line in labels.read_text("utf-8").splitlines() if line.strip()]
    warc = labels.with_suffix(".warc.gz")
    by_url = dict(recorded(warc)) if warc.is_file() else {}
    for row in rows:
        page = by_url.get(row["url"]) if by_url else (OWN / row["file"]).read_bytes()
        if page and row["paragraphs"] and not row.get("refused"):
            yield row["url"], page, "\n".join(row["paragraphs"]), row.get("optional", [])


def mean_f1(rows: list[Labelled], without: frozenset[str] = frozenset()) -> float:
    def text_of(url: str, page: bytes) -> str:
        article, refused = clean.read(Article(source="", url=url, html=page), without)
        return "" if refused else article.text

    return fmean(text_f1(text, text_of(url, page), optional) for url, page, text, optional in rows)


def ablation(steps: list[str], sets: list[Path]) -> Iterator[str]:
    """What each step brings, in thousandths of F1; below zero where it costs."""
    rows = {path.stem: list(labelled(path)) for path in sets}
    whole = {name: mean_f1(those) for name, those in rows.items()}
    yield f"{'':12}" + "".join(f"{name:>14}" for name in rows)
    yield f"{'all steps':12}" + "".join(f"{value:14.4f}" for value in whole.values())
    for step in steps:
        brought = (whole[name] - mean_f1(those, frozenset([step])) for name, those in rows.items())
        yield f"{step:12}" + "".join(f"{1000 * value:+14.1f}" for value in brought)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--runs", type=int, default=5)
    names = [step.name for step in body.STEPS]
    cli.add_argument("--without", action="append", choices=[*names, "all"], metavar="STEP", help=", ".join(names))
    cli.add_argument("--set", action="append", type=Path, default=[], metavar="LABELS.jsonl", dest="sets")
    given = cli.parse_args()
    if given.without:
        sets = [OWN.parent / name for name in SETS.values()]
        sets += [labels] if (labels := RECORDED.with_suffix("").with_suffix(".jsonl")).is_file() else []
        for line in ablation(names if "all" in given.without else given.without, [*sets, *given.sets]):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        return
    runs: int = given.runs
    sample = pages()
    readers = {"ours": ours, "trafilatura, text alone": text_alone, "trafilatura, with metadata": with_metadata}
    seconds(readers, sample[:5])  # what is made at first use
    timings = [seconds(readers, sample) for _ in range(runs)]
    for name in readers:
        speeds = [len(sample) / run[name] for run in timings]
        ratios = [run[name] / run["ours"] for run in timings]
        sys.stdout.write(
            f"{name:28} {median(speeds):5.1f} pages a second and core ({min(speeds):.1f} to {max(speeds):.1f})"
            f"   ours is {median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})\n"
        )


if __name__ == "__main__":
    main()
