"""Addresses of caches and archives → the addresses of what they show."""

import re

_SECURE = r"(?P<secure>s/)?"
_BEHIND = r"(?P<behind>(?:https?:/{1,2})?[^/?#]+\.[^/?#]+.*)"
WRAPPINGS = tuple(
    re.compile(rf"https?://{pattern}", re.I)
    for pattern in (
        rf"(?:[^/?#]+\.)?cdn\.ampproject\.org/(?:[a-z]/)?{_SECURE}{_BEHIND}",
        rf"[^/?#]+\.bing-amp\.com/(?:[a-z]/)?{_SECURE}{_BEHIND}",
        rf"(?:www\.)?google\.[a-z.]+/amp/{_SECURE}{_BEHIND}",
        rf"(?:web\.|www\.)?archive\.org/(?:web|wayback)/(?:\d{{4,14}}\*?(?:[a-z]{{2}}_)?/)?{_BEHIND}",
        rf"archive\.(?:today|ph|is|li|vn|fo|md)/\d{{4,14}}(?:\.\d+|-\d+)?/{_BEHIND}",
    )
)
HINT = re.compile(r"a(?:mp[p./]|rchive\.)", re.I)  # each of these has one of them
WITHIN = 3  # an archive may show a cache
CACHE_PARAMETERS = ("amp_", "usqp=")  # of the cache, not of the page


def unwrapped(url: str) -> str:
    """The address itself where it is none of a cache."""
    if not HINT.search(url):
        return url
    for _ in range(WITHIN):
        match = next((match for each in WRAPPINGS if (match := each.fullmatch(url))), None)
        if match is None:
            break
        parts = match.groupdict()
        behind = re.sub(r"^(https?):/{1,2}", r"\1://", parts["behind"], flags=re.I)
        scheme = "" if "://" in behind[:8] else ("https://" if parts.get("secure") else "http://")
        url = scheme + _without_parameters(behind)
    return url


def _without_parameters(url: str) -> str:
    path, _, query = url.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith(CACHE_PARAMETERS)]
    return f"{path}?{'&'.join(kept)}" if kept else path
