"""An article's reference in words, as styles of the Citation Style Language write it; their licence is in README.md."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection, Row
from types import SimpleNamespace
from typing import Any

from citeproc import Citation as Cited
from citeproc import CitationItem, CitationStylesBibliography, CitationStylesStyle
from citeproc.source.json import CiteProcJSON
from markupsafe import Markup, escape

from db.export.citations import Citation, Genre, as_csl, cite


@dataclass(frozen=True, slots=True)
class Style:
    file: str  # without its ending
    name: str
    locale: str
    unsigned: str = ""  # what stands in the author's place where there is none; citeproc-py would write it twice


# In the language that each is used in: citeproc-py has no German order of a date for the first two.
STYLES = (
    Style("apa", "APA (7)", "en-US", unsigned="title"),
    Style("chicago-author-date-16th-edition", "Chicago (16, author-date)", "en-US", unsigned="container-title"),
    Style("iso690-author-date-de", "ISO 690", "de-DE"),
)
FIELDS = ("id", "type", "title", "container-title", "author", "issued", "accessed", "URL", "language")
ARTICLE = "select * from articles where id = ?"
OUTLET = "select id, name from sources where id = ? and name > ''"

# Letters that no text of the archive needs; what citeproc-py makes of a headline is escaped first.
_BEGIN, _END = "\ue000", "\ue001"
_MARKS = str.maketrans("", "", _BEGIN + _END)
_PLAIN = ("Oblique", "Bold", "Light", "Underline", "Superscript", "Subscript", "SmallCaps")
_FORMAT = SimpleNamespace(
    preformat=lambda text: text,
    Italic=lambda text: f"{_BEGIN}{text}{_END}",
    **dict.fromkeys(_PLAIN, str),
)


@dataclass(frozen=True, slots=True)
class Reference:
    style: str
    lang: str
    text: Markup


def references_of(connection: Connection, number: int) -> tuple[Reference, ...] | None:
    """Takes 0.1 s: in a process of its own, and where somebody wants them."""
    connection.row_factory = Row
    row = connection.execute(ARTICLE, [number]).fetchone()
    if row is None:
        return None
    outlets = dict(map(tuple, connection.execute(OUTLET, [row["source"]])))
    citation = cite(dict(row), outlets)
    return tuple(Reference(style.name, style.locale[:2], in_words(citation, style)) for style in STYLES)


def in_words(citation: Citation, style: Style) -> Markup:
    read = CitationStylesStyle(str(Path(__file__).with_name(f"{style.file}.csl")), locale=style.locale, validate=False)
    bibliography = CitationStylesBibliography(read, CiteProcJSON([_item(citation, style)]), _FORMAT)
    bibliography.register(Cited([CitationItem(citation.key)]))
    text = " ".join(str(bibliography.bibliography()[0]).split())
    if style.locale == "en-US":
        text = re.sub("”([.,])", r"\1”", text)
    text = re.sub(rf"([?!.]{_END}?)\.(?=[ ”])", r"\1", text)
    return Markup(str(escape(text)).replace(_BEGIN, "<i>").replace(_END, "</i>"))


def _item(citation: Citation, style: Style) -> Mapping[str, Any]:
    whole = json.loads(json.dumps(as_csl(citation), ensure_ascii=False).translate(_MARKS))
    item = {field: value for field, value in whole.items() if field in FIELDS}
    unsigned = "container-title" if style.unsigned and citation.genre is not Genre.NEWS else style.unsigned
    if "author" not in item and unsigned in item:
        item["author"] = [{"literal": item.pop(unsigned)}]
    if "issued" not in item and style.unsigned == "container-title":
        item.pop("accessed", None)  # Chicago's style would take its year for that of the article
    return item
