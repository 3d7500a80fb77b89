"""Whether what stands beside an article makes a false version of it: its teasers get the headlines of another page.

python -m tests.quality.furniture                    our own labelled pages
python -m tests.quality.furniture PAGES.warc.gz …    recorded pages, labels as .jsonl beside them; or a folder

Both are read by the rules of today and compared. Each page on which that finds a change is told, with what differs.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import html as parser
from lxml.html import HtmlElement
from warcio.archiveiterator import ArchiveIterator

from db.word_diff import Fate, diff
from pipelines.enrichment.changes import Change, Reading, compare
from revierspiegel.services.extract import extract
from tests.quality import gate

BLOCKS = frozenset(
    "p li td dd dt h1 h2 h3 h4 h5 h6 div section article aside nav ul ol header footer main figure body".split()
)
SHORTEST_HEADLINE = 4  # words
MOSTLY_LINK = 0.6  # share of its block: a link in a sentence is no teaser


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    url: str
    html: bytes
    text: str = ""  # as people labelled it: a link in it is no teaser


@dataclass(frozen=True, slots=True)
class FalseVersion:
    page: Page
    change: Change
    lines: tuple[str, ...]

    def __str__(self) -> str:
        differs = "".join(f"\n    {line[:160]}" for line in self.lines)
        return f"{self.page.name}: {' '.join(self.change.kinds)}{differs}"


def flat(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def teasers(tree: HtmlElement, text: str) -> list[HtmlElement]:
    """Links that are all of their block, or nearly: headlines that lead elsewhere."""
    return [link for link in tree.iter("a") if link.get("href") and _is_teaser(link) and flat(link) not in text]


def _is_teaser(link: HtmlElement) -> bool:
    around = list(link.iterancestors())
    if len(flat(link).split()) < SHORTEST_HEADLINE or any(each.tag == "h1" for each in around):
        return False
    block = next((each for each in around if each.tag in BLOCKS), link)
    return len(flat(link)) >= MOSTLY_LINK * len(flat(block))


def retitle(link: HtmlElement, title: str) -> None:
    """The longest piece of its text becomes `title`."""
    places = [(element, "text") for element in link.iter()]
    places += [(element, "tail") for element in link.iter() if element is not link]
    element, place = max(places, key=lambda at: len((getattr(*at) or "").strip()))
    setattr(element, place, title)


def headline(link: HtmlElement) -> str:
    return max((" ".join(text.split()) for text in link.itertext()), key=len)


def swapped(page: Page, titles: list[str]) -> tuple[bytes, bytes] | None:
    """The page as it is and as on another day, both written by lxml; None where it has no teasers."""
    tree = parser.fromstring(page.html)
    links = teasers(tree, page.text)
    if not links or not titles:
        return None
    for at, link in enumerate(links):
        if link.get("href") == "#":  # our own pages have no others
            link.set("href", f"/teaser-{at}")
    before = parser.tostring(tree, encoding="utf-8", doctype="<!doctype html>")
    for at, link in enumerate(links):
        retitle(link, titles[at % len(titles)])
    return before, parser.tostring(tree, encoding="utf-8", doctype="<!doctype html>")


def reading(html: bytes, url: str) -> Reading:
    line = extract(html, url, encoding="utf-8")
    fields = {name: line[name] for name in ("access", "page_kind", "lang")}
    return Reading(title=line["title"] or "", text=line["text"], authors=tuple(line["authors"]), **fields)


def false_versions(pages: list[Page]) -> tuple[int, list[FalseVersion]]:
    """How many pages have teasers, and those whose text, title, byline or access changes with them."""
    tested, found = 0, []
    for at, page in enumerate(pages):
        other = pages[(at + 1) % len(pages)]
        titles = [headline(link) for link in teasers(parser.fromstring(other.html), other.text)] or [
            "Was heute wichtig ist"
        ]
        if sides := swapped(page, titles):
            tested += 1
            old, new = (reading(html, page.url) for html in sides)
            if change := compare(old, new):
                found.append(FalseVersion(page, change, tuple(_lines(old, new))))
    return tested, found


def _lines(old: Reading, new: Reading) -> Iterator[str]:
    if old.title != new.title:
        yield f"title: {old.title} → {new.title}"
    for each in diff(old.text, new.text):
        if each.fate is not Fate.SAME:
            yield f"{each.fate}: {each.old} → {each.new}"


def own_pages() -> list[Page]:
    """Of what is an article; a link with its own title is no teaser either."""
    golds = [gold for name in gate.SETS.values() for gold in gate.lines(gate.HERE / name) if not gold["refused"]]
    return [
        Page(gold["file"], gold["url"], (gate.HERE / "pages" / gold["file"]).read_bytes(), said)
        for gold in golds
        for said in [" ".join([gold["title"], *gold["paragraphs"]])]
    ]


def pages_of(path: Path) -> Iterator[Page]:
    if path.is_dir():
        for each in sorted([*path.glob("*.html"), *path.glob("*.warc.gz")]):
            yield from pages_of(each)
    elif path.suffix == ".html":
        yield Page(path.name, f"https://talbote.example/{path.stem}", path.read_bytes())
    else:
        labels = path.with_name(path.name.replace(".warc.gz", ".jsonl"))
        texts = {gold["url"]: " ".join(gold["paragraphs"]) for gold in (gate.lines(labels) if labels.is_file() else ())}
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                if record.rec_type == "response":
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    yield Page(url, url, record.content_stream().read(), texts.get(url, ""))


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("paths", nargs="*", type=Path)
    paths: Iterable[Path] = cli.parse_args().paths
    tested, found = false_versions([page for path in paths for page in pages_of(path)] if paths else own_pages())
    sys.stdout.write(f"{tested} pages with teasers, {len(found)} of them another version without them changing\n")
    sys.stdout.writelines(f"{each}\n" for each in found)
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
