"""What stands on a page beside the article (machinery, navigation, teasers, offers) and leaves the tree."""

import re
from functools import lru_cache

from lxml.html import HtmlElement

from pipelines.extraction import barriers, titles
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, class_and_id, flat, linked

# Never text of the article. <script> above all: trafilatura falls back on a JSON-LD articleBody, and with it on the
# paid text of a page that shows a teaser (tried with 2.3.1).
MACHINERY = ("script", "style", "template", "noscript", "iframe", "object", "svg", "button", "form", "select", "nav")
BOILERPLATE_TAGS = ("aside", "footer", "figcaption", "dialog")
BOILERPLATE_ROLES = {"navigation", "complementary", "contentinfo", "search", "dialog", "alertdialog", "banner", "menu"}

# Families of class names and ids, as whole words: what the people who build pages call the parts that are no article.
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
LARGEST_OFFER = 1500  # characters of a box
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
    | (?:à\s+)?lire\s+(?:aussi|[ée]galement)|(?:à\s+)?voir\s+aussi|sur\s+le\s+m[êe]me\s+sujet|lees\s+(?:ook|verder|meer)
    |meer\s+(?:over|uit|nieuws)|bekijk\s+ook|leggi\s+anche|altri\s+articoli|lea\s+tambi[ée]n|te\s+puede\s+interesar
    |noticias\s+relacionadas|weitere\s+(?:folgen|videos|fotostrecken|podcasts)|aus\s+(?:dieser\s+ausgabe|dem\s+netzwerk)
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


def prune(tree: HtmlElement) -> HtmlElement:
    """Take everything out of the tree that is no article, in place. What holds half of the page's text stays."""
    for button in list(tree.iter("button")):  # a heading that opens its section is one
        if any(up.tag in HEADINGS for up in button.iterancestors()):
            button.drop_tag()
    for element in list(tree.iter(*MACHINERY)):
        drop(element)
    for element in titles.kickers(tree):
        drop(element)
    total = prose_length(tree)
    for element in list(tree.iter("*")):
        if element.getparent() is None or not is_boilerplate(element):
            continue
        if prose_length(element) < 0.4 * total and element.find(".//h1") is None:
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
    drop_offers(tree)
    return tree


def drop_offers(tree: HtmlElement) -> None:
    """The boxes around offers of a subscription: benefits, prices and small print beside the sentence that offers."""
    for element in list(tree.iter("p", "h2", "h3", "h4", "li")):
        text = element.text_content()
        if len(text) > LARGEST_OFFER or not barriers.offers(" ".join(text.split())):
            continue
        if element.getroottree().getroot() is not tree:  # went with the box of another
            continue
        box = element
        for up in element.iterancestors():
            if up.tag in ("body", "main", "article") or len(flat(up)) > LARGEST_OFFER or paragraph_before(element, up):
                break
            box = up
        if box is not element and box.find(".//h1") is None:
            drop(box)


def paragraph_before(element: HtmlElement, box: HtmlElement) -> bool:
    """Whether the box holds an article's paragraph before the offer."""
    for candidate in box.iter("p", "div"):
        if candidate is element:
            return False
        if candidate.tag == "p" and len(flat(candidate)) > 80 and not barriers.OFFER.search(flat(candidate)):
            return True
    return False


def prose_length(element: HtmlElement) -> int:
    """Characters in paragraphs."""
    return sum(len(p.text_content()) for p in element.iter("p")) + (
        len(element.text_content()) if element.tag == "p" else 0
    )


def is_boilerplate(element: HtmlElement) -> bool:
    tag = element.tag
    if not isinstance(tag, str) or tag in ("html", "body", "main", "p", "h1"):
        return False
    if tag in BOILERPLATE_TAGS or element.get("role") in BOILERPLATE_ROLES or element.get("aria-hidden") == "true":
        return True
    if element.get("hidden") is not None or HIDDEN.search(element.get("style") or ""):
        return True
    part, picture, teaser = kinds(class_and_id(element))
    if part:
        return True
    if tag == "article" and next(element.iterancestors("article"), None) is not None:
        return linked(element) or (
            len(element.text_content()) < 800 and len(element.getparent().findall("article")) == 1
        )
    if picture and len(element.text_content()) < 300 and next(element.iter("img", "picture"), None) is not None:
        return True
    return (teaser and linked(element)) or rows_of_links(element)


@lru_cache(10_000)  # a page has 600 elements and 90 names
def kinds(names: str) -> tuple[bool, bool, bool]:
    """Whether a part of the page, a picture or a teaser is called so."""
    return bool(PARTS.search(names)), bool(PICTURE.search(names)), bool(TEASERS.search(names))


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
    if sum(prose_length(element) for element in section if isinstance(element.tag, str)) < limit:
        for element in section:
            drop(element)
