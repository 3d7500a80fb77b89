"""What a word can be found by: its spelling, its dictionary form, its stem, and the words that it is compounded of."""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Any

STEMMERS = {"de": "german", "en": "english"}
SHORTEST_PART = 3  # Gas, See, Tag
SURE_HEAD = 5  # letters; of shorter ones those below: boli is a word, but Stromboli no sort of it
SHORTEST_NAME = 4
LONG_HEAD = 8  # letters: before it stands a name, where no dictionary has it: Bechsteinfledermaus
LONG_NAME = 7  # Müllers; but Thomas is no Thoma's
LONGEST = 60  # letters: what is longer is an address or a slip, not a word

_TOKEN = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
# 'ue' after a vowel or q is no umlaut: neue, Bauer, Quelle
_SPELT_OUT = (("(?<![aeoq])ue", "ü", "u"), ("ae", "ä", "a"), ("oe", "ö", "o"), ("ss", "ß", "ss"))
_CONTRACTED = [(re.compile(spelt, re.I), letter) for spelt, letter, _ in _SPELT_OUT]
_PLAIN = [(re.compile(spelt), plain) for spelt, _, plain in _SPELT_OUT]

# What stands before a word without making a compound of it: Vorstand is no Stand, Verbraucher no Raucher.
_PREFIXES = frozenset(
    "ver verb ent zer miss aus auf vor ein bei mit nach durch gegen über unter wieder wider hinter neben zwischen "
    "gegenüber zurück zusammen hin her weg fort los heim dar empor voran voraus vorbei vorüber herum herein heraus "
    "hinein hinaus miss nicht fehl dazu davon daran dabei all sich nieder statt teil fest frei hoch ober".split()
)
_SHORT_HEADS = frozenset(
    "amt bad bau gas hof ort öl rat see tag tor weg zug akte bank berg bund burg chef dorf eis fall feld firma flug "
    "form frau geld grad gut haus heft heim herr holz jahr kern kind kurs lage land last lärm luft mann markt meer "
    "müll netz note park plan post rand raum recht rede ring rohr saal salz sand schau stau stelle stil team teil test "
    "text tier trog turm ufer wahl wald wand ware werk wert wind wort zahl zaun zeit ziel zoll zone".split()
)
_UMLAUTS = {"a": "ä", "o": "ö", "u": "ü", "A": "Ä", "O": "Ö", "U": "Ü"}
_LINKS = ("", "s", "es", "n", "en", "er", "e")

_VOWEL = re.compile("[aeiouyäöü]", re.I)
_ENDINGS = frozenset({"e", "en", "er", "es", "em"})

# A loan word's verb and noun: investieren, Investition. Of -ung and -en only long ones: Wohnung is not what one wohnt.
_LOANS = re.compile(r"^(.{5,})(?:i?sierung|i?sieren|ierung|ieren|ation|ition)$")
_NOUN = re.compile(r"^(.{7,})ung$")
_VERB = re.compile(r"^(.{5,})(?:e(?P<l>l)|(?P<er>er)|e)n$")
# Protest and protestieren; but Platz and platzieren, Funktion and funktionieren have gone their own ways
_LOAN_NOUN = re.compile(r"^(.{6,}?)(?<!ion)e?$")


# A participle, with or without an ending: geplante, stillgelegt, versiegeltes; `stem` is the verb's, where it has no ge
_PARTICIPLE = re.compile(
    r"^((?:\w{0,6}ge\w{2,}|(?P<stem>(?:be|ver|ent|er|zer)\w{3,})|\w{3,}ier)t|\w{0,6}ge\w{2,}en)(?:e[nrsm]?)?$"
)


_PRESENT = re.compile(r"^(?!während)(\w{2,}e?n)d(?:e[nrsm]?)?$")


class Key(StrEnum):
    """How a word is found by a key."""

    SPELLING = "s"
    LEMMA = "l"  # the dictionary has it
    STEM = "u"  # the dictionary has it not
    STEM_OF_LEMMA = "k"  # what a word that the dictionary has not is compared with
    ROOT = "r"  # verb and noun
    HEAD = "h"  # the compound ends with it
    MODIFIER = "m"  # the compound begins with it


Keys = set[tuple[Key, str]]


def tokens(text: str) -> list[str]:
    """As the index cuts (unicode61: letters and digits), but as written."""
    return _TOKEN.findall(text)


def places(text: str) -> Iterator[tuple[int, int, str]]:
    """Begin, end and spelling in the index of each token."""
    for match in _TOKEN.finditer(text):
        yield match.start(), match.end(), folded(match[0])


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """As the index keeps it (unicode61, remove_diacritics 2): Müller is muller, Straße stays straße."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


@lru_cache(maxsize=20_000)
def spelling(text: str) -> str:
    """The same for Müller, Mueller and Muller, for Straße and STRASSE."""
    plain = folded(text).replace("ß", "ss")
    for spelt, letter in _PLAIN:
        plain = spelt.sub(letter, plain)
    return plain


def contracted(text: str) -> str:
    """Mueller as Müller, Strasse as Straße, whether or not there is such a word."""
    for spelt, letter in _CONTRACTED:
        text = spelt.sub(letter, text)
    return text


class Dictionary:
    """The lemmas of a language. The first look-up on a machine puts them into the user's cache (3 s, a peak of 270 MB);
    from there they are loaded in 2 ms and take 9 MB, and a look-up takes 3 µs.
    """

    def __init__(self, lang: str) -> None:
        # 0.1 s to import, which only who meets an unknown word has to wait for
        import snowballstemmer
        from simplemma.strategies import DictionaryLookupStrategy
        from simplemma.strategies.dictionaries.trie_dictionary_factory import TrieDictionaryFactory

        self.lang = lang
        strategy: Any = DictionaryLookupStrategy(TrieDictionaryFactory())
        stemmer: Any = snowballstemmer.stemmer(STEMMERS[lang])
        # caches per dictionary: parts of words come again and again (-ausbau, Strom-)
        self.lemma = lru_cache(maxsize=30_000)(lambda word: self._lemma(strategy, word))
        self.exact = lru_cache(maxsize=30_000)(lambda word: self._exact(strategy, word))
        self.stem = lru_cache(maxsize=10_000)(lambda word: str(stemmer.stemWord(spelling(word))))

    def _lemma(self, strategy: Any, word: str) -> str | None:
        lemma = strategy.get_lemma(word, self.lang)
        return None if lemma is None else str(lemma).replace("ß", "ss")

    def _exact(self, strategy: Any, word: str) -> str | None:
        """In just this case: Netz, not netz."""
        lemma = strategy.exact_lemma(word, self.lang)
        return None if lemma is None else str(lemma).replace("ß", "ss")


def keys(word: str, dictionary: Dictionary | None) -> Keys:
    """All that a word as written is found by; without a dictionary (other languages) its spelling alone."""
    word_keys: Keys = {(Key.SPELLING, spelling(word))}
    if dictionary is None or len(word) > LONGEST or any(letter.isdigit() for letter in word):
        return word_keys
    if len(word) > 3 and word.isupper():
        word = word.capitalize()
    lemmas = set(_lemmas(word, dictionary))
    spelt = {word, contracted(word)}  # Landstrasse has the parts of Landstraße
    splits = [split for each in spelt for split in compound(each, dictionary)] if dictionary.lang == "de" else []
    if lemmas:  # Soldaten come from Soldat and are no Daten
        splits = [split for split in splits if _fits(word, split, lemmas)]
    if not lemmas and splits:  # the dictionary knows Zentren, so it knows Solarzentren
        modifier, _, head = max(splits, key=lambda split: len(split[2]))
        joined = modifier + head.lower()
        lemmas = {joined if word[0].islower() else joined.capitalize()}
    if lemmas:
        for lemma in lemmas:
            word_keys |= {(Key.LEMMA, lemma), (Key.STEM_OF_LEMMA, dictionary.stem(lemma))}
            word_keys |= {(Key.ROOT, kin) for kin in (root(lemma, dictionary), person(lemma, dictionary)) if kin}
    else:
        word_keys.add((Key.STEM, dictionary.stem(word)))
    for before, modifier, head in splits:
        word_keys |= {(Key.MODIFIER, modifier), (Key.HEAD, head), (Key.HEAD, masculine(head, dictionary) or head)}
        for first, outer, inner in compound(modifier, dictionary):  # Rechenzentrum|sbau, Fernwärme|netz
            word_keys |= {(Key.MODIFIER, outer), (Key.MODIFIER, inner)}
            rests = {rest[len(first) :] + head.lower() for rest in (before, modifier)}
            word_keys |= {(Key.HEAD, rest.capitalize() if word[0].isupper() else rest) for rest in rests}  # Wärmenetz
        word_keys |= {(Key.MODIFIER, inner) for _, inner, _ in compound(head, dictionary)}  # Strom|netzausbau
    return word_keys


def _lemmas(word: str, dictionary: Dictionary) -> Iterator[str]:
    for form in {word, contracted(word)}:
        lemma = dictionary.lemma(form)
        if dictionary.lang == "de" and form.islower():
            yield from _of_participle(form, dictionary)
        if lemma is None:
            continue
        yield lemma
        if dictionary.lang != "de" or form.islower():
            continue
        # the dictionary has Microsofts and Müllers as names of their own
        if lemma == form and len(form) >= LONG_NAME and form.endswith("s") and (name := dictionary.exact(form[:-1])):
            yield name
        # an adjective in a name: Rheinisches Revier
        adjective = dictionary.exact(form.lower())
        if adjective and adjective != lemma and form.lower().removeprefix(adjective) in _ENDINGS:
            yield adjective


def _of_participle(form: str, dictionary: Dictionary) -> Iterator[str]:
    """geplante is planen, sinkende sinken; versiegelt, which the dictionary has as an adjective, is versiegeln."""
    if (match := _PRESENT.match(form)) and (verb := dictionary.exact(match[1])):
        yield verb
    match = _PARTICIPLE.match(form)
    if match is None:
        return
    if form != match[1] and (lemma := dictionary.exact(match[1])):
        yield lemma
    if match["stem"] and (verb := dictionary.exact(match["stem"] + "en") or dictionary.exact(match["stem"] + "n")):
        yield verb


def compound(word: str, dictionary: Dictionary) -> Iterator[tuple[str, str, str]]:
    """Ways to cut a German compound: what stands before the head as written, modifier and head as lemmas."""
    noun = word[0].isupper()
    for at in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        before, end = word[:at], word[at:]
        head = dictionary.exact(end.capitalize() if noun else end)  # klimaneutral, stromhungrig
        if head and len(end) < SURE_HEAD and (not noun or head.lower() not in _SHORT_HEADS):
            continue
        if not head or before.lower() in _PREFIXES:
            continue
        if modifier := _modifier(before, dictionary):
            yield before, modifier, head
        elif noun and len(end) >= LONG_HEAD and len(before) >= SHORTEST_NAME:
            yield before, before, head


def _fits(word: str, split: tuple[str, str, str], lemmas: set[str]) -> bool:
    before, _, head = split
    ends = (head.lower(), word[len(before) :].lower())
    return any(lemma.lower().endswith(ends) for lemma in lemmas)


def _modifier(before: str, dictionary: Dictionary) -> str | None:
    for link in _LINKS:
        part = before.removesuffix(link) if link else before
        if (link and part == before) or len(part) < SHORTEST_PART or part.lower() in _PREFIXES:
            continue
        if not _VOWEL.search(part):  # Sch. stands in the dictionary, but a Schlager is no Lager
            continue
        if lemma := dictionary.exact(part.capitalize()):
            return lemma
        if len(part) > SHORTEST_PART and (lemma := dictionary.exact(part.lower())):
            return lemma
    # Rechenzentrum, Kühlwasser: a verb's stem; Kirchturm, Schulhof: a noun that lost its e
    return dictionary.exact(before.lower() + "en") or dictionary.exact(before.capitalize() + "e")


def root(lemma: str, dictionary: Dictionary) -> str | None:
    """What a verb and its noun share; none for the most."""
    small = lemma.lower()
    if dictionary.lang == "en":
        for ending in ("ment", "ion"):
            base = small.removesuffix(ending)
            if len(base) > 4 and ((base != small and dictionary.exact(base)) or dictionary.exact(small + ending)):
                return f"en:{base}"
        return None
    if match := _LOANS.match(small):
        return f"de:{match[1]}"
    loan = _LOAN_NOUN.match(small)
    if loan and lemma[0].isupper() and dictionary.exact(verb := f"{loan[1]}ieren") == verb:
        return f"de:{loan[1]}"
    if lemma[0].isupper():
        for name in (lemma.removesuffix("er"), lemma):  # a town's adjective: Kölner
            if name + "er" in (lemma, dictionary.exact(name + "er")) and _is_name(name, dictionary):
                return f"de:{name.lower()}"
        match = _NOUN.match(small)
        return f"de:{match[1]}" if match else None
    match = _VERB.match(small)
    base = match[1] + (match["l"] or match["er"] or "") if match else ""
    return f"de:{base}" if len(base) > 6 else None


def person(lemma: str, dictionary: Dictionary) -> str | None:
    """What Ärztin and Arzt share."""
    if dictionary.lang != "de" or not lemma[0].isupper():
        return None
    base = masculine(lemma, dictionary)
    stem = lemma.removesuffix("e")
    umlauts = (stem[:at] + _UMLAUTS[letter] + stem[at + 1 :] for at, letter in enumerate(stem) if letter in _UMLAUTS)
    if base is None and any(masculine(f"{base_form}in", dictionary) == lemma for base_form in (stem, *umlauts)):
        base = lemma
    return f"de:person:{base}" if base else None


def masculine(lemma: str, dictionary: Dictionary) -> str | None:
    """Arzt for Ärztin; None for what is no woman: Termin has no plural in -innen."""
    if dictionary.lang != "de" or not lemma.endswith("in") or dictionary.exact(f"{lemma}nen") != lemma:
        return None
    stem = lemma.removesuffix("in")
    candidates = (dictionary.exact(candidate) for candidate in (stem, f"{stem}e", folded(stem).capitalize()))
    return next((candidate for candidate in candidates if candidate and candidate[0].isupper()), None)


def _is_name(word: str, dictionary: Dictionary) -> bool:
    """Of a name there is one, and its genitive ends in a plain s; but: Berge, Müll(es), Techniken."""
    forms = (word + ending for ending in ("e", "en", "n", "es"))
    return len(word) >= SHORTEST_NAME and dictionary.exact(word) == word and word not in map(dictionary.exact, forms)
