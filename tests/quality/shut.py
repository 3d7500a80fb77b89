"""The figures of the pages in shut/, by language. It prints totals and never a page's name, label or text:
whoever writes the rules can measure on pages that they have not seen.

python -m tests.quality.shut
"""

import sys
from collections.abc import Iterator

from tests.quality.gate import HERE, Figures, figures_of, lines, marked

SHUT = HERE / "shut"
GROUPS = {"German": ("de",), "English": ("en",)}
OTHERS, ALL = "other languages", "all"


def group(lang: str) -> str:
    return next((name for name, langs in GROUPS.items() if lang in langs), OTHERS)


def figures() -> Figures:
    golds = lines(SHUT / "reading.jsonl")
    rows = [(gold, marked(gold, SHUT / "pages")) for gold in golds]
    found: Figures = {}
    for name in (*GROUPS, OTHERS, ALL):
        mine = [(gold, each) for gold, each in rows if name in (ALL, group(gold["lang"]))]
        wrong = [gold["refused"] for gold, each in mine if not each.refused]
        found[name] = figures_of(*zip(*mine, strict=True)) | {
            "pages": len(mine),
            "wrongly refused": wrong.count(False),
            "wrongly kept": wrong.count(True),
        }
    return found


def report(found: Figures) -> Iterator[str]:
    for name, measures in found.items():
        yield name
        for measure, value in measures.items():
            yield f"  {measure:16} {value if isinstance(value, int) else f'{value:.3f}'}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(report(figures())) + "\n")
