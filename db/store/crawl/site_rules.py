"""Tables `site_rules` and `site_rule_texts`: what each site's robots.txt and tdmrep.json said, night by night."""

import hashlib
from collections.abc import Iterable
from typing import TypedDict

from db.store.rows import Family, Row, as_json


class SiteRuleRow(TypedDict):
    run: int
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


class SiteRuleStore(Family):
    def write(self, rules: Iterable[Row]) -> None:
        """What sites said to robots; `text` is kept once, however many nights it stays the same."""
        with self.db.atomic():
            for rule in rules:
                text = rule["text"]
                digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() if text else None
                row = {name: value for name, value in rule.items() if name != "text"}
                row |= {"barred": as_json(rule["barred"]), "sha256": digest}
                self.db.table("site_rules").upsert(row, pk=("run", "site", "document"))
                if digest:
                    kept = {"sha256": digest, "text": text}
                    self.db.table("site_rule_texts").insert(kept, pk="sha256", ignore=True)
