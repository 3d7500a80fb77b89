"""What one article is: which addresses are the same article's."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from courlan.clean import clean_query
from w3lib.url import canonicalize_url

from pipelines.article import Article, Hints

# Beside the trackers that courlan knows: campaign and teaser parameters of German press sites that name no article.
TRACKERS = frozenset(
    [
        "amp",
        "cid",
        "cmpid",
        "cmp",
        "ddw",
        "dt_dapp",
        "kwp",
        "mc_cid",
        "mc_eid",
        "mbsf",
        "partner",
        "pk_campaign",
        "pk_kwd",
        "ref",
        "referer",
        "referrer",
        "reduced",
        "rss",
        "shared",
        "share",
        "sharetype",
        "source",
        "src",
        "st_site",
        "wt_mc",
        "wt_zmc",
        "wtmc",
        "xing_share",
        "xtor",
    ]
)


def bare_host(url: str) -> str:
    """Host of an address, lower case, without 'www.' and a trailing dot; '' where there is none."""
    try:
        host = urlsplit(url).hostname or ""
        host = host if host.isascii() else host.encode("idna").decode("ascii")  # as it is asked for
    except ValueError:
        return ""
    return host.rstrip(".").removeprefix("www.")


def domains(host: str) -> set[str]:
    """The host and its parent domains."""
    return {host.split(".", dots)[-1] for dots in range(host.count(".") + 1)} if host else set()


def normal(url: str, query_ids: tuple[str, ...] = ()) -> str:
    """The address as a key: no scheme, www, port, fragment, closing slash or tracking parameter; the query sorted.

    Where the outlet's articles are named in the query, just those parameters stay.
    """
    try:
        parts = urlsplit(canonicalize_url(url))  # equal percent-encodings, sorted query, no fragment
    except ValueError:
        return url
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if query_ids:
        query = urlencode([pair for pair in pairs if pair[0] in query_ids])
    else:
        query = clean_query(urlencode([pair for pair in pairs if pair[0].lower() not in TRACKERS]))
    return bare_host(url) + path + (f"?{query}" if query else "")


def key(url: str, source: str, hints: Hints) -> str:
    """What an address stands for, as far as the address alone says: the outlet's id of it, or its normal form."""
    found = re.search(hints.id_pattern, url) if hints.id_pattern else None
    return f"{source}#{found.group(1)}" if found else normal(url, hints.query_ids)


def identity(article: Article) -> str:
    """What the page says it is: the outlet's id, else its canonical address on an own host, else where it was found."""
    hints, final = article.hints, article.final_url or article.url
    canonical = article.canonical_url if bare_host(article.canonical_url or "") in hints.hosts else None
    for url in (final, article.url, canonical):
        if url and "#" in (named := key(url, article.source, hints)):
            return named
    return key(canonical or final, article.source, hints)


def keys(article: Article) -> dict[str, str]:
    """Every address under which the article must be known again: key → address."""
    own = bare_host(article.canonical_url or "") in article.hints.hosts  # else any page could claim any address
    addresses = (article.canonical_url if own else None, article.final_url, article.url)
    known = {key(url, article.source, article.hints): url for url in addresses if url}
    return {identity(article): article.url} | known
