"""Is the article on the topic? Rules over where the terms of the profile stand, with the reasons."""

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from db.outcomes import Code, Outcome
from pipelines.article import Article, Reason, Rejected
from pipelines.folding import fold
from pipelines.relevance.profile import Profile, Story, none_of

LEAD = 2  # paragraphs that tell what an article is about
REACH = 900  # characters: a longer paragraph is judged in pieces of whole sentences

# What a telling of the story is worth by its place, and what the rest of the text may add: the title suffices, alone or
# with the lead; the lead alone needs a text that stays with it; an item of a digest stays a mention wherever it stands.
IN_TITLE, WITH_TITLE, IN_LEAD, IN_BODY = 0.9, 0.75, 0.35, 0.25
TITLE_HELPS = 0.15  # the title has no must-class, but another class of the story
CELL = 40  # characters: what is shorter is a heading or a cell of a table, and no paragraph to count
PASSING = 2  # paragraphs: outside title and lead, fewer name the story in passing
STAYS = 0.3  # the share of paragraphs from which a text counts as staying with the story
NAMES = 0.15  # the share of paragraphs from which it counts as naming the must-classes throughout


@dataclass(frozen=True, slots=True)
class Verdict:
    verdict: Literal["on", "mention", "off"]
    score: float
    outcomes: tuple[Outcome, ...]
    rules_version: str
    terms: tuple[str, ...] = ()  # of the story told, as the article spells them, for marking them in its text

    @property
    def reasons(self) -> tuple[str, ...]:
        """The outcomes in English words."""
        return tuple(map(str, self.outcomes))


@dataclass(frozen=True, slots=True)
class _Part:
    """The title or a paragraph, with the words of each class found in it."""

    number: int | None  # of the paragraph; None: the title
    words: Mapping[str, str]
    astray: frozenset[str]  # classes that mean something else here
    counts: bool  # as a paragraph


def verdict(
    title: str | None, text: str | None, profile: Profile, *, lang: str | None = None, url: str | None = None
) -> Verdict:
    """The terms of all languages are looked for together, whatever `lang` says; `url` stands in for a missing title."""
    heading = title or _slug(url)
    whole = fold(f"{heading}\n{text or ''}")
    missing = [name for name in profile.must if not profile.classes[name].find(whole)]
    if missing:
        silent = tuple(Code.NOT_NAMED.of(says=profile.classes[name].says) for name in missing)
        return Verdict("off", 0.0, silent, profile.version)
    head, *body = _as_the_lead_means(
        [_part(None, heading, profile), *(_part(number, piece, profile) for number, piece in _pieces(text or ""))]
    )
    score, reasons, story = _best_story(head, body, profile, Code.IN_TITLE if title else Code.IN_ADDRESS)
    for rule in profile.against:
        about = [name for name in rule.classes if name in head.words]
        if score and about and not any(name in head.words for name in rule.unless):
            score *= rule.factor
            reasons.append(Code.AGAINST.of(says=rule.says, word=head.words[about[0]]))
    score = round(score, 3)
    word: Literal["on", "mention", "off"]
    word = "on" if score >= profile.on else "mention" if score >= profile.mention else "off"
    return Verdict(word, score, tuple(reasons), profile.version, _terms(story, [head, *body]))


def _best_story(
    head: _Part, body: list[_Part], profile: Profile, in_head: Code
) -> tuple[float, list[Outcome], Story | None]:
    """How much of the article tells the story: (score, reasons, the story it tells best)."""
    best, reasons, teller = 0.0, [_apart(head, body, profile)], None
    themes = {name for story in profile.stories for name in (*story.all, *story.any)} - {*profile.must}
    subject = head.words.keys() >= {*profile.must} and bool(head.words.keys() & themes)
    naming = sum(head.words.keys() | part.words.keys() >= {*profile.must} for part in body)
    count = sum(part.counts for part in body)
    naming_share = _share(naming, count, NAMES)
    for story in profile.stories:
        tellings = [at for at in range(len(body)) if _tells(story, head, body[max(0, at - 1) : at + 1])]
        thread = sum(len(part.words.keys() & {*story.all, *story.any}) > 1 for part in body)
        stays = (_share(len(tellings), count, STAYS) + _share(thread, count, STAYS)) / 2
        near = body[max(0, tellings[0] - 1) : tellings[0] + 1][::-1] if tellings else []
        parts = [head, *near] if subject else [*near, head]
        if _complete(story, head.words) and not head.words.keys() & {*story.unless}:
            score, parts = IN_TITLE + (1 - IN_TITLE) * stays, [head, *near]
        elif tellings and tellings[0] < LEAD and subject:
            score = WITH_TITLE + (IN_TITLE - WITH_TITLE) * stays
        elif tellings and tellings[0] < LEAD:
            helps = TITLE_HELPS if head.words.keys() & ({*story.all} - {*profile.must}) else 0
            score = IN_LEAD + helps + (IN_TITLE - IN_LEAD - TITLE_HELPS) * min(naming_share, stays)
        elif tellings:
            often = min(_share(len(tellings), count, STAYS), len(tellings) / PASSING)
            score = IN_BODY + (WITH_TITLE - IN_BODY) * min(naming_share, often)
        else:
            continue
        if score * story.weight > best:
            reasons = [Code.STORY.of(says=story.says), *_evidence(story, parts, in_head)]
            best, teller = score * story.weight, story
    return best, reasons, teller


def _terms(story: Story | None, parts: list[_Part]) -> tuple[str, ...]:
    names = (*story.all, *story.any) if story else ()
    return tuple(dict.fromkeys(part.words[name] for name in names for part in parts if name in part.words))


def _share(count: int, of: int, enough: float) -> float:
    return min(1.0, count / max(1.0, enough * of))


def _complete(story: Story, words: Mapping[str, str]) -> bool:
    return words.keys() >= {*story.all} and (not story.any or bool(words.keys() & {*story.any}))


def _tells(story: Story, head: _Part, near: list[_Part]) -> bool:
    """Whether the last paragraph of `near` tells the story with the help of the one before it and the title.

    A verb such as 'genehmigen' may have another subject: one word of `any` alone completes the story, but does not
    carry on what is complete without it.
    """
    own = near[-1].words.keys() & {*story.all, *story.any}
    before = _together(head, near[:-1])
    carries = len(own) > 1 or bool(own & {*story.all}) or (bool(own) and not _complete(story, before))
    clear = not any(part.words.keys() & {*story.unless} for part in near)
    return carries and clear and _complete(story, _together(head, near))


def _together(head: _Part, parts: list[_Part]) -> dict[str, str]:
    return dict(head.words) | {name: word for part in parts for name, word in part.words.items()}


def _evidence(story: Story, parts: list[_Part], in_head: Code) -> list[Outcome]:
    names = (*story.all, *story.any)
    firsts = ((name, next((part for part in parts if name in part.words), None)) for name in names)
    return [_place(part.words[name], part.number, in_head) for name, part in firsts if part]


def _place(word: str, paragraph: int | None, in_head: Code) -> Outcome:
    return in_head.of(word=word) if paragraph is None else Code.IN_PARAGRAPH.of(word=word, number=paragraph)


def _apart(head: _Part, body: list[_Part], profile: Profile) -> Outcome:
    """What keeps an article with every must-class from being on the topic."""
    subject = next((part.words[name] for name in profile.must for part in (head, *body) if name in part.words), "")
    wanted = dict.fromkeys(name for story in profile.stories for name in story.all if name not in profile.must)
    return Code.APART.of(says=none_of([profile.classes[name].says for name in list(wanted)[:2]]), word=subject)


def _part(number: int | None, text: str, profile: Profile) -> _Part:
    plain = unicodedata.normalize("NFC", text)
    folded = fold(plain)
    matches = {name: terms.find(folded) for name, terms in profile.classes.items()}
    hits = {name: match for name, match in matches.items() if match}
    astray = frozenset(name for name in hits if any(other in hits for other in profile.classes[name].not_near))
    words = {name: _as_written(plain, *match.span()) for name, match in hits.items() if name not in astray}
    return _Part(number, words, astray, len(text) >= CELL)


def _as_the_lead_means(parts: list[_Part]) -> list[_Part]:
    """A name that is another place's in the title or the lead is that place's in the whole article."""
    astray = {name for part in parts[: 1 + LEAD] for name in part.astray}
    return [
        replace(part, words={name: word for name, word in part.words.items() if name not in astray}) for part in parts
    ]


def _as_written(text: str, start: int, end: int) -> str:
    """The characters of `text` that fold to start:end."""
    ends = list(accumulate(map(_width, text)))
    return text[bisect_right(ends, start) : bisect_right(ends, end - 1) + 1]


@lru_cache(4096)
def _width(char: str) -> int:
    return len(fold(char))


def _slug(url: str | None) -> str:
    return unquote(urlsplit(url or "").path).replace("-", " ").replace("_", " ")


def _pieces(text: str) -> list[tuple[int, str]]:
    """(number of the paragraph, paragraph); without blank lines every line is one."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n" if re.search(r"\n\s*\n", text) else r"\n", text)]
    pieces = []
    for number, paragraph in enumerate(filter(None, paragraphs), 1):
        piece = ""
        for sentence in re.split(r"(?<=[.!?])\s+", paragraph) if len(paragraph) > REACH else [paragraph]:
            if piece and len(piece) + len(sentence) > REACH:
                pieces.append((number, piece))
                piece = ""
            piece = f"{piece} {sentence}".strip()
        pieces.append((number, piece))
    return pieces


def judge(article: Article, profile: Profile) -> Article | Rejected:
    """The article with score, verdict and reasons; Rejected: OFF_TOPIC, MENTION, or TOO_OLD if on topic.

    What a person wants kept is on the topic; the score stays what the rules give.
    """
    judgement = verdict(article.title, article.text, profile, lang=article.lang)
    judged = replace(
        article,
        verdict=judgement.verdict,
        score=judgement.score,
        outcomes=(*(correction.outcome for correction in article.corrections), *judgement.outcomes),
        terms=judgement.terms,
        rules_version=judgement.rules_version,
    )
    if article.must_stay:
        assert article.decision
        return replace(judged, verdict="on", outcomes=(article.decision.outcome, *judged.outcomes))
    if judgement.verdict != "on":
        reason = Reason.MENTION if judgement.verdict == "mention" else Reason.OFF_TOPIC
        return Rejected(reason, Code.JUDGED.of(reasons=judgement.outcomes, score=judgement.score), judged)
    return too_old(judged, profile) or judged


def too_old(article: Article, profile: Profile) -> Rejected | None:
    if not article.published or date.fromisoformat(article.published[:10]) >= profile.since:
        return None
    why = Code.TOO_OLD.of(day=article.published[:10], since=profile.since.isoformat())
    return Rejected(Reason.TOO_OLD, why, article)


def judge_line(line: str, profile: Profile) -> dict[str, Any]:
    """A JSON object with title, text, lang and url, each of which may be null or missing → the verdict as an object."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"error": f"no JSON: {error}"}
    if not isinstance(row, dict):
        return {"error": f"a JSON {type(row).__name__}, expected an object with title and text"}
    values = {key: row.get(key) for key in ("title", "text", "lang", "url")}
    wrong = [key for key, value in values.items() if not isinstance(value, str | None)]
    if wrong:
        return {"error": f"{wrong[0]}: {values[wrong[0]]!r}, expected a text or null"}
    judgement = verdict(values["title"], values["text"], profile, lang=values["lang"], url=values["url"])
    names = ("verdict", "score", "reasons", "rules_version", "terms")
    return {"relevant": judgement.verdict == "on"} | {name: getattr(judgement, name) for name in names}
