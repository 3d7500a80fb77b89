"""Learn the weights of a profile from labelled articles.

    python -m pipelines.relevance.train

A line of labels is a JSON object with `title`, `text`, `url`, `label` (ON, MENTION, OFF) and `event`: articles of one
event are never on both sides of a fold. Needs scikit-learn, which judging does not. The figures are cross-validated:
every article is judged by weights that were learned without its event; thresholds and calibration (Platt 1999) are
taken from these.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from sklearn.feature_selection import f_classif
from sklearn.model_selection import StratifiedGroupKFold

from pipelines.folding import fold
from pipelines.relevance import evidence as reading
from pipelines.relevance.evidence import WHO, Role, evidence, lemmas
from pipelines.relevance.labelled import LABELS, Label, Labelled, read_labels
from pipelines.relevance.lexicon import runs
from pipelines.relevance.model import WORD
from pipelines.relevance.profile import Profile, load

LEVELS = {Label.OFF: 0, Label.MENTION: 1, Label.ON: 2}
PENALTY = 4.0  # of the squares of the weights
WORD_PENALTY = 2.0  # of those of words
WORDS = 1500  # of the list
SEEN = 4  # articles that have a word of the list, at least
COMMON = 0.25  # the share of articles that have it, at most
GIST = 0.4  # what an article counts that is no whole one
FOLDS = 10
MISSED = 1.2  # what an article counts that is missed, beside one wrongly kept: that one a person sees, and can drop
NEGLIGIBLE = 0.02  # a weight that no probability shows

Matrix = NDArray[np.float64]
Rows = Any  # a sparse matrix: an article has some 200 of 2,000 features
Levels = NDArray[np.int64]
Flags = NDArray[np.bool_]
Features = Mapping[str, float]


def features_of(examples: Sequence[Labelled], profile: Profile, *, words: bool) -> list[Features]:
    vocabulary = _candidates(examples) if words else frozenset()
    lexicon, roles = profile.lexicon, profile.roles
    return [evidence(each.title, each.text, each.url, lexicon, roles, vocabulary).features for each in examples]


def _candidates(examples: Sequence[Labelled]) -> frozenset[str]:
    seen: Counter[str] = Counter()
    for each in examples:
        words = reading.WORD_FORM.findall(f"{each.title}\n{each.text}")
        seen.update({lemma for word in words for lemma in lemmas(word)})
    most = COMMON * len(examples)  # what more have is grammar: "auf", "the"
    return frozenset(lemma for lemma, count in seen.items() if SEEN <= count <= most)


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features as columns, with the least that a weight of each may be, and what its square costs."""

    names: tuple[str, ...]
    lowest: Matrix
    penalties: Matrix

    def rows(self, features: Sequence[Features]) -> Rows:
        return rows_of(features, self.names)


def rows_of(features: Sequence[Features], names: Sequence[str]) -> Rows:
    column = {name: at for at, name in enumerate(names)}
    known = [[(column[name], value) for name, value in each.items() if name in column] for each in features]
    values = [value for each in known for _, value in each]
    columns = [at for each in known for at, _ in each]
    ends = [0, *accumulate(map(len, known))]
    return csr_array((values, columns, ends), shape=(len(features), len(names)), dtype=np.float64)


def table_of(
    features: Sequence[Features], levels: Levels, wanted: Callable[[str], bool], roles: Mapping[str, Role]
) -> FeatureTable:
    """Of what at least SEEN examples have; of words the WORDS that tell the labels apart best."""
    seen = Counter(name for each in features for name in each)
    names = sorted(name for name, count in seen.items() if count >= SEEN and not name.startswith(WORD) and wanted(name))
    words = sorted(name for name, count in seen.items() if count >= SEEN and name.startswith(WORD) and wanted(name))
    if words:
        scores, _ = f_classif(rows_of(features, words), levels)
        ranked = sorted(
            (-round(float(score), 6), word) for score, word in zip(np.nan_to_num(scores), words, strict=True)
        )
        names += sorted(word for _, word in ranked[:WORDS])
    return FeatureTable(
        tuple(names),
        np.array([0.0 if _never_against(name, roles) else -np.inf for name in names]),
        np.array([WORD_PENALTY if name.startswith(WORD) else PENALTY for name in names]),
    )


def is_general(name: str) -> bool:
    """Whether the feature means the same in every story: roles, not classes, and no words."""
    kind, _, things = name.partition(": ")
    return kind == "flow" or (kind != "word" and things.rpartition(" + ")[2].startswith("any "))


def is_any(name: str) -> bool:
    return True


def _never_against(name: str, roles: Mapping[str, Role]) -> bool:
    """A place of the story, or what belongs to the story near a place of it, never speaks against it."""
    kind, _, things = name.partition(": ")
    if kind == "word":
        return roles.get(things) == Role.PLACE
    if kind in ("title", "lead", "address", "named", "share"):
        return _role(things, roles) == Role.PLACE
    if kind == "near":
        anchor, _, thing = things.partition(" + ")
        pair = {anchor, _role(thing, roles)}
        return Role.PLACE in pair and pair <= {WHO, Role.SUBJECT, Role.BYNAME, Role.PLACE, Role.AROUND, Role.OBJECT}
    return False


def _role(thing: str, roles: Mapping[str, Role]) -> str:
    return thing.removeprefix("any ") if thing.startswith("any ") else roles[thing]


def fit(rows: Rows, is_so: Flags, counts: Matrix, lowest: Matrix, penalties: Matrix) -> Matrix:
    """The weights of a logistic regression, bias first: convex, so they are the same on every machine."""
    sign = np.where(is_so, 1.0, -1.0)
    columns = rows.T

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        margins = (rows @ weights[1:] + weights[0]) * sign
        slope = -sign * counts / (1 + np.exp(np.clip(margins, -30, 30)))
        value = counts @ np.logaddexp(0, -margins) + penalties @ weights[1:] ** 2 / 2
        return float(value), np.concatenate([[slope.sum()], columns @ slope + penalties * weights[1:]])

    bounds = [(None, None), *((None if low == -np.inf else low, None) for low in lowest)]
    start = np.zeros(rows.shape[1] + 1)
    options = {"maxiter": 5000, "maxfun": 20000, "ftol": 1e-14, "gtol": 1e-7}
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x)


@dataclass(frozen=True, slots=True)
class Learned:
    table: FeatureTable
    weights: Matrix  # rows: bias, then the features; columns: on; on or mention


def learn(
    features: Sequence[Features],
    levels: Levels,
    counts: Matrix,
    wanted: Callable[[str], bool],
    roles: Mapping[str, Role],
) -> Learned:
    table = table_of(features, levels, wanted, roles)
    rows = table.rows(features)
    columns = [fit(rows, levels >= level, counts, table.lowest, table.penalties) for level in (2, 1)]
    return Learned(table, np.column_stack(columns))


def odds_of(learned: Learned, features: Sequence[Features]) -> Matrix:
    return np.asarray(learned.table.rows(features) @ learned.weights[1:] + learned.weights[0])


@dataclass(frozen=True, slots=True)
class Story:
    """A profile and what was labelled for it."""

    profile: Profile
    examples: Sequence[Labelled]


@dataclass(frozen=True, slots=True)
class Material:
    """What is learned from: a row for each example of all stories."""

    features: list[Features]
    named: Flags  # whether it names what its profile needs: else it is off, whatever the weights
    levels: Levels
    counts: Matrix
    events: list[str]
    roles: Mapping[str, Role]  # of classes; and of words that are a place
    wanted: Callable[[str], bool]


def material_of(stories: Sequence[Story], *, is_general_only: bool) -> Material:
    examples = [example for story in stories for example in story.examples]
    words = not is_general_only
    rows = [
        (each, story.profile) for story in stories for each in features_of(story.examples, story.profile, words=words)
    ]
    return Material(
        [each for each, _ in rows],
        np.array([names_enough(each, profile) for each, profile in rows]),
        np.array([LEVELS[each.label] for each in examples]),
        np.array([GIST if each.is_gist else 1.0 for each in examples]),
        [f"{number} {each.event}" for number, story in enumerate(stories) for each in story.examples],
        {name: role for story in stories for name, role in (*story.profile.roles.items(), *place_words(story))},
        is_general if is_general_only else is_any,
    )


def place_words(story: Story) -> Iterator[tuple[str, Role]]:
    """Candidates for the list of words that are a place of the story, too."""
    roles, lexicon = story.profile.roles, story.profile.lexicon
    for word in _candidates(story.examples):
        if any(roles[hit.name] == Role.PLACE for hit in lexicon.hits(runs(fold(word)))):
            yield word, Role.PLACE


def names_enough(features: Features, profile: Profile) -> bool:
    """As the judgement asks before it weighs anything."""
    return any(
        all(any(f"named: {name}" in features for name in names) for names in alternative)
        for alternative in profile.needs
    )


def cross_validated(material: Material) -> Matrix:
    """The odds of on, and of on or mention, of each example, learned without its event."""
    unseen_odds = np.zeros((len(material.features), 2))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    for known, unknown in folds.split(unseen_odds, material.levels, material.events):
        features = [material.features[at] for at in known]
        learned = learn(features, material.levels[known], material.counts[known], material.wanted, material.roles)
        unseen_odds[unknown] = odds_of(learned, [material.features[at] for at in unknown])
    return unseen_odds


def calibration(odds: Matrix, is_so: Flags, counts: Matrix) -> tuple[float, float]:
    """(factor, summand) that make of odds what the shares of such examples are."""
    summand, factor = fit(odds[:, None], is_so, counts, np.array([-np.inf]), np.zeros(1))
    return factor, summand


def best_threshold(probabilities: Matrix, is_so: Flags, counts: Matrix) -> float:
    """That of the best F that any gives, divided by 1 + MISSED: there it lies where probabilities are right (Lipton,
    Elkan and Naryanaswamy 2014), and less by chance than where these examples happen to have their best.
    """
    best = max(f_measure(probabilities >= at / 100, is_so, counts, MISSED) for at in range(20, 81))
    return round(best / (1 + MISSED), 2)


def f_measure(judged: Flags, is_so: Flags, counts: Matrix, missed: float = 1.0) -> float:
    """F1; or with `missed` (beta squared), what is missed counts so many times what is wrongly found."""
    right = float(counts[judged & is_so].sum())
    return (1 + missed) * right / max(float(counts[judged].sum() + missed * counts[is_so].sum()), 1e-9)


Scales = Sequence[tuple[float, float]]  # (factor, summand) for on; for on or mention


def scaled_weights(material: Material, scales: Scales) -> dict[str, tuple[float, float]]:
    """Feature → weights for on, and for on or mention, as the model has them; "" is the bias."""
    learned = learn(material.features, material.levels, material.counts, material.wanted, material.roles)
    scaled = np.column_stack([learned.weights[:, at] * factor for at, (factor, _) in enumerate(scales)])
    scaled[0] += [summand for _, summand in scales]
    names = ("", *learned.table.names)
    return {name: (round(on, 3), round(other, 3)) for name, (on, other) in zip(names, scaled.tolist(), strict=True)}


def weights_of(stories: Sequence[Story], version: str, *, is_general_only: bool = False) -> str:
    """The weights learned from all stories together, as a TOML file."""
    material = material_of(stories, is_general_only=is_general_only)
    levels, counts = material.levels, material.counts
    odds = cross_validated(material)
    scales = [calibration(odds[:, at], levels >= level, counts) for at, level in ((0, 2), (1, 1))]
    scales = [(round(factor, 4), round(summand, 4)) for factor, summand in scales]
    on, on_or_mention = (
        _probabilities(odds[:, at] * factor + summand) * material.named for at, (factor, summand) in enumerate(scales)
    )
    limit = best_threshold(on, levels == 2, counts)
    figures = cross_figures(on >= limit, (on < limit) & (on_or_mention >= 0.5), levels, counts == 1)
    learned = {
        "examples": len(levels),
        "digest": digest_of(example for story in stories for example in story.examples),
        "scales": [list(each) for each in scales],
        "reliability": reliability(on, levels == 2),
        **figures,
    }
    return _as_toml(version, learned, limit, scaled_weights(material, scales))


def digest_of(examples: Iterable[Labelled]) -> str:
    """Of titles, texts and labels, in any order."""
    known = sorted((each.title, each.text, LEVELS[each.label]) for each in examples)
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]


def reliability(probabilities: Matrix, is_so: Flags) -> list[list[float]]:
    """For each tenth: [mean probability, share that is so, examples]."""
    tenths = np.minimum((probabilities * 10).astype(int), 9)
    return [
        [round(float(probabilities[tenths == at].mean()), 2), _share(is_so & (tenths == at), tenths == at), int(each)]
        for at in range(10)
        if (each := (tenths == at).sum())
    ]


def _probabilities(odds: Matrix) -> Matrix:
    return np.asarray(1 / (1 + np.exp(-odds)))


def cross_figures(on: Flags, mention: Flags, levels: Levels, whole: Flags) -> dict[str, float]:
    """Of whole articles; each figure a share."""
    on, mention, levels = on[whole], mention[whole], levels[whole]
    ones = np.ones(len(levels))
    return {
        "articles": int(whole.sum()),
        "precision": _share(on & (levels == 2), on),
        "recall": _share(on & (levels == 2), levels == 2),
        "f1": round(f_measure(on, levels == 2, ones), 3),
        "mention_f1": round(f_measure(mention, levels == 1, ones), 3),
        "mention_as_on": _share(on & (levels == 1), levels == 1),
        "off_as_mention": _share(mention & (levels == 0), levels == 0),
    }


def _share(part: Flags, whole: Flags) -> float:
    return round(float(part.sum()) / max(float(whole.sum()), 1.0), 3)


def _as_toml(
    version: str, learned: Mapping[str, object], limit: float, weights: Mapping[str, tuple[float, float]]
) -> str:
    lines = [
        "# Learned by `python -m pipelines.relevance.train`; not written by hand.",
        "# A feature adds its weight times its value (0 to 1) to the sum for `on`, and to that for `on or mention`.",
        f'version = "{version}"',
        f"bias = {list(weights[''])}",
        "",
        "[thresholds]  # probabilities",
        f"on = {limit}",
        "mention = 0.5",
        "",
        "[learned]  # from these labels; figures of whole articles, cross-validated",
        "# reliability: of examples with this probability, this share is on; so many there are",
        *(f"{name} = {json.dumps(value)}" for name, value in learned.items()),
        "",
        "[weights]  # feature = [for on, for on or mention]",
    ]
    kept = sorted((name, each) for name, each in weights.items() if name and max(map(abs, each)) >= NEGLIGIBLE)
    lines += [f"{json.dumps(name, ensure_ascii=False)} = [{on:.3f}, {other:.3f}]" for name, (on, other) in kept]
    return "\n".join(lines) + "\n"


EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
OTHER_STORIES = ("gruenheide", "heide")  # a profile and labels each
VERSION = "4"


def own_story() -> Story:
    return Story(load(Path(__file__).with_name("topic.toml")), read_labels(sorted(LABELS.glob("*.jsonl"))))


def other_stories() -> list[Story]:
    files = [EXAMPLES / f"{name}.toml" for name in OTHER_STORIES]
    return [Story(load(file), read_labels([file.with_suffix(".jsonl")])) for file in files]


def main() -> None:
    """Learn the project's own weights, and those of a profile that has none: what is common to several stories."""
    own, room = own_story(), Path(__file__).parent
    (room / "weights.toml").write_text(weights_of([own], VERSION), "utf-8")
    general = weights_of([own, *other_stories()], f"{VERSION} general", is_general_only=True)
    (room / "default_weights.toml").write_text(general, "utf-8")


if __name__ == "__main__":
    main()
