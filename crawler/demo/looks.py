"""The pages of the invented outlets: looks/*.html filled with an article, its linked data and what stands beside it."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from html import escape
from string import Template
from typing import Any

from crawler.demo.pieces import FOLDER, Outlet, Piece

MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
    "en": "January February March April May June July August September October November December".split(),
}
KICKERS = {"release": "Pressemitteilung", "commentary": "Kommentar", "interview": "Interview", "ticker": "Liveticker"}
TYPES = {"commentary": "OpinionNewsArticle", "ticker": "LiveBlogPosting"}
CHANGED = "2026-11-19T09:00:00+01:00"  # the second day of the demo
WALL = (
    '<div class="paywall"><h3>Weiterlesen mit EB plus</h3><p>Jetzt vier Wochen kostenlos testen, danach 8,90 Euro '
    "im Monat, jederzeit kündbar.</p></div>"
)


@cache
def look(name: str) -> Template:
    return Template((FOLDER / "looks" / f"{name}.html").read_text("utf-8"))


def article(outlet: Outlet, piece: Piece, beside: Iterable[Piece]) -> str:
    wrong = "misdated" in piece.traits
    declared = piece.date.replace(year=piece.date.year + 10) if wrong else piece.date
    whole = list(map(markup, piece.blocks[1:]))
    if piece.traits & {"walled", "closed"}:
        whole = ["", WALL]
    facts = {
        "lang": piece.lang,
        "site": outlet.name,
        "title": piece.title,
        "description": piece.summary,
        "canonical": outlet.url(piece),
        "declared": declared.isoformat(),
        "iso": piece.published,
        "day": in_words(piece.date, piece.lang),
        "kicker": KICKERS.get(piece.kind) or (piece.section or "").capitalize(),
        "authors": ", ".join(piece.authors),
        "byline": byline(piece),
        "lead": "" if "closed" in piece.traits else piece.blocks[0],
    }
    return look(outlet.id).substitute(
        {name: escape(fact) for name, fact in facts.items()},
        middle="\n".join(whole[:1]),
        rest="\n".join(whole[1:]),
        teasers=teasers(outlet, beside),
        linked_data=linked_data(outlet, piece, declared.isoformat()),
    )


def shelf(outlet: Outlet, title: str, pieces: Iterable[Piece], pages: str = "") -> str:
    """A page of links."""
    return look("list").substitute(
        lang=outlet.lang,
        charset=outlet.charset,
        title=escape(title),
        site=escape(outlet.name),
        teasers=teasers(outlet, pieces),
        pages=pages,
    )


def teasers(outlet: Outlet, pieces: Iterable[Piece]) -> str:
    form = Template(outlet.teaser)
    return "\n".join(
        form.substitute(
            url=escape(outlet.url(piece)),
            title=escape(piece.title),
            summary=escape(piece.summary),
            day=in_words(piece.date, piece.lang),
        )
        for piece in pieces
    )


def markup(block: str) -> str:
    if block.startswith("## "):
        return f"<h2>{escape(block[3:])}</h2>"
    if block.startswith("- "):
        return "<ul>" + "".join(f"<li>{escape(line[2:])}</li>" for line in block.split("\n")) + "</ul>"
    if block.startswith("**"):
        return f"<p><strong>{escape(block.strip('*'))}</strong></p>"
    return f"<p>{escape(block)}</p>"


def in_words(day: date, lang: str) -> str:
    point = "" if lang == "en" else "."
    return f"{day.day}{point} {MONTHS[lang][day.month - 1]} {day.year}"


def byline(piece: Piece) -> str:
    by, and_ = ("By", " and ") if piece.lang == "en" else ("Von", " und ")
    return f"{by} {and_.join(piece.authors)}" if piece.authors else ""


def linked_data(outlet: Outlet, piece: Piece, declared: str) -> str:
    """JSON-LD as good as the outlet's is."""
    if outlet.linked_data == "none":
        return ""
    context: dict[str, Any] = {"@context": "https://schema.org"}
    if outlet.linked_data == "headline":
        document = context | {"@type": "NewsArticle", "headline": piece.title}
    elif outlet.linked_data == "graph":
        document = context | {"@graph": graph(outlet, piece, declared)}
    else:
        people = [{"@type": "Person", "name": name} for name in piece.authors]
        document = context | node(outlet, piece, declared, people)
    text = json.dumps(document, ensure_ascii=False)
    if outlet.linked_data == "broken":  # as a template writes it that does not know of quotation marks
        text = text.replace(piece.title, f'"{piece.title}"')
    return f'<script type="application/ld+json">{text}</script>'


def graph(outlet: Outlet, piece: Piece, declared: str) -> list[dict[str, Any]]:
    house = f"{outlet.site}/#verlag"
    people = [
        {"@type": "Person", "@id": f"{outlet.site}/#autor-{number}", "name": name}
        for number, name in enumerate(piece.authors, 1)
    ]
    about = node(outlet, piece, declared, [{"@id": person["@id"]} for person in people])
    about["publisher"] = {"@id": house}
    if piece.traits & {"walled", "closed"}:
        # Some outlets hand the paid text to search engines; it is not for us.
        about |= {"isAccessibleForFree": False, "articleBody": " ".join(piece.blocks)}
    return [{"@type": "NewsMediaOrganization", "@id": house, "name": outlet.name}, *people, about]


def node(outlet: Outlet, piece: Piece, declared: str, people: Sequence[Any]) -> dict[str, Any]:
    return {
        "@type": TYPES.get(piece.kind, "NewsArticle"),
        "mainEntityOfPage": outlet.url(piece),
        "headline": piece.title,
        "description": piece.summary,
        "datePublished": declared,
        "dateModified": CHANGED if piece.changed else declared,
        "author": people,
        "inLanguage": piece.lang,
    }
