"""The archive: all tables of a home behind one connection, a family of tables each. Every method is one transaction."""

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from db.outcomes import Code, Outcome
from db.store.articles import ArticleStore
from db.store.by_hand.corrections import CorrectionStore
from db.store.by_hand.decisions import DecisionStore
from db.store.changed import RECALL
from db.store.connection import check_is_current, open_archive, open_to_read
from db.store.crawl.alarms import AlarmStore
from db.store.crawl.archive_files import ArchiveFileStore
from db.store.crawl.checks import CheckStore
from db.store.crawl.faults import FaultStore
from db.store.crawl.frontier import FrontierStore
from db.store.crawl.job_runs import JobRunStore
from db.store.crawl.revisits import RevisitStore
from db.store.crawl.runs import RunStore
from db.store.crawl.site_rules import SiteRuleStore
from db.store.crawl.sources import SourceStore
from db.store.enrichment.copies import CopyStore
from db.store.enrichment.extracts import ExtractStore
from db.store.enrichment.facts import FactStore
from db.store.enrichment.links import LinkStore
from db.store.enrichment.proposals import ProposalStore
from db.store.finders.books import FinderBookStore
from db.store.finders.captures import CaptureStore
from db.store.finders.catalogue import FinderStore
from db.store.finders.findings import FindingStore
from db.store.finders.hosts import FoundHostStore
from db.store.keys import KeyStore
from db.store.leaving.removals import RemovalStore
from db.store.leaving.tombstones import How
from db.store.newsrooms import NewsroomStore
from db.store.pages import PageStore
from db.store.refusals import RefusalStore
from db.store.rows import Row, holes
from db.store.versions import VersionStore


class Archive:
    """Brought up to date when it is opened, unless it is only read. Raises ArchiveError."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.db = open_to_read(path) if read_only else open_archive(path)
        self.articles = ArticleStore(self.db)
        self.versions = VersionStore(self.db)
        self.revisits = RevisitStore(self.db)
        self.refusals = RefusalStore(self.db)
        self.frontier = FrontierStore(self.db)
        self.pages = PageStore(self.db)
        self.runs = RunStore(self.db)
        self.job_runs = JobRunStore(self.db)
        self.faults = FaultStore(self.db)
        self.alarms = AlarmStore(self.db)
        self.sources = SourceStore(self.db)
        self.newsrooms = NewsroomStore(self.db)
        self.site_rules = SiteRuleStore(self.db)
        self.decisions = DecisionStore(self.db)
        self.corrections = CorrectionStore(self.db)
        self.copies = CopyStore(self.db)
        self.facts = FactStore(self.db)
        self.proposals = ProposalStore(self.db)
        self.extracts = ExtractStore(self.db)
        self.checks = CheckStore(self.db)
        self.keys = KeyStore(self.db)
        self.links = LinkStore(self.db)
        self.finders = FinderStore(self.db)
        self.findings = FindingStore(self.db)
        self.found_hosts = FoundHostStore(self.db)
        self.finder_books = FinderBookStore(self.db)
        self.captures = CaptureStore(self.db)
        self.archive_files = ArchiveFileStore(self.db)
        self.removals = RemovalStore(self.db)

    def close(self) -> None:
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def atomic(self) -> AbstractContextManager[Any]:
        """What several methods write in it is one transaction."""
        return self.db.atomic()

    def write_deferred(self) -> None:
        """What others than this process are to see. Raises sqlite3.Error."""
        self.db.write_deferred()

    def recall(self) -> None:
        """Pages that the site has kept are made anew, also while a crawl writes."""
        with self.atomic():
            self.db.execute(RECALL)

    def changes_of_others(self) -> int:
        """Another number where another connection has written since."""
        return int(self.db.conn.execute("PRAGMA data_version").fetchone()[0])

    def take_out(self, article: Row, key: str, reason: str, outcome: Outcome | None) -> None:
        """An article leaves for the refusals; its page stays kept."""
        how, why = How.RULES, reason
        if outcome and outcome.code is Code.DECIDED:
            how, why = How.DECIDED, str(outcome.params["why"])
        with self.atomic():
            self.articles.forget(article, how, why)
            self.refusals.refuse(article | {"key": key}, reason, outcome, article["run"])

    def look_up(self, keys: list[str], url: str) -> Row:
        """What is known of an address: the article, the refusal, the waiting lead (each a row or None)."""
        placeholders = holes(keys)
        article = self.db.query(
            "select * from articles where url = ? or id in (select article from aliases where url = ?)"
            f" or id in (select article from article_keys where key in ({placeholders}))",
            [url, url, *keys],
        )
        refusal = self.db.query(f"select * from refusals where key in ({placeholders}) or url = ?", [*keys, url])
        lead = self.db.query(f"select * from leads where key in ({placeholders}) or url = ?", [*keys, url])
        return {"article": next(article, None), "refusal": next(refusal, None), "waiting": next(lead, None)}

    def check_is_current(self) -> None:
        """Raises ArchiveError where the tables are those of an older version, as they may be where it is only read."""
        check_is_current(self.db, self.path)

    def steps(self) -> int:
        """Steps of the migrations that it has taken."""
        return int(self.db.execute("select count(*) from _sqlite_migrations").fetchone()[0])
