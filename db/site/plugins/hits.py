"""Where in an article the words stand by which a search has found it, each a link to the next, and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasette.app import Datasette
from markupsafe import Markup

from db.language import t
from db.search.highlight import Piece
from db.search.query import QueryError, parse
from db.site.answering.dispatch import dispatcher_of, kind_of_search
from db.site.answering.lanes import TooBusy
from db.site.answering.processes import Late
from db.site.answering.results import SECONDS, spans_of
from db.site.copies import marked_paragraphs


@dataclass(frozen=True, slots=True)
class ArticleHits:
    query: str
    title: list[Piece]
    paragraphs: list[list[Piece]]

    @property
    def number(self) -> int:
        """In the text."""
        return sum(is_hit for pieces in self.paragraphs for _, is_hit in pieces)

    def linked(self) -> list[tuple[str, Markup]]:
        """Each paragraph, as it is and with its hits as links; the last leads to the first."""
        place, linked = 0, []
        for pieces in self.paragraphs:
            parts = []
            for text, is_hit in pieces:
                place += is_hit
                parts.append(link(text, place, place % self.number + 1) if is_hit else Markup.escape(text))
            linked.append(("".join(text for text, _ in pieces), Markup("").join(parts)))
        return linked


async def hits_in(datasette: Datasette, text: str, title: str, body: str) -> ArticleHits | None:
    """None where no words were searched, and where they cannot be looked for now: the article is shown all the same."""
    try:
        query = parse(text) if text else None
        if query is None or not query.wanted:
            return None
        of_title, of_body = await dispatcher_of(datasette).do(
            kind_of_search(query), SECONDS, spans_of, query, [title, body]
        )
    except (QueryError, Late, TooBusy):
        return None
    return ArticleHits(text, pieces_of(title, of_title), marked_paragraphs(body, of_body))


def pieces_of(title: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    return next(iter(marked_paragraphs(title, spans)), [])


def link(text: str, place: int, following: int) -> Markup:
    hit = Markup('<a class="hit" id="hit-{}" href="#hit-{}" title="{}"><mark>{}</mark></a>')
    return hit.format(place, following, t("article.next_hit"), text)
