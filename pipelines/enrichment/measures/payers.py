"""Whose money it is: Microsoft's or another's by the lists, or that of the firm, the office or the unlisted name that
stands beside a verb of spending.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import takewhile

from db.normal_forms import fold
from pipelines.enrichment.lists.name_lists import name_lists
from pipelines.enrichment.measures.context import COMPANY, FigureContext
from pipelines.enrichment.measures.cues import NO_AGENTS, Cue, Sentence, cue_group
from pipelines.enrichment.measures.numbers.tokens import Token
from pipelines.enrichment.names import is_role, known

_SPEND = frozenset(
    "investiert investieren steckt stecken steckte nimmt pumpt gibt zahlt lässt legt invests invested spends spent"
    " pours poured puts put commit commits committed".split()
)
_HELP = frozenset("will wollen wird werden hat haben plant planen is are has have plans wants".split())  # with these:
_SPENT = frozenset("investieren investiert stecken gesteckt ausgeben verbauen verbaut ausgaben investitionen".split())
_SPENDING = frozenset(
    "spending investing putting pouring invest spend put pour invested spent poured committed".split()
)
_VERBS = _SPEND | _HELP
_NO_SUBJECT = frozenset(  # nothing pays that stands behind them
    "von mit laut an für bei nach neben aus in im zu zum zur durch by from of with for at than like".split()
)
_BEHIND, _BEFORE = 4, 3  # words


def payer(context: FigureContext, place: int) -> str | None:
    """The last one before the money, or else the first."""
    listed = [cue for cue in context.here.cues("agents") if cue.group not in NO_AGENTS]
    if not context.is_of_ours:
        listed = [cue._replace(group="theirs") if COMPANY.fullmatch(context.text, *cue[1:]) else cue for cue in listed]
    cues = sorted((*listed, *_spenders(context.here, place, context.lang)), key=lambda cue: cue.start)
    before = [cue.group for cue in cues if cue.start < place]
    return before[-1] if before else cues[0].group if cues else None


def _spenders(sentence: Sentence, place: int, lang: str) -> Iterator[Cue]:
    """Norvia is spending 165 million; für die Leitung nimmt der Versorger Norvia 44 Millionen in die Hand."""
    tokens = sentence.tokens
    ours = {cue.start for cue in sentence.cues("agents") if cue.group == "ours"}
    verbs = [at for at, token in enumerate(tokens) if token.folded in _VERBS]
    for at in verbs:
        if tokens[at].start < place and _spends(tokens, at, lang):
            words = [
                word
                for beside in (tokens[at + 1 : at + 1 + _BEHIND], _before(tokens, at))
                for word in takewhile(lambda word: word.text[0].isalpha() and word.folded not in _NO_SUBJECT, beside)
            ]
            if not any(word.start in ours or _is_ours(word) for word in words):
                yield from (Cue("theirs", word.start, word.end) for word in words if _may_pay(word, lang))


def _before(tokens: Sequence[Token], at: int) -> Sequence[Token]:
    """But not: neben Microsoft will"""
    before = list(takewhile(lambda word: word.text[0].isalpha(), tokens[max(at - _BEFORE, 0) : at][::-1]))
    return before if _NO_SUBJECT.isdisjoint(word.folded for word in before) else ()


def _spends(tokens: Sequence[Token], at: int, lang: str) -> bool:
    if tokens[at].folded in _SPEND:
        return True
    if tokens[at].folded not in _HELP:
        return False
    if lang != "de":
        return any(token.folded in _SPENDING for token in tokens[at + 1 : at + 4])
    clause = [token.folded for token in tokens[at:]]
    clause = clause[: clause.index(",")] if "," in clause else clause
    return not _SPENT.isdisjoint(clause)


@cache
def _ours() -> frozenset[str]:
    """Surnames of those who hold an office in it."""
    offices = ((each.last_name, office.of) for each in name_lists().people for office in each.roles)
    return frozenset(fold(name) for name, of in offices if any(map(_is_ours_by_name, fold(of).split())))


def _is_ours(word: Token) -> bool:
    """Die Microsoft Deutschland GmbH, Microsoft-Chef Satya Nadella."""
    return _is_ours_by_name(word.folded) or fold(word.text) in _ours()


def _is_ours_by_name(word: str) -> bool:
    return cue_group("agents", word) == "ours"


def _may_pay(token: Token, lang: str) -> bool:
    if cue_group("agents", token.folded) == "firms":
        return True
    word = token.text
    return len(word) > 2 and word[0].isupper() and lang in ("de", "en") and (is_role(word) or not known(word, lang))
