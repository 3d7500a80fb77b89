"""How much of an article a page shows to everybody: all of it, all of it this time, a teaser, or nothing."""

from pipelines.extraction.metadata import Metadata

# What a page that pays for itself shows of an article: two paragraphs. Longer text is the article.
LONGEST_TEASER = 1200


def access(metadata: Metadata, text: str, offered: bool) -> str:
    """What of the article the page shows to everybody: free, metered (all of it, this time), teaser or walled."""
    closed = metadata.free is False or (offered and metadata.free is None)
    if not closed:
        return "free"
    if not text:
        return "walled"
    full_length = max(metadata.length, LONGEST_TEASER)
    cut = text.endswith(("…", "...")) or (offered and len(text) < LONGEST_TEASER)
    return "teaser" if cut or len(text) < 0.7 * full_length else "metered"
