"""What sites reserve, of which files have articles: asked once a run, or said not to have been asked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from crawler.policy.site_rules import SiteRules
from crawler.webarchive.one_file import ReadCapture
from db.days import today
from db.outcomes import Code
from db.store.archive import Archive
from pipelines.article import Article, Rejected
from pipelines.intake.rights import Rule, of_origin, read_rights, read_tdmrep

AskSites = Callable[[Mapping[str, str]], list[tuple[str, SiteRules]]]  # site → source


@dataclass(slots=True, kw_only=True)
class AskedSites:
    ask: AskSites | None
    reserved: str  # what a reservation means
    rules: dict[str, tuple[Rule, ...] | None] = field(default_factory=dict)  # by site; None where it gave no answer
    said: list[tuple[str, SiteRules]] = field(default_factory=list)  # and is not written down yet

    def ask_for(self, captures: Iterable[ReadCapture]) -> None:
        """Those sites of the articles among them that were not asked yet."""
        pages = [each.page for each in captures if isinstance(each.outcome, Article)]
        sites = {site: page.source for page in pages if (site := site_at(page.url)) not in self.rules}
        if self.ask and sites:
            self.said += (answers := self.ask(sites))
            self.rules |= dict.fromkeys(sites) | {rules.site: rules_of(rules) for _, rules in answers}

    def apply(self, page: Article, outcome: Article | Rejected) -> Article | Rejected:
        """An article with what its site says, below what its header and its page say."""
        if isinstance(outcome, Rejected):
            return outcome
        rules = self.rules.get(site_at(page.url))
        if rules is None:
            return replace(outcome, rights=replace(outcome.rights, not_asked=True))
        said = outcome.rights
        rights = of_origin(rules, page.url)
        if said.reserved is not None:
            rights = replace(rights, reserved=said.reserved, said_by=said.said_by)
        rights = replace(said, reserved=rights.reserved, said_by=rights.said_by, policy=said.policy or rights.policy)
        asked = read_rights(replace(page, rights=rights), self.reserved)
        return asked if isinstance(asked, Rejected) else replace(outcome, rights=asked.rights)

    def write(self, archive: Archive, run: int) -> None:
        archive.site_rules.write(rules.row(source, run, today()) for source, rules in self.said)
        self.said.clear()


def rules_of(answer: SiteRules) -> tuple[Rule, ...] | None:
    """Of either document: robots.txt alone reserves nothing; where it cannot be had, nothing more is asked."""
    if answer.document != "tdmrep.json":
        return None if answer.outcome.code is Code.ROBOTS_AWAY else ()
    try:
        return read_tdmrep(answer.text.encode()) if answer.text else ()
    except ValueError:
        return ()


def site_at(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
