"""Where direct speech may stand: quotation marks of all styles in pairs, paragraph by paragraph."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MARK = re.compile('[„“”‟"»«＂]')
_SINGLE = re.compile(
    r"(?<![^\s(\[–—-])(?:‘(?=\w)|'(?=[A-Z]))[^\n]{8,800}?[,.!?…][’'](?!\w)|›[^‹\n]{3,}‹|‹[^›\n]{3,}›|‚[^‘\n]{3,}‘"
)
_PARAGRAPH = re.compile(r"[^\n]+")
# „…” is a typing error that papers make; “ alone closes German quotations and opens English ones.
_CLOSING = {"„": '“”‟"', "“": '”“‟"', "”": "”", "‟": "”", "»": "«", "«": "»", '"': '"”', "＂": "＂"}


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    start: int  # marks included
    end: int
    inner_start: int
    inner_end: int
    goes_on: bool = False  # in the next paragraph, without a closing mark


def marked_spans(text: str) -> list[MarkedSpan]:
    return list(_spans(text) if _MARK.search(text) else _single_spans(text))


def _single_spans(text: str) -> Iterator[MarkedSpan]:
    """‘…,’ she said: where a text has no other marks. An apostrophe does not stand behind a comma."""
    for match in _SINGLE.finditer(text):
        yield MarkedSpan(match.start(), match.end(), match.start() + 1, match.end() - 1)


def _spans(text: str) -> Iterator[MarkedSpan]:
    paragraphs = list(_PARAGRAPH.finditer(text))
    carried = ""  # the opening mark of the paragraph before, where this one has to close it
    for number, paragraph in enumerate(paragraphs):
        opening, start, inner = carried, paragraph.start(), paragraph.start()
        carried, inner_end = "", -1  # the end of a pair inside
        marks = list(_MARK.finditer(text, paragraph.start(), paragraph.end()))
        for place, match in enumerate(marks):
            mark, at = match[0], match.start()
            if at <= inner_end:
                continue
            if not opening:
                if _opens(text, at, mark):
                    opening, start, inner = mark, at, at + 1
            elif opening == '"' and mark == "”" and "“" in text[inner:at]:
                continue  # marks of another kind inside
            elif pair_end := _pair_inside(text, marks[place : place + 3], opening):
                inner_end = pair_end
            elif mark in _CLOSING[opening] and not _looks_opening(text, at, mark, opening):
                yield MarkedSpan(start, at + 1, inner, at)
                opening = ""
            elif mark == opening:  # the one before was never closed
                start, inner = at, at + 1
        if opening and number + 1 < len(paragraphs):
            following = _MARK.search(text, *paragraphs[number + 1].span())
            if following:
                again = following[0] == opening and not text[paragraphs[number + 1].start() : following.start()].strip()
                closes = (
                    opening not in '"＂'
                    and following[0] in _CLOSING[opening]
                    and not _opens(text, following.start(), following[0])
                )
                if again or closes:
                    yield MarkedSpan(start, paragraph.end(), inner, paragraph.end(), goes_on=True)
                    carried = "" if again else opening


def _opens(text: str, at: int, mark: str) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if mark in "„»«" or text[max(0, at - 2) : at] == ": ":
        return True
    if not after or after.isspace():
        return False
    if mark == '"':
        return not before.isalnum()  # 19" are inches
    return not before or before.isspace() or before in "([–—-/…'‘"


def _pair_inside(text: str, marks: Sequence[re.Match[str]], opening: str) -> int | None:
    """Where a pair of the same marks ends: „ein „Gewinn“ für uns“. Behind it comes what closes the outer pair."""
    if len(marks) < 3:
        return None
    first, second, third = marks
    if not (_stands_before(text, first) and second[0] in _CLOSING[first[0]] and third[0] in _CLOSING[opening]):
        return None
    return None if _stands_before(text, second) or _stands_before(text, third) else second.start()


def _stands_before(text: str, mark: re.Match[str]) -> bool:
    """Whether a mark stands at the beginning of a word."""
    return text[mark.start() - 1].isspace() and text[mark.end() : mark.end() + 1].isalnum()


def _looks_opening(text: str, at: int, mark: str, opening: str) -> bool:
    """An opening mark where a closing one was expected."""
    if mark not in "“”" or opening == "„":
        return False
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return before.isspace() and after.isalnum()
