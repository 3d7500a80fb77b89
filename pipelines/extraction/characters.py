"""Letters and words: what a reader sees of them, in which language they are, and whether they were stirred."""

import re
import unicodedata
from collections import Counter

# A hyphen that shows itself at a line's end only, with the line's end behind it, and blanks without width. Each pattern
# begins with one letter, which makes it ten times as fast as one for all.
LINE_END = r"(?:\s*<(?:br|BR)\b[^<>]*>\s*)?"
SOFT_HYPHEN = re.compile("\xad" + LINE_END)
SPELT_OUT = re.compile(
    rf"&(?:(?:shy|SHY|#173|#[xX]0*[aA][dD]);{LINE_END}"
    r"|(?:ZeroWidthSpace|NoBreak|#(?:8203|8288|65279)|#[xX]0*(?:200[bB]|2060|[fF][eE][fF][fF]));)"
)
WITHOUT_WIDTH = "\u200b\u2060\ufeff"
LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
SET_AS_ONE = "".join(map(chr, LIGATURES))
ACCENTS = "\u0300\u0301\u0302\u0303\u0308\u030a\u030c\u0327"  # that stand behind their letter

BREAK = "\x1e"  # stands for <br> in a run of text
# 'Rechen-<br>zentrum' is one word, 'Kirchen- und<br>' and 'Nordrhein-<br>Westfalen' are not.
BROKEN_WORD = re.compile(
    rf"(?<=[^\W\d_])[-\u2010][ \t]*{BREAK}\s*(?=[a-zà-öø-ÿß])"
    r"(?!(?:und|oder|bzw|sowie|bis|als|and|or|to|et|ou|en|of|e|o|y)\b)"
)
BROKEN_NAME = re.compile(rf"(?<=[^\W\d_][-\u2010])[ \t]*{BREAK}\s*(?=[A-ZÀ-ÖØ-Þ])")

# Every language has a few words that make up a fifth of any text; scrambled letters have none of them.
COMMON = {
    code: frozenset(words.split())
    for code, words in {
        "de": "der die das und in zu den mit von ist im für auf ein eine nicht dem des sich auch es an werden aus er",
        "en": "the of and to in a is that for it on as with was at by be from are this have not he has they said",
        "nl": "de het een van en in is op te dat die voor met zijn niet aan er om ook als bij door",
        "fr": "le la les de des et en un une du est que dans pour qui sur au par plus pas ce il avec",
        "it": "di e il la che in a per un è del non le si una con i da sono al della dei nel più gli",
        "es": "de la que el en y a los se del las un por con no una su para es al lo como más",
        "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao",
        "pl": "w i na z do się nie że to o jest jak za od po co przez dla ale są tym był oraz może tego",
        "cs": "a v se na je že s z o do i to k ve pro za by ale si po jako jsou od který jeho podle",
        "da": "og i at det er en til på som af de med der den for ikke et har var fra om vi kan",
        "sv": "och i att det är en som på av för med den till inte de har om ett var från vi kan så",
        "tr": "ve bir bu da de için ile olarak daha çok gibi en olan sonra kadar ise ne var ama dedi",
    }.items()
}
LETTERS_OF = {code: frozenset("".join(sorted(word)) for word in words) for code, words in COMMON.items()}
WORD = re.compile(r"[^\W\d_]+")
SENSELESS = 0.1  # share of common words in a paragraph; 7 of 1,367 paragraphs of the press have less
PLAIN = 0.22  # … in a text of which less than half is scrambled; 0.3 is usual
UNSPEAKABLE = 0.12
HARD_TO_SAY = re.compile(r"[^aeiouy]{5}|^[^aeiouy]+$")


def without_invisible(html: str) -> str:
    """A page's source with what no reader sees between letters taken out, and each letter in one piece."""
    html = SPELT_OUT.sub("", SOFT_HYPHEN.sub("", html))
    for char in WITHOUT_WIDTH:
        html = html.replace(char, "")
    if any(char in html for char in SET_AS_ONE):
        html = html.translate(LIGATURES)
    return unicodedata.normalize("NFC", html) if any(char in html for char in ACCENTS) else html


def on_one_line(run: str) -> str:
    """A run of text, its line breaks taken out: between words they are blanks, in words they are nothing."""
    if BREAK in run:
        run = BROKEN_NAME.sub("", BROKEN_WORD.sub("", run)).replace(BREAK, " ")
    return " ".join(run.split())


def shares(words: list[str]) -> dict[str, float]:
    """The share of each language's commonest words."""
    counts = Counter(words)
    return {code: sum(counts[word] for word in common) / max(1, len(words)) for code, common in COMMON.items()}


def language(text: str, declared: str | None) -> str | None:
    """The declared language, unless the text is plainly in another one that we know."""
    words = WORD.findall(text.lower())
    if len(words) < 60:
        return declared
    share = shares(words)
    best = max(share, key=lambda code: share[code])
    if declared in share:
        return best if share[best] > 0.15 and share[best] > 2.5 * share[declared] else declared
    return declared or (best if share[best] > 0.15 else None)


def shuffled(block: str) -> bool:
    """Whether the letters of the words were stirred: 'die' and 'und' come as 'ide' and 'dnu'."""
    words = WORD.findall(block)
    if len(words) < 8:
        return False
    short_words = {word.lower() for word in words if 2 < len(word) < 6}
    sorted_words = ["".join(sorted(word)) for word in short_words]
    code = max(COMMON, key=lambda code: sum(word in LETTERS_OF[code] for word in sorted_words))
    as_stirred = sum(word in LETTERS_OF[code] for word in sorted_words)
    return as_stirred >= 3 and sum(word in COMMON[code] for word in short_words) < 0.5 * as_stirred


def unspeakable(words: list[str]) -> bool:
    """Whether many words have no vowel, or five consonants in a row, as letters have that were put for others.

    Of 100 languages' commonest words 0 to 5 % are like that, of German whose letters were swapped 13 to 80 %.
    """
    plain = [
        "".join(c for c in unicodedata.normalize("NFD", w.lower()) if c.isascii()) for w in words if not w.isupper()
    ]
    latin = {word for word in plain if len(word) > 2}
    odd = sum(bool(HARD_TO_SAY.search(word)) for word in latin)
    return odd >= 3 and odd > UNSPEAKABLE * len(latin)


def scrambled(blocks: list[str]) -> bool:
    """Whether most of the text is shown to be stirred: signs where its letters should be, or letters in no order.

    That it has no word that we know proves nothing: there are more languages than lists of ours, and results of a day
    are names and figures in any.
    """
    if sum(block.count("\ufffd") for block in blocks) > 0.02 * sum(map(len, blocks)):
        return True
    counted = [(block, WORD.findall(block)) for block in blocks]
    if max(shares([word.lower() for _, words in counted for word in words]).values()) > PLAIN:
        return False
    long = [(block, words) for block, words in counted if len(words) >= 12]
    stirred = [
        words
        for block, words in long
        if max(shares([word.lower() for word in words]).values()) < SENSELESS
        and (shuffled(block) or unspeakable(words))
    ]
    return sum(map(len, stirred)) > 0.5 * sum(len(words) for _, words in long)
