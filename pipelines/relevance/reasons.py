"""Why a verdict is what it is: the features that carried it, in words that stand in the article, and what each adds."""

from collections.abc import Iterator, Mapping

from db.outcomes import Code, Outcome
from pipelines.relevance.evidence import FAR, NEARNESS, Evidence, Places, as_written
from pipelines.relevance.lexicon import Hit
from pipelines.relevance.model import Model, odds_of
from pipelines.relevance.profile import Profile, Says

MOST_FOR, MOST_AGAINST = 5, 2
SLIGHT = 0.05  # what adds less is not worth a line

_ZONES = {"title": Code.IN_TITLE, "address": Code.IN_ADDRESS}
_TOGETHER = dict(
    zip([*(worth for _, worth in NEARNESS), FAR], (Code.TOGETHER, Code.BESIDE, Code.CLOSE, Code.FAR_APART))
)
_FLOWS = {"share": Code.RUNS_THROUGH, "begins late": Code.BEGINS_LATE, "span": Code.SPANS}
_THREADS: dict[str, Says] = {
    "story": {"en": "the story", "de": "das Geschehen"},
    "thread": {"en": "what the story is about", "de": "wovon das Geschehen handelt"},
    "who": {"en": "the company, by name or not", "de": "das Unternehmen, mit Namen oder ohne"},
    "place": {"en": "a place of the story", "de": "ein Ort des Geschehens"},
    "object": {"en": "what is built", "de": "was gebaut wird"},
}


def reasons(evidence: Evidence, contributions: Mapping[str, float], profile: Profile) -> tuple[Outcome, ...]:
    """What speaks for it most, what against it, all the rest, and the base: together they are the sum."""
    ranked = sorted(contributions.items(), key=lambda each: -abs(each[1]))
    shown = [
        *[(name, value) for name, value in ranked if value >= SLIGHT][:MOST_FOR],
        *[(name, value) for name, value in ranked if value <= -SLIGHT][:MOST_AGAINST],
    ]
    lines = [(in_words(name, evidence, profile), round(value, 2)) for name, value in shown]
    rest = sum(contributions.values()) - sum(value for _, value in lines)
    lines += [(Code.ALL_THE_REST.of(), round(rest, 2)), (Code.BASE.of(), round(profile.model.bias[0], 2))]
    return tuple(Code.WEIGHED.of(reason=reason, weight=value) for reason, value in lines)


def in_words(name: str, evidence: Evidence, profile: Profile) -> Outcome:
    """What a feature saw in this article."""
    kind, _, rest = name.partition(": ")
    match kind:
        case "word":
            return Code.LISTED_WORD.of(word=evidence.words[rest])
        case "near":
            anchor, _, thing = rest.partition(" + ")
            return _nearness(
                evidence, evidence.places[f"any {anchor}"], evidence.places[thing], evidence.features[name]
            )
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
        return _ZONES[kind].of(word=_at(evidence, *where.first[kind]))
    number, hit = where.first.get("text") or next(iter(where.first.values()))
    word = _at(evidence, number, hit)
    return Code.IN_SENTENCE.of(word=word, number=number + 1) if number >= 0 else _of_zone(number).of(word=word)


def _of_zone(number: int) -> Code:
    return Code.IN_TITLE if number == -2 else Code.IN_ADDRESS


def _at(evidence: Evidence, number: int, hit: Hit) -> str:
    line = evidence.title if number == -2 else evidence.address if number == -1 else evidence.sentences[number]
    return as_written(line, hit)


def _word(evidence: Evidence, where: Places) -> tuple[str, Hit]:
    number, hit = next(iter(where.first.values()))
    return _at(evidence, number, hit), hit


def _nearness(evidence: Evidence, one: Places, other: Places, worth: float) -> Outcome:
    return _TOGETHER[worth].of(word=_word(evidence, one)[0], other=_word(evidence, other)[0])


def near_miss(evidence: Evidence, odds: float, profile: Profile) -> Outcome | None:
    """The one thing that would have put it on the topic; None where no single thing would."""
    missing = odds_of(profile.model.on) - odds
    for condition, gain in _conditions(evidence, profile.model, profile):
        if gain >= missing:
            return Code.WOULD_BE_ON.of(condition=condition)
    return None


def _conditions(evidence: Evidence, model: Model, profile: Profile) -> Iterator[tuple[Outcome, float]]:
    for name, each in profile.classes.items():
        if each.strong and f"title: {name}" not in evidence.features:
            added = [f"title: {name}", f"title: any {each.role}"] + [
                f"{kind}: {thing}" for kind in ("named",) for thing in (name, f"any {each.role}")
            ]
            yield Code.IF_IN_TITLE.of(says=each.says), _gain(added, evidence, model)
    for name, each in profile.classes.items():
        if each.strong and name in evidence.places:
            added = [f"near: who + {name}", f"near: who + any {each.role}"]
            if any(evidence.features.get(feature, 1) < 1 for feature in added):
                yield Code.IF_TOGETHER.of(says=each.says), _gain(added, evidence, model)


def _gain(names: list[str], evidence: Evidence, model: Model) -> float:
    return sum(
        (1 - evidence.features.get(name, 0.0)) * model.weights[name][0]
        for name in dict.fromkeys(names)
        if name in model.weights
    )
