"""A phrase is looked for as one where it is nobody's own: in at least five texts of three sources, or a known term.

Else the order of words could be asked for, one after another, until a text is complete. The words of any other phrase
are looked for wherever they stand, and whether it stands somewhere as it was typed is not told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from sqlite3 import Connection

from db.notation import parted
from db.quantities import written
from db.search.expansion import excluding
from db.search.morphology import folded, tokens
from db.search.ranking import ExpandedQuery
from db.search.thesaurus.paraphrase import concepts
from db.search.vocabulary import APART, Vocabulary
from db.search.wording import Alternatives, Wording, any_of

TEXTS, SOURCES = 5, 3  # as for the tables of phrases that are published
LOOKS = 500  # articles with a phrase: among so many there are five texts, or all are copies
HAVING = f"""select count(distinct coalesce(p.group_id, a.id)), count(distinct a.source)
from (select rowid from articles_fts where articles_fts match ? limit {LOOKS}) as f
cross join articles as a indexed by idx_articles_facts on a.id = f.rowid left join copies as p on p.article = a.id"""


@dataclass(frozen=True, slots=True)
class CommonPhrases:
    connection: Connection
    vocabulary: Vocabulary

    def has(self, wording: Wording) -> bool:
        words = tokens(wording.text)
        if len(words) == 1:
            return True
        if APART not in wording.text and concepts(words, self.vocabulary):
            return True
        texts, sources = self.connection.execute(HAVING, [str(wording)]).fetchone()
        return int(texts) >= TEXTS and int(sources) >= SOURCES


def _is_number(typed: str) -> bool:
    """3 200; 22 ha; A61: figures are published, and may be written in many ways."""
    return all(word.isdigit() for word in tokens(typed)) or bool(written(typed.split()) or parted(typed))


def without_rare_phrases(query: ExpandedQuery) -> ExpandedQuery:
    """What titles say is public, and asked for as it is."""
    expanded = query.expanded
    if expanded.expression is None:
        return query
    common = CommonPhrases(query.connection, query.vocabulary)
    wanted = tuple(tuple(_kept(group, common) for group in either) for either in expanded.wanted)
    expression = " AND ".join(any_of([*map(str, either)]) for either in wanted)
    if unwanted := excluding(query.query, query.vocabulary):
        expression = f"({expression}) NOT {unwanted}"
    return replace(query, expanded=replace(expanded, expression=expression, wanted=wanted))


def _kept(group: Alternatives, common: CommonPhrases) -> Alternatives:
    if group.title or (group.phrases and _is_number(group.phrases[0].text)):
        return group
    kept = tuple(wording for wording in group.phrases if common.has(wording))
    each = tuple(_kept(part, common) for part in group.each)
    if group.phrases and group.phrases[0] not in kept and not each:  # what was typed
        each = tuple(_words([wording for wording in group.phrases if wording not in kept]))
    return replace(group, phrases=kept, each=each)


def _words(phrases: Sequence[Wording]) -> Iterator[Alternatives]:
    """Of phrases as long as the first, the words at each place."""
    split = [tokens(wording.text) for wording in phrases if APART not in wording.text]
    alike = [words for words in split if len(words) == len(split[0])]
    for place in zip(*alike, strict=True):
        forms = {folded(word): word for word in reversed(place)}
        yield Alternatives(tuple(Wording(word) for word in reversed(forms.values())))
