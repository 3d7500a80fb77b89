"""The places that articles name, how many name each, and where they lie."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sqrt
from typing import NamedTuple

from db.export.tables import Selection
from db.site.facts.figures import known_day, parted

SENTENCES = 50  # a page
WEST, EAST, SOUTH, NORTH = 6.05, 7.15, 50.65, 51.35  # what the map shows: the region, from Heinsberg to Cologne
WIDTH = 640  # of the drawing, without a unit
LABELS = 14  # places at most that are named on the map: those that most articles name, if there is room
LARGEST = 22  # radius
LINE, NAME = 24, 190  # height and width that a name takes on a small screen

_DAY = "case when a.day glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' then a.day end"  # a page says what it likes
_PLACES = f"""select e.name, p.kind, p.part_of, p.wikidata, p.latitude, p.longitude, count(*) as articles,
count(distinct coalesce(c.group_id, e.article)) as texts, min({_DAY}) as first, max({_DAY}) as last
from (select distinct name, article from entities where kind = 'place') as e join articles as a on a.id = e.article
left join copies as c on c.article = e.article left join places as p on p.name = e.name
group by 1 order by articles desc, e.name"""
_SENTENCES = """select e.article, e.text, e.sentence, a.day, a.source, a.title, a.lang
from entities as e join articles as a on a.id = e.article where e.kind = 'place' and e.name = ?
group by e.article order by a.day is null, a.day desc, e.article"""
LISTED = tuple("name kind part_of wikidata latitude longitude articles texts first last".split())


class PlaceUse(NamedTuple):
    name: str
    kind: str | None
    part_of: str | None
    wikidata: str | None
    latitude: float | None
    longitude: float | None
    articles: int
    texts: int  # copies folded
    first: str | None
    last: str | None


class PlaceSentence(NamedTuple):
    article: int
    text: str
    sentence: str
    day: str | None
    source: str
    title: str
    lang: str | None

    @property
    def parts(self) -> tuple[str, str, str]:
        return parted(self.sentence, self.text)


@dataclass(frozen=True, slots=True)
class MapDot:
    use: PlaceUse
    x: float
    y: float
    radius: float
    is_named: bool
    is_left: bool  # whether its name stands to the left of it


@dataclass(frozen=True, slots=True)
class PlaceMap:
    width: int
    height: int
    dots: tuple[MapDot, ...]  # the largest first, so that none covers a smaller one
    ten_kilometres: float


def places(connection: sqlite3.Connection) -> list[PlaceUse]:
    """The place that most articles name comes first."""
    uses = (PlaceUse(*row) for row in connection.execute(_PLACES))
    return [use._replace(first=known_day(use.first), last=known_day(use.last)) for use in uses]


def sentences(connection: sqlite3.Connection, name: str, page: int) -> list[PlaceSentence]:
    row = [name, SENTENCES, (page - 1) * SENTENCES]
    return [PlaceSentence(*each) for each in connection.execute(f"{_SENTENCES} limit ? offset ?", row)]


def listed(connection: sqlite3.Connection) -> Selection:
    rows: list[Sequence[object]] = connection.execute(_PLACES).fetchall()
    return Selection("places", LISTED, len(rows), iter(rows))


def draw_map(uses: Sequence[PlaceUse], folded: bool = False) -> PlaceMap | None:
    """Of the places within the frame: a dot has the area of its articles, or texts. None where there are none."""
    shrink = cos(radians((SOUTH + NORTH) / 2))  # a degree of longitude is shorter than one of latitude
    scale = WIDTH / ((EAST - WEST) * shrink)
    height = round((NORTH - SOUTH) * scale)
    within = [use for use in uses if _is_within(use)]
    if not within:
        return None
    numbers = {use: use.texts if folded else use.articles for use in within}
    most = max(numbers.values())
    within.sort(key=lambda use: -numbers[use])
    dots: list[MapDot] = []
    for use in within:
        x = ((use.longitude or 0) - WEST) * shrink * scale
        y = (NORTH - (use.latitude or 0)) * scale
        radius = max(4.0, LARGEST * sqrt(numbers[use] / most))
        named = [dot for dot in dots if dot.is_named]
        is_named = len(named) < LABELS and all(abs(dot.y - y) > LINE or abs(dot.x - x) > NAME for dot in named)
        dots.append(MapDot(use, round(x, 1), round(y, 1), round(radius, 1), is_named, x > WIDTH * 0.75))
    return PlaceMap(WIDTH, height, tuple(dots), round(scale * 10 / 111.2, 1))


def _is_within(use: PlaceUse) -> bool:
    if use.latitude is None or use.longitude is None:
        return False
    return WEST < use.longitude < EAST and SOUTH < use.latitude < NORTH
