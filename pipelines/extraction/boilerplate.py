"""Parts of a page that are beside its article: what they are called, and how they are built."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

from pipelines.article import TraceEntry
from pipelines.extraction import barriers
from pipelines.extraction.draft import LARGEST_PART, Draft, Found, noted
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, class_and_id, flat, linked

BOILERPLATE_TAGS = ("aside", "footer", "figcaption", "dialog", "nav", "button", "menu")
BOILERPLATE_ROLES = {"navigation", "complementary", "contentinfo", "search", "dialog", "alertdialog", "banner", "menu"}

# Families of class names and ids, as whole words: what the people who build pages call the parts that are no article.
INLINE_PARTS = ("span", "a", "small", "sup", "em", "b", "strong", "i")
PARTS = re.compile(
    rf"""{BEGINS}(?i:
      newsletter|subscri(?:be|ption)|signup|abo-?(?:box|teaser)|nieuwsbrief|poll|umfrage|survey|quiz|voting|donat(?:e|ion)|spenden?
    | related|recommend(?:ed|er|ations?)?|recirc\w*|more-?(?:articles|on|stories|news)|read-?(?:more|also|next)
    |also-?read|see-?also
    | most-?(?:read|popular)|trending|outbrain|taboola|promo(?:tion|box)?|sponsored|advert\w*|ad|ads|anzeige
    |werbung|affiliate
    | shar(?:e|ing)|social|follow-?us
    | comments?|kommentare|leser(?:briefe?|meinung(?:en)?|reaktionen)|disqus|discussion
    | cookies?|consent|cmp(?:-(?:wall|banner|overlay|layer|modal|consent))?(?![\w-])|gdpr|privacy|dsgvo
    | caption|bildunterschrift|credits?|copyright|bildnachweis|photo-?credit
    | breadcrumbs?|pagination|pager|tag(?:s|list|-list|cloud)|keywords|topics|themen
    | contacts?|pressekontakt|ansprechpartner
    | author-?(?:box|bio|info|details)|about-?(?:the-)?author|byline|bylines|autor|authors?
    | sidebar|widget|footer|tooltip|overlay|modal|popup|(?:twitter|instagram|tiktok)-(?:tweet|media|embed)
    | player|video|audio|gallery|slideshow|slider|carousel
    | visually-?hidden|sr-?only|screen-?reader(?:-text)?|skip-?link
    | dateline|timestamp|meta|publish(?:ed|-date)?|reading-?time
    ){ENDS}""",
    re.VERBOSE,
)
TEASERS = re.compile(r"(?:^|[\s_-])(?:teasers?|cards?|crosslinks?|linkbox|infobox-?links?)(?=$|[\s_-])", re.IGNORECASE)
PICTURE = re.compile(
    r"(?:^|[\s_-])(?i:(?:pic|picture|bild|bilder|image|img|foto|photo)s?"
    rf"(?:box|frame|galerie|gallery|holder|strecke|wrapper)?){ENDS}|(?i:picbox)"
)
LARGEST_INLINE = 0.1  # of a page: what stands in lines under a name has less, or the name means another thing
LARGEST_OFFER = 1500  # characters of a box
VEILED = re.compile(
    r"(?:^|\s)(?:is-|js-|u-)?(?:hidden|hide\w*|d-none|invisible|blurr?ed|locked|collapsed?|toggle[\w-]*|folded)(?!\S)"
)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

CONTACT = re.compile(
    r"^\W*(?:(?:presse)?kontakte?\b(?:daten)?|ansprech(?:partner|person)\w*|media\s+contacts?|press\s+contacts?"
    r"|contacts?|"
    r"medienkontakte?|r[üu]ckfragen|f[üu]r\s+r[üu]ckfragen|ihre?\s+ansprech\w*|pressestelle"
    r"|original-content\s+von)\s*(?:\b.{0,40})?:?\s*$",
    re.IGNORECASE,
)


def parts(draft: Draft) -> Iterator[Found]:
    """Parts whose tag, role or name says that they are beside the article. Weak: the names are used anew."""
    for element in draft.spans:
        if element.tag in ("html", "body", "main", "p", "h1") or not draft.span(element):
            continue
        role = element.get("role")
        if element.tag in BOILERPLATE_TAGS or role in BOILERPLATE_ROLES:
            yield Found(draft.span(element), f"<{element.tag}{f' role={role}' if role else ''}>", element.tag)
            continue
        names = class_and_id(element)
        words, picture, _ = called(names)
        for word, token in words:
            yield Found(draft.span(element), f'named "{token}"', word)
        if picture and len(flat(element)) < 300 and element.find(".//img") is not None:
            yield Found(draft.span(element), "a picture and its caption", "picture")


@lru_cache(10_000)  # a page has 600 elements and 90 names
def called(names: str) -> tuple[tuple[tuple[str, str], ...], bool, bool]:
    """The words for parts of a page in these names, each with its name; whether a picture or a teaser is called so."""
    tokens = names.split()
    words = tuple((word[0].lower(), next(name for name in tokens if word[0] in name)) for word in PARTS.finditer(names))
    return words, bool(PICTURE.search(names)), bool(TEASERS.search(names))


def hidden(draft: Draft) -> Iterator[Found]:
    """What no reader sees. Weak, because scripts unfold it; never weak where the text is paid for."""
    for element in draft.spans:
        if unseen(element) and element.tag not in ("html", "body"):
            yield Found(draft.span(element), "hidden from the reader", "hidden")


def paid_for(draft: Draft) -> Iterator[Found]:
    """What is there and not shown, where the text is paid for: no step may take it, whatever trafilatura chose."""
    around = set(draft.title.iterancestors()) if draft.title is not None else set()
    for element in draft.spans if draft.metadata.free is False else ():
        if element not in around and (unseen(element) or VEILED.search(class_and_id(element))):
            yield Found(draft.span(element), "not shown, and the text is paid for")


def unseen(element: HtmlElement) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(HIDDEN.search(element.get("style") or ""))
    )


def teasers(draft: Draft) -> Iterator[Found]:
    """Parts that lead to other articles: their links say so, whatever they are called."""
    headed = rows_with_linked_headings(draft)
    for element, span in draft.spans.items():
        if element.tag in ("html", "body", "main", "p", "h1") or span[0] == span[1]:
            continue
        nested = element.tag == "article" and next(element.iterancestors("article"), None) is not None
        teaser = (nested or called(class_and_id(element))[2]) and linked(element)
        if not teaser and element not in headed and not rows_of_links(element):
            continue
        if draft.size(n for n in draft.span(element) if n in draft.kept) <= LARGEST_PART * draft.total:
            yield Found(draft.span(element), "a teaser of another article" if teaser else "rows that lead elsewhere")


def rows_with_linked_headings(draft: Draft) -> set[HtmlElement]:
    """Elements most of whose parts have a heading that is a link to another page; a live blog's links to itself."""
    rows: dict[HtmlElement, set[HtmlElement]] = {}
    for heading in draft.tree.iter("h2", "h3", "h4", "h5"):
        link = heading.find(".//a[@href]")
        link = next(heading.iterancestors("a"), None) if link is None else link
        if link is None or (link.get("href") or "#").startswith("#"):
            continue
        for row in (heading, *islice(heading.iterancestors(), 5)):
            above = row.getparent()
            if above is not None and above.tag in ("div", "section", "ul", "ol"):
                rows.setdefault(above, set()).add(row)
    return {
        above
        for above, those in rows.items()
        if len(those) > 2 and len(those) > 0.7 * len(above) and all(len(flat(row)) < 500 for row in those)
    }


def rows_of_links(element: HtmlElement) -> bool:
    """Several short rows that begin with a link: other articles with their leads, whatever they are called."""
    if element.tag not in ("div", "section", "ul", "ol") or not 2 <= len(element) <= 30:
        return False
    for row in element:
        link = next(row.iter("a"), None)
        text = flat(row) if link is not None else ""
        link_text = flat(link) if link is not None else ""
        if len(link_text) < 15 or len(text) > 300 or not text.startswith(link_text):
            return False
    return True


def contacts(draft: Draft) -> Iterator[Found]:
    """What stands under a heading that says whom to call, up to the next heading of its rank."""
    for n, block in enumerate(draft.blocks):
        if len(block.text) > 80 or not CONTACT.match(block.text):
            continue
        numbers = [n]
        rank = block.element.tag if block.element.tag in HEADINGS else "h6"
        for sibling in block.element.itersiblings():
            if sibling.tag in HEADINGS and sibling.tag <= rank:
                break
            numbers += draft.span(sibling)
        yield Found(numbers, f'under "{block.text}"', "contact")


def offers(draft: Draft) -> Iterator[Found]:
    """The boxes around offers of a subscription: benefits, prices and small print beside the sentence that offers."""
    from_lead = max(0, min(draft.kept, default=0) - 6)
    for n, block in enumerate(draft.blocks[from_lead:], from_lead):
        if len(block.text) > barriers.LONGEST_OFFER or not barriers.offers(block.text):
            continue
        box = block.element
        for up in block.element.iterancestors():
            numbers = draft.span(up)
            before = any(
                draft.blocks[m].element.tag == "p" and len(draft.blocks[m].text) > 80 for m in numbers if m < n
            )
            if up.tag in ("body", "main", "article") or draft.size(numbers) > LARGEST_OFFER or before:
                break
            box = up
        if box.find(".//h1") is None:
            yield Found([n, *(draft.span(box) if box is not block.element else ())], "offers a subscription", "offer")


def above_heading(draft: Draft) -> Iterator[Found]:
    """The headline; and what stands above it, which is the page's, unless most of the prose does."""
    if draft.title is None:
        return
    headline = draft.span(draft.title)
    prose = draft.prose(draft.kept)
    at = headline[0] if headline else 0
    above = draft.size(n for n in prose if n < at and not barriers.ASKS_CONSENT.search(draft.blocks[n].text))
    below = draft.size(n for n in prose if n >= at)
    yield Found(headline, "the headline")
    if above < 0.5 * below:
        yield Found(range(at), "above the headline")


def within_lines(tree: HtmlElement) -> list[TraceEntry]:
    """Take out of the lines what is hidden, or named a part of the page, or links that stand between the words."""
    found: list[tuple[HtmlElement, str]] = []
    total = len(flat(tree))
    for element in tree.xpath(
        f"//body//*[{' or '.join(f'self::{tag}' for tag in INLINE_PARTS)}][@class or @style or @hidden or @aria-hidden]"
    ):
        words = called(class_and_id(element))[0]
        if unseen(element):
            found.append((element, "hidden from the reader"))
        elif words:
            found.append((element, f'named "{words[0][0]}"'))
        elif element.tag == "span" and links_between(element):
            found.append((element, "links between the words"))
    groups: dict[str, list[HtmlElement]] = {}
    for element, evidence in found:
        groups.setdefault(evidence, []).append(element)
    trace = []
    for evidence, elements in groups.items():
        texts = list(filter(None, map(flat, elements)))
        if texts and sum(map(len, texts)) < LARGEST_INLINE * total:
            trace.append(noted("in lines", "drop", (texts[0], texts[-1]), evidence))
            for element in elements:
                if element.getparent() is not None:
                    element.drop_tree()
    return trace


def links_between(element: HtmlElement) -> bool:
    """Two links or more, side by side in the middle of a sentence, and little else."""
    links = element.findall("a")
    return (
        len(links) > 1
        and sum(len(flat(a)) for a in links) > 0.7 * len(flat(element))
        and all(len(flat(a)) > 15 for a in links)
    )
