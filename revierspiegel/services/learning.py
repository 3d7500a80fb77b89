"""The weights of a profile, learned from labelled articles and from what a person has decided."""

import os
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from crawler.registry.owners import source_of
from crawler.registry.sources import load_registry
from db.home import archive_path
from db.problem import Problem
from db.store.archive import Archive
from db.store.warc import PageError
from pipelines.article import Word
from pipelines.relevance.labelled import Label, Labelled, labels_beside, read_labels
from pipelines.relevance.model import DEFAULT_WEIGHTS
from pipelines.relevance.profile import load
from revierspiegel.services.explain import known_of, read_anew

FEWEST = 100  # articles
FEWEST_OF_A_LABEL = 10  # and of events: as many as the parts in turn left out of the learning

FIGURES = ("articles", "precision", "recall", "f1", "mention_f1", "mention_as_on", "off_as_mention")

LABEL_OF = {Word.KEEP: Label.ON, Word.DROP: Label.OFF}


@dataclass(frozen=True, slots=True)
class LearnedWeights:
    figures: Mapping[str, float]  # cross-validated
    labels: Mapping[Label, int]
    file: Path
    line: str  # of the profile, which names the file


def learn(profile_path: Path, articles: Sequence[Labelled], out: Path | None) -> LearnedWeights:
    """Writes the weights; beside the profile where `out` is None. Raises Problem where there are too few labels."""
    train = _train()
    profile = load(profile_path, weights=DEFAULT_WEIGHTS)  # those that it names may be yet to learn
    labels = Counter(each.label for each in articles)
    _check(labels, len({each.event for each in articles}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of words that every article has: they tell nothing, and come last
        weights = train.weights_of([train.Story(profile, articles)], train.digest_of(articles)[:8])
    file = out or profile_path.with_name(f"{profile_path.stem}_weights.toml")
    try:
        file.write_text(weights, "utf-8")
    except OSError as error:
        raise Problem(f"{file}: cannot be written ({error.strerror}); name another file with --out") from error
    name = Path(os.path.relpath(file, profile_path.parent)).as_posix()
    learned = tomllib.loads(weights)["learned"]
    figures = {name: learned[name] for name in FIGURES}
    return LearnedWeights(figures, labels, file, f'weights = "{name}"')


def _train() -> ModuleType:
    try:
        from pipelines.relevance import train
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("sklearn", "scipy", "numpy"):
            raise
        raise Problem("scikit-learn is not installed; install it with `pip install scikit-learn`") from error
    return train


def _check(labels: Mapping[Label, int], events: int) -> None:
    total = sum(labels.values())
    if total < FEWEST:
        raise Problem(f"{total} labelled articles; label {FEWEST - total} more, weights are learned from {FEWEST}")
    for label in Label:
        if labels[label] < FEWEST_OF_A_LABEL:
            raise Problem(
                f"{labels[label]} articles labelled {label}; label more, at least {FEWEST_OF_A_LABEL} of each"
            )
    if events < FEWEST_OF_A_LABEL:
        raise Problem(f"articles of {events} events; add others, weights are learned from {FEWEST_OF_A_LABEL} events")


def labelled_articles(profile_path: Path, label_paths: Sequence[Path], *, decisions: bool) -> list[Labelled]:
    """From files, those beside the profile where none is named; what they label is not asked of the decisions."""
    articles = read_labels(label_paths or labels_beside(profile_path))
    if not decisions:
        return articles
    known = {each.url for each in articles}
    return articles + [each for each in decided() if each.url not in known]


def decided() -> Iterator[Labelled]:
    """What a person wants kept as ON and what dropped as OFF, where the archive has at least its title."""
    registry = load_registry()
    with Archive(archive_path(), read_only=True) as archive:
        decisions = archive.decisions.every()
    for row in decisions:
        source = source_of(row["url"], registry.sources)
        rows = known_of(row["url"], source)
        stored = rows["article"] or rows["refusal"] or {}
        title, text = stored.get("title"), stored.get("text")
        if not text:
            try:
                article = read_anew(rows, source)
            except PageError:
                article = None
            title, text = (article and article.title) or title, article and article.text
        if title:
            yield Labelled(title, text or "", row["url"], LABEL_OF[Word(row["word"])], row["url"], is_gist=not text)
