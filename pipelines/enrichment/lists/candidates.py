"""Names that recur in articles and are in no list: a person decides whether they belong into one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipelines.enrichment.changes import language_of
from pipelines.enrichment.direct_speech.people_in_text import NamedPeople
from pipelines.enrichment.entities import find_entities
from pipelines.enrichment.names import is_body, is_role, known
from pipelines.relevance.sentences import sentences

LEAST = 3  # articles: below, a name is as often a slip as a person of the story
_LONGEST = 4  # words


@dataclass(slots=True, kw_only=True)
class Candidate:
    name: str
    is_person: bool = False
    articles: set[int] = field(default_factory=set)
    mentions: int = 0
    example: str = ""  # the sentence where it came first

    def as_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "kind": "person" if self.is_person else None,
            "articles": len(self.articles),
            "mentions": self.mentions,
            "example": self.example,
            "article": min(self.articles),
        }


def propose(texts: Iterable[tuple[int, str, str | None]], least: int = LEAST) -> list[Candidate]:
    """Of articles (number, text, language), the names that stand in at least so many, the most frequent first."""
    found: dict[str, Candidate] = {}
    for article, text, given in texts:
        lang = (given or language_of(text))[:2]
        for name, is_person, start in _names(text, lang):
            candidate = found.setdefault(name, Candidate(name=name))
            candidate.is_person |= is_person
            candidate.articles.add(article)
            candidate.mentions += 1
            candidate.example = candidate.example or _sentence(text, start)
    kept = [candidate for candidate in found.values() if len(candidate.articles) >= least]
    return sorted(kept, key=lambda each: (-len(each.articles), -each.mentions, each.name))


def _names(text: str, lang: str) -> Iterator[tuple[str, bool, int]]:
    words = NamedPeople(text, lang, [])
    listed = {mention.name for mention in find_entities(text, lang)}
    taken = [(mention.start, mention.end) for mention in find_entities(text, lang)]
    of_people: set[int] = set()
    for first, (end, person) in words.mentions.items():
        of_people.update(range(first, end))
        if " " in person.name and person.name not in listed:
            yield person.name, True, words.starts[first]
    at = 0
    while at < len(words.words):
        end = at
        while end < len(words.words) and end - at < _LONGEST and end not in of_people and _is_strange(words, end, lang):
            if end > at and not words.joined(end):
                break
            end += 1
        start = words.starts[at]
        if end > at and not any(first <= start < last for first, last in taken):
            yield " ".join([*words.words[at : end - 1], _bare(words.words[end - 1])]), False, start
        at = max(end, at + 1)


def _is_strange(words: NamedPeople, at: int, lang: str) -> bool:
    """A word with a large letter that no dictionary has, nor the parts of it."""
    word = words.words[at]
    if len(word) < 3 or not word[0].isupper() or is_role(word) or is_body(word):
        return False
    begins = at == 0 or words.sentences[at - 1] != words.sentences[at]
    if lang != "de" and begins:
        return False
    return not any(known(part, lang) or known(part.lower(), lang) for part in (word, *word.split("-")))


def _bare(word: str) -> str:
    """Solbachs is Solbach."""
    for ending in ("'s", "’s"):
        word = word.removesuffix(ending)
    return word[:-1] if len(word) > 5 and word.endswith("s") and not word.endswith("ss") else word


def _sentence(text: str, start: int) -> str:
    first = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start)
    line = text[first : end if end >= 0 else len(text)]
    position = 0
    for sentence in sentences(line):
        position = line.find(sentence, position) + len(sentence)
        if first + position > start:
            return sentence
    return line
