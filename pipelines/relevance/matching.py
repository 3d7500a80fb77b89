"""Whether what little an index says of an article is of the story: the rule by which finders' rows become matches.

A title, a sentence and an address are too little for a judgement. So a match names who the story is about, and a thing
that confirms it (profile: `confirms`). Most rows of the world's press name neither, and are passed by at a glance.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from urllib.parse import unquote

from ahocorasick_rs import BytesAhoCorasick, Implementation

from db.normal_forms import INVISIBLE
from pipelines.folding import fold
from pipelines.relevance.evidence import Role, address_words
from pipelines.relevance.lexicon import cores, runs, uses_of
from pipelines.relevance.profile import Profile


def matches(profile: Profile, title: str | None, sentence: str | None, url: str | None) -> bool:
    return rule_of(profile).matches(title or "", sentence or "", url or "")


@cache
def rule_of(profile: Profile) -> "MatchRule":
    return MatchRule(profile)


class MatchRule:
    """The rule for one profile."""

    def __init__(self, profile: Profile) -> None:
        self.lexicon = profile.lexicon
        self.who = frozenset(profile.named(Role.SUBJECT, Role.BYNAME, strong=True))
        self.confirming = frozenset(profile.confirming)
        sought = who_cores(profile)
        self.glance = BytesAhoCorasick([core.encode() for core in sought], implementation=Implementation.DFA)
        self.all_ascii = all(map(str.isascii, sought))
        self.named_in = lru_cache(1000)(self._named_in)  # a title may stand at many addresses
        self.umlauts = [each for each in UMLAUTS if any(each[1] in core for core in sought)]

    def matches(self, title: str, sentence: str, url: str) -> bool:
        return self.may_match(title, sentence, url) and self.names_it(title, sentence, url)

    def names_it(self, title: str, sentence: str, url: str) -> bool:
        """Without a glance before."""
        named = self.named_in(title) | self.named_in(sentence)
        return self._is_told(named) or self._is_told(named | self.named_in(address_words(url)))

    def _is_told(self, named: frozenset[str]) -> bool:
        return not named.isdisjoint(self.who) and not named.isdisjoint(self.confirming)

    def _named_in(self, line: str) -> frozenset[str]:
        return frozenset(hit.name for hit in self.lexicon.hits(runs(fold(line))))

    def may_match(self, title: str, sentence: str, url: str) -> bool:
        """At a glance: where these letters are nowhere, nobody is named."""
        text = f"{title} {sentence} {unquote(url) if '%' in url else url}"
        plain = glanced(text, self.umlauts) if self.all_ascii else fold(text).encode("utf-8", "replace")
        return bool(self.glance.find_matches_as_indexes(plain))


def who_cores(profile: Profile) -> tuple[str, ...]:
    """Letters of which each text has some that names who the story is about."""
    uses = uses_of(term for each in profile.classes.values() for term in each.terms)
    strong = profile.named(Role.SUBJECT, Role.BYNAME, strong=True)
    return tuple(core.lstrip("*") for core in cores((t for name in strong for t in profile.classes[name].terms), uses))


LETTER = re.compile("[a-z0-9]")
UMLAUTS = [(sign, fold(sign)) for sign in "äÄöÖüÜßẞ"]


def glanced(text: str, umlauts: Iterable[tuple[str, str]] = UMLAUTS) -> bytes:
    """Its letters a to z and figures as they are folded; by a way ten times as fast where none is in disguise."""
    if not text.isascii():
        if _disguises().search(text):
            text = fold(text)
        for sign, spelt in umlauts:
            text = text.replace(sign, spelt)
    return text.encode("ascii", "replace").lower()


@cache
def _disguises() -> re.Pattern[str]:
    """Full-width and mathematical letters, ligatures, the dots of an umlaut apart from it, and what is not seen."""
    kin = (chr(code) for code in range(0x80, 0x10000) if unicodedata.decomposition(chr(code)))
    disguised = {char for char in kin if LETTER.search(fold(char))} - {sign for sign, _ in UMLAUTS}
    signs = {*disguised, *map(chr, INVISIBLE), "\N{COMBINING DIAERESIS}", "ſ"}
    beyond = "\U00010000-\U0001ffff"  # mathematical letters, and pictures: `re` is fast within the first plane only
    return re.compile(f"[{re.escape(''.join(sorted(signs)))}{beyond}]")
