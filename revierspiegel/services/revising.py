"""An article whose page is not kept, or cannot be read back, as people have corrected it."""

from dataclasses import dataclass, replace

from db.outcomes import CORRECTED, Code, as_json, from_json
from db.store.rows import Row
from db.store.rows import as_json as list_as_json
from pipelines.article import Article, Correction, Rejected
from pipelines.intake.corrections import corrected
from pipelines.relevance.judge import too_old
from pipelines.relevance.profile import Profile
from pipelines.storing.rows import as_the_page_says, row

# What changes of an article by people's words alone.
COLUMNS = "title authors published published_utc day month date_precision date_source page_kind uncorrected".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    columns: Row  # those that differ
    refusal: Rejected | None  # by its new date


def revise(article: Row, corrections: tuple[Correction, ...], profile: Profile) -> Revision:
    """`article` is its row; of the rules, only the one on the date can be asked without the page."""
    revised: Article = corrected(replace(as_the_page_says(article), corrections=corrections))
    revised_row = row(revised, None)
    columns = {name: revised_row[name] for name in COLUMNS if revised_row[name] != article[name]}
    refusal = too_old(revised, profile) if "published" in columns else None
    stored = from_json(article["outcomes"])
    decided = [outcome for outcome in stored if outcome.code is Code.DECIDED]
    others = [outcome for outcome in stored if outcome.code not in (Code.DECIDED, *CORRECTED)]
    outcomes = [*decided, *(correction.outcome for correction in corrections), *others]
    reasons = {"reasons": list_as_json(list(map(str, outcomes))), "outcomes": as_json(outcomes)}
    return Revision(columns=columns | reasons, refusal=refusal)
