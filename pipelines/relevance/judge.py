"""Is the article on the topic? The sum of what speaks for it and against it, with the reasons."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from db.outcomes import Code, Outcome
from pipelines.article import Article, Reason, Rejected
from pipelines.relevance.evidence import ADDRESS, WHO, ArticleEvidence, Role, evidence
from pipelines.relevance.lexicon import example
from pipelines.relevance.model import Model, probability
from pipelines.relevance.profile import Profile
from pipelines.relevance.reasons import reasons

NEAR_MISS = 0.1  # the score from which it is worth trying what would have put it on the topic
MARKED = (Role.SUBJECT, Role.PLACE, Role.OBJECT)  # roles whose terms are marked in the text


@dataclass(frozen=True, slots=True)
class Verdict:
    verdict: Literal["on", "mention", "off"]
    score: float  # the probability of "on"
    outcomes: tuple[Outcome, ...]
    rules_version: str
    terms: tuple[str, ...] = ()  # as the article spells them, for marking them in its text
    features: Mapping[str, float] = field(default_factory=dict)  # what each adds to the sum

    @property
    def reasons(self) -> tuple[str, ...]:
        """The outcomes in English words."""
        return tuple(map(str, self.outcomes))


def verdict(title: str | None, text: str | None, profile: Profile, *, url: str | None = None) -> Verdict:
    """Of whatever language: the terms of all are looked for together."""
    seen = evidence(title, text, url, profile.lexicon, profile.roles, profile.model.vocabulary)
    missing = _missing(seen, profile)
    if missing:
        return Verdict("off", 0.0, missing, profile.rules_version)
    model = profile.model
    contributions = model.contributions(seen.features)
    score = _score(contributions, model)
    is_mentioned = probability(model.mention_odds(seen.features)) >= model.mention
    word: Literal["on", "mention", "off"] = "on" if score >= model.on else "mention" if is_mentioned else "off"
    outcomes = reasons(seen, contributions, profile)
    if NEAR_MISS <= score < model.on and (condition := _would_be_on(title or "", text, url, seen, profile)):
        outcomes += (Code.WOULD_BE_ON.of(condition=condition),)
    rounded = {name: round(value, 3) for name, value in contributions.items() if abs(value) >= 0.0005}
    return Verdict(word, score, outcomes, profile.rules_version, _terms(seen, profile), rounded)


def _would_be_on(
    title: str, text: str | None, url: str | None, seen: ArticleEvidence, profile: Profile
) -> Outcome | None:
    """What one word more in the title would have done it, tried; None where none would. What is there is no news."""
    titled = {thing for thing, where in seen.places.items() if where.title}
    for each in profile.classes.values():
        kind = WHO if each.role in (Role.SUBJECT, Role.BYNAME) else each.role
        if each.strong and f"any {kind}" not in titled:
            named = f"{title} – {example(each.terms[0])}"
            tried = evidence(named, text, url, profile.lexicon, profile.roles, profile.model.vocabulary)
            if _score(profile.model.contributions(tried.features), profile.model) >= profile.model.on:
                return Code.IF_IN_TITLE.of(says=each.says)
    return None


def _score(contributions: Mapping[str, float], model: Model) -> float:
    return round(probability(model.bias[0] + sum(contributions.values())), 3)


def _missing(seen: ArticleEvidence, profile: Profile) -> tuple[Outcome, ...]:
    """Where none of the profile's needs is met: its subjects, none of which is named."""
    for alternative in profile.needs:
        if all(any(name in seen.places for name in names) for names in alternative):
            return ()
    return tuple(
        Code.NOT_NAMED.of(says=profile.classes[name].says) for name in profile.named(Role.SUBJECT, strong=True)
    )


def _terms(seen: ArticleEvidence, profile: Profile) -> tuple[str, ...]:
    names = [name for role in MARKED for name in profile.named(role)] + list(profile.named(Role.THEME, strong=True))
    places = [seen.places[name] for name in names if name in seen.places]
    spots = [spot for where in places for spot in (where.first(), where.first_in_text()) if spot.line != ADDRESS]
    return tuple(dict.fromkeys(map(seen.as_written, spots)))


def judge(article: Article, profile: Profile) -> Article | Rejected:
    """The article with score, verdict and reasons; Rejected: OFF_TOPIC, MENTION, or TOO_OLD if on topic.

    What a person wants kept is on the topic; the score stays what the model gives.
    """
    judgement = verdict(article.title, article.text, profile, url=article.url)
    judged = replace(
        article,
        verdict=judgement.verdict,
        score=judgement.score,
        outcomes=(*(correction.outcome for correction in article.corrections), *judgement.outcomes),
        terms=judgement.terms,
        features=judgement.features,
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
    row = read_line(line)
    if "error" in row:
        return row
    judgement = verdict(row["title"], row["text"], profile, url=row["url"])
    names = ("verdict", "score", "reasons", "rules_version", "terms", "features")
    return {"relevant": judgement.verdict == "on"} | {name: getattr(judgement, name) for name in names}


def read_line(line: str) -> dict[str, Any]:
    """title, text, lang, url and label of a JSON object, each a text or None; or what is wrong, as `error`."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"error": f"no JSON: {error}"}
    if not isinstance(row, dict):
        return {"error": f"a JSON {type(row).__name__}, expected an object with title and text"}
    values = {key: row.get(key) for key in ("title", "text", "lang", "url", "label")}
    wrong = [key for key, value in values.items() if not isinstance(value, str | None)]
    if wrong:
        return {"error": f"{wrong[0]}: {values[wrong[0]]!r}, expected a text or null"}
    return values
