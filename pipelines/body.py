"""Reading the text: what is no part of the article leaves the tree, trafilatura finds the article in the rest."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import trafilatura
from lxml.etree import _Element, iterwalk
from lxml.html import HtmlElement
from trafilatura.settings import Document

from pipelines import page_kinds
from pipelines.metadata import BEGINS, ENDS, Metadata, closeness

# Never text of the article. <script> above all: trafilatura falls back on a JSON-LD articleBody, and with it on the
# paid text of a page that shows a teaser (tried with 2.3.1).
MACHINERY = ("script", "style", "template", "noscript", "iframe", "object", "svg", "button", "form", "select", "nav")
FURNITURE = ("aside", "footer", "figcaption", "dialog")
FURNITURE_ROLES = {"navigation", "complementary", "contentinfo", "search", "dialog", "alertdialog", "banner", "menu"}

# Families of class names and ids, as whole words: what the people who build pages call the parts that are no article.
PARTS = re.compile(
    r"""(?:^|[\s_-]|(?<=[a-z])(?=[A-Z]))(?:
      newsletter|subscri(?:be|ption)|signup|abo-?(?:box|teaser)
    | related|recommend(?:ed|er|ations?)?|recirc\w*|more-?(?:articles|on|stories|news)|read-?(?:more|also|next)
    |also-?read|see-?also
    | most-?(?:read|popular)|trending|outbrain|taboola|promo(?:tion|box)?|sponsored|advert\w*|ad|ads|anzeige
    |werbung|affiliate
    | shar(?:e|ing)|social|follow-?us
    | comments?|kommentare|disqus|discussion
    | cookies?|consent|cmp|gdpr|privacy|dsgvo
    | caption|bildunterschrift|credits?|copyright|bildnachweis|photo-?credit
    | breadcrumbs?|pagination|pager|tag(?:s|list|-list|cloud)|keywords|topics|themen
    | contacts?|pressekontakt|ansprechpartner
    | author-?(?:box|bio|info|details)|about-?(?:the-)?author|byline|bylines|autor|authors?
    | sidebar|widget|footer|tooltip|overlay|modal|popup|(?:twitter|instagram|tiktok)-(?:tweet|media|embed)
    | player|video|audio|gallery|slideshow|slider|carousel
    | visually-?hidden|sr-?only|screen-?reader(?:-text)?|skip-?link
    | dateline|timestamp|meta|publish(?:ed|-date)?|reading-?time
    )(?=$|[\s_-]|[A-Z])""",
    re.VERBOSE,
)
TEASERS = re.compile(r"(?:^|[\s_-])(?:teasers?|cards?|crosslinks?|linkbox|infobox-?links?)(?=$|[\s_-])", re.IGNORECASE)
PICTURE = re.compile(
    r"(?:^|[\s_-])(?i:(?:pic|picture|bild|bilder|image|img|foto|photo)s?"
    rf"(?:box|frame|galerie|gallery|holder|strecke|wrapper)?){ENDS}|(?i:picbox)"
)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

# Headings (or lead-ins) under which a page speaks of other pages, of itself or of whom to call.
OTHER = re.compile(
    r"""^\W*(?:
      die\s+redaktion\s+empfiehlt|(?:das|dies|auch)?\s*(?:k[öo]nnte|d[üu]rfte|k[öo]nnten)\s+(?:sie|dich|euch
      |auch)\b.{0,20}interess
    | auch\s+interessant|ebenfalls\s+interessant|passend\s+(?:dazu|zum\s+thema)|weitere\s+(?:artikel|themen
    |meldungen|nachrichten|beitr[äa]ge|pressemitteilungen|news)
    | (?:lesen|h[öo]ren|sehen)\s+sie\s+(?:auch|hier|dazu|mehr|weiter)|lies\s+(?:auch|mehr)
    |mehr\s+(?:zum\s+thema|zu\s+diesem|aus|von|lesen|dazu)|mehr\s+[üu]ber
    | zum\s+thema\b|siehe\s+auch|verwandte\s|[äa]hnliche\s|empfohlene|unsere\s+empfehlung|meistgelesen
    |meist\s+gelesen|(?:beliebte|neueste|aktuelle)\s+(?:artikel|beitr[äa]ge|meldungen|nachrichten|themen)
    | read\s+(?:more|also|next|this\s+next)|more\s+(?:on\s+this|from|stories|about|top\s+stories)|related\b
    |recommended\b|see\s+also|you\s+may\s+(?:also\s+)?like|you\s+might\s+(?:also\s+)?like|most\s+(?:read
    |popular)|trending\b|latest\s+(?:news|stories)
    | newsletter\b|(?:jetzt\s+)?abonnieren|kommentare?\s*(?:\(\d+\))?\s*$|comments?\s*(?:\(\d+\))?\s*$
    |leave\s+a\s+(?:reply|comment)|schlagw[öo]rter|schlagworte|tags\b|teilen\b|share\b
    | [üu]ber\s+(?:den\s+autor|die\s+autorin)|about\s+the\s+author
    )""",
    re.VERBOSE | re.IGNORECASE,
)
CONTACT = re.compile(
    r"^\W*(?:(?:presse)?kontakte?\b(?:daten)?|ansprech(?:partner|person)\w*|media\s+contacts?|press\s+contacts?"
    r"|contacts?|"
    r"medienkontakte?|r[üu]ckfragen|f[üu]r\s+r[üu]ckfragen|ihre?\s+ansprech\w*|pressestelle"
    r"|original-content\s+von)\s*(?:\b.{0,40})?:?\s*$",
    re.IGNORECASE,
)
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def prune(tree: HtmlElement) -> HtmlElement:
    """Take everything out of the tree that is no article, in place. What holds half of the page's text stays."""
    for element in list(tree.iter(*MACHINERY)):
        drop(element)
    for element in page_kinds.kickers(tree):
        drop(element)
    total = weight(tree)
    for element in list(tree.iter("*")):
        if element.getparent() is None or not foreign(element):
            continue
        if weight(element) < 0.4 * total and element.find(".//h1") is None:
            drop(element)
    for heading in list(tree.iter(*HEADINGS, "p", "strong", "b", "div")):
        if heading.getroottree().getroot() is not tree:
            continue
        label = " ".join(heading.text_content().split()) if len(heading) < 4 else ""
        if not label or len(label) > 80:
            continue
        contact = bool(CONTACT.match(label))
        if contact or (heading.tag in HEADINGS and OTHER.match(label)):
            drop_section(heading, 0.4 * total, whole=contact)
    return tree


def weight(element: HtmlElement) -> int:
    """Characters in paragraphs."""
    return sum(len(p.text_content()) for p in element.iter("p")) + (
        len(element.text_content()) if element.tag == "p" else 0
    )


def foreign(element: HtmlElement) -> bool:
    tag = element.tag
    if not isinstance(tag, str) or tag in ("html", "body", "main", "p", "h1"):
        return False
    if tag in FURNITURE or element.get("role") in FURNITURE_ROLES or element.get("aria-hidden") == "true":
        return True
    if element.get("hidden") is not None or HIDDEN.search(element.get("style") or ""):
        return True
    names = called(element)
    if names != " " and PARTS.search(names):
        return True
    if tag == "article" and next(element.iterancestors("article"), None) is not None:
        return linked(element) or (
            len(element.text_content()) < 800 and len(element.getparent().findall("article")) == 1
        )
    if (
        PICTURE.search(names)
        and len(element.text_content()) < 300
        and next(element.iter("img", "picture"), None) is not None
    ):
        return True
    return bool(TEASERS.search(names)) and linked(element)


def linked(element: HtmlElement) -> bool:
    """A teaser leads elsewhere: a heading in a link, or a link that holds most of it."""
    if element.xpath(
        ".//a[@href]//*[self::h2 or self::h3 or self::h4] | .//*[self::h2 or self::h3 or self::h4]//a[@href]"
    ):
        return True
    words = len(element.text_content().split())
    return words > 0 and sum(len(a.text_content().split()) for a in element.iter("a")) > 0.6 * words


def drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def drop_section(heading: HtmlElement, limit: float, *, whole: bool) -> None:
    """The heading and what follows it up to the next heading of its rank."""
    rank = heading.tag if heading.tag in HEADINGS else "h6"
    section = [heading]
    for sibling in heading.itersiblings():
        if sibling.tag in HEADINGS and sibling.tag <= rank:
            break
        if not whole and sibling.tag == "p" and not linked(sibling) and not linked(section[-1]):
            break
        section.append(sibling)
    if sum(weight(element) for element in section if isinstance(element.tag, str)) < limit:
        for element in section:
            drop(element)


INLINE = set(
    [
        "a",
        "abbr",
        "b",
        "br",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "wbr",
        "img",
        "ins",
        "del",
    ]
)
LEAD = re.compile(
    rf"{BEGINS}(?i:(?:lead|intro|teaser)(?:text)?|lede|introduction|standfirst|subtitle|sub-title|dek|vorspann"
    rf"|anrei[sß]er|excerpt|summary){ENDS}"
)
ASIDES = re.compile(
    r"^(?:(?:ver[öo]ffentlicht|aktualisiert|stand|erschienen|published|updated)\b.{0,60}\d.{0,30}"
    r"|.{0,12}\d+\s+(?:min\w*\.?)\s*(?:lesezeit|lesedauer|read).{0,10}"
    r"|(?:von|by)\s*:?\s+[^.!?]{3,60}|\W*(?:fotos?|bild(?:er|quelle)?|quelle|image|photo|picture|credit|grafik"
    r"|symbolbild|symbolfoto|video|redaktion|text)\s*:.{0,140}"
    r"|©.{0,140}|.{0,60}\bextern\w+\s+inhalt\w*\b.{0,160}|.{0,10}(?:bin"
    r"|sind) (?:damit )?einverstanden, dass (?:mir|uns|ihnen)\b.{0,120}"
    r"|(?:dabei )?(?:k[öo]nnen )?personenbezogene daten .{0,40}drittplattformen.{0,120}|link zum .{0,20}inhalt)$",
    re.IGNORECASE,
)


BREAK = "\x1e"


class Block(NamedTuple):
    element: HtmlElement
    text: str
    key: str  # letters and digits only, to compare by


def flat(element: _Element) -> str:
    return " ".join("".join(element.itertext()).split())


def paragraphs(tree: HtmlElement, url: str, told: Metadata) -> list[str]:
    """The paragraphs of the article, subheads and the lead among them; the tree is a pruned one."""
    document = trafilatura.bare_extraction(tree, url=url, include_comments=False)
    voted = list(lines(document.body)) if isinstance(document, Document) else []
    return finish(complete(tree, voted, told), told)


def finish(found: list[str], told: Metadata) -> list[str]:
    """Without headline, byline and lines about the page."""
    head = {key(told.title), *map(key, told.authors), key(", ".join(told.authors))}
    return [text for n, text in enumerate(found) if not ((n < 4 and key(text) in head) or ASIDES.match(text))]


def key(text: str) -> str:
    return "".join(re.findall(r"\w+", text)).lower()


def lines(element: _Element) -> Iterator[str]:
    if element.tag in ("body", "quote", "list", "table", "row") and len(element):
        for child in element:
            yield from lines(child)
        return
    text = flat(element)
    if text:
        yield text


def blocks(tree: HtmlElement) -> list[Block]:
    """Paragraphs as the page has them: runs of text between block elements, parted where two line breaks part them."""
    found: list[Block] = []
    owners, run = [tree], [""]

    def flush() -> None:
        for part in re.split(rf"{BREAK}\s*{BREAK}", "".join(run)):
            text = " ".join(part.replace(BREAK, " ").split())
            if text:
                found.append(Block(owners[-1], text, key(text)))
        run.clear()

    for event, element in iterwalk(tree, events=("start", "end")):
        block = element.tag not in INLINE
        if block:
            flush()
        if event == "start":
            if block:
                owners.append(element)
            run.append(BREAK if element.tag == "br" else element.text or "")
        else:
            if block:
                owners.pop()
            run.append(element.tail or "" if element is not tree else "")
    return found


def complete(tree: HtmlElement, voted: list[str], told: Metadata) -> list[str]:
    """What trafilatura chose, as the page has it, with the lead above it and the prose it passed over in between."""
    votes = "\n".join(map(key, voted))
    exact = set(votes.split("\n"))
    page = blocks(tree)
    chosen = [n for n, block in enumerate(page) if block.key in exact or (len(block.key) > 30 and block.key in votes)]
    title = headline(tree, told.title)
    prose = [n for n in chosen if len(page[n].text) > 60 and page[n].element is not title]
    if not prose or sum(len(page[n].key) for n in chosen) < 0.5 * len(votes):
        return voted
    dense = densest(page)
    if any(page[n].element is dense for n in prose):
        # Text that stands in a <div> without <p> is lost by trafilatura where other elements are mixed in.
        prose = sorted({*prose, *(n for n, block in enumerate(page) if block.element is dense and passed_over(block))})
    homes = alike(tree, home([page[n] for n in prose]))
    inside = {
        n for n, block in enumerate(page) if not homes.isdisjoint((block.element, *block.element.iterancestors()))
    }
    first, last = prose[0], prose[-1] if len(homes) == 1 else max(inside | {prose[-1]})
    kept = {n for n in chosen if n in inside or first - 3 <= n < last}
    kept |= {n for n in inside if first < n <= last and passed_over(page[n])}
    kept |= set(lead(tree, page[:first], title, told.description))
    texts = [page[n].text for n in sorted(kept) if page[n].element is not title and not aside(page[n])]
    return list(dict.fromkeys(texts))


def headline(tree: HtmlElement, title: str) -> HtmlElement | None:
    """The <h1>, or the heading that says most of the title."""
    first = next(tree.iter("h1"), None)
    if first is None:
        first = max(tree.iter("h2", "h3"), key=lambda h: closeness(flat(h), title), default=None)
        return first if first is not None and closeness(flat(first), title) > 0.3 else None
    return first


def aside(block: Block) -> bool:
    """A line that leads to another page, or the caption of the picture before it."""
    element = block.element
    links = sum(len(a.text_content()) for a in element.iter("a"))
    if element.tag == "p" and links and (links > 0.8 * len(block.text) or OTHER.match(block.text)):
        return True
    slanted = len(element) == 1 and element[0].tag in ("em", "i", "small") and flat(element[0]) == block.text
    before = element.getprevious()
    return slanted and before is not None and not flat(before) and next(before.iter("img", "iframe"), None) is not None


def passed_over(block: Block) -> bool:
    element = block.element
    if element.tag in HEADINGS:
        return True
    prose = element.tag in ("p", "blockquote") or len(block.text) > 150
    return prose and len(block.text) > 60 and not (element.tag in ("p", "li") and linked(element))


def densest(page: list[Block]) -> HtmlElement | None:
    """The element that holds most text itself, outside paragraphs."""
    held: dict[HtmlElement, int] = {}
    for block in page:
        if block.element.tag in ("div", "section", "article", "main", "td"):
            held[block.element] = held.get(block.element, 0) + len(block.text)
    best = max(held, key=lambda element: held[element], default=None)
    return best if best is not None and held[best] > 500 else None


def lead(tree: HtmlElement, above: list[Block], title: HtmlElement | None, description: str) -> list[int]:
    """Blocks over the first paragraph that belong to the article: its description, or a sentence under the heading."""
    order = {element: n for n, element in enumerate(tree.iter("*"))}
    start = order[title] if title is not None else len(order)
    found = []
    for n, block in enumerate(above):
        if len(block.text) < 40 or linked(block.element) or block.element.tag in HEADINGS:
            continue
        sentence = order[block.element] > start and block.text.rstrip('“”"«»)').endswith((".", "!", "?", "…"))
        if (
            near(block.text, description)
            or sentence
            or (LEAD.search(called(block.element) + called(block.element.getparent())) and n > len(above) - 6)
        ):
            found.append(n)
    return found


def alike(tree: HtmlElement, element: HtmlElement) -> set[HtmlElement]:
    """The element and those of the same name and class that hold prose: long articles come in several chunks."""
    name = element.get("class")
    chunks = tree.iter(element.tag) if name else ()
    return {element} | {e for e in chunks if e.get("class") == name and weight(e) > 400 and not linked(e)}


def called(element: HtmlElement) -> str:
    return f"{(element.get('class') or '')[:200]} {(element.get('id') or '')[:80]}"


def near(text: str, description: str) -> bool:
    a, b = key(text), key(description)
    return (
        bool(b)
        and len(a) > 25
        and (a == b or a.startswith(b[: max(40, len(b) - 12)]) or b.startswith(a[: max(40, len(a) - 12)]))
    )


def home(prose: list[Block]) -> HtmlElement:
    """The lowest element that holds nine tenths of the prose."""
    held: dict[HtmlElement, int] = {}
    for block in prose:
        for ancestor in (block.element, *block.element.iterancestors()):
            held[ancestor] = held.get(ancestor, 0) + len(block.text)
    total = sum(len(block.text) for block in prose)
    enough = [element for element, count in held.items() if count >= 0.9 * total]
    return max(enough, key=lambda element: sum(1 for _ in element.iterancestors()))
