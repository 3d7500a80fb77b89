"""What a figure with a unit or a noun is about: its sentence says so, or those before it."""

import re
from decimal import Decimal

from pipelines.enrichment.measures.context import FigureContext
from pipelines.enrichment.measures.cues import INVESTS, WORKING, Cue
from pipelines.enrichment.measures.figure import Figure, FigureKind
from pipelines.enrichment.measures.payers import payer

LARGE = 10**9  # money that is an investment where nothing is said of it
MANY_LITRES = 1000
MANY = 10_000  # people of whom a phrase says no more: whom the programme is to reach
MUCH_STAFF = 20_000  # of a whole district or group
MANY_JOBS = 10**6  # of a whole country
LEAST_MONEY = 10**6  # what a building or a project may cost


MANY_SENTENCES = 3
_ENDS = re.compile(
    r"[\d., \u00a0]+(?:(?:Mio|Mill?)\.? |Million\w* |million )?(?:\w+ (?:und|and) )?\w+(?: in [A-Z]\w+)?\W*(?:$|\n)"
)
_BUILDING = re.compile(r"(?i)baustelle|bauarbeiter|bauleute|construction (?:site|worker)|\b(?:on|to) (?:the )?site\b")
_LEFT = re.compile(
    r"(?i)(?:(?:arbeite\w*|beschäftig\w*|sind|hat|haben|works?|employs?|has|have) (?:noch|still)|ehemals|einst|vormals"
    r"|once)(?: (?:rund|etwa|knapp|gut|fast|about|some|around))? $"
)


def of_money(context: FigureContext, place: int, value: Decimal) -> FigureKind:
    cue = context.here.nearest("money", place)
    is_near = cue is not None and cue.group != "weak"
    if not is_near:  # then the sentences before may say more
        found = (sentence.nearest("money", sentence.span[1]) for sentence in reversed(context.back()))
        cue = next((each for each in found if each and each.group != "weak"), cue)
    whose = payer(context, place)
    topic = whose == "ours" or any(each.has("money", "weak") for each in context.around())
    topic = topic or context.is_of_told_investment()
    if cue is None or (cue.group == "weak_cost" and not topic):  # a fifth of 3.2 billion, 640 million
        large = value >= LARGE or (cue is None and value >= LEAST_MONEY and context.is_of_told_investment())
    else:
        invests = cue.group == "investment" and (value >= LEAST_MONEY or (is_near and topic))
        large = invests or (cue.group.startswith("weak") and value >= LEAST_MONEY)
    large = large and context.is_on_topic
    return FigureKind.INVESTMENT if large and not _is_theirs(context, place, value, cue, whose) else FigureKind.OTHER


def is_money_of_others(context: FigureContext, figure: Figure) -> bool:
    here, place = context.here, figure.start
    cue = here.nearest("money", place, ("investment", "other"))
    return (cue is not None and cue.group == "other") or here.is_abroad(place) or payer(context, place) == "theirs"


def _is_theirs(context: FigureContext, place: int, value: Decimal, cue: Cue | None, agent: str | None) -> bool:
    if context.here.is_abroad(place):
        return True
    if agent is None:
        for sentence in reversed(context.back()):
            if agent := sentence.agent(sentence.span[1]):
                return agent == "theirs"
    if agent == "public":  # that it speaks of so large an investment does not make it its own
        return cue is None or value < LARGE or INVESTS.match(context.text, cue.start) is not None
    return agent == "theirs"


def of_noun(context: FigureContext, group: str, place: int, value: Decimal) -> FigureKind | None:
    match group:
        case "jobs":
            return FigureKind.JOBS if value < MANY_JOBS else FigureKind.OTHER
        case "sites" | "signatures" | "training":
            return FigureKind(group)
        case "places":
            return FigureKind.SITES if context.means_sites(place) else None
        case "hyperscalers":
            return None if context.here.has("agents", "theirs") else FigureKind.SITES
        case "staff":
            return _of_staff(context, place, value)
        case "others":
            cue = context.here.nearest("people", place, ("training", "signatures"))
            return FigureKind(cue.group) if cue and cue.group == "signatures" else FigureKind.OTHER
        case "people":  # of some calling: counted where they are to be trained
            cue = context.here.nearest("people", place, ("training", *WORKING, "signatures", "other"))
            return FigureKind.TRAINING if cue and cue.group == "training" else None
    return _of_people(context, place, value)


def _of_staff(context: FigureContext, place: int, value: Decimal) -> FigureKind:
    if _is_left(context, place):
        return FigureKind.OTHER
    cue = context.here.nearest("people", place, ("training", "signatures", "other"))
    is_deal = cue and cue.group == "signatures" and context.here.is_of_work and context.is_to_come(place)
    if cue and not is_deal:
        return FigureKind(cue.group)
    if value >= MUCH_STAFF:
        return FigureKind.OTHER
    if context.here.has("people", "weak_training") and any(each.has("people", "training") for each in context.back()):
        return FigureKind.TRAINING  # Allein hier sollen 2.500 Beschäftigte erreicht werden.
    if context.here.agent(place) == "theirs" and not is_hiring(context, place):
        return FigureKind.OTHER  # RWE, with a staff of 7,500
    if _BUILDING.search(context.text, *context.here.span) and not context.is_past(place):
        return FigureKind.JOBS
    return FigureKind.JOBS if context.is_to_come(place) or is_hiring(context, place) else FigureKind.OTHER


def is_hiring(context: FigureContext, place: int) -> bool:
    """Hat 75 Mitarbeiter eingestellt; 300 Leute arbeiten in dem Rechenzentrum."""
    if context.is_former(place):
        return False
    cue = context.here.nearest("people", place)
    if cue is None or cue.group not in WORKING:
        return False
    building = _BUILDING.search(context.text, *context.here.span)
    is_there = context.here.names_sites or (building is not None and building.start() != cue.start)
    return cue.group == "hiring" or (is_there and not context.is_past(place))


def _is_left(context: FigureContext, place: int) -> bool:
    """Dort arbeiten noch 380 Menschen; von ehemals 620 Bergleuten."""
    return _LEFT.search(context.text, context.here.span[0], place) is not None


def _of_people(context: FigureContext, place: int, value: Decimal) -> FigureKind:
    here = context.here
    if _is_left(context, place):
        return FigureKind.OTHER
    cue = here.nearest("people", place, ("training", *WORKING, "signatures", "other"))
    if cue and cue.group not in WORKING:
        return FigureKind(cue.group)
    if cue:
        will_work = context.is_to_come(place) and here.agent(place) != "theirs"
        return FigureKind.JOBS if will_work or is_hiring(context, place) else FigureKind.OTHER
    if context.head() == "training":
        return FigureKind.TRAINING
    before = any(sentence.has("people", "training") for sentence in context.back())
    weak = here.has("people", "weak_training") or (before and here.has("people", "going_on"))
    weak = (weak or (value >= MANY and _says_no_more(context, place))) and context.is_on_topic
    return FigureKind.TRAINING if weak else FigureKind.OTHER


def _says_no_more(context: FigureContext, place: int) -> bool:
    """Es geht um 100.000 Menschen in NRW: a phrase that is all of a text, or its headline."""
    return len(context.sentences) < MANY_SENTENCES and _ENDS.match(context.text, place) is not None


def is_water(context: FigureContext, place: int, value: Decimal, unit: str) -> bool:
    """Few litres are so only where water is spoken of: a bag has litres, too."""
    cue = context.here.nearest("fluids", place)
    if cue is None:
        return (
            unit == "m3" or value >= MANY_LITRES or any(sentence.has("fluids", "water") for sentence in context.back())
        )
    return cue.group == "water"
