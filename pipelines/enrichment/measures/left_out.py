"""Numbers that stand for what has been named: davon 60; rund 2.500 sollen es werden; in Bergheim sind es zwei."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from pipelines.enrichment.measures.context import FigureContext
from pipelines.enrichment.measures.cues import (
    AGAINST,
    BEHIND_THEM,
    DENIED,
    IT_IS,
    NO_COUNT,
    OF_THEM,
    PLACED,
    SHARES,
    WORKING,
    cue_group,
    ends_here,
    noun_ahead,
    noun_group,
)
from pipelines.enrichment.measures.figure import Figure, FigureKind
from pipelines.enrichment.measures.figure_words import KINDS
from pipelines.enrichment.measures.numbers.quantities import Quantity
from pipelines.enrichment.measures.numbers.tokens import Token, is_year
from pipelines.enrichment.measures.subjects import LARGE, LEAST_MONEY, of_money, of_noun

LEAST_LEFT_OUT = 1000  # of money: "davon zwei" is not two euros
FAR_MORE = 100  # times what was counted: then something else is
FEW = 5  # words
LONG = 60  # words: a longer sentence is a list, in which each number would be read again
ALIKE = 20  # times as much, or as little
LEAST_PAY = 1000  # of money; less is a fee, and no part of what costs millions
LEAST_WRITTEN_OUT = 250_000  # of money without a currency: eine halbe Million
PLACING = frozenset("im in beim bei".split())
AGES = range(14, 100)
FOR = frozenset("für for pour per por".split())
IS = frozenset("ist war is was".split())
RETIRED = frozenset("rente ruhestand pension vorruhestand retire retires retired".split())
_LEAST_PART = 1
LEAST_BARE = 10  # a smaller number without a noun is none, unless "davon" or its like says so
MORE = frozenset("weitere weiteren further another".split())
OF_THOSE = frozenset((("dei", "quali"), ("delle", "quali"), ("de", "ellos"), ("de", "ellas"), ("van", "hen")))
COUNTED = frozenset(("training", "jobs", "signatures"))
PARTS = frozenset("davon darunter nämlich which whom cui dont waarvan".split())
QUOTING = frozenset('„“”»«";')


class Meaning(NamedTuple):
    kind: FigureKind | None = None
    unit: str | None = None
    counted: str | None = None  # group of the noun that is left out
    times: int = 1  # of 3,2 Milliarden, davon 1,6


NOTHING = Meaning()
_PEOPLED = frozenset("town city village community population group".split())
_NEEDED = frozenset("need needs require requires brauchen braucht benötigen benötigt".split())
_RELATIVE = frozenset(("whom", "which"))
_CREWS = frozenset("crew crews team teams staff workforce payroll mannschaft belegschaft".split())
_IN_PARTS = frozenset((FigureKind.SITES, FigureKind.JOBS))
_BEFORE_PARTS = frozenset(", : und and".split())
_BEHIND_PARTS = frozenset("in im bei mit für at with for".split())
_ADJECTIVES = ("e", "en", "er", "es", "ed", "ing", "new")
_ONE_SITE = re.compile(r"\w*(?:zentrums?|cent(?:er|re)|arbeitsplatz)")  # of which nothing is counted
_SO_MANY = re.compile(r"(?i)\W{1,5}(?:so viele|that is how many|that's how many|that many) (\w+)")


def is_bare(context: FigureContext, tokens: Sequence[Token], quantity: Quantity) -> bool:
    token = tokens[quantity.first]
    if quantity.value >= LEAST_BARE and not context.last and noun_ahead(tokens, quantity.noun):
        return True
    if quantity.before and tokens[quantity.before - 1].folded in FOR and may_be_money(context, quantity.value):
        return True  # für 34 Millionen Land gekauft
    if tuple(each.folded for each in tokens[quantity.last : quantity.last + 2]) in OF_THOSE:
        return True  # 80 dei quali
    before = tokens[quantity.before - 1].folded if quantity.before else ""
    behind = tokens[quantity.last].folded if quantity.last < len(tokens) else ""
    if before in _RELATIVE and tokens[quantity.last].text.islower() and behind not in SHARES:
        return True  # of whom eleven came from the mine
    if quantity.noun < len(tokens) and not ends_here(tokens, quantity.noun, context.lang):
        return False
    if _is_named(context, tokens, quantity):
        return False
    if _rises(tokens, quantity):
        return True
    if _crew_of(tokens, quantity) or _is_part(context, tokens, quantity):
        return True
    if before == "of" and quantity.before > 1 and tokens[quantity.before - 2].folded in _PEOPLED:
        return False  # a village of 800
    if before == "aged" or quantity.value < _LEAST_PART or (before == ":" and quantity.value < LEAST_BARE):
        return False  # ein Viertel davon; a list has "Personal: 90"
    if is_year(token) and not quantity.hedge and before not in PARTS | MORE:
        return False
    if (
        before in OF_THEM
        or "es" in (each.folded for each in tokens[max(quantity.before - 2, 0) : quantity.before])
        or behind in BEHIND_THEM
        or (quantity.value >= LEAST_BARE and so_many(context, tokens, quantity).kind)
    ):
        return True
    if _is_age(tokens, quantity) and not (before in IS and _follows_measure(context)):
        return False
    is_second = _is_second(context, tokens, quantity)
    if is_second and context.last and context.last.unit != "count":
        return True  # not asked for "dafür", which votes are, too
    if quantity.value < LEAST_MONEY and context.here.has("strays", "other"):
        return False
    if is_second or may_be_money(context, quantity.value, is_price=before in FOR):
        return True
    if quantity.value < LEAST_BARE and (not quantity.value % 1 or not _follows_measure(context)):
        return False
    if quantity.hedge or _is_one_of_two(context, tokens, quantity) or any(each.folded in IT_IS for each in tokens):
        return True
    if behind in AGAINST and quantity.last + 1 < len(tokens) and tokens[quantity.last + 1].text[0].isdecimal():
        return False
    if not quantity.before or before in QUOTING or _opens(tokens, quantity):
        return True
    return before.isalpha() and tokens[quantity.before - 1].text.islower() and before not in NO_COUNT


def may_be_told_later(context: FigureContext, tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Nicht 300, sondern 2.500 Stellen; anfangs genügen 60, später 180 Megawatt."""
    if _shares_noun(tokens, quantity.last):
        return True
    small = quantity.value < LEAST_BARE and not quantity.value % 1
    if quantity.unit or small or not quantity.first or is_year(tokens[quantity.first]):
        return False
    before = [token.folded for token in tokens[max(quantity.first - 4, 0) : quantity.first]]
    if cue_group("strays", before[-1]):
        return False  # voted 31 to 17
    denied = not DENIED.isdisjoint(before)
    if cue_group("people", before[-1]) in WORKING:
        return False  # once employed 3,400
    if quantity.last < len(tokens) and tokens[quantity.last].text == ".":
        return False
    opens = quantity.first == 1 and before[-1] in ("aus", "from")  # Aus 60 wurden 90 Stellen
    is_lower = opens or tokens[quantity.first - 1].text.islower()
    if not denied and (not before[-1].isalpha() or before[-1] in NO_COUNT | AGAINST or not is_lower):
        return False
    return quantity.last == len(tokens) or ends_here(tokens, quantity.last, context.lang)


def _shares_noun(tokens: Sequence[Token], at: int) -> bool:
    """Drei neue und zwei bestehende Rechenzentren: an adjective stands between the number and its "und"."""
    words = [token.text for token in tokens[at : at + 2]]
    return len(words) == 2 and words[0].islower() and words[0].endswith(_ADJECTIVES) and words[1] in ("und", "and")


def _rises(tokens: Sequence[Token], quantity: Quantity) -> bool:
    """The number of data centres has grown from three to five."""
    if len(tokens) > LONG:
        return False
    first, last = quantity.before, quantity.last
    before, behind = (tokens[at].folded if 0 <= at < len(tokens) else "" for at in (first - 1, last))
    if before in ("von", "from"):
        return behind in ("auf", "to")
    return before in ("auf", "to") and first > 2 and tokens[first - 3].folded in ("von", "from")


def _is_named(context: FigureContext, tokens: Sequence[Token], quantity: Quantity) -> bool:
    """The Spark 15: in English what stands right behind a large letter is a part of the name."""
    at = quantity.first
    is_behind = at > 1 and quantity.before == at and tokens[at - 1].text[0].isupper() and tokens[at].text.isdecimal()
    return context.lang == "en" and is_behind and quantity.value < LEAST_LEFT_OUT


def _crew_of(tokens: Sequence[Token], quantity: Quantity) -> str | None:
    """The group of what a crew of 180 has."""
    at = quantity.before
    is_of = at > 1 and tokens[at - 1].folded in ("of", "von")
    return "staff" if is_of and tokens[at - 2].folded in _CREWS else None


def _is_part(context: FigureContext, tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Four data centres: two in Bergheim, one each in Bedburg and Elsdorf."""
    last, first = context.last, quantity.before
    if last is None or last.sentence != context.here.span or last.unit != "count" or last.kind not in _IN_PARTS:
        return False
    is_first = first > 0 and tokens[first - 1].folded in _BEFORE_PARTS
    where = tokens[quantity.last].folded if quantity.last < len(tokens) else ""
    return is_first and where in _BEHIND_PARTS and quantity.value < Decimal(str(last.value))


def so_many(context: FigureContext, tokens: Sequence[Token], quantity: Quantity) -> Meaning:
    """5.000. So viele Arbeitsplätze; 100,000. That is how many people it wants to train."""
    words = _SO_MANY.match(context.text, tokens[quantity.last - 1].end)
    group = words and noun_group(words[1].lower())
    if not words or not group:
        return NOTHING
    here = context.at
    if words.start(1) >= context.here.span[1] and here + 1 < len(context.sentences):
        context.at = here + 1
    kind = of_noun(context, group, words.start(1), quantity.value)
    context.at = here
    return Meaning(kind, counted=group)


def _is_age(tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Ruth Lessing, 58, lehrt in Aachen; mit 60 in Rente."""
    at = quantity.first
    if at < 1 or quantity.value not in AGES:
        return False
    if tokens[at - 1].folded in IS and not quantity.hedge:
        return True
    if not RETIRED.isdisjoint(token.folded for token in tokens[quantity.last : quantity.last + 4]):
        return True
    if at < 2 or quantity.last >= len(tokens):
        return False
    return tokens[at - 1].text in ",(" and tokens[at - 2].text[0].isupper() and tokens[quantity.last].text in ",)."


def _is_second(context: FigureContext, tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Frings hat 11 Hektar verkauft, sein Nachbar vier."""
    last, place = context.last, tokens[quantity.first].start
    if last is None or last.sentence != context.here.span or tokens[quantity.first - 1].folded in NO_COUNT | AGAINST:
        return False
    ends = last.unit != "count" or quantity.last >= len(tokens) or tokens[quantity.last].text in ".,;"
    between = context.text[last.end : place].split()
    return ends and "," in context.text[last.end : place] and len(between) <= FEW


def _opens(tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Streicht 9,5 Millionen; im Dauerbetrieb 60."""
    first = int(tokens[0].text in QUOTING)
    if quantity.before == first + 1:
        return quantity.value >= LEAST_MONEY and tokens[first].text.isalpha()
    return quantity.before == first + 2 and tokens[first].folded in PLACING and tokens[first + 1].text[0].isupper()


def _follows_measure(context: FigureContext) -> bool:
    """Drei Hektar misst der Wald, das Unternehmen bietet anderthalb weitere an."""
    spans = [sentence.span for sentence in context.around()[-2:]]
    return context.last is not None and context.last.unit != "count" and context.last.sentence in spans


def _is_one_of_two(context: FigureContext, tokens: Sequence[Token], quantity: Quantity) -> bool:
    """150 Stellen in Bedburg und 60 in Bergheim; in Bedburg 150 Stellen, in Bergheim 60."""
    if not context.last or context.last.sentence != context.here.span or quantity.before < 2:
        return False
    one, two = tokens[quantity.before - 1], tokens[quantity.before - 2]
    return one.folded in ("und", "oder", "and", ",") or (
        len(one.text) > 2 and one.text[0].isupper() and two.folded in PLACED
    )


def meaning(context: FigureContext, tokens: Sequence[Token], quantity: Quantity) -> Meaning:
    """Of the last noun or figure before it; what is done with people says it, too."""
    place, here = tokens[quantity.first].start, context.here
    near = [sentence.span for sentence in context.around()]
    last = context.last if context.last and context.last.sentence in near else None
    is_money = last is not None and KINDS.get(last.unit) == "investment"
    found = _last_noun(context, last.end if last else max(near[0][0], context.forgotten), place)
    noun = found and noun_group(found.folded)
    least = LEAST_LEFT_OUT if is_money else LARGE if here.cues("people") else LEAST_WRITTEN_OUT
    if (head := context.head()) and not here.has("money", "investment"):
        return Meaning(FigureKind(head), counted="persons") if head in COUNTED else NOTHING
    before = tokens[quantity.before - 1].folded if quantity.before else ""
    is_price = bool(quantity.before) and tokens[quantity.before - 1].folded in FOR
    is_money_here = is_money or may_be_money(context, quantity.value, is_price=is_price)
    if cue_group("people", before) in WORKING:  # employs 120
        others = context.is_past(place) or here.agent(place) == "theirs"
        return NOTHING if others else Meaning(FigureKind.JOBS)
    if crew := _crew_of(tokens, quantity):
        return Meaning(of_noun(context, crew, place, quantity.value), counted=crew)
    is_large = quantity.value >= LARGE and tokens[quantity.first].text[0].isdecimal()
    if quantity.value >= least and is_money_here and (is_large or not (noun and last)):
        return Meaning(of_money(context, place, quantity.value), last.unit if last and is_money else context.currency)
    is_pay = LEAST_PAY <= quantity.value < LEAST_MONEY and _is_second(context, tokens, quantity)
    if last and is_money and is_pay and _is_alike(quantity.value, last):
        return Meaning(FigureKind.OTHER, last.unit)  # Techniker verdienen 4.200 Euro, Wachleute 2.600.
    if found and noun:  # in a list, "Personal: 90" are those of the plan
        kind = FigureKind.JOBS if noun == "staff" and before == ":" else of_noun(context, noun, place, quantity.value)
        if kind is FigureKind.OTHER and not context.is_past(place):
            kind = _asked_before(context, noun, found.start, quantity.value)
        return Meaning(kind, counted=noun)
    if (told := so_many(context, tokens, quantity)).kind:
        return told
    if last and is_money:
        return _part_of_money(context, tokens, quantity, last)
    if last:
        is_large = quantity.value >= LEAST_BARE or quantity.value % 1 != 0
        counts = last.unit == "count" or is_large or _is_second(context, tokens, quantity)
        counts = (
            counts
            or _is_part(context, tokens, quantity)
            or before in MORE | PARTS
            or (quantity.last < len(tokens) and tokens[quantity.last].folded in BEHIND_THEM)
        )  # not two metres
        return _like_last(context, last, place, quantity.value) if counts else NOTHING
    cue = here.nearest("people", place, ("training", "signatures"))
    if cue and context.is_on_topic:
        return Meaning(FigureKind(cue.group))
    if ahead := noun_ahead(tokens, quantity.noun):
        return Meaning(of_noun(context, ahead, place, quantity.value), counted=ahead)
    if before in _NEEDED and here.is_of_work and context.is_to_come(place):
        return Meaning(FigureKind.JOBS)  # the plant once employed 3,400, the data centre will need 70
    works = quantity.hedge and here.is_of_work and context.is_to_come(place)
    return Meaning(FigureKind.JOBS) if works else NOTHING


def _is_alike(value: Decimal, last: Figure) -> bool:
    before = Decimal(str(last.value or 1))
    return before < ALIKE * value and value < ALIKE * before


def _asked_before(context: FigureContext, noun: str, place: int, value: Decimal) -> FigureKind | None:
    """How many people have you trained? Around 70,000."""
    here = context.at
    while place < context.here.span[0]:
        context.at -= 1
    kind = of_noun(context, noun, place, value)
    context.at = here
    return kind


def _like_last(context: FigureContext, last: Figure, place: int, value: Decimal) -> Meaning:
    """What is said of people here may be something else than before: the mine once had 4,000."""
    is_gone = context.is_former(place) or (context.is_past(place) and context.here.has("people", "employed"))
    number, unit = context.written
    if (last.kind is FigureKind.JOBS and is_gone) or value > number * FAR_MORE:
        return NOTHING
    kind: FigureKind | None = last.kind
    if last.kind is FigureKind.OTHER and context.counted in ("persons", "staff"):
        kind = of_noun(context, context.counted, place, value)
    is_scaled = (
        unit != "count" and value % 1 and value < 1000 <= number // 1000
    )  # 1,2 Millionen m³, davon 1,1 für Bedburg
    times = next((step for step in (10**9, 10**6) if is_scaled and number >= step), 1)
    return Meaning(kind, unit or last.unit, context.counted, times)


def _part_of_money(context: FigureContext, tokens: Sequence[Token], quantity: Quantity, last: Figure) -> Meaning:
    """80 Millionen Euro sind verbaut, weitere 400 geplant; 3,2 Milliarden, davon 600 für Bedburg."""
    before, place = tokens[quantity.before - 1].folded if quantity.before else "", tokens[quantity.first].start
    is_part, is_second = before in PARTS, quantity.value < LEAST_PAY and _is_second(context, tokens, quantity)
    is_more = is_part or is_second or before in MORE or _is_one_of_two(context, tokens, quantity)
    is_more = is_more or (quantity.value % 1 != 0 and last.sentence == context.here.span)
    if not is_more or not (is_second or tokens[quantity.first].text[0].isdecimal()):
        return NOTHING
    total = Decimal(str(last.value))
    if is_second and total < LEAST_PAY:  # Der Eintritt kostet fünf Euro, ermäßigt drei.
        return Meaning(FigureKind.OTHER, last.unit)
    times = next((step for step in (10**9, 10**6) if total >= step and quantity.value < 1000), 0)
    if times and is_part and quantity.value * times > total:
        times //= 1000
    if times < 10**6:
        return NOTHING
    return Meaning(of_money(context, place, quantity.value * times), last.unit, times=times)


def may_be_money(context: FigureContext, value: Decimal, *, is_price: bool = False) -> bool:
    """3,2 Milliarden für NRW: so large is nothing else; of millions the sentence has to speak of cost."""
    here, last = context.here, context.last
    near = [each.span for each in context.around()]
    last = last if last and last.sentence in near else None
    if value >= LARGE:
        return context.paid or bool(here.cues("money")) or not (last or here.cues("people"))
    costs = any(here.has("money", group) for group in ("investment", "weak_cost", "other"))
    # In Frankfurt sind es 180 Millionen Euro. Bergheim rechnet mit vier Millionen.
    follows = last is not None and KINDS.get(last.unit) == "investment"
    is_public = here.has("agents", "public") and value >= LEAST_MONEY  # the state adds 14 million
    least = LEAST_WRITTEN_OUT if here.has("money", "investment") else LEAST_MONEY
    return value >= least and (costs or is_price or follows or is_public) and not here.cues("people")


def _speaker(tokens: Sequence[Token]) -> int:
    """Fachleute gehen von 100 aus: of whom a sentence begins with, nothing is counted."""
    return int(len(tokens) > 1 and noun_group(tokens[0].folded) in ("persons", "staff") and tokens[1].text.islower())


def _last_noun(context: FigureContext, start: int, end: int) -> Token | None:
    """The last noun that can be counted."""
    for sentence in reversed(context.around()):
        for token in reversed(sentence.tokens[_speaker(sentence.tokens) :]):
            is_noun = context.lang != "de" or token.text[0].isupper() or token.glued
            if (
                is_noun
                and start <= token.start < end
                and (group := noun_group(token.folded))
                and group not in ("others", "places")
                and not _ONE_SITE.fullmatch(token.folded)
            ):
                return token
    return None
