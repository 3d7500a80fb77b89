"""What articles say that are in no archive: a line of JSON in, a line of facts out."""

from typing import Any

from pipelines.enrichment.entities import EntityKind
from pipelines.enrichment.facts import read_facts
from revierspiegel.services.json_lines import read_article


def facts_line(line: str) -> dict[str, Any]:
    """A line that is no article has an `error` instead."""
    article = read_article(line, ("text",), ("lang", "published"))
    if "error" in article:
        return article
    facts = read_facts(article["text"], article["lang"], article["published"])
    figure_fields = ("kind", "value", "high", "unit", "hedge", "place", "by", "text", "start", "end")
    places = (mention for mention in facts.mentions if mention.kind is EntityKind.PLACE)
    return {
        "figures": [fields(figure, figure_fields) for figure in facts.figures],
        "quotes": [fields(quote, ("text", "speaker", "start", "end")) for quote in facts.quotes],
        "places": [fields(place, ("name", "text", "start", "end")) for place in places],
    }


def fields(thing: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}
