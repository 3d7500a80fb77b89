"""A query and the archive's vocabulary → an FTS5 expression, and what was looked for besides what was typed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import chain, product, takewhile

from db.language import t
from db.notation import parted, together
from db.quantities import quantity, surroundings, written
from db.search.morphology import contracted, folded, tokens
from db.search.query import Query, Term
from db.search.thesaurus import thesaurus
from db.search.thesaurus.paraphrase import (
    as_one_concept,
    close,
    concepts,
    in_two_words,
    near,
    topics,
    translated,
    turned_round,
    unknown_parted,
)
from db.search.thesaurus.thesaurus import Concept, Phrase
from db.search.vocabulary import Forms, Vocabulary
from db.search.wording import COMPOUND, CONCEPT, KIN, RELATED, SAID, Alternatives, Topic, Wording, any_of

MOST_WORDS = 30  # of a query; a pasted paragraph is looked for word for word
LONGEST_TERM = 6  # words: 1 400 000 Liter; environmental impact assessment
FEMININE = ("in", "innen")  # a person who is a term is found as a woman, too: Datenschützerin
MOST_APART = 3  # words of a term that are looked for one by one, too
LONG = 8  # letters, of a related word whose compounds are looked for, too
ENOUGH = 10  # articles that have all words: then no related ones are looked for
MOST_PHRASES = 60  # of one term: forms of its words by forms of its words

_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


class Related(IntEnum):
    """What is looked for besides the same in other words; each does what those before it do, too.

    One word alone means itself: with related words where up to three articles had it, recall rose by .013 and precision
    fell by .05.
    """

    NONE = 0
    TOPICS = 1  # two things that articles about it say
    WORDS = 2  # related words; the parts of a compound anywhere in an article
    ALL = 3  # one thing that they say, beside another word


@dataclass(frozen=True, slots=True)
class Expansion:
    """`forms` stand in the archive and were looked for besides `word`; `why` in words."""

    word: str
    forms: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Expanded:
    """`expression` is None where the query has fields only."""

    expression: str | None
    wanted: tuple[tuple[Alternatives, ...], ...] = ()
    expansions: tuple[Expansion, ...] = ()

    @property
    def phrases(self) -> tuple[Wording, ...]:
        return tuple(phrase for either in self.wanted for group in either for phrase in group.every_phrase)


def expand(query: Query, vocabulary: Vocabulary, *, widely: bool = True) -> Expanded:
    """`widely`: with related words where few articles have all that was typed. That tells whether few have a phrase,
    so it is not for strangers who are not to know the order of words."""
    if sum(map(_length, [*chain(*query.wanted), *query.unwanted])) > MOST_WORDS:
        why = Expansion(query.text[:40] + "…", (), t("query.why.many", most=MOST_WORDS))
        return _expanded(query, Vocabulary(vocabulary.connection, use_keys=False), [why])
    expanded = _expanded(query, vocabulary, [])
    if not widely or expanded.expression is None or not vocabulary.has_keys:
        return expanded
    number = vocabulary.articles_with_phrase(expanded.expression)
    if number >= ENOUGH:
        return expanded
    if len(expanded.wanted) > 1:
        return _expanded(query, vocabulary, [], Related.ALL)
    return _expanded(query, vocabulary, [], Related.TOPICS if number else Related.WORDS)


def _expanded(
    query: Query, vocabulary: Vocabulary, expansions: list[Expansion], related: Related = Related.NONE
) -> Expanded:
    terms = _without_common(joined(query.wanted, vocabulary, related), expansions)
    wanted = [tuple(_group(term, vocabulary, expansions, related) for term in either) for either in terms]
    if not wanted:
        return Expanded(None)
    if related is Related.ALL and (as_one := _as_one(terms, vocabulary, expansions)):
        wanted = [tuple(group.or_else(as_one) for group in either) for either in wanted]
    unwanted = [_excluded(term, vocabulary) for term in query.unwanted]
    expression = _all_of(wanted)
    if unwanted:
        expression = f"({expression}) NOT {any_of([str(group) for group in unwanted])}"
    return Expanded(expression, tuple(wanted), tuple(dict.fromkeys(expansions)))


def _all_of(wanted: list[tuple[Alternatives, ...]]) -> str:
    """Of several words one at least is said itself: articles that say each by a related word were mostly wrong."""
    widely = [any_of([str(group) for group in either]) for either in wanted]
    closely = [any_of([str(group.own) for group in either]) for either in wanted]
    if len(wanted) == 1 or closely == widely:
        return " AND ".join(widely)
    ways = [(*widely[:at], close_by, *widely[at + 1 :]) for at, close_by in enumerate(closely)]
    return any_of([f"({' AND '.join(way)})" for way in dict.fromkeys(ways)])


def _as_one(terms: list[tuple[Term, ...]], vocabulary: Vocabulary, expansions: list[Expansion]) -> tuple[Wording, ...]:
    """Two words that are one concept's term by another word for one of them: lignite exit, grid Anschluss."""
    words = [either[0].text for either in terms if len(either) == 1 and not either[0].literal and not either[0].title]
    if len(terms) != 2 or len(words) != 2:
        return ()
    terms_of_concepts: list[str] = []
    for concept in as_one_concept(words, vocabulary):
        phrases = (*(phrase for _, phrase in concept.terms), *concept.narrower)
        texts = _in_archive((text for phrase in phrases for text in _term(phrase, vocabulary)), vocabulary)
        terms_of_concepts += texts
        if texts:
            expansions.append(Expansion(" ".join(words), tuple(texts), t("query.why.concept", name=concept.name)))
    return tuple(Wording(text, COMPOUND) for text in dict.fromkeys(terms_of_concepts))


def _length(term: Term) -> int:
    """Words whose forms would be looked for: a:b:c is one term of three."""
    return 1 if term.literal else len(tokens(term.text))


def excluding(query: Query, vocabulary: Vocabulary) -> str | None:
    """What a query without a wanted word keeps out."""
    return any_of([str(_excluded(term, vocabulary)) for term in query.unwanted]) if query.unwanted else None


def joined(
    wanted: tuple[tuple[Term, ...], ...], vocabulary: Vocabulary, related: Related = Related.NONE
) -> list[tuple[Term, ...]]:
    """Words that are one concept's term together, as data centre, or one number, as 3 200, are one term."""
    common = thesaurus.load().common
    terms: list[tuple[Term, ...]] = []
    at = 0
    while at < len(wanted):
        run = [each[0] for each in takewhile(lambda each: len(each) == 1, wanted[at : at + LONGEST_TERM])]
        run = run[: next((n for n, term in enumerate(run) if term.literal or term.title != run[0].title), len(run))]
        words = [term.text for term in run]
        counted = quantity(words)
        length = max(counted.length if counted else 1, together(words)) if run else 1
        for n in range(len(run), length, -1):
            in_run = tokens(" ".join(words[:n]))
            if _concepts(in_run, vocabulary, related if common.isdisjoint(map(folded, in_run)) else Related.NONE):
                length = n
                break
        if length > 1:
            terms.append((Term(" ".join(term.text for term in run[:length]), title=run[0].title),))
        else:
            terms.append(wanted[at])
        at += length
    return terms


def _without_common(wanted: list[tuple[Term, ...]], expansions: list[Expansion]) -> list[tuple[Term, ...]]:
    """The water consumption of data centres is written of in German, too, without an 'of'."""
    common = thesaurus.load().common
    left = [each for each in wanted if not (len(each) == 1 and not each[0].literal and folded(each[0].text) in common)]
    if not left or len(left) == len(wanted):
        return wanted
    expansions.extend(Expansion(each[0].text, (), t("query.why.common")) for each in wanted if each not in left)
    return left


def _excluded(term: Term, vocabulary: Vocabulary) -> Alternatives:
    words = tokens(term.text)
    phrases = _literal(term)
    if not term.literal:
        phrases += [Wording(text) for text in _phrases(words, [close(word, vocabulary) for word in words])]
        phrases += [Wording(text) for text in parted(term.text)]
    return Alternatives(_distinct(phrases), term.title)


def _literal(term: Term) -> list[Wording]:
    """The index folds Müller to Muller, but knows nothing of Mueller, Strasse and Straße."""
    spelt = dict.fromkeys([term.text, term.text.translate(_SPELT_OUT), contracted(term.text)])
    return [Wording(text, star=term.star) for text in spelt]


def _phrases(words: list[str], forms: list[tuple[str, ...]]) -> list[str]:
    """As typed first; of long ones the last word's forms alone."""
    number = 1
    for word_forms in forms:
        number *= len(word_forms)
    if number > MOST_PHRASES:
        forms = [*((word,) for word in words[:-1]), forms[-1][:MOST_PHRASES]]
    return [" ".join(phrase) for phrase in product(*forms)]


def _concepts(words: list[str], vocabulary: Vocabulary, related: Related) -> list[tuple[Concept, Phrase]]:
    found = concepts(words, vocabulary)
    return found or (concepts(words, vocabulary, related=True) if related else [])


def _group(
    term: Term, vocabulary: Vocabulary, expansions: list[Expansion], related: Related = Related.NONE
) -> Alternatives:
    phrases = _literal(term)
    words = tokens(term.text)
    if not term.literal and not (len(words) == 1 and folded(words[0]) in thesaurus.load().common):
        near_it = _related(words, vocabulary, related) if related >= Related.WORDS else ()
        for why, weight, texts in chain([_as_number(term.text)], _same(words, vocabulary), near_it):
            present = [text for text in _in_archive(texts, vocabulary) if text not in {each.text for each in phrases}]
            phrases += [Wording(text, weight) for text in present]
            new = [text for text in present if folded(text) != folded(term.text)]
            if new:
                expansions.append(Expansion(term.text, tuple(dict.fromkeys(new)), why))
    distinct = _distinct(phrases)
    if not term.literal and written(term.text.split()):
        distinct = tuple(_whole(phrase, vocabulary) for phrase in distinct)
    each = _one_by_one(term, distinct, vocabulary, expansions, related)
    wants_topics = Related.NONE < related < Related.ALL and not term.literal and not term.title
    about = _topics(term, distinct, vocabulary, expansions) if wants_topics else ()
    return Alternatives(distinct, term.title, each, about)


def _whole(phrase: Wording, vocabulary: Vocabulary) -> Wording:
    """2 Mrd is no end of 3,2 Mrd, which to the index is 3 2 Mrd."""
    if not phrase.text[0].isdigit():
        return phrase
    number = " ".join(tokens(phrase.text))
    longer, alone = set[str](), set[str]()
    for fields in vocabulary.fields_with(number):
        before = [surroundings(number, text) for text in fields]
        if ends := set[str]().union(*(each[0] for each in before)):
            longer |= {f'"{digits} {number}"' for digits in ends}
            alone |= {f'"{word} {number}"' if word else f'^"{number}"' for _, words in before for word in words}
    return replace(phrase, longer=tuple(sorted(longer)), alone=tuple(sorted(alone)))


def _one_by_one(
    term: Term, phrases: tuple[Wording, ...], vocabulary: Vocabulary, expansions: list[Expansion], related: Related
) -> tuple[Alternatives, ...]:
    """Words that were typed apart and are one concept's together, where no article has the concept."""
    words = tokens(term.text)
    if related >= Related.WORDS and len(words) == 1 and not term.literal:
        words = list(next(iter(vocabulary.parts(vocabulary.forms(words[0]))), ()))
    if term.literal or not 1 < len(words) <= MOST_APART or not all(map(_stands_alone, words)):
        return ()
    if related < Related.WORDS and any(vocabulary.articles_with_phrase(str(phrase)) for phrase in phrases):
        return ()
    if any(folded(word) in thesaurus.load().common for word in words):
        return ()
    return tuple(_group(Term(word), vocabulary, expansions) for word in words)


def _stands_alone(word: str) -> bool:
    return word.isalpha() and (len(word) > 2 or (len(word) == 2 and word.isupper()))


def _distinct(phrases: Iterable[Wording]) -> tuple[Wording, ...]:
    closest: dict[tuple[str, bool], Wording] = {}
    for phrase in phrases:
        closest.setdefault((folded(phrase.text), phrase.star), phrase)
    return tuple(closest.values())


def _in_archive(texts: Iterable[str], vocabulary: Vocabulary) -> list[str]:
    return [text for text in dict.fromkeys(texts) if vocabulary.has(text)]


def _as_number(text: str) -> tuple[str, float, list[str]]:
    words = text.split()
    return t("query.why.number"), SAID, [*(parted(words[0]) if len(words) == 1 else ()), *written(words)]


def _same(words: list[str], vocabulary: Vocabulary) -> Iterator[tuple[str, float, list[str]]]:
    """Why, weight and phrases, the closest first."""
    word_concepts = concepts(words, vocabulary)
    if len(words) == 1:
        yield from _of_word(vocabulary.forms(words[0]), vocabulary)
    else:
        yield t("query.why.forms"), SAID, _phrases(words, [close(word, vocabulary) for word in words])
        whole = words[0] + "".join(word.lower() for word in words[1:])
        yield t("query.why.one_word"), SAID, list(vocabulary.forms(whole).close)
        yield t("query.why.apart"), KIN, near(words, vocabulary) if word_concepts else []
        yield t("query.why.elided"), SAID, vocabulary.elided(words) if len(words) == 2 else []
        word_concepts = word_concepts or concepts([whole], vocabulary)
    for concept, own_phrase in word_concepts:
        others = [*(phrase for _, phrase in concept.terms if phrase != own_phrase), *concept.narrower]
        why = t("query.why.concept", name=concept.name)
        yield why, CONCEPT, [text for phrase in others for text in _term(phrase, vocabulary)]
        english = [phrase for lang, phrase in concept.terms if lang == "en"]
        yield why, CONCEPT, [text for phrase in english for text in turned_round(phrase, vocabulary)]
        yield why, CONCEPT, [" ".join(phrase) for phrase in concept.exact]
        singles = [phrase[0] for phrase in others if len(phrase) == 1]
        yield why, CONCEPT, [text for word in singles for text in vocabulary.forms(word).kin if text.endswith(FEMININE)]
        yield (
            t("query.why.compounds_of", name=concept.name),
            COMPOUND,
            [text for word in singles for text in vocabulary.forms(word).compounds],
        )
        yield (
            why,
            COMPOUND,
            [
                text
                for word in singles
                if word[0].isupper()
                for text in in_two_words(vocabulary.forms(word), vocabulary)
            ],
        )


def _related(words: list[str], vocabulary: Vocabulary, related: Related) -> Iterator[tuple[str, float, list[str]]]:
    for concept, own_phrase in concepts(words, vocabulary, related=True):
        if concept.topic and related < Related.ALL:
            continue
        alike = () if concept.topic else concept.terms
        others = [*(phrase for _, phrase in alike if phrase != own_phrase), *concept.narrower]
        texts = [text for phrase in others for text in _said(phrase, vocabulary)]
        yield t("query.why.related", name=concept.name), RELATED, [*texts, *(" ".join(each) for each in concept.exact)]


def _said(phrase: Phrase, vocabulary: Vocabulary) -> list[str]:
    is_long = len(phrase) == 1 and len(phrase[0]) >= LONG
    return [*_term(phrase, vocabulary), *(vocabulary.forms(phrase[0]).compounds if is_long else ())]


def _topics(
    term: Term, phrases: tuple[Wording, ...], vocabulary: Vocabulary, expansions: list[Expansion]
) -> tuple[Topic, ...]:
    known: list[Topic] = []
    for concept in topics(tokens(term.text), vocabulary):
        seen = {folded(phrase.text) for phrase in phrases}

        def unseen(phrase: Phrase, seen: set[str] = seen) -> tuple[Wording, ...]:
            texts = {folded(text): text for text in reversed(_said(phrase, vocabulary)) if folded(text) not in seen}
            present = _in_archive(reversed(texts.values()), vocabulary)
            seen.update(map(folded, present))
            return tuple(Wording(text, RELATED) for text in present)

        said = tuple(filter(None, map(unseen, concept.narrower)))
        context = tuple(chain(*map(unseen, concept.context))) if said else ()
        if len(said) > 1 or context:
            known.append(Topic(said, context))
            texts = tuple(wording.text for wording in chain(*said))
            expansions.append(Expansion(term.text, texts, t("query.why.topic", name=concept.name)))
    return tuple(known)


def _of_word(forms: Forms, vocabulary: Vocabulary) -> Iterator[tuple[str, float, list[str]]]:
    yield t("query.why.spellings"), SAID, list(forms.same)
    yield t("query.why.forms"), SAID, list(forms.inflected)
    yield t("query.why.hyphen"), SAID, vocabulary.parted(forms) or unknown_parted(forms.same[0], vocabulary)
    yield t("query.why.elided"), SAID, vocabulary.elided(forms.same[:1])
    yield t("query.why.kin"), KIN, list(forms.kin)
    yield t("query.why.apart"), KIN, in_two_words(forms, vocabulary)
    yield t("query.why.translated"), KIN, translated(forms, vocabulary)
    yield t("query.why.compounds"), COMPOUND, list(forms.compounds)


def _term(phrase: Phrase, vocabulary: Vocabulary) -> list[str]:
    return _phrases(list(phrase), [close(word, vocabulary) for word in phrase])
