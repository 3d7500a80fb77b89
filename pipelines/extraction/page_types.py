"""What sort of page it is (article, release, list, wall …), by what it calls itself and how it is built."""

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from pipelines.extraction import barriers, characters, titles
from pipelines.extraction.markup import class_and_id, flat
from pipelines.extraction.metadata import Metadata

ISSUERS = {
    "government",
    "municipality",
    "company",
    "agency_development",
    "ngo",
}  # kinds of source that publish releases

RELEASE = re.compile(
    r"presse?-?_?(?:mitteilung|information|meldung|release|erkl[äa]rung|info\b)|(?:press|news)-?_?\s?release|medien-?(?:mitteilung"
    r"|information)|original-content von|communiqu[ée]s?[\s-](?:de[\s-])?presse|persbericht|comunicat[oi][\s-]stampa"
    r"|notas?[\s-]de[\s-]prensa",
    re.IGNORECASE,
)
RELEASED = re.compile(
    r"/(?:presse?|press|medien|media)/(?:[\w-]+/)?(?:mitteilung|meldung|information|release)", re.IGNORECASE
)
OTS = re.compile(r"\(ots\)|/PRNewswire/|\(GLOBE NEWSWIRE\)|Business Wire\)")
INTERVIEW = re.compile(
    r"^\W*(?:interview|entretien|intervista|entrevista|vraaggesprek)\b|\binterview\s*(?:[:|–-]|mit\b|$)"
    r"|\bim\s+gespr[äa]ch\b|^gespr[äa]ch\s+mit\b",
    re.IGNORECASE,
)
INTERVIEWED = re.compile(r"\b(?:interview|entretien|intervista|entrevista)\b", re.IGNORECASE)
# The reporter speaks to the person: 'Frau Muster, was …?'
ADDRESSED = re.compile(
    r"^(?:[^\W\d_]+\s*:\s*)?(?:herr|frau|monsieur|madame|mevrouw|meneer|signor[ae]?|señora?|mr|ms|mrs)\.?\s+[^?]{3,300}\?$",
    re.IGNORECASE,
)
COMMENTARY = re.compile(
    r"^\W*(?:kommentar|kolumne|leitartikel|gastbeitrag|gastkommentar|meinung|glosse|essay|standpunkt|debatte"
    r"|opinion|comment|editorial|column|[ée]ditorial|tribune|chronique|opinie|commentaar|editoriale|opinione|opinión|columna)\b"
    r"|\b(?:ein|eine)\s+(?:gast)?(?:kommentar|kolumne|glosse|gastbeitrag|leitartikel)\b",
    re.IGNORECASE,
)
OPINION_PAGES = re.compile(r"/(?:meinung|kommentare?|kolumnen?|opinion|opinie|opinione)/", re.IGNORECASE)
TICKER = re.compile(
    r"\b(?:live-?\s?(?:ticker|blog)|news-?ticker|ticker|minute\s+(?:für|by|par|per)\s+minute?|en\s+direct\s*:|in\s+diretta)\b"
    r"|[/-](?:liveticker|newsticker|liveblog|live-blog)(?:[/.-]|$)",
    re.IGNORECASE,
)
GALLERY = re.compile(
    r"(?:foto|bilder?)-?(?:strecke|galerie)n?|\bgalerie\b|/(?:video|videos|podcast|mediathek|audio)/", re.IGNORECASE
)
FILMS = {"VideoObject", "AudioObject", "Clip"}
RECORDINGS = {"PodcastEpisode", "RadioEpisode", "TVEpisode", "Episode", "ImageGallery", "MediaGallery"}
SHORTEST_BESIDE_FILM = 600  # characters; an article with a film has more
SHORTEST_ARTICLE = 400  # characters of prose under a headline: an article, also where nothing dates it


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What of the whole page counts for its kind; the text is not read yet."""

    url: str
    issuer: bool
    kicker: str
    offer: bool  # a subscription is offered in a part of the page that is called so
    facing: barriers.Facing


def signs(tree: HtmlElement, url: str, metadata: Metadata, source_kind: str | None) -> Signs:
    inside = (part for part in tree.xpath("//h1//*[@class]") if titles.KICKER.search(part.get("class") or ""))
    kickers = [*titles.kickers(tree), *inside]
    parts = [(part, class_and_id(part)) for part in tree.iter("div", "section", "article", "main")]
    walls = [part for part, names in parts if "paywall" in names or "offer" in names]
    releases = (part for part, names in parts if "press-release" in names or "pressemitteilung" in names)
    lines = (flat(kicker)[: titles.LONGEST_KICKER] for kicker in kickers)
    return Signs(
        url=url,
        issuer=source_kind in ISSUERS or any(part.find(".//h1") is not None for part in releases),
        kicker=" · ".join([*lines, metadata.section]),
        offer=any(barriers.OFFER.search(element.text_content()[:500]) for element in walls[:20]),
        facing=barriers.facing(tree, url),
    )


def kind(sign: Signs, metadata: Metadata, shown: list[str], paragraphs: list[str]) -> str:
    """`shown`: all that stands in the article's place; `paragraphs`: without offers, or all that trafilatura chose."""
    text = "\n\n".join(paragraphs)
    recorded = recording(sign, metadata, text)
    unusable = barriers.obstacle(sign.facing, metadata, shown, listed=not recorded)
    if unusable:
        return unusable
    if characters.scrambled(paragraphs):
        return "scrambled"
    if recorded:
        return "media"
    types, above = metadata.types, (sign.kicker, *metadata.lines_above)
    heading = " · ".join((*above, metadata.title))
    if types & {"LiveBlogPosting"} or TICKER.search(heading) or TICKER.search(sign.url):
        return "ticker"
    released = (
        any(RELEASE.search(line) for line in above)
        or RELEASE.match(metadata.title)
        or handed_out(metadata.nearby_lines)
    )
    if types & {"PressRelease"} or sign.issuer or released or RELEASE.search(sign.url) or RELEASED.search(sign.url):
        return "release"
    if types & {"Interview"} or any(INTERVIEW.search(line) for line in (*above, metadata.title)):
        return "interview"
    if INTERVIEWED.search(metadata.byline) or conversation(paragraphs):
        return "interview"
    commented = any(COMMENTARY.search(line) for line in (*above, metadata.title, metadata.byline))
    if types & {"OpinionNewsArticle"} or commented or OPINION_PAGES.search(sign.url):
        return "commentary"
    dated = metadata.is_article or metadata.published is not None
    prose = bool(metadata.title) and len(text) >= SHORTEST_ARTICLE and not barriers.to_the_reader(paragraphs)
    return "article" if dated or prose else "other"


def recording(sign: Signs, metadata: Metadata, text: str) -> bool:
    """Whether the page is there to play or to show something."""
    if metadata.types & RECORDINGS and not metadata.types & {"NewsArticle", "Article"}:
        return True
    film = bool(metadata.types & FILMS) or any(name.startswith(("video", "music")) for name in metadata.types)
    if film and len(text) < SHORTEST_BESIDE_FILM and not metadata.is_article:
        return True
    return len(text) < SHORTEST_ARTICLE and any(
        GALLERY.search(line) for line in (sign.url, sign.kicker, *metadata.lines_above)
    )


def handed_out(lines: tuple[str, ...]) -> bool:
    """Whether a line at the text's beginning says that it is a release, by name or with (ots) in its dateline."""
    return any(len(line) < 80 and (RELEASE.match(line) or OTS.search(line)) for line in lines)


def conversation(paragraphs: list[str]) -> bool:
    """Questions to a person, who is addressed, between the answers."""
    questions = [text for text in paragraphs if text.endswith("?")]
    return len(questions) >= 3 and any(ADDRESSED.match(text) for text in paragraphs)
