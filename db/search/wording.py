"""What the index is asked for: words in a row, any of them, each of them, two of them."""

from dataclasses import dataclass, replace

from db.search.vocabulary import as_match

SAID, KIN, CONCEPT, COMPOUND, RELATED = 1.0, 0.8, 0.8, 0.5, 0.3  # what a hit says about the article


@dataclass(frozen=True, slots=True)
class Wording:
    """What the index is asked for: words in a row; not as the end of `longer` ones, unless they are `alone`, too."""

    text: str
    weight: float = SAID
    star: bool = False
    longer: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f'"{self.text}"*' if self.star else as_match(self.text)
        return any_of([f"({text} NOT {any_of([*self.longer])})", *self.alone]) if self.longer else text


@dataclass(frozen=True, slots=True)
class Topic:
    """What articles about it say, each in its wordings. Two are wanted, or one and some of the `context`: where one was
    enough, half of what was found was about something else.
    """

    said: tuple[tuple[Wording, ...], ...]
    context: tuple[Wording, ...]

    def __str__(self) -> str:
        said = [any_of([*map(str, wordings)]) for wordings in self.said]
        in_context = f"({any_of(said)} AND {any_of([*map(str, self.context)])})" if self.context else ""
        return any_of([*filter(None, [two_of(said), in_context])])


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Phrases, one of which is wanted; or else `each` of these; or else what is said about one of the `topics`."""

    phrases: tuple[Wording, ...]
    title: bool = False
    each: tuple["Alternatives", ...] = ()
    topics: tuple[Topic, ...] = ()

    def __str__(self) -> str:
        each = [f"({self.all_of_them})"] if self.each else []
        either = any_of([*map(str, self.phrases), *each, *map(str, self.topics)])
        return f"title : {either}" if self.title else either

    @property
    def own(self) -> "Alternatives":
        """Without related words."""
        return replace(self, phrases=tuple(phrase for phrase in self.phrases if phrase.weight > RELATED))

    def or_else(self, phrases: tuple[Wording, ...]) -> "Alternatives":
        return replace(self, phrases=tuple(dict.fromkeys((*self.phrases, *phrases))))

    @property
    def all_of_them(self) -> str:
        return " AND ".join(map(str, self.each))

    @property
    def every_phrase(self) -> tuple[Wording, ...]:
        said = (wording for topic in self.topics for wordings in topic.said for wording in wordings)
        return (*self.phrases, *(phrase for group in self.each for phrase in group.phrases), *said)


def any_of(operands: list[str]) -> str:
    return operands[0] if len(operands) == 1 else f"({' OR '.join(operands)})"


def two_of(operands: list[str]) -> str:
    """Two of each half, or one of either: n log n, where pairs would be n squared."""
    if len(operands) == 1:
        return ""
    halves = operands[: len(operands) // 2], operands[len(operands) // 2 :]
    return any_of([*filter(None, map(two_of, halves)), f"({' AND '.join(map(any_of, halves))})"])
