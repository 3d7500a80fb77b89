"""What one article is: which addresses are the same article's."""

import re
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode, urlsplit

from courlan.clean import clean_query
from w3lib.url import canonicalize_url

from pipelines.article import Article, Hints

KEY_RULES = 3  # another number where `normal`, or the registry, makes another key: an archive's are then made anew

# Beside the trackers that courlan knows: campaign and teaser parameters of press sites that name no article.
TRACKERS = frozenset(
    "amp cid cmpid cmp ddw dt_dapp kwp mbsf partner rb_clickid ref referer referrer reduced rss shared share sharetype"
    " source src st_site wtmc wt_zmc xing_share xtor maca ocid ito icid ncid smid smtyp sref trk trkid cvid int_cid"
    " intcid emci emdi fb_ref dicbo epik _branch_match_id s_kwcid ef_id spm scid sc_cid sc_channel _hsmi _hsenc"
    " traffic_source tduid wickedid gclsrc wbraid gad_source gaa_at gaa_n gaa_ts gaa_sig li_fat_id ttclid"
    " cx_testid ftag ftcamp adobe_mc cm_mmc elqtrack elqtrackid s_cid mkcid sara_ecid sara_icid sara_ref soc_src"
    " soc_trk sr_share spref wpsrc wprov xtref xtcr xtnp __twitter_impression fb_action_ids fb_action_types fb_source"
    " guccounter guce_referrer guce_referrer_sig hootpostid vs_tracking cn-track".split()
)
# Families of campaign parameters: AT Internet, Matomo, comScore, Webtrends and Webtrekk, HubSpot, Google, Mailchimp …
CAMPAIGNS = re.compile(
    r"(?:(?:mtm|matomo|piwik|pk|hsa|utm|mc|itm|ga|oly|vero|mkt|cmp|campaign|kampagne)[_.\-]"
    r"|(?:at|ns|wt)[_.\-](?!(?:id|nr|no|nummer)$))\w"  # ns_id may name an article
)
SESSIONS = frozenset("jsessionid phpsessid sessionid session_id sessid aspsessionid cfid cftoken zenid oscsid".split())
# These may name an article: article?sid=1234, ?sid=kohle-2038, suche?s=kohle. A session is letters and digits mixed.
SID = re.compile(r"(?=\D*\d)(?=\d*[a-z])[\da-z]{6,}", re.IGNORECASE)
TOKEN = re.compile(r"(?=\D*\d)(?=\d*[a-z])[\da-z]{24,}", re.IGNORECASE)
SESSION_OR_NAME = MappingProxyType({"sid": SID, "ses": TOKEN, "s": TOKEN})
# ;jsessionid=… of Java, /(S(…)) of ASP.NET
IN_PATH = re.compile(
    r";(?:(?:jsessionid|phpsessid|sessionid|session_id)=[^/?;]*|sid=(?=[a-z]*\d)(?=\d*[a-z])[\da-z]{6,}(?![^/?;]))|/\((?:[a-z]\([\w-]+\))+\)",
    re.IGNORECASE,
)
# Most addresses: canonical as they are.
PLAIN = re.compile(r"https?://[a-z\d.-]+(?:/(?:[\w~-][\w.~-]*)?)+", re.ASCII)
VIEWS = frozenset("output outputtype view format mode version layout type template variant".split())
AMP = frozenset(["amp", "valid_amp", "amphtml"])
AMP_IN_PATH = re.compile(r"^/amp(?=/.)|(?<=[^/])/amp(?:\.html?)?$|\.amp(?=\.html?$|$)", re.IGNORECASE)
OTHER_VIEWS = re.compile(r"^(?:(?:www|m|mobil|mobile|amp)\.)+(?=[^.]+\.[^.])")  # of one site, before its own name


@lru_cache(4096)  # an address is asked for it several times in a row
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


@lru_cache(4096)
def normal(url: str, query_ids: tuple[str, ...] = ()) -> str:
    """The address as a key: no scheme, port, fragment or closing slash; the query sorted.

    Without what names no article: www, m and amp before the host, AMP in path and query, sessions, campaigns. Where the
    outlet's articles are named in the query, just those parameters stay.
    """
    if PLAIN.fullmatch(url):
        parts = urlsplit(url)
    else:
        try:
            parts = urlsplit(canonicalize_url(url))  # equal percent-encodings, sorted query, no fragment
        except ValueError:
            return url
    path = re.sub(r"/{2,}", "/", IN_PATH.sub("", parts.path)).rstrip("/")
    path = AMP_IN_PATH.sub("", path)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if query_ids:
        query = urlencode([pair for pair in pairs if pair[0] in query_ids])
    else:
        query = clean_query(urlencode([pair for pair in pairs if not is_no_name(*pair)]))
    return OTHER_VIEWS.sub("", bare_host(url)) + path + (f"?{query}" if query else "")


def is_no_name(parameter: str, value: str) -> bool:
    """Whether a parameter of the query names no article, but a campaign, a session or another view of it."""
    name, value = parameter.lower(), value.lower()
    if name in TRACKERS or name in SESSIONS or CAMPAIGNS.match(name) or name.startswith("aspsessionid"):
        return True
    if name in SESSION_OR_NAME:
        return bool(SESSION_OR_NAME[name].fullmatch(value))
    return name in VIEWS and value in AMP


def key(url: str, source: str, hints: Hints) -> str:
    """What an address stands for, as far as the address alone says: the outlet's id of it, or its normal form."""
    match = re.search(hints.id_pattern, url) if hints.id_pattern else None
    return f"{source}#{match[1]}" if match and match[1] else normal(url, hints.query_ids)


def identity(article: Article) -> str:
    """What the page says it is: the outlet's id, else its canonical address on an own host, else where it was found."""
    hints, final = article.hints, article.final_url or article.url
    canonical = article.canonical_url if bare_host(article.canonical_url or "") in hints.hosts else None
    for url in (final, article.url, canonical):
        if url and "#" in (outlet_id := key(url, article.source, hints)):
            return outlet_id
    return key(canonical or final, article.source, hints)


def keys(article: Article) -> dict[str, str]:
    """Every address under which the article must be known again: key → address."""
    own = bare_host(article.canonical_url or "") in article.hints.hosts  # else any page could claim any address
    addresses = (article.canonical_url if own else None, article.final_url, article.url)
    addresses_by_key = {key(url, article.source, article.hints): url for url in addresses if url}
    return {identity(article): article.url} | addresses_by_key
