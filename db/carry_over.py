"""What archives said in English sentences before they had codes, as outcomes: for the migration, and for nothing else.

The sentences are frozen as they were written then. What none of them fits stays a sentence: the code `text`.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

Stored = dict[str, Any]  # {"code": …, "params": {…}}
_SENTENCES: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
GERMAN = _SENTENCES["german"]

_INTEGERS = ("number", "of", "status", "most", "line", "page", "percent", "length", "nights", "signal")
_DECIMALS = ("seconds", "score")
_DAYS = ("day", "night", "since")
_RANGES = ("listed", "new", "usual", "range")
_FORMS = ("form", "again")
_RENAMED = {"words": "why", "whys": "why", "range": "before", "length": "before", "apart": "says", "trouble": "why"}
_PATTERNS: dict[str, str] = {
    **dict.fromkeys(_INTEGERS, r"\d[\d,]{0,15}"),
    **dict.fromkeys(_DECIMALS, r"\d{1,9}(?:\.\d{1,6})?"),
    **dict.fromkeys(_DAYS, r"\d{4}-\d\d-\d\d"),
    **dict.fromkeys(_RANGES, r"\d{1,9}(?: to \d{1,9})?"),
    **dict.fromkeys(_FORMS, r"feed|sitemap|sitemap index|listing"),
    "trouble": r"(?:XML breaks off|no entry within) .+",
    "url": r"https?://\S+",
    "host": r"[^\s/]+",
    "address": r"[^\s/]+",
    "by": r"[^)]*",
    "until": r"\d{4}-\S+",
    "kind": r"\w+",
    "source": r"\S+",
}


@cache
def _compiled(sentence: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", sentence)
    words = (re.escape(piece).replace(r"s\?", "s?") for piece in pieces[::2])
    names = (f"(?P<{name}>{_PATTERNS.get(name, '.+')})" for name in pieces[1::2])
    return re.compile("".join(word + name for word, name in zip(words, [*names, ""], strict=True)), re.DOTALL)


def _read(text: str, *groups: str) -> Stored | None:
    """`text` as the first sentence of these groups that it is."""
    for code, sentence in ((code, sentence) for group in groups for code, sentence in _SENTENCES[group].items()):
        if match := _compiled(sentence).fullmatch(text):
            values = {name: _value(name, value) for name, value in match.groupdict().items() if name != "again"}
            return {"code": code, "params": {_RENAMED.get(name, name): value for name, value in values.items()}}
    return None


def _value(name: str, text: str) -> Any:
    match name:
        case "why" | "trouble":
            return fact(text)
        case "whys":
            return facts(text)
        case "what":
            return _read(text, "what") or _text(text)
        case "rules":
            return _read(text, "rules") or _text(text)
        case "reasons":
            return _several(text, _reason) or [reason(text)]
        case "says":
            return {"en": text, "de": GERMAN[text]} if text in GERMAN else text
        case "apart":
            return {"en": f"no {text}", "de": GERMAN[text]} if text in GERMAN else f"no {text}"
    if name in _RANGES and " to " in text:
        low, _, high = text.partition(" to ")
        return {"code": "range", "params": {"low": int(low), "high": int(high)}}
    if name in _INTEGERS or name in _RANGES:
        return int(text.replace(",", ""))
    return float(text) if name in _DECIMALS else text


def _text(text: str) -> Stored:
    return {"code": "text", "params": {"text": text}}


def fact(text: str) -> Stored:
    """What happened to a page or a document."""
    return _fact(text) or _text(text)


def _fact(text: str) -> Stored | None:
    return _read(text, "fetching", "documents")


def facts(text: str) -> list[Stored]:
    """What happened in a visit: sentences parted by semicolons."""
    return _several(text, lambda part: _read(part, "at") or _fact(part)) or ([_text(text)] if text else [])


def reason(text: str) -> Stored:
    return _reason(text) or _text(text)


def _reason(text: str) -> Stored | None:
    story = {"code": "story", "params": {"says": _value("says", text)}} if text in GERMAN else None
    return story or _read(text, "places", "reasons")


def _several(text: str, read: Callable[[str], Stored | None]) -> list[Stored]:
    """Each part from a semicolon to the next that can be read; empty where one cannot. A title may have semicolons."""
    ends = [match.start() for match in re.finditer("; ", text)] + [len(text)]
    for end in ends:
        if first := read(text[:end]):
            rest = _several(text[end + 2 :], read) if end < len(text) else []
            if rest or end == len(text):
                return [first, *rest]
    return []


# As functions of SQLite


@lru_cache(10_000)  # most refusals are for the same few reasons
def refusal_outcome(reason_: str, detail: str | None) -> str | None:
    if not detail:
        return None
    if reason_ == "not_html" and re.match(r"[\w.+-]+/[\w.+-]+", detail):
        return _json({"code": "content_type", "params": {"type": detail}})
    decision, _, refused = detail.partition("; but ")
    if refused and (word := _read(decision, "pages")) and word["code"] == "decided":
        why = _read(refused, "pages") or {"code": "no_text", "params": {}}
        return _json({"code": "still_refused", "params": {"decision": word, "why": why}})
    return _json(_read(detail, "pages") or fact(detail))


def night_outcomes(detail: str | None) -> str:
    return _json(facts(detail or ""))


def error_outcome(error: str | None) -> str | None:
    return _json(fact(error)) if error else None


def health_outcome(health: str | None, detail: str | None) -> str | None:
    if not detail:
        return None
    paused = {"code": "paused", "params": {"why": detail}} if health == "paused" else None
    return _json(paused or _read(detail, "health") or _text(detail))


def rules_outcome(verdict: str | None) -> str | None:
    return _json(_read(verdict, "rules") or fact(verdict)) if verdict else None


def reason_outcomes(reasons: str | None) -> str:
    return _json([reason(sentence) for sentence in _sentences(reasons)])


def terms(reasons: str | None) -> str:
    """The words that decided, as the article spells them: reasons quoted them and said where they stood."""
    places = (_read(place, "places") for place in _sentences(reasons))
    return _json(list(dict.fromkeys(place["params"]["word"] for place in places if place)))


def _sentences(reasons: str | None) -> Iterator[str]:
    try:
        listed = json.loads(reasons or "[]")
    except ValueError:
        listed = [reasons]
    yield from (each for each in listed if isinstance(each, str)) if isinstance(listed, list) else ()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
