"""How much each feature speaks for the story: weights learned from labelled articles, as TOML that a person can read.

Two sums, of which a logistic function makes probabilities: that the article is on the topic, and that it is on
or a mention: that it tells the story at all, be it in a clause.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from db import validation
from db.validation import ConfigError, Reader, Tell

DEFAULT_WEIGHTS = Path(__file__).with_name("default_weights.toml")
WORD = "word: "  # what the feature of a word of the list begins with


class ModelError(ConfigError):
    """The weights cannot be used; one line for each thing wrong in them."""


@dataclass(frozen=True)
class Model:
    version: str
    bias: tuple[float, float]  # for on; for on or mention
    on: float  # the probability of "on" from which an article is kept
    mention: float  # that of "on or mention" from which what is not on is a mention
    weights: Mapping[str, tuple[float, float]]  # feature → for on; for on or mention
    learned: Mapping[str, Any] = field(default_factory=dict)  # from how many labels, with what figures

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(name.removeprefix(WORD) for name in self.weights if name.startswith(WORD))

    def contributions(self, features: Mapping[str, float]) -> dict[str, float]:
        """What each feature adds to the sum for "on"; with the bias they are its logarithmic odds."""
        return {name: self.weights[name][0] * value for name, value in features.items() if name in self.weights}

    def mention_odds(self, features: Mapping[str, float]) -> float:
        """The logarithmic odds of telling the story at all."""
        known = ((self.weights[name][1], value) for name, value in features.items() if name in self.weights)
        return self.bias[1] + sum(weight * value for weight, value in known)


def probability(odds: float) -> float:
    """Of logarithmic odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def load(path: Path) -> Model:
    """Raises ModelError."""
    document = validation.toml(path, "make it with `revierspiegel topic learn`", raises=ModelError)
    errors: list[str] = []
    values = validation.table(document, _READERS, _REQUIRED, errors.append)
    if errors:
        raise ModelError(path.name, errors)
    limits = values["thresholds"]
    return Model(
        values["version"], values["bias"], limits["on"], limits["mention"], values["weights"], values.get("learned", {})
    )


def _pair(value: Any, tell: Tell) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2 or not all(type(each) in (int, float) for each in value):
        tell(f"{value!r}, expected two numbers: for on, for on or mention")
        return 0.0, 0.0
    return float(value[0]), float(value[1])


def _weights(value: Any, tell: Tell) -> dict[str, tuple[float, float]]:
    if not isinstance(value, dict):
        tell(f"{value!r}, expected a table of features")
        return {}
    return {name: _pair(each, validation.under(tell, name)) for name, each in value.items()}


def _data(value: Any, tell: Tell) -> Any:
    return value


def _thresholds(value: Any, tell: Tell) -> dict[str, Any]:
    readers: dict[str, Reader] = dict.fromkeys(("on", "mention"), validation.fraction)
    return validation.table(value, readers, dict.fromkeys(readers, validation.FRACTION_EXPECTED), tell)


_READERS: dict[str, Reader] = {
    "version": partial(validation.form, validation.SOME_TEXT, "a text"),
    "learned": _data,
    "bias": _pair,
    "thresholds": _thresholds,
    "weights": _weights,
}
_REQUIRED = {"version": "a text", "bias": "two numbers", "thresholds": "a table", "weights": "a table of features"}
