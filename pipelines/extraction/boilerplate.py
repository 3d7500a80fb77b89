"""Parts of a page that are beside its article: what they are called, and how they are built."""

import re
from collections.abc import Iterator
from functools import lru_cache

from cssselect import SelectorError
from lxml.html import HtmlElement

from pipelines.article import TraceEntry
from pipelines.extraction import barriers
from pipelines.extraction.draft import Draft, Found, noted
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, class_and_id, flat, in_link

BOILERPLATE_TAGS = ("aside", "footer", "figcaption", "dialog", "nav", "button", "menu")
BOILERPLATE_ROLES = {"navigation", "complementary", "contentinfo", "search", "dialog", "alertdialog", "banner", "menu"}

INLINE_PARTS = ("span", "a", "small", "sup", "em", "b", "strong", "i")
# Families of class names and ids, as whole words: what the people who build pages call the parts that are no article.
PARTS = re.compile(
    rf"""{BEGINS}(?i:
    newsletter|subscri(?:be|ption)|signup|abo-?(?:box|teaser)|nieuwsbrief|poll|umfrage|survey|quiz|voting|spenden?
    |related|recommend(?:ed|er|ations?)?|recirc\w*|more-?(?:articles|on|stories|news)|(?:also-?)?read-?(?:more|also|next)
    |also-?read|see-?also|most-?(?:read|popular)|trending|outbrain|taboola|promo(?:tion|box)?|sponsored|donat(?:e|ion)
    |advert\w*|ads?|anzeige|werbung|affiliate|shar(?:e|ing)|social|follow-?us|comments?|kommentare|disqus|discussion
    |leser(?:briefe?|meinung(?:en)?|reaktionen)|cookies?|consent|gdpr|privacy|dsgvo
    |cmp(?:-(?:wall|banner|overlay|layer|modal|consent))?(?![\w-])
    |caption|bildunterschrift|credits?|copyright|bildnachweis|photo-?credit|player|video|audio|gallery|slideshow|slider
    |carousel|breadcrumbs?|pagination|pager|tag(?:s|list|-list|cloud)|keywords|topics|themen
    |contacts?|pressekontakt|ansprechpartner|author-?(?:box|bio|info|details)|about-?(?:the-)?author|bylines?
    |autor|authors?|dateline|timestamp|meta|publish(?:ed|-date)?|reading-?time
    |sidebar|widget|footer|tooltip|overlay|modal|popup|(?:twitter|instagram|tiktok)-(?:tweet|media|embed)
    |visually-?hidden|sr-?only|screen-?reader(?:-text)?|skip-?link){ENDS}""",
    re.VERBOSE,
)
PICTURE = re.compile(
    r"(?:^|[\s_-])(?i:(?:pic|picture|bild|bilder|image|img|foto|photo)s?"
    rf"(?:box|frame|galerie|gallery|holder|strecke|wrapper)?){ENDS}|(?i:picbox)"
)
LARGEST_INLINE = 0.1  # of a page: what stands in lines under a name has less, or the name means another thing
LONGEST_ROW = 500  # characters
LARGEST_OFFER = 1500  # characters of a box
VEILED = re.compile(
    r"(?:^|\s)(?:is-|js-|u-)?(?:hidden|hide\w*|d-none|invisible|blurr?ed|locked|collapsed?|toggle[\w-]*|folded)(?!\S)"
)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

CONTACT = re.compile(
    r"^\W*(?:(?:(?:ihre?|f[üu]r|media|press)\s+)?(?:(?:presse|medien)?(?:kontakte?|ansprech\w+)|kontaktdaten|contacts?|r[üu]ckfragen"
    r"|pressestelle)(?:\s+(?:f[üu]r|for|zu|an|bei)\b.{0,40})?\W*$|original-content\s+von\b)",
    re.IGNORECASE,
)


def parts(draft: Draft) -> Iterator[Found]:
    """Parts that are hidden, or beside the article by tag, role, name or rows of links. Weak: pages use names anew, and
    scripts unfold what is hidden."""
    for element, (start, end) in draft.spans.items():
        if start == end or element.tag in ("html", "body", "main", "p", "h1"):
            continue
        blocks, role = range(start, end), element.get("role")
        if unseen(element):
            yield Found(blocks, "hidden from the reader", "hidden")
        elif element.tag in BOILERPLATE_TAGS or role in BOILERPLATE_ROLES:
            yield Found(blocks, f"<{element.tag}{f' role={role}' if role else ''}>", element.tag)
        else:
            names = class_and_id(element)
            for word, token in called(names):
                yield Found(blocks, f'named "{token}"', word)
            if PICTURE.search(names) and draft.size(blocks) < 300 and element.find(".//img") is not None:
                yield Found(blocks, "a picture and its caption", "picture")
            if rows_of_others(draft, element):
                yield Found(blocks, "rows that lead elsewhere", "rows")


@lru_cache(10_000)  # a page has 600 elements and 90 names
def called(names: str) -> tuple[tuple[str, str], ...]:
    """The words for parts of a page in these names, each with its name."""
    words = ((word[0], next(name for name in names.split() if word[0] in name)) for word in PARTS.finditer(names))
    return tuple((word.lower(), token) for word, token in words)


def rows_of_others(draft: Draft, element: HtmlElement) -> bool:
    """Whether it holds rows of other articles, whatever they are called: most of them begin with a link."""
    if len(element) < 2:
        return False
    rows = [row for child in element if (row := range(*draft.spans.get(child, (0, 0))))]
    leading = sum(draft.size(row) < LONGEST_ROW and any(draft.blocks[n].links > 0.9 for n in row[:2]) for row in rows)
    return len(rows) > 1 and leading > 0.7 * len(rows)


def paid_for(draft: Draft) -> Iterator[Found]:
    """What is there and not shown, where the text is paid for: no step may take it, whatever trafilatura chose."""
    around = set(draft.title.iterancestors()) if draft.title is not None else set()
    for element in draft.spans if draft.metadata.free is False else ():
        if element not in around and (unseen(element) or VEILED.search(class_and_id(element))):
            yield Found(draft.span(element), "not shown, and the text is paid for")
    for selector in draft.metadata.paid_parts:
        parts = selected(draft, selector)
        for part in parts if not any(map(flat, parts)) else ():
            below = [n for each in part.itersiblings() for n in draft.span(each)]
            if draft.size(below) < LARGEST_OFFER:
                yield Found(below, "an offer below the part that is paid for, which is empty")


def selected(draft: Draft, selector: str) -> list[HtmlElement]:
    """The blocks that a CSS selector of the page means; none where it is not one."""
    try:
        wanted = set(next(iter(draft.spans)).getroottree().getroot().cssselect(selector[:200]))
    except (SelectorError, ValueError):
        return []
    return [element for element in draft.spans if element in wanted]


def unseen(element: HtmlElement) -> bool:
    marked = element.get("hidden") is not None or element.get("aria-hidden") == "true"
    return marked or bool((style := element.get("style")) and HIDDEN.search(style))


def contacts(draft: Draft) -> Iterator[Found]:
    """What stands under a line that says whom to call, up to the next heading."""
    for n, block in enumerate(draft.blocks):
        if len(block.text) <= 80 and CONTACT.match(block.text):
            below = range(n + 1, len(draft.blocks))
            end = next((m for m in below if draft.blocks[m].element.tag in HEADINGS), len(draft.blocks))
            yield Found(range(n, end), f'under "{block.text}"', "contact")


def offers(draft: Draft) -> Iterator[Found]:
    """The boxes around offers of a subscription: benefits, prices and small print beside the sentence that offers."""
    for n in range(max(0, min(draft.kept, default=0) - 6), len(draft.blocks)):
        if not barriers.offers(draft.blocks[n].text):
            continue
        box = range(n, n + 1)
        for up in draft.blocks[n].element.iterancestors():
            blocks = draft.span(up)
            before = (draft.blocks[m] for m in blocks if m < n)
            article = any(b.element.tag == "h1" or (b.element.tag == "p" and len(b.text) > 80) for b in before)
            if article or up.tag in ("body", "main", "article") or draft.size(blocks) > LARGEST_OFFER:
                break
            box = blocks
        yield Found(box, "offers a subscription")


def above_heading(draft: Draft) -> Iterator[Found]:
    """The headline; and what stands above it, which is the page's, unless most of the prose does."""
    above, prose = range(draft.headline.start), draft.prose(draft.kept)
    before = (n for n in prose if n in above and not barriers.ASKS_CONSENT.search(draft.blocks[n].text))
    yield Found(draft.headline, "the headline")
    if draft.size(before) <= 0.5 * draft.size(n for n in prose if n not in above):
        yield Found(above, "above the headline")


def others(draft: Draft) -> Iterator[Found]:
    """Items of a row of news in which this one is open: each is of its kind, under a headline that leads elsewhere."""
    for up in draft.title.iterancestors() if draft.title is not None else ():
        alike = list(up.itersiblings(up.tag)) if draft.prose(draft.span(up)) else []
        headed = [each for each in alike if any(map(in_link, each.iter("h2", "h3", "h4")))]
        if len(headed) > 1 and len(headed) > 0.7 * len(alike):
            yield Found([n for each in headed for n in draft.span(each)], "items beside it with headlines of their own")


def within_lines(tree: HtmlElement) -> list[TraceEntry]:
    """Take out of the lines what is hidden, or named a part of the page, or links that stand between the words."""
    found: dict[str, list[HtmlElement]] = {}
    for element in tree.iter(*INLINE_PARTS):
        words = called(class_and_id(element))
        if unseen(element):
            found.setdefault("hidden from the reader", []).append(element)
        elif words:
            found.setdefault(f'named "{words[0][0]}"', []).append(element)
        elif element.tag == "span" and links_between(element):
            found.setdefault("links between the words", []).append(element)
    most = LARGEST_INLINE * len(flat(tree)) if found else 0
    trace = []
    for evidence, elements in found.items():
        texts = list(filter(None, map(flat, elements)))
        if texts and sum(map(len, texts)) < most:
            trace.append(noted("in lines", "drop", (texts[0], texts[-1]), evidence))
            for element in elements:
                if element.getparent() is not None:
                    element.drop_tree()
    return trace


def links_between(element: HtmlElement) -> bool:
    """Two links or more, side by side in the middle of a sentence, and little else."""
    lengths = [len(flat(link)) for link in element.findall("a")]
    return len(lengths) > 1 and sum(lengths) > 0.7 * len(flat(element))
