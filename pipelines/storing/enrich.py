"""What is read out of the texts of the archive, brought up to date: whose text stands in whose."""

import gc
import json
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from db.passages import Run
from db.store.enrichment.copies import CopyStore, ReadRow, SightingRow, TextNumbers
from db.store.enrichment.copy_tables import CopyRow, ReleaseEdgeRow, TextEdge
from pipelines.enrichment.copies import (
    Copy,
    Overlap,
    SeenSince,
    Sighting,
    copies,
    credit,
    is_release,
    parts,
    seen,
)
from pipelines.enrichment.overlaps import fingerprints, releases
from pipelines.enrichment.overlaps.pairs import ComparedText, Edge, shares

BATCH = 100  # articles a transaction: what is read again where it is killed
FEW = 500  # articles that are due, which take some seconds
MANY = 2_000  # articles that are due, from which all may be made anew in less time
LONGEST = 1_000_000  # characters of a text that is compared, as far as that: a novel
# What is remembered of the texts that were read last; a word that is compared takes 170 bytes, one of a release 200.
CHARACTERS, WORDS, RELEASE_WORDS = 8_000_000, 300_000, 100_000

V = TypeVar("V")
Tell = Callable[[int, int], object]  # how many have been read, of how many


@dataclass(frozen=True, slots=True)
class Enriched:
    read: int  # articles
    changed: int  # rows of `copies`


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Hundreds of thousands of small records come, and none leads back to itself: looking for that took a tenth of the
    time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def enrich_few(store: CopyStore) -> None:
    """At once, where articles have just come, left or changed: groups are right again. Of more, the next crawl sees to
    it."""
    if 0 < len(store.due()) <= FEW:
        enrich_copies(store)


def enrich_copies(
    store: CopyStore, *, anew: bool = False, tell: Tell = lambda read, of: None, batch: int = BATCH
) -> Enriched:
    """`batch`: see there."""
    due = store.due()
    if anew or len(due) > max(MANY, len(store.articles()) // 5):
        read = _all_anew(store, tell)
    else:
        read = read_due(store, due, tell, batch)
    return Enriched(read, store.put(rows(store)))


def read_due(store: CopyStore, due: list[int], tell: Tell, batch: int = BATCH) -> int:
    """First the paragraphs of all: which are no text of an article depends on the others of its source."""
    for some in _batches(due, batch):
        with store.db.atomic():
            for article in some:
                row = store.read(article)
                if row is None:
                    store.forget(article)
                    store.done([article])
                    continue
                store.set_paragraphs(article, {number for number, _ in fingerprints.paragraphs(row.text, row.source)})
    reader, done = TextReader(store, store.holders), 0
    while due := store.due():  # others may be due by what was read
        for some in _batches(due, batch):
            with store.db.atomic():
                for article in some:
                    store.done([article])  # before: what is taken in may make it due again
                    reader.take_in(article)
            done += len(some)
            tell(done, max(done, len(due)))
    return done


def _all_anew(store: CopyStore, tell: Tell) -> int:
    with store.db.atomic():
        read = read_all(store, tell)
        compare_all(store)
        store.done(store.due())
    return read


def read_all(store: CopyStore, tell: Tell) -> int:
    """Paragraphs and prints of all texts."""
    articles = store.articles()
    read = (row for article in articles if (row := store.read(article)))
    store.load_paragraphs(
        (number, row.id) for row in read for number, _ in fingerprints.paragraphs(row.text, row.source)
    )
    reader = _reader_of_all(store)
    store.load_texts(_told(map(reader.numbers, articles), len(articles), tell))
    return len(articles)


@no_search_for_cycles()
def compare_all(store: CopyStore) -> None:
    """From the prints that are stored: all pairs."""
    reader, article_of = _reader_of_all(store), store.article_of_text()
    pairs = _together(fingerprints.alike(store.sharing_a_print(), store.sizes()))
    store.drop_every_edge()
    store.add_edges(each for one, other in pairs if (each := reader.edge(one, other, article_of)))
    for release in store.releases():
        store.add_overlaps(reader.overlaps_of_release(release))


def _together(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Pairs that hang together one after another, so that each text is read once."""
    others: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        others[one].add(other)
        others[other].add(one)
    for part in parts(others.keys(), others):
        for one in sorted(part):
            yield from ((one, other) for other in sorted(others[one]) if one < other)


def _reader_of_all(store: CopyStore) -> "TextReader":
    stock, with_stock = store.stock(), store.with_stock()
    return TextReader(store, lambda article: stock if article in with_stock else {})


def _batches(articles: Iterable[int], size: int) -> Iterator[list[int]]:
    left = iter(articles)
    while batch := list(islice(left, size)):
        yield batch


def _told(texts: Iterable[TextNumbers], of: int, tell: Tell) -> Iterator[TextNumbers]:
    for read, text in enumerate(texts, start=1):
        yield text
        if read % BATCH == 0:
            tell(read, of)


class Recent(Generic[V]):
    """What was read last of articles, as far as it has room together; its size is told by itself."""

    def __init__(self, read: Callable[[int], V], size: Callable[[V], int], room: int) -> None:
        self._read, self._size, self._room = read, size, room
        self._kept: OrderedDict[int, V] = OrderedDict()
        self._taken = 0

    def __call__(self, article: int) -> V:
        if article in self._kept:
            self._kept.move_to_end(article)
            return self._kept[article]
        value = self._kept[article] = self._read(article)
        self._taken += self._size(value)
        while self._taken > self._room and len(self._kept) > 1:
            self._taken -= self._size(self._kept.popitem(last=False)[1])
        return value


class TextReader:
    """Reads texts and compares them; remembers those that it read last, for pairs come together."""

    def __init__(self, store: CopyStore, holders: Callable[[int], Mapping[int, int]]) -> None:
        """`holders`: of an article, how many articles have each of its paragraphs that are stock."""
        self._store, self._holders = store, holders
        self._own = Recent(self._read_own, lambda read: len(read[0].text) + len(read[1]), CHARACTERS)
        self._text = Recent(self._read_text, lambda text: len(text.words), WORDS)
        self._runs = Recent(self._read_runs, len, RELEASE_WORDS)

    def take_in(self, article: int) -> None:
        """All that follows from its text, in the place of what there was."""
        row, _ = self._own(article)
        read = self.numbers(article)
        self._store.set_text(read)
        if read.text is not None:
            self._store.set_edges(read.text, list(self._edges(read)))
        release = is_release(row.kind, row.page_kind)
        self._store.set_overlaps(article, list((self.overlaps_of_release if release else self._overlaps)(article)))

    def numbers(self, article: int) -> TextNumbers:
        row, _ = self._own(article)
        text = self._text(article)
        shingles = fingerprints.shingles(text.words)
        release = is_release(row.kind, row.page_kind)
        prints = set() if release else fingerprints.prints(shingles)
        return TextNumbers(
            article=article,
            text=fingerprints.text_number(text.words) if prints else None,
            words=len(text.words),
            credit=credit(row.text, json.loads(row.agencies or "[]")),
            prints=prints,
            release_runs=set(shingles) if release else (),
        )

    def edge(self, one: int, other: int, article_of: Mapping[int, int]) -> TextEdge | None:
        """Between two texts; `article_of`: an article that has each."""
        one, other = sorted((one, other))
        found = shares(self._text(article_of[one]), self._text(article_of[other]))
        return found and TextEdge(one, other, *found)

    def overlaps_of_release(self, release: int) -> Iterator[ReleaseEdgeRow]:
        for shared in self._store.sharing_with_release(release):
            if shared.number >= releases.needed(shared.size) and (row := self._overlap(shared.article, release)):
                yield row

    def _overlaps(self, article: int) -> Iterator[ReleaseEdgeRow]:
        for shared in self._store.releases_sharing(article):
            if shared.number >= releases.needed(shared.size) and (row := self._overlap(article, shared.article)):
                yield row

    def _edges(self, read: TextNumbers) -> Iterator[TextEdge]:
        """Not with texts of which all articles are due: those come themselves."""
        assert read.text is not None
        for shared in self._store.sharing(read.text):
            enough = shared.number >= fingerprints.needed(min(len(read.prints), shared.size))
            if enough and shared.article is not None:
                articles = {read.text: read.article, shared.text: shared.article}
                if row := self.edge(read.text, shared.text, articles):
                    yield row

    def _overlap(self, article: int, release: int) -> ReleaseEdgeRow | None:
        (row, own), (release_row, _) = self._own(article), self._own(release)
        if _seen(release_row).earliest > _seen(row).latest:
            return None
        share, quoted = releases.taken_from(own, self._runs(release))
        if share + quoted < releases.LEAST:
            return None
        return ReleaseEdgeRow(article=article, release=release, share=share, quoted_share=quoted)

    def _read_own(self, article: int) -> tuple[ReadRow, str]:
        """With the text that is the article's own."""
        row = self._store.read(article)
        assert row, f"article {article} has left, and left what is to be read of it"
        return row, fingerprints.own_text(row.text, row.source, self._holders(article))[:LONGEST]

    def _read_text(self, article: int) -> ComparedText:
        return ComparedText(fingerprints.word_numbers(self._own(article)[1]))

    def _read_runs(self, release: int) -> frozenset[Run]:
        return releases.release_runs(self._own(release)[1])


# What follows


@no_search_for_cycles()
def rows(store: CopyStore) -> list[CopyRow]:
    known = {row.id: row for row in store.sightings()}
    overlaps: defaultdict[int, list[Overlap]] = defaultdict(list)
    for row in store.overlaps():
        overlaps[row["article"]].append(
            Overlap(release=row["release"], share=row["share"], quoted_share=row["quoted_share"])
        )
    edges = [Edge(*row) for row in store.edges()]
    sightings = {article: _sighting(row) for article, row in known.items()}
    return [_row(each, known[each.article]) for each in copies(edges, overlaps, sightings)]


def _seen(row: ReadRow | SightingRow) -> SeenSince:
    return seen(row.published, row.first_seen)


def _sighting(row: SightingRow) -> Sighting:
    return Sighting(
        id=row.id,
        url=row.url,
        source=row.source,
        seen=_seen(row),
        words=row.words,
        text=row.text,
        credit=tuple(json.loads(row.credit)),
        page_kind=row.page_kind,
    )


def _row(each: Copy, known: SightingRow) -> CopyRow:
    overlap = each.overlap
    return CopyRow(
        article=each.article,
        group_id=each.group,
        role=each.role and str(each.role),
        share=each.share,
        matched=each.matched,
        release=overlap.release if overlap else None,
        release_share=overlap.share if overlap else None,
        release_quoted_share=overlap.quoted_share if overlap else None,
        credit=known.credit,
        seen_at=known.published or known.first_seen,
    )
