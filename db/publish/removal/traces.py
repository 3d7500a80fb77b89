"""What an article that is taken down is known by, wherever it stands: addresses, keys, headlines."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote, urlsplit

VIEWS = r"(?:(?:www|m|mobil|mobile|amp)\.)*"
# Other views of an address, by what most often stands behind it, and no other address.
_CAMPAIGN = "(?:utm|mtm|pk|at|wt|mc|ref|xtor|cid|cmp|fbclid|gclid|amp|output|source|src|share)"
BEHIND = rf"/?(?:[?&](?:amp;)?{_CAMPAIGN}[_=.-][^\s\"'<>\\)\]}},]*)?(?:#[^\s\"'<>\\)\]}},]*)?(?![\w%~/?&=-]|\.\w)"
SHORTEST_PATH = 12  # characters that tell one page of a site from others
SHORTEST_TITLE = 20  # characters, and three words: a shorter headline may stand anywhere
MASK = "*"


@dataclass(frozen=True, slots=True)
class Traces:
    """`titles`: those that no other article has."""

    addresses: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        return self.addresses | self.keys

    def __or__(self, other: "Traces") -> "Traces":
        return Traces(self.addresses | other.addresses, self.keys | other.keys, self.titles | other.titles)

    @property
    def spellings(self) -> frozenset[str]:
        """Of each address with either scheme, with www and without, with a closing slash and without."""
        return (
            frozenset(
                f"{scheme}{www}{bare}{slash}"
                for bare in map(bare_address, self.addresses)
                if bare
                for scheme in ("http://", "https://")
                for www in ("", "www.")
                for slash in ("", "/")
            )
            | self.addresses
        )

    def as_json(self) -> dict[str, list[str]]:
        return {name: sorted(getattr(self, name)) for name in ("addresses", "keys", "titles")}

    @classmethod
    def of(cls, facts: dict[str, list[str]]) -> "Traces":
        return cls(*(frozenset(facts[name]) for name in ("addresses", "keys", "titles")))


def bare_address(url: str) -> str:
    """Without scheme, www and a closing slash; '' for the front page of a site, which is no article's alone."""
    rest = re.sub(r"^[a-z]+://", "", url.strip(), flags=re.IGNORECASE).partition("#")[0]
    rest = re.sub(rf"^{VIEWS}", "", rest, flags=re.IGNORECASE).rstrip("/")
    return rest if "/" in rest else ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A pattern; nothing of it is found where none of the words stands in the small letters."""

    pattern: re.Pattern[bytes]
    words: tuple[bytes, ...]

    def stands_in(self, content: bytes) -> bool:
        small = content.lower()
        return any(word in small for word in self.words) and bool(self.pattern.search(content))

    @classmethod
    def of(cls, addresses: Iterable[str], titles: Iterable[str], paths: Iterable[str] = ()) -> "Mark | None":
        words = {each for word in (*addresses, *titles, *paths) for each in in_encodings(word.lower())}
        patterns = {
            *(each for bare in addresses for each in in_encodings(address_pattern(bare))),
            *(each for title in titles for each in in_encodings(re.escape(title))),
            *(each for path in paths for each in in_encodings(rf"(?<=[\"'=\s]){re.escape(path)}{BEHIND}")),
        }
        longest_first = sorted(patterns, key=len, reverse=True)
        return cls(re.compile(b"|".join(longest_first), re.IGNORECASE), tuple(words)) if patterns else None


@dataclass(frozen=True)
class Marks:
    """Where traces stand in other things, and what is put there: as many stars as there were bytes or letters."""

    traces: Traces

    @cached_property
    def bare(self) -> list[str]:
        spelt = {spelling for url in self.traces.addresses for spelling in (url, unquote(url), quoted(url))}
        return sorted({bare for url in spelt if (bare := bare_address(url))}, key=len, reverse=True)

    @cached_property
    def titles(self) -> list[str]:
        telling = [each for each in self.traces.titles if len(each) >= SHORTEST_TITLE and len(each.split()) >= 3]
        return sorted({spelt for title in telling for spelt in spellings_of(title)}, key=len, reverse=True)

    @cached_property
    def words(self) -> list[str]:
        """One of them stands wherever there is anything to be found."""
        return [*self.bare, *self.titles]

    @cached_property
    def in_text(self) -> re.Pattern[str] | None:
        patterns = [*(address_pattern(each) for each in self.bare), *map(re.escape, self.titles)]
        return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None

    @cached_property
    def in_files(self) -> Mark | None:
        return Mark.of(self.bare, self.titles)

    @cached_property
    def _sites(self) -> dict[str, Mark | None]:
        return {}

    def in_pages_of(self, host: str) -> Mark | None:
        """On its own site addresses stand without the host, too. Elsewhere an agency's headline is everybody's."""
        if host not in self._sites:
            own = [each for each in self.bare if same_site(each.partition("/")[0], host)]
            paths = [path for each in own if len(path := f"/{each.partition('/')[2]}") >= SHORTEST_PATH]
            self._sites[host] = Mark.of(self.bare, self.titles if own else (), paths)
        return self._sites[host]

    def masked(self, text: str) -> str:
        return self.in_text.sub(lambda match: MASK * len(match[0]), text) if self.in_text else text


def mask(match: re.Match[bytes]) -> bytes:
    return MASK.encode() * len(match[0])


def address_pattern(bare: str) -> str:
    return rf"(?<![\w.-]){VIEWS}{re.escape(bare)}{BEHIND}"


def same_site(host: str, other: str) -> bool:
    return re.sub(rf"^{VIEWS}", "", host) == re.sub(rf"^{VIEWS}", "", other)


def in_encodings(pattern: str) -> Iterator[bytes]:
    yield pattern.encode()
    try:
        yield pattern.encode("cp1252")
    except UnicodeEncodeError:
        return


def quoted(url: str) -> str:
    return quote(url, safe="%/:?&=#;,+~!$'()*@[]")


def spellings_of(text: str) -> set[str]:
    """As it stands in text, in HTML, in JSON."""
    return {
        text,
        html.escape(text),
        html.escape(text, quote=False),
        json.dumps(text)[1:-1],
        json.dumps(html.escape(text))[1:-1],
    }


def host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
