"""Table `places`: the places of the list by which articles are read, and where they lie."""

from typing import TypedDict


class PlaceRow(TypedDict):
    name: str
    kind: str
    part_of: str | None
    wikidata: str | None
    latitude: float | None
    longitude: float | None


TABLE = (
    "create table places (name text primary key not null, kind text not null, part_of text, wikidata text,"
    " latitude real, longitude real)"
)
