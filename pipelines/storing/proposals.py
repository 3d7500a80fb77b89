"""The names of the archive that are in no list, brought up to date."""

from collections.abc import Iterator

from db.store.enrichment.proposals import LEAST, MOST, ProposalSentenceRow, ProposalStore, UnlistedNameRow
from db.store.enrichment.read_by_rules import SaidRow
from pipelines.enrichment.changes import language_of
from pipelines.enrichment.facts import facts_rules
from pipelines.enrichment.lists.candidates import unlisted_names
from pipelines.relevance.sentences import spans
from pipelines.storing.enrich import Tell
from pipelines.storing.facts import around, read_due


def enrich_names(store: ProposalStore, *, anew: bool = False, tell: Tell = lambda read, of: None) -> int:
    """How many articles were read; see read_due."""
    rules = facts_rules()  # its files have those of the names, too

    def read(row: SaidRow) -> None:
        names = unlisted_names(row.text, (row.lang or language_of(row.text))[:2].lower())
        store.put(row.id, rules, (UnlistedNameRow(each.name, each.kind, each.mentions, each.start) for each in names))

    if anew:
        store.forget_rules()
    done = read_due(store, rules, read, tell=tell)
    if done:
        propose_again(store)
    return done


def propose_again(store: ProposalStore) -> None:
    """From what has been read already."""
    rows = store.counted(LEAST, MOST)
    store.replace(rows, [sentence for row in rows for sentence in sentences_with(store, row["name"])])


def sentences_with(store: ProposalStore, name: str) -> Iterator[ProposalSentenceRow]:
    for article, text, start in store.newest(name):
        first, end = around(spans(text), start, start + 1)
        yield ProposalSentenceRow(name=name, article=article, sentence=text[first:end])
