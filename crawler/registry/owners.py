"""Whose an address is, among the sources of a registry."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from tldextract import TLDExtract

from crawler.registry.councils import is_of_council
from crawler.registry.sources import Kind, Source
from pipelines.identity import bare_host, domains, key, normal
from pipelines.storing.links import LinkTarget

PRIMARY = frozenset(
    {Kind.COMPANY, Kind.GOVERNMENT, Kind.MUNICIPALITY, Kind.AGENCY_DEVELOPMENT}
)  # who acts in the story
# By the list that comes with it: nothing is fetched, nothing is written.
_split = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


class Owners:
    """A look-up by host. The longest own host wins (m.example.org is example.org's).

    A homepage with a path owns, on its host, only what lies below it, so that two sources can share one.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._at: dict[str, list[tuple[str, Source]]] = {}  # own host → folder from which on it is the source's
        self._above: dict[str, list[list[tuple[str, Source]]]] = {}  # host → what is at it and at its domains
        self._primary: set[str] = set()  # sites
        for source in sources:
            if source.kind in PRIMARY:
                self._primary |= set(map(site_of, source.own_hosts))
            home = bare_host(source.homepage)
            for host in source.own_hosts:
                folder = folder_of(source.homepage) if host == home else "/"
                self._at.setdefault(host, []).append((folder, source))

    def of(self, url: str) -> Source | None:
        """None where it is nobody's."""
        host = bare_host(url)
        if host not in self._above:
            above = sorted(domains(host) & self._at.keys(), key=len, reverse=True)
            self._above[host] = [self._at[name] for name in above]
        folder = folder_of(url) if self._above[host] else "/"
        for at in self._above[host]:
            owners = [(root, source) for root, source in at if folder.startswith(root)]
            if owners:
                return max(owners, key=lambda owner: len(owner[0]))[1]
        return None

    def target(self, url: str) -> LinkTarget:
        """Of a link. The papers of who acts lie at any host of his site, those of councils at others', too."""
        owner = self.of(url)
        name = key(url, owner.id, owner.hints()) if owner else normal(url)
        return LinkTarget(name, site_of(bare_host(url)) in self._primary or is_of_council(url))

    def shares(self, host: str) -> bool:
        """Whether several sources have it among their own hosts."""
        return len(self._at.get(host, ())) > 1


def source_of(url: str, sources: Iterable[Source]) -> Source | None:
    """The source an address belongs to; None where it is nobody's. For many addresses: `Owners`."""
    return Owners(sources).of(url)


def site_of(host: str) -> str:
    """news.microsoft.com → microsoft.com"""
    parts = _split(host)
    return f"{parts.domain}.{parts.suffix}" if parts.suffix else ".".join(host.split(".")[-2:])


def folder_of(url: str) -> str:
    """Raises nothing: what is no address has the folder of all."""
    try:
        return urlsplit(url).path.rstrip("/") + "/"
    except ValueError:
        return "/"
