"""Why a verdict is what it is: the features that carried it, in words that stand in the article, and what each adds."""

from collections.abc import Mapping
from heapq import nlargest

from db.outcomes import Code, Outcome
from pipelines.relevance.evidence import ADDRESS, FAR, NEARNESS, TITLE, ArticleEvidence, Spot, meeting
from pipelines.relevance.profile import Profile

MOST_FOR, MOST_AGAINST = 5, 2
LOOKED_AT = 20  # features, those with the largest weights; what is none of them is part of the rest
SLIGHT = 0.05  # what adds less is not worth a line

_ZONES = {TITLE: Code.IN_TITLE, ADDRESS: Code.IN_ADDRESS}
_NEAR = (Code.TOGETHER, Code.BESIDE, Code.CLOSE, Code.FAR_APART)
_TOGETHER = dict(zip([*(worth for _, worth in NEARNESS), FAR], _NEAR, strict=True))
_FLOWS = {
    "share": Code.RUNS_THROUGH,
    "begins late": Code.BEGINS_LATE,
    "span": Code.SPANS,
    "once": Code.ONCE,
    "": Code.NOWHERE,
    "in the opening": Code.IN_OPENING,
}
_PERCENT = ("share", "begins late", "span")
_THREADS = {"story": Code.THE_STORY, "thread": Code.ITS_MATTER}


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
    if kind in ("word", "flow"):
        return (name,)
    spots = _spots(kind, rest, evidence, evidence.features[name])
    key = tuple(sorted((line, hit.start) for line, hit in spots))
    return ("share", evidence.places[rest].sentences, *key) if kind == "share" else key


def _spots(kind: str, rest: str, evidence: ArticleEvidence, value: float) -> tuple[Spot, ...]:
    """Where the words stand that a feature saw: one, or two that are near each other."""
    if kind == "near":
        anchor, _, thing = rest.partition(" + ")
        one, other = meeting(evidence.places[f"any {anchor}"], evidence.places[thing], value)
        return (one,) if (one.line, one.hit.start) == (other.line, other.hit.start) else (one, other)
    where = evidence.places[rest]
    lines = {"title": TITLE, "address": ADDRESS}
    if kind in lines:
        return (Spot(lines[kind], where.hits[lines[kind]]),)
    return (where.first() if kind == "share" else where.first_in_text(),)


def in_words(name: str, evidence: ArticleEvidence, profile: Profile) -> Outcome:
    """What a feature saw in this article."""
    kind, _, rest = name.partition(": ")
    value = evidence.features[name]
    if kind == "word":
        return Code.LISTED_WORD.of(word=evidence.words[rest])
    if kind == "flow":
        thread, _, measure = rest.removeprefix("no ").partition(", ")
        says = _THREADS[thread].of() if thread in _THREADS else _of_role(thread)
        if measure not in _PERCENT:
            return _FLOWS[measure].of(says=says)
        return _FLOWS[measure].of(says=says, percent=round(100 * value / (2 if measure == "share" else 1)))
    spots = _spots(kind, rest, evidence, value)
    words = list(map(evidence.as_written, spots))
    if len(spots) == 2:
        return _TOGETHER[value].of(word=words[0], other=words[1])
    if kind == "share":
        thing = profile.classes[rest].says if rest in profile.classes else _of_role(rest.removeprefix("any "))
        return Code.IN_SENTENCES.of(word=words[0], says=thing, number=evidence.places[rest].sentences.bit_count())
    line = spots[0].line
    if line in _ZONES:
        return _ZONES[line].of(word=words[0])
    return Code.IN_SENTENCE.of(word=words[0], number=line + 1)


def _of_role(role: str) -> Outcome:
    return Code(f"role_{role}").of()
