"""Lines among an article's paragraphs in which the page speaks of itself: credits, bylines, invitations, addresses."""

import re
from collections import Counter
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction.additions import unfolds
from pipelines.extraction.bylines import SIGNED
from pipelines.extraction.draft import Block, Draft, Found, is_prose, leads_away
from pipelines.extraction.markup import HEADINGS, flat, is_away, key
from pipelines.extraction.metadata import Metadata
from pipelines.extraction.publication_dates import BESIDE_DAY, dating

ASIDES = re.compile(
    r"^(?:(?:ver[öo]ffentlicht|publiziert|aktualisiert|stand|erschienen|published|updated|publi[ée]e?|gepubliceerd|pubblicato)\b"
    r".{0,60}\d.{0,30}|.{0,12}\d+\s+min\w*\.?\s*(?:lese\w+|read|de\s+lecture).{0,10}|(?:von|by|par|door)\s*:?\s+[^.!?]{3,60}"
    r"|\W*(?:fotos?|bild(?:er|quelle)?|quelle|image|photo|picture|credit|grafik|symbol(?:bild|foto)|video|redaktion|text)\s*:.{0,140}"
    r"|©.{0,140}|(?:anzeige|werbung|advertisement|autor(?:in)?|datum|author|date|auteur|ressort|rubrik|kategorie|von|stand|quelle)\s*:?"
    r"|[^.!?()]{2,40}\((?:ots|apa|afp|sda|dpa[a-z/-]*)\)\W*|presse(?:mitteilung|information|meldung)\b.{0,60}"
    r"|(?:an dieser stelle|link zum)\b.{0,80}\binhalt.{0,200}|.{0,60}\bextern\w+\s+inhalt\w*\b.{0,160}"
    r"|.{0,60}\b(?:einverstanden, dass (?:mir|uns|ihnen)|drittplattformen|loading|wird geladen)\b.{0,120})$"
    r"|\b(?:fotos?|bild|photo|picture|image|grafik|credit)\s*:\s*[^.!?:]{3,60}$|©\s?[^.!?]{3,60}$",
    re.IGNORECASE,
)
# What an outlet asks of its readers, in words that no article has.
INVITES = re.compile(
    r"\b(?:newsletter|nieuwsbrief|infolettre|push-?(?:dienst|nachricht\w*)|whatsapp(?:-?(?:kanal|channel))?|eilmeldung)\b.{0,80}"
    r"\b(?:abonnier\w*|anmelden|bestellen|einschalten|inscri\w+|schrijf|sign\s+up|subscribe|iscri\w+|suscr\w+|verpassen|erhalten)\b"
    r"|^(?:have\s+a\s+(?:news\s+)?(?:tip|story)|to\s+report\s+an\s+error|fehler\s+(?:gefunden|entdeckt|melden)|got\s+a\s+tip"
    r"|diskutieren\s+sie\s+mit|haben\s+sie\s+(?:einen\s+)?(?:fehler|hinweise?|fragen\s+zu)|teilen\s+sie\s+diese"
    r"|(?:folgen|follow|suivez|volg)\s+(?:sie\s+)?(?:uns|us|nous|ons)\b|(?:e?uch|ihnen|dir)\s+gef[äa]llt\b|hat\s+ihnen\b.{0,40}\bgefallen\b"
    r"|(?:wie|was)\s+(?:meinen|denken|finden|stehen|sagen|halten)\s+sie\b|unterst[üu]tzen\s+sie\s+uns|support\s+us\b)"
    r"|\bchip\s+in\b.{0,40}\b(?:month|year)\b|\bwar\s+(?:das|dieser\s+\w+)\s+hilfreich\b"
    r"|\b(?:schreib\w*|mail\w*|kontakt\w*|contact|write)\b.{0,60}(?:@|\(at\)|\[at\])",
    re.IGNORECASE,
)
LONGEST_ASIDE = 330
LONGEST_LABEL = 60
PROGRAM = re.compile(
    r"\b(?:addEventListener|getElementById|querySelector)\b|\bfunction\s*\(|[;{]\s*\}|\bvar \w+\s*=|@media\b.*\{"
)
PARAGRAPHS = ("p", "div", "section", "td", "li", "dd", "blockquote")
POINTS = re.compile(  # to another article
    r"\b(?:(?:lesen|h[öo]ren|sehen)\s+sie|(?:lest|lies)\s+(?:auch|dazu|hier|mehr)|weiterlesen|lesetipp|nachlesen"
    r"|mehr\s+(?:dazu|davon|[üu]ber|zum)|hier\s+(?:lesen|geht)|read\s+(?:also|more|next|here|our)"
    r"|(?:see|watch|listen)\s+(?:also|more|here)|also\s+read|more\s+on|[àa]\s+lire|lees\s+(?:ook|meer))\b",
    re.IGNORECASE,
)
SHORTEST_HEADLINE = 4  # words
MOST_TEASERS = 2  # among the subheads; of more that are links the text is made: goods, entries of a ticker
LARGEST_BOX = 800  # characters; what stands in a box of its own and has more is a part of the article
CLICK = re.compile(
    r"\bklick\w*|\bclick\w*|\bgeladen\b|\bload(?:ed)?\b|datenschutz|\bprivacy\b|\bip-adress?e?\b|drittanbieter"
    r"|\bdritten?\b|third[- ]part|\bextern\w*|[üu]bertragen|\bcookies?\b|einwilligung|consent",
    re.IGNORECASE,
)


def boxes(draft: Draft) -> Iterator[Found]:
    """Small boxes between or after paragraphs that stand side by side: appeals, quizzes, offers, asking to load."""
    lengths: Counter[HtmlElement] = Counter()
    for n in draft.kept:
        if draft.blocks[n].element.tag == "p":
            lengths[draft.blocks[n].parent] += len(draft.blocks[n].text)
    total = draft.size(draft.kept)
    main, length = max(lengths.items(), key=lambda item: item[1], default=(None, 0))
    main = main if length >= 0.7 * total else None
    last = max((n for n in draft.kept if draft.blocks[n].parent is main), default=len(draft.blocks))
    for box, span in draft.spans.items():
        blocks = range(*span)
        if box.tag not in ("div", "section", "td") or draft.kept.isdisjoint(blocks):
            continue
        members = [n for n in blocks if n in draft.kept]
        holds_title = bool(draft.headline) and draft.headline[0] in blocks
        if draft.size(members) >= min(LARGEST_BOX, 0.4 * total) or holds_title or unfolds(box):
            continue
        asks = {word.lower() for word in CLICK.findall(" ".join(draft.blocks[n].text for n in members))}
        beside = main is not None and (box.getparent() is main or main not in box.iterancestors())
        if len(asks) > 2 and box.find(".//button") is not None:
            yield Found(blocks, "asks before it loads something")
        elif box.xpath("boolean(.//button and .//input[not(@type) or @type='text' or @type='email'])"):
            yield Found(blocks, "a box to fill in")
        elif beside and opens(draft, blocks):
            yield Found(blocks, "a box with a heading of its own")
        elif beside and members[0] > last and draft.blocks[blocks[-1]].links > 0.9:
            yield Found(blocks, "a box after the text that ends with a button")


def opens(draft: Draft, span: range) -> bool:
    """Whether a box of more than one block begins with a heading or a label; above the lead a label is a kicker."""
    first = draft.blocks[span[0]]
    above = any(is_prose(block) and len(block.text) > 100 for block in draft.blocks[: span[0]])
    label = above and len(first.text) < 30 and not first.text.endswith((".", "?", "!", ":"))
    return len(span) > 1 and (first.element.tag in HEADINGS or label)


def contents(draft: Draft) -> Iterator[Found]:
    """Entries of a list that lead to places of the page: they say what stands there as a subhead."""
    for n in sorted(draft.kept):
        block = draft.blocks[n]
        link = block.element.find(".//a[@href]") if block.element.tag == "li" else None
        text = flat(link) if link is not None and not is_away(link.get("href")) else ""
        if " " in text and block.text.startswith(text):
            yield Found([n], "leads to a place of the page")


def twice(draft: Draft) -> Iterator[Found]:
    """What the page shows once more elsewhere: a pull quote, a lead. A sentence said twice in one place stays."""
    first: dict[str, int] = {}
    for n in sorted(draft.kept):
        block = draft.blocks[n]
        before = draft.blocks[first.setdefault(block.key, n)]
        if before.parent is not block.parent:
            yield Found([n], "stands there already")
        elif "blockquote" in (block.element.tag, block.parent.tag) and len(block.key) > 20:
            longer = (draft.blocks[m].key for m in draft.kept if len(draft.blocks[m].key) > len(block.key))
            if any(block.key in other for other in longer):
                yield Found([n], "quotes a paragraph of the text")


def lines(draft: Draft) -> Iterator[Found]:
    """Lines in which the page speaks of itself."""
    numbers = sorted(draft.kept)
    headings = (draft.blocks[n] for n in numbers if draft.blocks[n].element.tag in HEADINGS)
    listing = sum(block.links > 0.7 for block in headings) > MOST_TEASERS
    for at, n in enumerate(numbers):
        block = draft.blocks[n]
        tag = block.element.tag
        if block.links > 0.7 and (tag in PARAGRAPHS or (tag in HEADINGS and not listing)):
            yield Found([n], "leads to another page")
        elif announces(block):
            yield Found([n], "a label, and a link to another page")
        elif PROGRAM.search(block.text):
            yield Found([n], "program text")
        elif is_boilerplate_line(block.text, min(at, len(numbers) - 1 - at), draft.metadata):
            yield Found([n], "speaks of the page itself")


def announces(block: Block) -> bool:
    """The headline of another article and little else: 'Lesen Sie auch: …'. It comes from there, and changes."""
    if block.links < 0.3 or block.element.tag not in PARAGRAPHS:
        return False
    links = [link for link in block.element.iter("a") if leads_away(link)]
    before, link, after = block.text.rpartition(flat(links[-1])) if links else ("", "", "")
    if block.element.tag == "li" and not before and len(link.split()) >= SHORTEST_HEADLINE:
        return True
    label = len(after) < 3 and before.rstrip().endswith((":", "?", "|", "»", ">"))
    return len(before) + len(after) < LONGEST_LABEL and (label or bool(POINTS.search(f"{before}{after}")))


def is_boilerplate_line(text: str, place: int, metadata: Metadata) -> bool:
    """Whether the paragraph is none of the article's; `place`: how many stand between it and the nearer end."""
    if len(text) < LONGEST_ASIDE and (ASIDES.search(text) or INVITES.search(text)):
        return True
    if place < 5 and len(text) < 160:
        head_keys = {key(metadata.title), *map(key, metadata.authors), key(", ".join(metadata.authors))}
        return key(text) in head_keys or byline(text, metadata) or dating(text)
    return False


def byline(text: str, metadata: Metadata) -> bool:
    """Whether little but the authors' names and a day stands in it."""
    authors_in_text = [author for author in metadata.authors if author in text]
    if not authors_in_text and not (SIGNED.match(text) and dates.written(text)):
        return False
    rest = dates.without(text)
    for author in authors_in_text:
        rest = rest.replace(author, " ")
    words = re.findall(r"[^\W\d_]{2,}", BESIDE_DAY.sub(" ", rest))
    return len(words) <= 4
