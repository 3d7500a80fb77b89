"""Who copies whom: which articles are one text, and what each of them made of it.

Everything here follows from pairs of texts and from what is known of each, in whatever order they came.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import compress, count, repeat
from operator import attrgetter, sub

from db.days import there
from db.passages import words
from pipelines.enrichment.fingerprints import LENGTH, shingles, word_pairs
from pipelines.enrichment.releases import BASED, LEAST
from pipelines.extraction.bylines import agencies_in_byline, credited

# Of the words of the shorter text, in runs of five. Of runs themselves half a copied text has less: each piece that was
# copied loses four at its end, and one pair of fifteen was missed.
ONE_TEXT = 0.5
# Of the runs: a paper fills in its notices of every week anew; another's text it does not edit twice.
ONE_TEXT_OF_ONE_SOURCE = 0.8
AKIN = 0.35  # of the shingles of the smaller text: a pair is kept; parts of a digest share less with one another
PART = 0.15  # of a digest's words that one of its parts has at least
# Of the pairs of neighbouring words of the longer text, those that the other has: most reports with one word of twelve
# edited have more, those with a lead or quotes of their own less. Of runs of five words, edits leave but .7.
WHOLE = 0.82
# Of the words of the shorter text, how many are in the longer; and how long it is then at most, of the longer.
SHORTENED = ((0.8, 0.75), (0.95, 0.9))
LOOSE = frozenset({"ticker", "list", "media"})  # pages that string together what others have written


class CopyRole(StrEnum):
    ORIGINAL = "original"
    AGENCY = "agency"
    SHORTENED = "shortened"
    REWRITE = "rewrite"
    RELEASE_BASED = "release_based"
    MIRROR = "mirror"


@dataclass(frozen=True, slots=True)
class SeenSince:
    """Since when an article was there, as exactly as is known."""

    earliest: datetime
    latest: datetime

    def before(self, other: "SeenSince") -> bool:
        """For certain."""
        return self.latest <= other.earliest and self != other


UNKNOWN = SeenSince(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def seen(published: str | None, first_seen: str | None = None) -> SeenSince:
    """A bare day is any moment of it; what was seen was there."""
    try:
        latest = there(first_seen) if first_seen else UNKNOWN.latest
        if not published:
            return SeenSince(UNKNOWN.earliest, latest)
        start = there(published)
    except (ValueError, OverflowError):
        return UNKNOWN
    end = start + timedelta(days=1, microseconds=-1) if len(published) == len("2026-05-11") else start
    return SeenSince(start, max(start, min(end, latest)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What is known of an article beside its words."""

    id: int
    url: str
    source: str
    seen: SeenSince
    words: int
    credit: tuple[str, ...] = ()
    page_kind: str | None = None

    @property
    def order(self) -> tuple[datetime, int, str]:
        """First is what is known to have been there first; of the same moment, what has most words."""
        return self.seen.latest, -self.words, self.url


def credit(text: str, named: Iterable[str] = ()) -> tuple[str, ...]:
    """The agencies that a text credits, with those that its page names."""
    blocks = text.split("\n\n")
    lines = [block for block in (blocks[0], *blocks[-2:]) if len(block) <= 80]
    ends = [block.rpartition("(")[2].rstrip(" .)") for block in blocks[-2:] if block.rstrip(" .").endswith(")")]
    told = [name for line in (*lines, *(end for end in ends if len(end) <= 40)) for name in agencies_in_byline(line)]
    return tuple(dict.fromkeys((*named, *credited(text), *told)))


def is_release(kind: str | None, page_kind: str | None) -> bool:
    return "release" in (kind, page_kind)


# Two texts


@dataclass(frozen=True, slots=True)
class ComparedText:
    """The own text of an article, ready to be compared."""

    words: int
    shingles: tuple[int, ...]
    distinct: frozenset[int]
    pairs: frozenset[int]  # of neighbouring words

    @classmethod
    def of(cls, own: str) -> "ComparedText":
        found = words(own)
        hashes = shingles(found)
        return cls(len(found), tuple(hashes), frozenset(hashes), frozenset(word_pairs(found)))


@dataclass(frozen=True, slots=True)
class Edge:
    """Two articles, the one of the lower number first, and what they share."""

    article: int
    other: int
    contained: float  # of the distinct shingles of the text that has fewer
    share: float  # of the words of the article
    other_share: float
    alike: float  # share of its pairs of neighbouring words that the other has, of the longer; 0 where not one text

    def of(self, article: int) -> float:
        """The share of its words that stand in the other."""
        return self.share if article == self.article else self.other_share


def edge(articles: tuple[int, int], one: ComparedText, other: ComparedText) -> Edge | None:
    """None where they share too little to matter."""
    common = one.distinct & other.distinct
    contained = len(common) / max(1, min(len(one.distinct), len(other.distinct)))
    if contained < AKIN:
        return None
    if articles[0] > articles[1]:
        articles, one, other = articles[::-1], other, one
    alike = _alike(one, other) if contained >= ONE_TEXT else 0.0
    return Edge(*articles, round(contained, 4), _share(one, common), _share(other, common), alike)


def _alike(one: ComparedText, other: ComparedText) -> float:
    common = len(one.pairs & other.pairs)
    return round(common / max(len(one.pairs), len(other.pairs)), 4) if common else 0.0


def _share(text: ComparedText, common: Set[int]) -> float:
    """Of the words, those in a shingle that is in both."""
    if len(common) == len(text.distinct):
        return 1.0
    starts = list(compress(count(), map(common.__contains__, text.shingles)))
    covered: int = sum(map(min, map(sub, starts[1:], starts), repeat(LENGTH))) + LENGTH * bool(starts)
    return round(covered / max(1, text.words), 4)


# Groups


@dataclass(frozen=True, slots=True)
class CopyGroup:
    id: int  # the lowest number of an article in it: so a merge keeps one
    members: tuple[int, ...]


class Neighbours:
    """The edges of each article, by the other."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._of: defaultdict[int, dict[int, Edge]] = defaultdict(dict)
        for each in edges:
            self._of[each.article][each.other] = self._of[each.other][each.article] = each

    def of(self, article: int) -> Mapping[int, Edge]:
        return self._of.get(article, {})

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._of))

    def closest(self, article: int, among: Collection[int], sightings: Mapping[int, Sighting]) -> int | None:
        """In which most of its words stand."""
        edges = self.of(article)
        ranks = {
            other: (-each.of(article), -each.of(other), sightings[other].order)
            for other, each in edges.items()
            if other in among
        }
        return min(ranks, key=ranks.__getitem__, default=None)


def groups(edges: Iterable[Edge], sightings: Mapping[int, Sighting]) -> list[CopyGroup]:
    """Articles of one text: connected components. What strings several texts together connects none of them."""
    neighbours = Neighbours(edges)
    loose = {article for article in neighbours if sightings[article].page_kind in LOOSE}
    strung = digests(neighbours, loose, sightings)
    joined = {
        article: {other for other, each in neighbours.of(article).items() if one_text(each, sightings)} - strung - loose
        for article in neighbours
    }
    members_of: dict[int, set[int]] = {}
    for members in parts(set(joined) - strung - loose, joined):
        members_of |= dict.fromkeys(members, members)
    for article in sorted(loose - strung):  # a page that is one text is a copy of it, and leads nowhere else
        closest = neighbours.closest(article, joined[article], sightings)
        if closest is not None and neighbours.of(article)[closest].of(article) >= ONE_TEXT:
            members_of[closest].add(article)
    found = {id(members): members for members in members_of.values() if len(members) > 1}
    return sorted((CopyGroup(min(members), tuple(sorted(members))) for members in found.values()), key=attrgetter("id"))


def one_text(each: Edge, sightings: Mapping[int, Sighting]) -> bool:
    if sightings[each.article].source == sightings[each.other].source:
        return each.contained >= ONE_TEXT_OF_ONE_SOURCE
    return max(each.share, each.other_share) >= ONE_TEXT


def digests(neighbours: Neighbours, loose: Set[int], sightings: Mapping[int, Sighting]) -> set[int]:
    """What strings together texts that have nothing to do with one another.

    So does a long report of which one paper has the first half and another the last, but it was there before them. And
    where reports of one text are strung together again and again, one digest must not vouch for the next.
    """
    maybe = {article for article in neighbours if _may_be_digest(article, neighbours, sightings)}
    sure = {article: set(neighbours.of(article)) - maybe - loose for article in neighbours}
    part_of = dict[int, int]()
    for number, part in enumerate(parts(set(sure) - maybe - loose, sure)):
        part_of |= dict.fromkeys(part, number)
    found = set()
    for article in maybe:
        edges = neighbours.of(article)
        if len({part_of[other] for other in sure[article] if edges[other].of(article) >= PART}) >= 2:
            found.add(article)
    return found


def _may_be_digest(article: int, neighbours: Neighbours, sightings: Mapping[int, Sighting]) -> bool:
    """Whether it has two texts that share little, from before it; or three, where nobody knows what was first."""
    edges, moments = neighbours.of(article), sightings[article].seen
    told = [other for other, each in edges.items() if each.of(article) >= PART]
    earlier = {other for other in told if sightings[other].seen.before(moments)}
    if any(earlier - neighbours.of(other).keys() - {other} for other in earlier):
        return True
    open_ = {other for other in told if not moments.before(sightings[other].seen)}
    for other in sorted(open_):
        apart = open_ - neighbours.of(other).keys() - {other}
        if any(apart - neighbours.of(third).keys() - {third} for third in apart):
            return True
    return False


def parts(articles: Set[int], others: Mapping[int, Set[int]]) -> list[set[int]]:
    """Connected components."""
    left, found = set(articles), []
    while left:
        part, todo = set[int](), [left.pop()]
        while todo:
            part.add(article := todo.pop())
            new = others[article] & left
            left -= new
            todo += new
        found.append(part)
    return found


# Roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What an article takes from a release."""

    release: int
    share: float
    quoted_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What there is to say of an article; `group` and `role` are None where it is in no group."""

    article: int
    group: int | None = None
    role: CopyRole | None = None
    share: float | None = None
    matched: int | None = None
    overlap: Overlap | None = None


def most(overlaps: Iterable[Overlap], sightings: Mapping[int, Sighting]) -> Overlap | None:
    """With the release that it takes most from; of equal ones, the first."""
    enough = [each for each in overlaps if each.share >= LEAST]
    return min(enough, key=lambda each: (-each.share, sightings[each.release].order), default=None)


def copies(
    edges: Sequence[Edge], overlaps: Mapping[int, Sequence[Overlap]], sightings: Mapping[int, Sighting]
) -> list[Copy]:
    """Of every article that there is something to say of, by its number."""
    neighbours = Neighbours(edges)
    releases = {article: best for article, each in overlaps.items() if (best := most(each, sightings))}
    found = {
        article: Copy(article=article, role=CopyRole.RELEASE_BASED if each.share >= BASED else None, overlap=each)
        for article, each in releases.items()
    }
    for group in groups(edges, sightings):
        roles = _roles(group, neighbours, releases, sightings)
        for article in group.members:
            matched = neighbours.closest(article, group.members, sightings)
            assert matched is not None
            found[article] = Copy(
                article=article,
                group=group.id,
                role=roles[article],
                share=neighbours.of(article)[matched].of(article),
                matched=matched,
                overlap=releases.get(article),
            )
    return [found[article] for article in sorted(found)]


def _roles(
    group: CopyGroup, neighbours: Neighbours, releases: Mapping[int, Overlap], sightings: Mapping[int, Sighting]
) -> dict[int, CopyRole]:
    """Credit and first sight tell where the text comes from; what two texts share, what one made of it."""
    members = sorted((sightings[article] for article in group.members), key=lambda sighting: sighting.order)
    wired = [sighting for sighting in members if sighting.credit]
    first = members[0]
    if wired and not all(first.seen.before(sighting.seen) for sighting in wired):
        original, wire = None, max(wired, key=lambda sighting: sighting.words).id
    else:
        original, wire = first.id, None
    roles = {}
    for place, sighting in enumerate(members):
        article, edges = sighting.id, neighbours.of(sighting.id)
        same = [other for other in members if other.id in edges and _is_whole(edges[other.id])]
        based = article in releases and releases[article].share >= BASED
        if based and not sighting.credit:
            roles[article] = CopyRole.RELEASE_BASED
        elif article == original:
            roles[article] = CopyRole.ORIGINAL
        elif same and sighting.credit:
            roles[article] = CopyRole.AGENCY
        elif any(other.credit or other in members[:place] for other in same):
            roles[article] = CopyRole.MIRROR
        elif any(_is_shortened(sighting, edges[other.id], other) for other in members if other.id in edges):
            roles[article] = CopyRole.SHORTENED
        else:
            roles[article] = CopyRole.AGENCY if article == wire else CopyRole.REWRITE
    return roles


def _is_whole(each: Edge) -> bool:
    return each.alike >= WHOLE


def _is_shortened(sighting: Sighting, each: Edge, other: Sighting) -> bool:
    share, length = each.of(sighting.id), sighting.words / max(1, other.words)
    return any(share >= least and length <= longest for least, longest in SHORTENED)
