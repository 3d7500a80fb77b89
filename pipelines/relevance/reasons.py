"""Why a verdict is what it is: the features that carried it, in words that stand in the article, and what each adds."""

from collections.abc import Iterator, Mapping
from heapq import nlargest

from db.outcomes import Code, Outcome
from pipelines.relevance.evidence import FAR, NEARNESS, ArticleEvidence, Places
from pipelines.relevance.lexicon import Hit
from pipelines.relevance.model import Model, odds_of
from pipelines.relevance.profile import Profile, Says

MOST_FOR, MOST_AGAINST = 5, 2
LOOKED_AT = 30  # features, those with the largest weights; what is none of them is part of the rest
SLIGHT = 0.05  # what adds less is not worth a line

_ZONES = {"title": Code.IN_TITLE, "address": Code.IN_ADDRESS}
_NEAR = (Code.TOGETHER, Code.BESIDE, Code.CLOSE, Code.FAR_APART)
_TOGETHER = dict(zip([*(worth for _, worth in NEARNESS), FAR], _NEAR, strict=True))
_FLOWS = {"share": Code.RUNS_THROUGH, "begins late": Code.BEGINS_LATE, "span": Code.SPANS}
_THREADS: dict[str, Says] = {
    "story": {"en": "the story", "de": "das Geschehen"},
    "thread": {"en": "what the story is about", "de": "wovon das Geschehen handelt"},
    "who": {"en": "the company, by name or not", "de": "das Unternehmen, mit Namen oder ohne"},
    "place": {"en": "a place of the story", "de": "ein Ort des Geschehens"},
    "object": {"en": "what is built", "de": "was gebaut wird"},
}


def reasons(evidence: ArticleEvidence, contributions: Mapping[str, float], profile: Profile) -> tuple[Outcome, ...]:
    """What speaks for it most, what against it, all the rest, and the base: together they are the sum.

    A word in the title counts as itself and as one of its role: what has the same words is one line.
    """
    groups: dict[tuple[object, ...], list[str]] = {}
    for name in nlargest(LOOKED_AT, contributions, key=lambda each: abs(contributions[each])):
        groups.setdefault(_spot(name, evidence), []).append(name)
    added = [(names[0], sum(contributions[name] for name in names)) for names in groups.values()]
    ranked = [(name, round(value, 2)) for name, value in sorted(added, key=lambda each: -abs(each[1]))]
    chosen = [
        *[(name, value) for name, value in ranked if value >= SLIGHT][:MOST_FOR],
        *[(name, value) for name, value in ranked if value <= -SLIGHT][:MOST_AGAINST],
    ]
    shown = [(in_words(name, evidence, profile), value) for name, value in chosen]
    rest = sum(contributions.values()) - sum(value for _, value in shown)
    shown += [(Code.ALL_THE_REST.of(), round(rest, 2)), (Code.BASE.of(), round(profile.model.bias[0], 2))]
    return tuple(Code.WEIGHED.of(reason=reason, weight=value) for reason, value in shown)


def _spot(name: str, evidence: ArticleEvidence) -> tuple[object, ...]:
    """The same for features that saw the same words at the same place."""
    kind, _, rest = name.partition(": ")
    match kind:
        case "word" | "flow":
            return (name,)
        case "near":
            anchor, _, thing = rest.partition(" + ")
            pair = evidence.places[f"any {anchor}"], evidence.places[thing]
            return (evidence.features[name], *sorted(each.first_of_all() for each in pair))
        case "share":
            return kind, evidence.places[rest].first_of_all(), evidence.places[rest].sentences
        case "named" | "lead":
            where = evidence.places[rest]
            number, hit = where.first.get("text") or where.first_of_all()
            return number, hit.start
    number, hit = evidence.places[rest].first[kind]
    return number, hit.start


def in_words(name: str, evidence: ArticleEvidence, profile: Profile) -> Outcome:
    """What a feature saw in this article."""
    kind, _, rest = name.partition(": ")
    match kind:
        case "word":
            return Code.LISTED_WORD.of(word=evidence.words[rest])
        case "near":
            anchor, _, thing = rest.partition(" + ")
            one, other = evidence.places[f"any {anchor}"], evidence.places[thing]
            return _TOGETHER[evidence.features[name]].of(word=_word(evidence, one)[0], other=_word(evidence, other)[0])
        case "flow":
            thread, _, measure = rest.removeprefix("no ").partition(", ")
            says = _THREADS[thread]
            if measure == "once":
                return Code.ONCE.of(says=says)
            if not measure:
                return Code.NOWHERE.of(says=says)
            share = evidence.features[name] / (2 if measure == "share" else 1)
            return _FLOWS[measure].of(says=says, percent=round(100 * share))
        case "share":
            count = evidence.places[rest].sentences.bit_count()
            word, hit = _word(evidence, evidence.places[rest])
            return Code.IN_SENTENCES.of(word=word, says=profile.classes[hit.name].says, number=count)
    where = evidence.places[rest]
    if kind in _ZONES:
        return _ZONES[kind].of(word=evidence.as_written(*where.first[kind]))
    number, hit = where.first.get("text") or where.first_of_all()
    word = evidence.as_written(number, hit)
    return Code.IN_SENTENCE.of(word=word, number=number + 1) if number >= 0 else _of_zone(number).of(word=word)


def _of_zone(number: int) -> Code:
    return Code.IN_TITLE if number == -2 else Code.IN_ADDRESS


def _word(evidence: ArticleEvidence, where: Places) -> tuple[str, Hit]:
    number, hit = where.first_of_all()
    return evidence.as_written(number, hit), hit


def near_miss(evidence: ArticleEvidence, odds: float, profile: Profile) -> Outcome | None:
    """The one thing that would have put it on the topic; None where no single thing would."""
    missing = odds_of(profile.model.on) - odds
    for condition, gain in _conditions(evidence, profile.model, profile):
        if gain >= missing:
            return Code.WOULD_BE_ON.of(condition=condition)
    return None


def _conditions(evidence: ArticleEvidence, model: Model, profile: Profile) -> Iterator[tuple[Outcome, float]]:
    """What a strong class could do for it: (in words, what the sum would gain)."""
    strong = [(name, each) for name, each in profile.classes.items() if each.strong]
    for name, each in strong:
        things = (name, f"any {each.role}")
        if f"title: {name}" not in evidence.features:
            added = [f"{kind}: {thing}" for kind in ("title", "named") for thing in things]
            yield Code.IF_IN_TITLE.of(says=each.says), _gain(added, evidence, model)
    for name, each in strong:
        added = [f"near: who + {name}", f"near: who + any {each.role}"]
        if any(0 < evidence.features.get(feature, 0) < 1 for feature in added):
            yield Code.IF_TOGETHER.of(says=each.says), _gain(added, evidence, model)


def _gain(names: list[str], evidence: ArticleEvidence, model: Model) -> float:
    known = (name for name in names if name in model.weights)
    return sum((1 - evidence.features.get(name, 0.0)) * model.weights[name][0] for name in known)
