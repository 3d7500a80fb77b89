"""Numbers with what they count, however they are written: 3,2 Mrd. Euro, €3.2bn; 22 ha, 22 Hektar; 600MW."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from db.notation import together
from db.written_numbers import read

Spellings = tuple[str, ...]

# The first are as people type them; what a search finds is looked up in the archive, so there may be many.
UNITS: tuple[Spellings, ...] = (
    ("MW", "Megawatt", "megawatts"),
    ("GW", "Gigawatt", "gigawatts"),
    ("MVA", "Megavoltampere"),
    ("kV", "Kilovolt", "kilovolts"),
    ("kW", "Kilowatt", "kilowatts"),
    ("kWh", "Kilowattstunden", "kilowatt hours"),
    ("MWh", "Megawattstunden", "megawatt hours"),
    ("GWh", "Gigawattstunden", "gigawatt hours"),
    ("TWh", "Terawattstunden", "terawatt hours"),
    ("ha", "Hektar", "hectare", "hectares"),
    ("m³", "m3", "cbm", "Kubikmeter", "Kubikmetern", "cubic metres", "cubic meters"),
    ("m²", "m2", "qm", "sqm", "Quadratmeter", "Quadratmetern", "square metres", "square meters"),
    ("km", "Kilometer", "Kilometern", "kilometres", "kilometers"),
    ("m", "Meter", "Metern", "metres", "meters"),
    ("l", "Liter", "Litern", "litres", "liters"),
    ("t", "Tonne", "Tonnen", "tonne", "tonnes"),
    ("dB", "dBA", "Dezibel", "decibel", "decibels"),
)
MONEY: Spellings = ("Euro", "Euros", "EUR")  # a sign, as in €3.2bn, is no word
_UNIT_OF = {name.casefold(): unit for unit in UNITS for name in unit if " " not in name}
_MONEY = {name.casefold() for name in MONEY}

SCALES: tuple[tuple[int, Spellings], ...] = (
    (9, ("Milliarden", "Milliarde", "Mrd", "billion", "bn", "milliards", "milliard", "miljard")),
    (6, ("Millionen", "Million", "Mio", "million", "mn", "m", "millions", "miljoen")),
    (3, ("Tausend", "Tsd", "thousand", "k")),
)
SHORTEST = 10_000  # of whole numbers: 3200 is written in figures, 100.000 as hunderttausend, too
SMALL = (
    *(("eine", "one"), ("zwei", "two"), ("drei", "three"), ("vier", "four"), ("fünf", "five"), ("sechs", "six")),
    *(("sieben", "seven"), ("acht", "eight"), ("neun", "nine"), ("zehn", "ten")),
)

_NUMBER = re.compile(r"(?P<money>[€$£]?)(?P<number>\d[\d.,]*\d|\d)(?P<rest>[^\W\d_]+[23]?|[^\W\d_]*[²³])?")
_DIGITS_BEFORE, _WORD_BEFORE = re.compile(r"(\d+)[.,]$"), re.compile(r"([^\W_]+)[\W_]*$")
FAR = 60  # characters before a number in which the word before it is looked for

_THOUSANDS_OF = {"gw": "mw", "mw": "kw", "twh": "gwh", "gwh": "mwh", "mwh": "kwh"}


@dataclass(frozen=True, slots=True)
class TypedQuantity:
    """The first `length` words of a text; `unit` is empty of a mere number, and of money."""

    value: Decimal
    unit: Spellings
    length: int
    is_scaled: bool


def quantity(words: Sequence[str]) -> TypedQuantity | None:
    """What a text begins with; None where that is no number, or one without a scale, a unit and thousands."""
    grouped = together(words) if words and words[0].isdigit() else 1
    first = _NUMBER.fullmatch("".join(words[:grouped])) if words else None
    rest, after = (first["rest"] or "", [*words[grouped:]]) if first else ("", [*words[1:]])
    pieces = [first["number"] if first else words[0], *([rest] if rest else []), *after] if words else []
    if rest == "m" and first and first["money"]:
        pieces[1] = "mn"
    found = read([piece.rstrip(".") if not piece[0].isdigit() else piece for piece in pieces])
    if found is None or not found[0]:
        return None
    value, used = found
    is_scaled = used > 1
    unit: Spellings = ()
    if used < len(pieces) and (named := pieces[used].rstrip(".").casefold()) in {**_UNIT_OF, **dict.fromkeys(_MONEY)}:
        unit, used = _UNIT_OF.get(named, ()), used + 1
    if rest and used < 2:  # 3.2x, A61
        return None
    if not first and not is_scaled:  # drei
        return None
    length = grouped + used - 1 - bool(rest) if first else used
    if not (is_scaled or unit or value >= SHORTEST):
        return None
    return TypedQuantity(value, unit, length, is_scaled)


def written(words: Sequence[str]) -> list[str]:
    """All ways to write a quantity, as the index has their words; nothing of other texts."""
    found = quantity(words)
    if found is None or found.length < len(words):
        return []
    if not found.unit:
        return list(dict.fromkeys(_numbers(found.value)))
    return [text for value, unit in _converted(found.value, found.unit) for text in _with_unit(value, unit)]


def surroundings(number: str, text: str) -> tuple[set[str], set[str]]:
    """What comes before a number in a text: digits and a comma or point, of which it is only the end; or other words.

    Of 2 Mrd the 3 of 3,2 Mrd; an empty word where the text begins with it.
    """
    words = r"[\W_]*".join(map(re.escape, number.split()))
    longer, others = set[str](), set[str]()
    for found in re.finditer(rf"\b{words}\b", text, re.IGNORECASE):
        before = text[max(found.start() - FAR, 0) : found.start()]
        if digits := _DIGITS_BEFORE.search(before):
            longer.add(digits[1])
        else:
            others.add(word[1] if (word := _WORD_BEFORE.search(before)) else "")
    return longer, others


def _converted(value: Decimal, unit: Spellings) -> Iterator[tuple[Decimal, Spellings]]:
    """1,2 GW are 1200 MW."""
    yield value, unit
    for larger, smaller in _THOUSANDS_OF.items():
        if unit is _UNIT_OF[larger]:
            yield value * 1000, _UNIT_OF[smaller]
        if unit is _UNIT_OF[smaller] and value >= 100:
            yield value / 1000, _UNIT_OF[larger]


def _with_unit(value: Decimal, unit: Spellings) -> Iterator[str]:
    numbers = list(dict.fromkeys(_numbers(value)))
    yield from (f"{number} {name}" for number in numbers for name in unit)
    glued = [name for name in unit if len(name) <= 3]
    yield from (f"{number}{name}" for number in numbers for name in glued if number[-1].isdigit())


def _numbers(value: Decimal) -> Iterator[str]:
    if value == value.to_integral_value():
        yield from _figures(value)
    elif value < 1000:
        yield _figures(value)[0]
    for power, names in SCALES:
        part = value / Decimal(10) ** power
        if not Decimal("0.1") <= part < 10_000 or part != round(part, 3) or (power == 3 and value < SHORTEST):
            continue
        for figures in _figures(part):
            yield from (f"{figures} {name}" for name in names if len(name) > 1)
            yield from (f"{figures}{name}" for name in names if len(name) <= 3)  # 140m, never 140 m
        if part <= len(SMALL) and part == part.to_integral_value():
            yield from (f"{word} {name}" for word in SMALL[int(part) - 1] for name in names if len(name) > 3)
    if value == 100_000:
        yield "hunderttausend"


def _figures(value: Decimal) -> list[str]:
    """3 2 for 3,2 and 3.2, as the index parts words; 3200 and 3 200."""
    whole, _, part = f"{value:f}".partition(".")
    part = part.rstrip("0")
    grouped = f"{int(whole):,}".replace(",", " ")
    return list(dict.fromkeys([f"{each} {part}" if part else each for each in (whole, grouped)]))
