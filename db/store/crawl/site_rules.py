"""Tables `site_rules` and `site_rule_texts`: what each site's robots.txt and tdmrep.json said, night by night."""

import hashlib
from collections.abc import Iterable
from typing import TypedDict

from db.store.rows import Family, Row, as_json


class SiteRuleRow(TypedDict):
    run: int | None  # none where a finder was asked
    source: str
    night: str
    site: str
    document: str
    status: int | None
    verdict: str | None
    crawl_delay: float | None
    reserved: int | None
    content_usage: str | None
    barred: str | None
    sha256: str | None
    at: str
    outcome: str | None


class SiteRuleTextRow(TypedDict):
    sha256: str
    text: str


_OF_THE_SAME = (
    "delete from site_rules where run is :run and night = :night and site = :site and document = :document"
    " and (run is not null or source = :source)"
)


class SiteRuleStore(Family):
    def write(self, rules: Iterable[Row]) -> None:
        """What sites said to robots; `text` is kept once, however many nights it stays the same."""
        with self.db.atomic():
            for rule in rules:
                text = rule["text"]
                digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() if text else None
                row = {name: value for name, value in rule.items() if name != "text"}
                row |= {"barred": as_json(rule["barred"]), "sha256": digest}
                self.db.execute(_OF_THE_SAME, row)
                self.db.table("site_rules").insert(row)
                if digest:
                    kept = {"sha256": digest, "text": text}
                    self.db.table("site_rule_texts").insert(kept, pk="sha256", ignore=True)
