"""A text in sentences: what stands in one belongs together, wherever the lines break."""

import re

_END = re.compile(r"""[.!?…]["“”»«’')\]]*\s+(?=["„“”»«‘(\[–-]*[^\W_a-zß-öø-ÿ])""")
_LAST_WORD = re.compile(r"[^\W_]+$")
_ABBREVIATIONS = frozenset(
    "abs approx art aug bn bzw ca co corp dec dez dr etc evtl feb gem ggf inc inkl jan jr ltd max mia mill min mio mr "
    "mrd mrs ms no nov nr oct okt prof rd sept sog st str tsd usw vgl vs".split()
)


def sentences(text: str) -> list[str]:
    """A line ends one too: a heading has no full stop. 15. Februar, 3,2 Mrd. Euro and z. B. do not."""
    return [text[start:end] for start, end in spans(text)]


def spans(text: str) -> list[tuple[int, int]]:
    """Where each begins and ends."""
    found, start = [], 0
    for line in text.splitlines(keepends=True):
        at, end = start + len(line) - len(line.lstrip()), start + len(line.rstrip())
        for match in _END.finditer(text, start, end):
            stop = match.start() + 1
            if text[stop - 1] != "." or not _goes_on(text[max(at, stop - 30) : stop - 1]):
                close = match.end()
                while text[close - 1].isspace():
                    close -= 1
                found.append((at, close))
                at = match.end()
        if at < end:
            found.append((at, end))
        start += len(line)
    return found


def _goes_on(before: str) -> bool:
    """After a full stop that belongs to a short form, an initial or a number such as 15."""
    last = before[before.rfind(" ") + 1 :]
    if not last.isalnum():
        found = _LAST_WORD.search(last)
        if not found:
            return False
        last = found[0]
    return len(last) == 1 or last.casefold() in _ABBREVIATIONS or (last.isdigit() and len(last) < 3)
