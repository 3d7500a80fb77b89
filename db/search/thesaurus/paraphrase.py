"""The same in other words: by the thesaurus, and by what a compound consists of."""

from collections.abc import Iterable, Sequence
from itertools import chain, product

from db.search.morphology import folded, spelling
from db.search.thesaurus import thesaurus
from db.search.thesaurus.thesaurus import Concept, Phrase
from db.search.vocabulary import APART, Forms, Vocabulary

FORMS = 6  # of each of two words that may stand apart; each pair is asked for by itself
RARE = 2_000  # articles: two words that more have stand near one another by chance, and take long to be looked up
FREQUENT = 5_000  # articles: words that more have take long to be looked up in a row, too
FEW = 500  # articles that have a compound: where more have it, those that say it in two words are not missed
TURNED = 3  # forms of each of two words that may be turned round
OF_ENGLISH = ("of", "for", "of the", "for the", "in")
OF_GERMAN = ("der", "des", "von", "an", "für", "aus", "im", "vom", "am")
HARDLY_ANY = 2  # articles that have a compound: then its parts are looked for, whatever they are
WIDER = (
    10  # forms of each part of a compound that hardly any article has: persons, verbs and terms of the thesaurus, too
)
SHORTEST_PART = 4  # letters, of a compound whose parts no dictionary knows
SHORTEST = 3  # letters of a word that may stand apart: plan B is no B-Plan


def close(word: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    return (word,) if folded(word) in thesaurus.load().common else vocabulary.forms(word).close


def concepts(words: Sequence[str], vocabulary: Vocabulary, *, related: bool = False) -> list[tuple[Concept, Phrase]]:
    """Concepts that have a term of just these words, in whatever forms; each with that term."""
    if not words:
        return []
    known = thesaurus.load()
    forms_of = [{spelling(form) for form in close(word, vocabulary)} for word in words]
    phrase_of: dict[Concept, Phrase] = dict.fromkeys(known.by_form.get(tuple(map(spelling, words)), ()), ())
    for first in sorted(forms_of[0]):
        for concept, phrase in known.by_word.get(first, ()):
            if len(phrase) == len(words) and all(
                spelling(word) in forms for word, forms in zip(phrase, forms_of, strict=True)
            ):
                phrase_of.setdefault(concept, phrase)
    return [(concept, phrase) for concept, phrase in phrase_of.items() if concept.related == related]


def topics(words: Sequence[str], vocabulary: Vocabulary) -> list[Concept]:
    """Those of the words, and of what means the same in their language: Auszubildende is in none, Azubi is."""
    same: list[Phrase] = []
    for concept, own in concepts(words, vocabulary):
        languages = {lang for lang, phrase in concept.terms if phrase == own}
        same += [phrase for lang, phrase in concept.terms if lang in languages and thesaurus.APART not in phrase]
    each = chain(*(concepts(phrase, vocabulary, related=True) for phrase in (words, *same)))
    return list(dict.fromkeys(concept for concept, _ in each if concept.topic))


def as_one_concept(words: Sequence[str], vocabulary: Vocabulary) -> list[Concept]:
    """What two words are with another word for one of them: coal exit for lignite exit."""
    one, other = words
    pairs = [(each, other) for each in _others(one, vocabulary)] + [(one, each) for each in _others(other, vocabulary)]
    return list(
        dict.fromkeys(concept for pair in pairs for concept, _ in concepts(pair, vocabulary) if not concept.topic)
    )


def _others(word: str, vocabulary: Vocabulary) -> list[str]:
    """Single words for the same, and related ones."""
    known = [*concepts([word], vocabulary), *concepts([word], vocabulary, related=True)]
    terms = [phrase for concept, _ in known for _, phrase in concept.terms if not concept.topic and len(phrase) == 1]
    return list(dict.fromkeys(phrase[0] for phrase in terms))


def near(words: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """Two words of one term, with others between: truck … traffic."""
    if len(words) != 2 or any(len(word) < SHORTEST or not word.isalpha() for word in words):
        return []
    return _pairs(close(words[0], vocabulary), close(words[1], vocabulary), vocabulary)


def in_two_words(forms: Forms, vocabulary: Vocabulary) -> list[str]:
    """Bedarf an Strom for Strombedarf; a compound that ends with what is done, as a sentence has it, too: Brücke …
    saniert for Brückensanierung.
    """
    number = _articles(forms.close, vocabulary)
    if number > FEW:
        return []
    found: list[str] = []
    hardly_any = number <= HARDLY_ANY
    is_rare = hardly_any and not concepts(forms.same[:1], vocabulary)  # Grundwasser is no water of a ground
    for before, head in vocabulary.parts(forms):
        one, other = vocabulary.forms(before).close, vocabulary.forms(head).close
        found += _turned_german(one[:TURNED], other[:TURNED])
        done = _what_is_done(head, vocabulary)
        if is_rare or (done and hardly_any):
            befores, heads = _akin(before, vocabulary), _akin(head, vocabulary)
            found += _made_of(befores, [each for each in heads if each != head], vocabulary)  # another: a typo is told
            found += _pairs(befores, heads, vocabulary, WIDER)
        elif done:
            found += _pairs((*one, *vocabulary.forms(before).compounds), done, vocabulary)  # Kabel: Kupferkabel, too
    return found


def _akin(part: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Mangel, fehlt; Handwerker, Elektriker; Kupfer, Kupferkabel."""
    forms = vocabulary.forms(part)
    terms = [
        phrase[0]
        for concept, _ in concepts([part], vocabulary)
        for phrase in (*(phrase for lang, phrase in concept.terms if lang == "de"), *concept.narrower)
        if len(phrase) == 1
    ]
    of_terms = [form for term in dict.fromkeys(terms) for form in vocabulary.forms(term).close]
    return tuple(dict.fromkeys((*forms.close, *forms.kin, *of_terms, *forms.compounds)))


def _made_of(befores: Sequence[str], heads: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """Kupferdieb for Kupferdiebstahl."""
    return vocabulary.made_of(befores[:FORMS], heads[:WIDER])


def _what_is_done(noun: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Nothing of a noun that has no verb."""
    forms = vocabulary.forms(noun)
    verbs = [
        form
        for concept, _ in concepts([noun], vocabulary)
        for lang, phrase in concept.terms
        if lang == "de" and len(phrase) == 1 and phrase[0].islower() and phrase[0].endswith("n")
        for form in vocabulary.forms(phrase[0]).close
    ]
    return (*forms.close, *forms.kin, *verbs) if verbs or forms.kin or noun.endswith("ung") else ()


def turned_round(words: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """demand for electricity for electricity demand."""
    if len(words) != 2 or min(_articles([word], vocabulary) for word in words) > FREQUENT:
        return []
    of_both = (close(word, vocabulary)[:TURNED] for word in words)
    return [f"{other} {joint} {one}" for one, other in product(*of_both) for joint in OF_ENGLISH]


def _turned_german(one: Sequence[str], other: Sequence[str]) -> list[str]:
    return [f"{head} {joint} {before}" for before, head in product(one, other) for joint in OF_GERMAN]


def unknown_parted(word: str, vocabulary: Vocabulary) -> list[str]:
    """Erft-Bahn for Erftbahn, of which no dictionary knows the parts; where no article has it in one word."""
    if not word.isalpha() or vocabulary.articles_with(folded(word)):
        return []
    return [f"{word[:at]} {word[at:]}" for at in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)]


def translated(forms: Forms, vocabulary: Vocabulary) -> list[str]:
    """A compound by its parts: traffic study for Verkehrsgutachten."""
    found: list[str] = []
    for before, head in vocabulary.parts(forms):
        for one, other in product(_in_english(before, vocabulary), _in_english(head, vocabulary)):
            found += [f"{one} {form}" for form in vocabulary.forms(other).close[:FORMS]]
            found += turned_round((one, other), vocabulary)
    return found


def _in_english(word: str, vocabulary: Vocabulary) -> list[str]:
    found = [phrase for concept, _ in concepts([word], vocabulary) for lang, phrase in concept.terms if lang == "en"]
    return [phrase[0] for phrase in found if len(phrase) == 1]


def _pairs(one: Sequence[str], other: Sequence[str], vocabulary: Vocabulary, most: int = FORMS) -> list[str]:
    if min(_articles(one, vocabulary), _articles(other, vocabulary)) > RARE:
        return []
    of_both = ([word for word in words if vocabulary.articles_with(folded(word))][:most] for words in (one, other))
    return [APART.join(pair) for pair in product(*of_both)]


def _articles(words: Iterable[str], vocabulary: Vocabulary) -> int:
    return sum(vocabulary.articles_with(folded(word)) for word in words)
