"""The example newsrooms as they stand on a day: every page, feed and sitemap of the invented outlets."""

from collections.abc import Callable, Sequence

from crawler.demo import lists, looks
from crawler.demo.newsroom import Answer, Newsroom
from crawler.demo.pieces import Outlet, Piece, load_articles, load_outlets

__all__ = ["DAYS", "build", "load_articles", "load_outlets"]

DAYS = 2
GONE = Answer(status=410, body=b"<h1>410</h1>")
BESIDE = 4  # teasers that stand beside an article


def build(newsroom: Newsroom, day: int = 1) -> None:
    """Put in place what the outlets answer on that day; what an earlier day had and this one has not is gone (410)."""
    articles = load_articles()
    for outlet in load_outlets().values():
        own = [piece for piece in articles if piece.outlet == outlet.id]
        there = [now for piece in own if (now := piece.on(day))]
        for piece in own:
            if piece.day <= day and not piece.on(day):
                for campaign in _campaigns(outlet):
                    newsroom.put(outlet.url(piece) + campaign, GONE)
        _open(newsroom, outlet, there, day)


def _campaigns(outlet: Outlet) -> list[str]:
    """What its lists put behind the addresses of its articles, and nothing."""
    return ["", *(document["campaign"] for document in outlet.documents if "campaign" in document)]


def returning(page: Answer) -> Callable[[], Answer]:
    """Gone for whoever asks first, and there again."""
    answers = iter([GONE])
    return lambda: next(answers, page)


def _open(newsroom: Newsroom, outlet: Outlet, pieces: Sequence[Piece], day: int) -> None:
    campaigns = _campaigns(outlet)
    for at, piece in enumerate(pieces):
        away = day > 1 and piece.day_2 == "returned"
        beside = [*pieces[at + 1 :], *pieces[:at]][:BESIDE]
        page = lists.html(outlet, looks.article(outlet, piece, beside))
        for campaign in campaigns if "missing" not in piece.traits else ():
            newsroom.put(outlet.url(piece) + campaign, returning(page) if away else page)
    for document in outlet.documents:
        for path, answer in lists.answers(outlet, document, pieces).items():
            newsroom.put(outlet.site + path, answer)
    subject = [piece for piece in pieces if "Microsoft" in piece.title]
    for path, title in outlet.shelves.items():
        newsroom.put(outlet.site + path, lists.html(outlet, looks.shelf(outlet, title, subject)))
    newsroom.put(f"{outlet.site}/", lists.html(outlet, looks.shelf(outlet, outlet.name, pieces)))
    newsroom.put(f"{outlet.site}/robots.txt", Answer(body=outlet.robots.encode(), kind="text/plain"))
