"""All that is read out of the texts of the archive; a fault of one kind does not stop the others."""

from collections.abc import Callable
from enum import StrEnum

from db.store.archive import Archive
from pipelines.storing.enrich import Tell, enrich_copies
from pipelines.storing.facts import enrich_facts
from pipelines.storing.proposals import enrich_names


class Enrichment(StrEnum):
    COPIES = "copies"  # who copies whom
    FACTS = "facts"  # figures, quotations, people, bodies and places
    NAMES = "names"  # those that are in no list


Enrich = Callable[[Archive, bool, Tell], int]  # (archive, anew, tell) → how many articles were read

ENRICHMENTS: dict[Enrichment, Enrich] = {
    Enrichment.COPIES: lambda archive, anew, tell: enrich_copies(archive.copies, anew=anew, tell=tell).read,
    Enrichment.FACTS: lambda archive, anew, tell: enrich_facts(archive.facts, anew=anew, tell=tell),
    Enrichment.NAMES: lambda archive, anew, tell: enrich_names(archive.proposals, anew=anew, tell=tell),
}


def enrich(archive: Archive, kind: Enrichment, *, anew: bool = False, tell: Tell = lambda read, of: None) -> int:
    """How many articles were read. Who calls it holds the lock of the home; killed, it goes on there the next time."""
    read = ENRICHMENTS[kind](archive, anew, tell)
    archive.faults.over(kind)
    return read
