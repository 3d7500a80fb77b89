"""What articles say that are in no archive: a line of JSON in, a line of facts out."""

import json
from typing import Any

from pipelines.enrichment.entities import EntityKind
from pipelines.enrichment.facts import read_facts

OPTIONAL = ("lang", "published")  # may be null


def facts_line(line: str) -> dict[str, Any]:
    """A line that is no article has an `error` instead."""
    try:
        article = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"error": f"no JSON: {error}"}
    if not isinstance(article, dict):
        return {"error": "no object"}
    if not isinstance(article.get("text"), str):
        return {"error": "text: a text is needed"}
    if wrong := [name for name in OPTIONAL if not isinstance(article.get(name), str | None)]:
        return {"error": f"{wrong[0]}: expected a text or null"}
    text = article["text"].encode("utf-8", "replace").decode()  # half characters can not be written
    facts = read_facts(text, article.get("lang"), article.get("published"))
    figure_fields = ("kind", "value", "high", "unit", "hedge", "place", "by", "text", "start", "end")
    places = (mention for mention in facts.mentions if mention.kind is EntityKind.PLACE)
    return {
        "figures": [fields(figure, figure_fields) for figure in facts.figures],
        "quotes": [fields(quote, ("text", "speaker", "start", "end")) for quote in facts.quotes],
        "places": [fields(place, ("name", "text", "start", "end")) for place in places],
    }


def fields(thing: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}
