"""Whose an address is that a finder names: nobody's whom we ask, a source's of the registry, or a host's of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from crawler.discovery.answers.answer import found_address
from crawler.policy.hosts import LOCAL, PORTS, is_public, loopback_allowed
from crawler.registry.finders import DeniedHost
from crawler.registry.owners import Owners
from crawler.registry.sources import Denied, Source
from db.outcomes import Code, Outcome
from pipelines.identity import bare_host, domains

COUNTRY = 3  # letters of the last part of 'name.*' at most: com, de, co.uk


@dataclass(frozen=True, slots=True)
class Destination:
    """One of three: refused, with the reason; a source's; else a host that no source owns."""

    host: str
    source: Source | None = None  # also where the host is a subdomain of its hosts
    refused: Outcome | None = None

    @property
    def is_strange(self) -> bool:
        return self.source is None and self.refused is None


class Denials:
    """Hosts that are never asked, by the registry's word or the finders'."""

    def __init__(self, refused: Iterable[DeniedHost], denied: Iterable[Denied] = ()) -> None:
        self._why: dict[str, str | Mapping[str, str]] = {each.host: each.why for each in refused}
        self._why |= {each.host: each.why for each in denied}
        self._told: dict[str, str | Mapping[str, str] | None] = {}  # by host: an answer may name one 100,000 times

    def why(self, host: str) -> str | Mapping[str, str] | None:
        """The end of the sentence "<host> is …"; None where it may be asked."""
        if host not in self._told:
            self._told[host] = self._find(host)
        return self._told[host]

    def _find(self, host: str) -> str | Mapping[str, str] | None:
        bare = host.lower().rstrip(".").removeprefix("www.")
        return next((self._why[name] for name in _names(bare) if name in self._why), None)

    def is_denied(self, host: str) -> bool:
        return self.why(host) is not None


def _names(host: str) -> list[str]:
    """Under which it may be denied, the longest first: its domains, and each of them under every country's domain."""
    names = []
    for domain in sorted(domains(host), key=len, reverse=True):
        name, _, country = domain.rpartition(".")
        brand, _, second = name.rpartition(".")
        names.append(domain)
        if name and len(country) <= COUNTRY:
            names.append(f"{name}.*")
        if brand and second in ("co", "com") and len(country) < COUNTRY:
            names.append(f"{brand}.*")
    return names


def destination(url: str, denials: Denials, owners: Owners) -> Destination:
    """Denied hosts first, then the registry's, then any other: at the usual ports, on the open internet."""
    address = found_address(url)
    host = bare_host(address or "")
    if address is None or not host:
        return Destination(host, refused=Code.LEADS_NOWHERE.of())
    port = urlsplit(address).port
    if port is not None and port not in PORTS and not loopback_allowed():
        return Destination(host, refused=Code.PORT.of(port=port, host=host))
    if not _may_be_public(host, loopback_allowed()):
        return Destination(host, refused=Code.NOT_PUBLIC.of(host=host))
    if (why := denials.why(host)) is not None:
        return Destination(host, refused=Code.HOST_DENIED.of(host=host, why=Code.TEXT.of(text=why)))
    return Destination(host, source=owners.of(address))


@lru_cache(1000)  # an answer may name a host 100,000 times
def _may_be_public(host: str, loopback: bool) -> bool:
    """By its spelling; what a name stands for is seen when it is resolved. `loopback`: whether this machine may be."""
    try:
        return is_public(host)
    except ValueError:
        return loopback or not LOCAL.search(host)
