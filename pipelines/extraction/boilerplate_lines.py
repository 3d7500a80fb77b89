"""Lines among an article's paragraphs in which the page speaks of itself: credits, bylines, invitations, addresses."""

import re
from collections.abc import Iterator
from itertools import accumulate
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction import bylines
from pipelines.extraction.additions import unfolds, within
from pipelines.extraction.authors import SIGNED
from pipelines.extraction.draft import Draft, Found, is_prose
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, class_and_id, flat, key
from pipelines.extraction.metadata import Metadata
from pipelines.extraction.publication_dates import dating

ASIDES = re.compile(
    r"^(?:(?:ver[öo]ffentlicht|publiziert|aktualisiert|stand|erschienen|published|updated|publi[ée]e?|gepubliceerd|pubblicato)\b"
    r".{0,60}\d.{0,30}"
    r"|.{0,12}\d+\s+(?:min\w*\.?)\s*(?:lesezeit|lesedauer|read|de\s+lecture|leestijd).{0,10}|temps\s+de\s+lecture.{0,20}"
    r"|(?:von|by|par|door)\s*:?\s+[^.!?]{3,60}|\W*(?:fotos?|bild(?:er|quelle)?|quelle|image|photo|picture|credit|grafik"
    r"|symbolbild|symbolfoto|video|redaktion|text)\s*:.{0,140}"
    r"|©.{0,140}|an dieser stelle (?:finden sie|befindet sich|steht|sehen sie)\b.{0,60}\binhalt.{0,200}"
    r"|.{0,60}\bextern\w+\s+inhalt\w*\b.{0,160}|.{0,10}(?:bin"
    r"|sind) (?:damit )?einverstanden, dass (?:mir|uns|ihnen)\b.{0,120}"
    r"|(?:dabei )?(?:k[öo]nnen )?personenbezogene daten .{0,40}drittplattformen.{0,120}|link zum .{0,20}inhalt"
    r"|(?:anzeige|werbung|advertisement|publicit[ée]|advertentie|pubblicit[àa]|publicidad)"
    r"|(?:autor(?:in)?|datum|author|date|auteur|ressort|rubrik|kategorie|von|stand|quelle|erschienen|pressemitteilung)\s*:?"
    r"|[^.!?()]{2,40}\((?:ots|apa|afp|sda|dpa[a-z/-]*)\)\W*|presse(?:mitteilung|information|meldung)\b.{0,60}"
    r"|loading\b.{0,30}|.{0,30}wird geladen\W*)$",
    re.IGNORECASE,
)
# What an outlet asks of its readers, in words that no article has.
INVITES = re.compile(
    r"\b(?:newsletter|nieuwsbrief|infolettre|push-?(?:dienst|nachricht\w*)|whatsapp(?:-?(?:kanal|channel))?|eilmeldung)\b.{0,80}"
    r"\b(?:abonnier\w*|anmelden|bestellen|einschalten|inscri\w+|schrijf|sign\s+up|subscribe|iscri\w+|suscr\w+|verpassen|erhalten)\b"
    r"|\b(?:schrijf\s+je\s+in|sign\s+up\s+for|inscrivez-vous|melden\s+sie\s+sich\s+(?:hier\s+)?(?:f[üu]r|zu)|iscriviti|suscr[íi]bete)\b"
    r".{0,60}\b(?:newsletter|nieuwsbrief|infolettre|bolet[íi]n)\b"
    r"|^(?:have\s+a\s+(?:news\s+)?(?:tip|story)|to\s+report\s+an\s+error|fehler\s+(?:gefunden|entdeckt|melden)|got\s+a\s+tip"
    r"|(?:was|wie)\s+(?:meinen|denken|finden)\s+sie\?|diskutieren\s+sie\s+mit|haben\s+sie\s+(?:einen\s+)?(?:fehler|hinweise?|fragen\s+zu)"
    r"|(?:folgen|follow|suivez|volg)\s+(?:sie\s+)?(?:uns|us|nous|ons)\b|teilen\s+sie\s+diese|war\s+(?:das|dieser\s+\w+)\s+hilfreich"
    r"|(?:e?uch|ihnen|dir)\s+gef[äa]llt\b|hat\s+ihnen\b.{0,40}\bgefallen\b|could\s+you\s+chip\s+in|(?:wie|was)\s+(?:stehen|sagen|halten)\s+sie\b|unterst[üu]tzen\s+sie\s+uns|support\s+us\b)"
    r"|\bchip\s+in\b.{0,40}\b(?:month|year)\b|\bwar\s+das\s+hilfreich\b",
    re.IGNORECASE,
)
LONGEST_ASIDE = 330
LONGEST_INVITATION = 200
MAIL = re.compile(r"[\w.+-]+(?:@|\(at\)|\[at\])(?P<host>[\w.-]+\.\w{2,})")
NO_NAME = re.compile(
    r"\b(?:von|by|par|door|und|and|et|mit|with|uhr|ein|eine|interview|kommentar|text|foto|autor\w*)\b", re.I
)


QUOTED = re.compile(rf"{BEGINS}(?i:(?:pull)?-?quote|zitat|citation|citaat){ENDS}")
PROGRAM = re.compile(
    r"\b(?:addEventListener|getElementById|querySelector)\b|\bfunction\s*\(|[;{]\s*\}|\bvar \w+\s*=|@media\b.*\{"
)
CREDITED = re.compile(
    r"\b(?:fotos?|bild|photo|picture|image|grafik|credit)\s*:\s*[^.!?:]{3,60}$|©\s?[^.!?]{3,60}$", re.IGNORECASE
)
LARGEST_BOX = 800  # characters; what stands in a box of its own and has more is a part of the article
CLICK = re.compile(
    r"\bklick\w*|\bclick\w*|\bgeladen\b|\bload(?:ed)?\b|datenschutz|\bprivacy\b|\bip-adress?e?\b|drittanbieter"
    r"|\bdritten?\b|third[- ]part|\bextern\w*|[üu]bertragen|\bcookies?\b|einwilligung|consent",
    re.IGNORECASE,
)


def boxes(draft: Draft) -> Iterator[Found]:
    """Small boxes between or after paragraphs that stand side by side: appeals, quizzes, offers, asking to load."""
    lengths: dict[HtmlElement, int] = {}
    for n in draft.kept:
        if draft.blocks[n].element.tag == "p":
            lengths[draft.blocks[n].parent] = lengths.get(draft.blocks[n].parent, 0) + len(draft.blocks[n].text)
    total = draft.size(draft.kept)
    text_parent = max(lengths, key=lambda element: lengths[element], default=None)
    main = text_parent if text_parent is not None and lengths[text_parent] >= 0.7 * total else None
    last = max(
        (n for n in draft.kept if main is not None and draft.blocks[n].parent is main), default=len(draft.blocks)
    )
    count = list(accumulate((n in draft.kept for n in range(len(draft.blocks))), initial=0))
    for box, span in draft.spans.items():
        if count[span[0]] == count[span[1]]:
            continue
        members = [n for n in range(*span) if n in draft.kept]
        if (
            box.tag not in ("div", "section", "td")
            or not members
            or (draft.title is not None and within(draft.title, box))
        ):
            continue
        if draft.size(members) >= min(LARGEST_BOX, 0.4 * total) or unfolds(box):
            continue
        asks = {word.lower() for word in CLICK.findall(" ".join(draft.blocks[n].text for n in members))}
        if len(asks) > 2 and box.find(".//button") is not None:
            yield Found(range(*span), "asks before it loads something")
        elif box.xpath("boolean(.//button and .//input[not(@type) or @type='text' or @type='email'])"):
            yield Found(range(*span), "a box to fill in")
        elif (
            main is not None
            and not within(main, box)
            and not within(box.getparent(), main)
            and members[0] > last
            and calls(draft, range(*span))
        ):
            yield Found(range(*span), "a box after the text that ends with a button")
        elif (
            main is not None
            and not within(main, box)
            and opens(draft, members[0], range(*span))
            and (box.getparent() is main or not within(box, main))
        ):
            yield Found(range(*span), "a box with a heading of its own")


def calls(draft: Draft, span: range) -> bool:
    """Whether it ends with a link of a few words, as appeals do."""
    last = draft.blocks[span[-1]]
    return len(span) > 1 and last.links > 0.9 and len(last.text) < 50


def opens(draft: Draft, n: int, span: range) -> bool:
    """Whether a box of more than one block begins with a heading or a label, not with a sentence."""
    first = draft.blocks[span[0]]
    above = any(
        is_prose(block) and len(block.text) > 100 for block in draft.blocks[: span[0]]
    )  # over the lead: a kicker
    label = above and len(first.text) < 30 and n > span[0] and not first.text.endswith((".", "?", "!", ":"))
    return len(span) > 1 and (first.element.tag in HEADINGS or label)


def twice(draft: Draft) -> Iterator[Found]:
    """What the page shows once more elsewhere: a pull quote, a lead. A sentence said twice in one place stays."""
    first: dict[str, int] = {}
    for n in sorted(draft.kept):
        block = draft.blocks[n]
        before = first.setdefault(block.key, n)
        if before != n and (draft.blocks[before].parent is not block.parent):
            yield Found([n], "stands there already")
        names = class_and_id(block.element) + " " + class_and_id(block.parent)
        quote = "blockquote" in (block.element.tag, block.parent.tag) or QUOTED.search(names)
        longer = (draft.blocks[m].key for m in draft.kept if m != n and len(draft.blocks[m].key) > len(block.key))
        if quote and len(block.key) > 20 and any(block.key in other for other in longer):
            yield Found([n], "quotes a paragraph of the text")


def lines(draft: Draft) -> Iterator[Found]:
    """Lines in which the page speaks of itself."""
    numbers = sorted(draft.kept)
    for at, n in enumerate(numbers):
        block = draft.blocks[n]
        element = block.element
        before = element.getprevious()
        slanted = len(element) == 1 and element[0].tag in ("em", "i", "small") and flat(element[0]) == block.text
        if element.tag in ("p", "div", "section", "td") and block.links and block.links > 0.7:
            yield Found([n], "leads to another page")
        elif (
            slanted and before is not None and not flat(before) and next(before.iter("img", "iframe"), None) is not None
        ):
            yield Found([n], "the caption of a picture")
        elif len(block.text) < LONGEST_ASIDE and CREDITED.search(block.text):
            yield Found([n], "a caption with its credit")
        elif PROGRAM.search(block.text):
            yield Found([n], "program text")
        elif is_boilerplate_line(block.text, min(at, len(numbers) - 1 - at), draft.metadata, draft.url):
            yield Found([n], "speaks of the page itself")


def is_boilerplate_line(text: str, place: int, metadata: Metadata, url: str) -> bool:
    """Whether the paragraph is none of the article's; `place`: how many stand between it and the nearer end."""
    if len(text) < LONGEST_ASIDE and ASIDES.match(text):
        return True
    if place < 2 and bylines.agencies([text]) and len(text) < 20:
        return True
    if len(text) < LONGEST_INVITATION and (INVITES.search(text) or own_address(text, url)):
        return True
    if place < 5 and len(text) < 160:
        if any(text.startswith(author + " ") for author in metadata.authors):  # a line on who they are
            return True
        head_keys = {key(metadata.title), *map(key, metadata.authors), key(", ".join(metadata.authors))}
        if key(text) in head_keys or byline(text, metadata) or dating(text):
            return True
        rest = text[len(metadata.title) :] if metadata.title and text.startswith(metadata.title) else ""
        return bool(rest) and len(rest) < 100 and (byline(rest, metadata) or dating(rest))
    return False


def own_address(text: str, url: str) -> bool:
    """Whether it gives a mail address of the outlet itself."""
    host = (urlsplit(url).hostname or "").split(".")
    return any(match["host"].lower().split(".")[-2:] == host[-2:] for match in MAIL.finditer(text))


def byline(text: str, metadata: Metadata) -> bool:
    """Whether little but the authors' names and a day stands in it."""
    authors_in_text = [author for author in metadata.authors if author in text]
    if not authors_in_text and not (SIGNED.match(text) and dates.written(text)):
        return False
    rest = dates.without(text)
    for author in authors_in_text:
        rest = rest.replace(author, " ")
    words = re.findall(r"[^\W\d_]{2,}", NO_NAME.sub(" ", rest))
    return len(words) <= 4 and not (authors_in_text and text.rstrip().endswith((".", "?", "!")) and len(words) > 2)
