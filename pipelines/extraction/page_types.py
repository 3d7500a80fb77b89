"""What sort of page it is (article, release, list, wall …), by what it calls itself and how it is built."""

import re

from pipelines.extraction import barriers, characters
from pipelines.extraction.barriers import Facing
from pipelines.extraction.metadata import Metadata

ISSUERS = {"government", "municipality", "company", "agency_development", "ngo"}  # kinds of source
RELEASE = re.compile(
    r"presse?-?_?(?:mitteilung|information|meldung|release|erkl[äa]rung|info\b)|(?:press|news)-?_?\s?release"
    r"|medien-?(?:mitteilung|information)|original-content von|communiqu[ée]s?[\s-](?:de[\s-])?presse|persbericht"
    r"|comunicat[oi][\s-]stampa|notas?[\s-]de[\s-]prensa"
    r"|.{0,60}(?:\(ots\)|/PRNewswire/|\(globe newswire\)|business wire\))"  # in a dateline
    r"|/(?:presse?|press|medien|media)/(?:[\w-]+/)?(?:mitteilung|meldung|information|release)",  # in an address
    re.IGNORECASE,
)
INTERVIEW = re.compile(
    r"^\W*(?:(?:ein|an|une?|een)\s+)?(?:interview|entretien|intervista|entrevista|vraaggesprek)\b"
    r"|\binterview\s*(?:[:|–-]|mit\b|$)|\bim\s+gespr[äa]ch\b|^gespr[äa]ch\s+mit\b",
    re.IGNORECASE,
)
# The reporter speaks to the person: 'Frau Muster, was …?'
ADDRESSED = re.compile(
    r"^(?:[^\W\d_]+\s*:\s*)?(?:herr|frau|monsieur|madame|mevrouw|meneer|signor[ae]?|señora?|mr|ms|mrs)\.?\s+[^?]{3,300}\?$",
    re.IGNORECASE,
)
COMMENTARY = re.compile(
    r"^\W*(?:kommentar|kolumne|leitartikel|gastbeitrag|gastkommentar|meinung|glosse|essay|standpunkt|debatte"
    r"|opinion|comment|editorial|column|[ée]ditorial|tribune|chronique|opinie|commentaar|editoriale|opinione|opinión|columna)\b"
    r"|\b(?:ein|eine)\s+(?:gast)?(?:kommentar|kolumne|glosse|gastbeitrag|leitartikel)\b"
    r"|/(?:meinung|kommentare?|kolumnen?|opinion|opinie|opinione)/",
    re.IGNORECASE,
)
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


def kind(facing: Facing, metadata: Metadata, issuer: bool, shown: list[str], paragraphs: list[str]) -> str:
    """`issuer`: the source publishes releases; `shown`: all that stands in the article's place; `paragraphs`: without
    offers, or all that trafilatura chose."""
    text = "\n\n".join(paragraphs)
    recorded = recording(facing.url, metadata, text)
    unusable = barriers.obstacle(facing, metadata, shown, listed=not recorded)
    if unusable:
        return unusable
    if characters.scrambled(paragraphs):
        return "scrambled"
    if recorded:
        return "media"
    if metadata.is_offer:
        return "offer"
    types, heading = metadata.types, (*metadata.lines_above, metadata.title)
    if "LiveBlogPosting" in types or says(TICKER, *heading, facing.url):
        return "ticker"
    handed_out = any(RELEASE.match(line) for line in (metadata.title, *metadata.nearby_lines))
    if "PressRelease" in types or issuer or handed_out or says(RELEASE, *metadata.lines_above, facing.url):
        return "release"
    asked = sum(text.endswith("?") for text in paragraphs) > 2 and any(map(ADDRESSED.match, paragraphs))
    if "Interview" in types or says(INTERVIEW, *heading, metadata.byline) or asked:
        return "interview"
    if "OpinionNewsArticle" in types or says(COMMENTARY, *heading, metadata.byline, facing.url):
        return "commentary"
    dated = metadata.is_article or metadata.published is not None
    prose = bool(metadata.title) and len(text) >= SHORTEST_ARTICLE and not barriers.to_the_reader(paragraphs)
    return "article" if dated or prose else "other"


def recording(url: str, metadata: Metadata, text: str) -> bool:
    """Whether the page is there to play or to show something."""
    if metadata.types & RECORDINGS and not metadata.types & {"NewsArticle", "Article"}:
        return True
    film = bool(metadata.types & FILMS) or any(name.startswith(("video", "music")) for name in metadata.types)
    if film and len(text) < SHORTEST_BESIDE_FILM and not metadata.is_article:
        return True
    return len(text) < SHORTEST_ARTICLE and says(GALLERY, url, *metadata.lines_above)


def says(pattern: re.Pattern[str], *lines: str) -> bool:
    return any(pattern.search(line) for line in lines)
