"""Which pages of the public site the static variant has, and the file that each stands in."""

import hashlib
import re
from urllib.parse import parse_qsl, unquote, urlsplit

SEEDS = ("/", "/timeline", "/changes", "/copies", "/sources", "/figures", "/places", "/events", "/about", "/help")
# Also with one argument: /figures?kind=jobs. More at once would be more pages than anybody reads.
_WITH_ARGUMENT = frozenset(("/timeline", "/changes", "/figures", "/places", "/events"))
_OTHERS = re.compile(r"/about/quality|/sources/[^/]+|/article/\d{1,18}|/copies/\d{1,18}|/articles/[^/]+")
_OWN = {"/search": "/search", "/downloads": "/downloads", "/snapshots": "/downloads"}
_LISTED_BY = ("month", "source")  # a search for no more than that is a list of articles
_PLAIN = re.compile(r"[a-z0-9][a-z0-9-]*")


def page_of(address: str) -> str | None:
    """The page that a link leads to, without its fragment: /figures?kind=jobs. None where it is not prerendered."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return None
    arguments = parse_qsl(parts.query, keep_blank_values=True)
    if parts.path == "/search" and len(arguments) == 1 and arguments[0][0] in _LISTED_BY:
        return f"/articles/{arguments[0][1]}"
    if arguments:
        return address.partition("#")[0] if parts.path in _WITH_ARGUMENT and len(arguments) == 1 else None
    if parts.path in _OWN:
        return _OWN[parts.path]
    return parts.path if parts.path in SEEDS or _OTHERS.fullmatch(parts.path) else None


def file_of(page: str) -> str:
    """Below the folder of a language: article/12.html. Two pages have two files."""
    parts = urlsplit(page)
    steps = [_plain(unquote(step)) for step in parts.path.strip("/").split("/")]
    steps += [_plain(f"{name}-{value}") for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    return f"{'/'.join(filter(None, steps)) or 'index'}.html"


def _plain(step: str) -> str:
    """As it is, where that is a safe name of a file everywhere; else with a digest of what it was."""
    if not step or _PLAIN.fullmatch(step):
        return step
    safe = re.sub(r"[^a-z0-9]+", "-", step.lower()).strip("-")
    return f"{safe}-{hashlib.sha256(step.encode()).hexdigest()[:8]}"
