"""Who copies whom: which articles are one text, and what each of them made of it.

Everything here follows from pairs of texts and from what is known of each, in whatever order they came.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from db.days import there
from pipelines.enrichment.overlaps.pairs import ONE_TEXT, SAME, Edge
from pipelines.enrichment.overlaps.releases import BASED, LEAST
from pipelines.extraction.bylines import agencies_in, credited

# Of the runs: a paper fills in its notices of every week anew; another's text it does not edit twice.
ONE_TEXT_OF_ONE_SOURCE = 0.8
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
    text: int | None = None  # articles of the same words have the same
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
    told = [name for line in (*lines, *(end for end in ends if len(end) <= 40)) for name in agencies_in(line)]
    return tuple(dict.fromkeys((*named, *credited(text), *told)))


def is_release(kind: str | None, page_kind: str | None) -> bool:
    return "release" in (kind, page_kind)


# Groups


@dataclass(frozen=True, slots=True)
class CopyGroup:
    id: int  # the lowest number of an article in it: so a merge keeps one
    members: tuple[int, ...]


class Neighbours:
    """The edges of each text, by the other, and the articles that have it."""

    def __init__(self, edges: Iterable[Edge], sightings: Iterable[Sighting]) -> None:
        self._of: defaultdict[int, dict[int, Edge]] = defaultdict(dict)
        for each in edges:
            self._of[each.text][each.other] = self._of[each.other][each.text] = each
        self.articles: defaultdict[int, list[Sighting]] = defaultdict(list)
        for sighting in sorted(sightings, key=attrgetter("order")):
            if sighting.text is not None:
                self.articles[sighting.text].append(sighting)

    def of(self, text: int | None) -> Mapping[int, Edge]:
        return self._of.get(text, {}) if text is not None else {}

    def edge(self, text: int | None, other: int | None) -> Edge | None:
        return SAME if text == other is not None else self.of(text).get(other or 0)

    def with_own(self, text: int) -> Iterator[tuple[int, Edge]]:
        """The texts in which words of an article of this text stand: those of its edges, and its own."""
        yield text, SAME
        yield from self.of(text).items()


def closest(article: Sighting, texts: Mapping[int, Sequence[Sighting]], neighbours: Neighbours) -> Sighting | None:
    """In which most of its words stand; `texts`: those that are asked for, by their text, the first of each first."""
    best, least = None, (0.0, 0.0, article.order)
    for text, each in neighbours.with_own(article.text or 0):
        other = next((other for other in texts.get(text, ()) if other is not article), None)
        if other is not None and (rank := (-each.of(article.text), -each.of(text), other.order)) < least:
            best, least = other, rank
    return best


def groups(edges: Iterable[Edge], sightings: Mapping[int, Sighting]) -> list[CopyGroup]:
    """Articles of one text: connected components. What strings several texts together connects none of them."""
    return _groups(Neighbours(edges, sightings.values()))


def _groups(neighbours: Neighbours) -> list[CopyGroup]:
    strung = digests(neighbours)
    whole = {
        text: joining
        for text, articles in neighbours.articles.items()
        if (joining := [each for each in articles if each.id not in strung and each.page_kind not in LOOSE])
    }
    sources = {text: {each.source for each in articles} for text, articles in whole.items()}
    joined = {
        text: {other for other, each in neighbours.of(text).items() if other in whole and _is_joined(each, sources)}
        for text in whole
    }
    found = list[list[Sighting]]()
    group_of: dict[int, list[Sighting]] = {}
    for part in parts(whole.keys(), joined):
        found.append([each for text in part for each in whole[text]])
        group_of |= dict.fromkeys(part, found[-1])
    loose = [
        each
        for articles in neighbours.articles.values()
        for each in articles
        if each.page_kind in LOOSE and each.id not in strung
    ]
    attached = list[tuple[list[Sighting], Sighting]]()
    for article in loose:  # a page that is one text is a copy of it, and leads nowhere else
        others = {
            text: [other for other in whole.get(text, ()) if one_text(each, article, other)]
            for text, each in neighbours.with_own(article.text or 0)
        }
        other = closest(article, others, neighbours)
        each = other and neighbours.edge(article.text, other.text)
        if other and other.text and each and each.of(article.text) >= ONE_TEXT:
            attached.append((group_of[other.text], article))
    for members, article in attached:
        members.append(article)
    numbers = (tuple(sorted(each.id for each in members)) for members in found if len(members) > 1)
    return sorted((CopyGroup(members[0], members) for members in numbers), key=attrgetter("id"))


def _is_joined(each: Edge, sources: Mapping[int, Set[str]]) -> bool:
    """Whether any two articles of two texts are one text; those of the same words always are."""
    ones, others = sources[each.text], sources[each.other]
    of_several = len(ones | others) > 1 and _is_enough(each, of_one_source=False)
    return of_several or (not ones.isdisjoint(others) and _is_enough(each, of_one_source=True))


def one_text(each: Edge, article: Sighting, other: Sighting) -> bool:
    return _is_enough(each, of_one_source=article.source == other.source)


def _is_enough(each: Edge, *, of_one_source: bool) -> bool:
    if of_one_source:
        return each.contained >= ONE_TEXT_OF_ONE_SOURCE
    return max(each.share, each.other_share) >= ONE_TEXT


def digests(neighbours: Neighbours) -> set[int]:
    """What strings together texts that have nothing to do with one another.

    So does a long report of which one paper has the first half and another the last, but it was there before them. And
    where reports of one text are strung together again and again, one digest must not vouch for the next.
    """
    twins = _twins(neighbours)
    maybe = {
        each.id
        for articles in neighbours.articles.values()
        for each in articles
        if len(neighbours.of(each.text)) > 1 and _may_be_digest(each, neighbours, twins)
    }
    sure = {
        text
        for text, articles in neighbours.articles.items()
        if any(each.id not in maybe and each.page_kind not in LOOSE for each in articles)
    }
    part_of = dict[int, int]()
    for number, part in enumerate(parts(sure, {text: neighbours.of(text).keys() & sure for text in sure})):
        part_of |= dict.fromkeys(part, number)
    found = set()
    for articles in neighbours.articles.values():
        for article in articles:
            if article.id in maybe:
                edges = neighbours.with_own(article.text or 0)
                beside = {part_of[text] for text, each in edges if text in sure and each.of(article.text) >= PART}
                if len(beside) >= 2:
                    found.add(article.id)
    return found


def _twins(neighbours: Neighbours) -> dict[int, int]:
    """Of each text the first that has the same neighbours: where hundreds are alike, one of them tells of all."""
    first: dict[frozenset[int], int] = {}
    akin = ((text, neighbours.of(text)) for text in neighbours.articles)
    return {text: first.setdefault(frozenset((text, *others)), text) for text, others in akin if len(others) > 1}


def _may_be_digest(article: Sighting, neighbours: Neighbours, twins: Mapping[int, int]) -> bool:
    """Whether it has two texts that share little, from before it; or three, where nobody knows what was first."""
    assert article.text is not None
    edges, seen = neighbours.of(article.text), article.seen
    told = [(text, neighbours.articles[text]) for text, each in edges.items() if each.of(article.text) >= PART]
    # Of texts that have the same neighbours one will do: they are akin to each other, and apart from the same.
    earlier = {twins.get(text, text) for text, others in told if any(other.seen.before(seen) for other in others)}
    open_ = {twins.get(text, text) for text, others in told if not all(seen.before(other.seen) for other in others)}
    return any(_apart(text, earlier, neighbours) for text in earlier) or three_apart(sorted(open_), neighbours)


def _apart(text: int, others: Set[int], neighbours: Neighbours) -> Set[int]:
    return others - neighbours.of(text).keys() - {text}


def three_apart(texts: Iterable[int], neighbours: Neighbours) -> bool:
    """Whether three of the texts share little with one another.

    Each text with those before it, as bits: 400 texts of which no three are apart took 10 ms, and 650 as sets.
    """
    place_of = dict[int, int]()
    apart = list[int]()  # by place
    for text in texts:
        places = [place_of[other] for other in place_of.keys() - neighbours.of(text).keys()]
        bits = sum(1 << place for place in places)
        if any(apart[place] & bits for place in places):
            return True
        place_of[text] = len(apart)
        apart.append(bits)
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
    neighbours = Neighbours(edges, sightings.values())
    releases = {article: best for article, each in overlaps.items() if (best := most(each, sightings))}
    found = {
        article: Copy(article=article, role=CopyRole.RELEASE_BASED if each.share >= BASED else None, overlap=each)
        for article, each in releases.items()
    }
    for group in _groups(neighbours):
        members = sorted((sightings[article] for article in group.members), key=attrgetter("order"))
        by_text: defaultdict[int, list[Sighting]] = defaultdict(list)
        for each in members:
            by_text[each.text or 0].append(each)
        roles = _roles(members, by_text, neighbours, releases)
        for each in members:
            matched = closest(each, by_text, neighbours)
            between = matched and neighbours.edge(each.text, matched.text)
            assert matched and between
            found[each.id] = Copy(
                article=each.id,
                group=group.id,
                role=roles[each.id],
                share=between.of(each.text),
                matched=matched.id,
                overlap=releases.get(each.id),
            )
    return [found[article] for article in sorted(found)]


def _roles(
    members: Sequence[Sighting],
    by_text: Mapping[int, Sequence[Sighting]],
    neighbours: Neighbours,
    releases: Mapping[int, Overlap],
) -> dict[int, CopyRole]:
    """Credit and first sight tell where the text comes from; what two texts share, what one made of it.

    `members`: of a group, in their order; so they are in `by_text`.
    """
    wired = [sighting for sighting in members if sighting.credit]
    first = members[0]
    if wired and not all(first.seen.before(sighting.seen) for sighting in wired):
        original, wire = None, max(wired, key=lambda sighting: sighting.words).id
    else:
        original, wire = first.id, None
    # Of each text the first two members, and the first two that credit: one of them is another than the article.
    heads = {text: [*each[:2], *[other for other in each if other.credit][:2]] for text, each in by_text.items()}
    roles = {}
    for sighting in members:
        article = sighting.id
        there = [(text, each) for text, each in neighbours.with_own(sighting.text or 0) if text in by_text]
        same = [other for text, each in there if _is_whole(each) for other in heads[text] if other is not sighting]
        based = article in releases and releases[article].share >= BASED
        if based and not sighting.credit:
            roles[article] = CopyRole.RELEASE_BASED
        elif article == original:
            roles[article] = CopyRole.ORIGINAL
        elif same and sighting.credit:
            roles[article] = CopyRole.AGENCY
        elif any(other.credit or other.order < sighting.order for other in same):
            roles[article] = CopyRole.MIRROR
        elif any(_is_shortened(sighting, each, heads[text][0]) for text, each in there):
            roles[article] = CopyRole.SHORTENED
        else:
            roles[article] = CopyRole.AGENCY if article == wire else CopyRole.REWRITE
    return roles


def _is_whole(each: Edge) -> bool:
    return each.alike >= WHOLE


def _is_shortened(sighting: Sighting, each: Edge, other: Sighting) -> bool:
    share, length = each.of(sighting.text), sighting.words / max(1, other.words)
    return any(share >= least and length <= longest for least, longest in SHORTENED)
