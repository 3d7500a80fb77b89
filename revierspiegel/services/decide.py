"""A person's word on an address or on what its page says: written down, and carried out at once as far as can be."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypedDict

from crawler.registry.owners import source_of
from crawler.registry.sources import Registry, denied_by, load_registry
from crawler.settings import TOPIC
from db import outcomes
from db.home import archive_path, make_home
from db.lock import Busy, lock_crawl
from db.outcomes import Outcome, from_json
from db.problem import Problem
from db.search import vocabulary
from db.store.archive import Archive
from db.store.rows import Row, as_json, now
from db.validation import under, web_address
from pipelines.article import Correction, Decision, Field, Hints, Reason, Word
from pipelines.identity import key
from pipelines.intake.corrections import read_field, read_settings
from pipelines.relevance.profile import profile_of
from pipelines.storing.enrich import enrich_few
from pipelines.storing.facts import enrich_facts
from revierspiegel.services.explain import known_of
from revierspiegel.services.reprocess import reader_of
from revierspiegel.services.rereading import TOLD, Effect, Reader, change_line
from revierspiegel.services.revising import revise

WORDS_SECONDS = 5.0  # a crawl that is running takes in the rest

SAID = {
    Effect.IN: "it is in the archive now",
    Effect.ALIAS: "it is another address of an article that is in the archive",
    Effect.OUT: "it has left the archive",
    Effect.CHANGED: "it stays in the archive",
    Effect.REFUSED: "it stays refused",
    Effect.SAME: "nothing changes",
}


def decide(url: str, word: Word, why: str, by: str | None = None) -> str:
    """What has become of the address, in words. Raises Problem where nobody could ever carry the word out."""
    wrong: list[str] = []
    web_address((), url, wrong.append)
    if wrong:
        raise Problem(wrong[0])
    with opened_decider() as decider:
        place = decider.place(url)
        if done := decider.take(place, Decision(word=word, **words_of(why, by)), strict=True):
            return done
        ((_, done),) = decider.read([place])
        return done


def correct(url: str, settings: Iterable[str], why: str, by: str | None = None) -> str:
    """`settings`: NAME=VALUE. As `decide`; it waits where the page is not here. Raises Problem for what is no value."""
    wrong: list[str] = []
    web_address((), url, wrong.append)
    values = read_settings(settings, under(wrong.append, "--set"))
    if wrong:
        raise Problem(wrong[0])
    words = words_of(why, by)
    with opened_decider() as decider:
        place = decider.place(url)
        decider.note(place, [Correction(field=field, value=value, **words) for field, value in values.items()])
        ((_, done),) = decider.carry_out([place])
        return done


def undo(url: str, names: Sequence[str] = ()) -> str:
    """`names`: of what was corrected; all that people have said of the address where there are none."""
    wrong: list[str] = []
    fields = [read_field(name, under(wrong.append, "--set")) for name in names]
    if wrong:
        raise Problem(wrong[0])
    with opened_decider() as decider:
        return decider.take_back(url, [field for field in fields if field])


class Words(TypedDict):
    why: str
    by: str | None
    at: str


def words_of(why: str, by: str | None, at: str | None = None) -> Words:
    """On one line each."""
    return {"why": " ".join(why.split()), "by": " ".join((by or "").split()) or None, "at": at or now()}


@contextmanager
def opened_decider() -> Iterator["Decider"]:
    registry = load_registry()
    make_home()
    archive = Archive(archive_path())
    try:
        yield Decider(archive=archive, registry=registry, reader=reader_of(archive, registry, TOPIC))
        vocabulary.take_in(archive_path(), WORDS_SECONDS)
        enrich_facts(archive.facts, seconds=WORDS_SECONDS)
        with suppress(Busy), lock_crawl():  # a crawl that is running does it at its end
            enrich_few(archive.copies)
        archive.recall()
    finally:
        archive.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of an address."""

    url: str
    source: str  # '' where it is nobody's
    rows: Row  # article, refusal, waiting, decision: rows or None; corrections: rows
    keys: frozenset[str]
    lead_key: str

    def word_before(self, word: Decision | Correction) -> Decision | Correction | None:
        """Of the same kind: a decision, or a correction of the same field."""
        if isinstance(word, Decision):
            return Decision.of(self.rows["decision"])
        corrections = map(Correction.of, self.rows["corrections"])
        return next((each for each in corrections if each.field is word.field), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    archive: Archive
    registry: Registry
    reader: Reader

    def place(self, url: str) -> Place:
        source = source_of(url, self.registry.sources)
        rows = known_of(url, source)
        article, refusal, lead = rows["article"], rows["refusal"], rows["waiting"]
        owner = article["source"] if article else source.id if source else refusal["source"] if refusal else ""
        lead_key = key(url, owner, self.reader.hints.get(owner, Hints()))
        keys = {lead_key, *self.archive.articles.keys(article and article["id"])} | ({lead["key"]} if lead else set())
        if refusal and refusal["reason"] != Reason.FOREIGN:  # that one is kept under the key of who led there
            keys.add(refusal["key"])
        return Place(url=url, source=owner, rows=rows, keys=frozenset(keys), lead_key=lead_key)

    def take(self, place: Place, decision: Decision, *, strict: bool = False) -> str | None:
        """None where the page is here, and is to be read again.

        `strict`: a word that cannot be carried out is a Problem; else it waits until it can.
        """
        if decision.word is Word.DROP:
            return self.drop(place, decision)
        if place.rows["article"]:
            return self.hold(place, decision)
        if strict:
            self.check(place)
        with self.archive.atomic():
            self.put(place, decision)
            return None if self.page(place) else self.queue(place)

    def put(self, place: Place, decision: Decision) -> None:
        row = {"url": place.url, "source": place.source, "word": str(decision.word), "why": decision.why}
        self.archive.decisions.put(row | {"by": decision.by, "at": decision.at}, place.keys)

    def note(self, place: Place, corrections: Iterable[Correction]) -> None:
        with self.archive.atomic():
            for each in corrections:
                row = {"url": place.url, "source": place.source, "field": str(each.field), "value": each.value}
                words = {"why": each.why, "by": each.by, "at": each.at}
                self.archive.corrections.put(row | words, place.keys)

    def carry_out(self, places: Sequence[Place]) -> Iterator[tuple[Place, str]]:
        """What has become of what was corrected."""
        yield from self.read([place for place in places if self.page(place)])
        for place in places:
            if self.page(place):
                continue
            article, refusal = place.rows["article"], place.rows["refusal"]
            if article:
                yield place, f"its page is not kept; {self.revise(place)}"
            elif refusal and refusal["reason"] == Reason.DECIDED:
                yield place, f"{SAID[Effect.REFUSED]}: {refusal['reason']}: {refusal['detail']}"
            elif refusal:
                yield place, self.queue(place)
            elif place.source:
                yield place, "it is corrected when it comes"
            else:
                yield place, "no source of the registry is at this host; it is corrected once there is one and it comes"

    def revise(self, place: Place) -> str:
        """Without its page: what people say is put into its columns."""
        article = self.archive.articles.get(place.rows["article"]["id"]) or {}
        decision = self.reader.words.decision(place.keys, place.url)
        corrections = self.reader.words.corrections(place.keys, place.url)
        revision = revise(article, corrections, profile_of(self.reader.topic))
        columns, refusal = revision.columns, revision.refusal
        if refusal and (decision is None or decision.word is not Word.KEEP):
            lead_key = key(article["url"], place.source, self.reader.hints.get(place.source, Hints()))
            self.archive.take_out(article | columns, lead_key, str(refusal.reason), refusal.outcome)
            return f"{SAID[Effect.OUT]}: {refusal}"
        self.archive.articles.update(article["id"], columns)
        changes = [change_line(name, article[name], columns[name]) for name in TOLD if name in columns]
        return "; ".join(changes) or SAID[Effect.SAME]

    def check(self, place: Place) -> None:
        """Raises Problem where the page is not here and will never be asked for."""
        if self.archive.removals.holds([*place.keys, place.url]):
            raise Problem(f"{place.url}: was taken down, and never comes again; 'revierspiegel explain' says when")
        if self.page(place):
            return
        if denied := denied_by(place.url, self.registry):
            raise Problem(f"{place.url}: never taken, {denied.host} is {denied.why}; see [[denied]] in the registry")
        if not source_of(place.url, self.registry.sources):
            raise Problem(f"{place.url}: no source of the registry is at this host; add it to the registry first")

    def drop(self, place: Place, decision: Decision) -> str:
        article, refusal, lead = (place.rows[name] for name in ("article", "refusal", "waiting"))
        with self.archive.atomic():
            self.put(place, decision)
            if article:
                lead_key = key(article["url"], place.source, self.reader.hints.get(place.source, Hints()))
                self.archive.take_out(article, lead_key, Reason.DECIDED, decision.outcome)
                return f"article {article['id']} has left the archive; its page stays kept"
            if not place.source:
                return "it will not be taken"
            facts = {"title": lead["title"], "published": lead["date"]} if lead else {}
            facts |= refusal or {"key": place.lead_key, "url": place.url, "source": place.source}
            self.archive.refusals.refuse(facts, Reason.DECIDED, decision.outcome, facts.get("run"))
        return "refused before, and now for good" if refusal else "it will not be asked for"

    def hold(self, place: Place, decision: Decision) -> str:
        article = place.rows["article"]
        with self.archive.atomic():
            earlier = Decision.of(place.rows["decision"])
            self.put(place, decision)
            self.give_reasons(article, [decision.outcome, *outcomes_of(article, earlier)])
        return f"article {article['id']} stays, whatever the rules say"

    def give_reasons(self, article: Row, reasons: list[Outcome]) -> None:
        columns = {"reasons": as_json([str(reason) for reason in reasons]), "outcomes": outcomes.as_json(reasons)}
        self.archive.articles.update(article["id"], {"verdict": "on", **columns})

    def page(self, place: Place) -> int | None:
        """Row of the kept page."""
        stored = place.rows["article"] or place.rows["refusal"] or {}
        kept = self.archive.pages.get(stored.get("page"))
        return kept["id"] if kept else None

    def read(self, places: Sequence[Place]) -> Iterator[tuple[Place, str]]:
        """Read their pages again, and say what has become of each."""
        numbers = []
        for place in places:
            article, refusal = place.rows["article"], place.rows["refusal"]
            numbers.append((self.page(place) or 0, article and article["id"], refusal and refusal["id"]))
        for place, change in zip(places, self.reader.changes(numbers), strict=True):
            if change.what in (Effect.SKIPPED, Effect.FAILED):
                here = place.rows["article"]
                yield place, f"its page cannot be read back; {self.revise(place)}" if here else self.queue(place)
                continue
            self.reader.apply(change)
            why = f": {change.reason}: {change.detail}" if change.reason else ""
            still = change.what is Effect.SAME and change.reason
            changes = [change_line(name, *both) for name, both in change.fields().items() if name != "text"]
            yield place, "; ".join([f"{'it stays refused' if still else SAID[change.what]}{why}", *changes])

    def queue(self, place: Place) -> str:
        """What was refused is forgotten, and the address waits for the next crawl."""
        refusal, lead = place.rows["refusal"], place.rows["waiting"]
        source = source_of(place.url, self.registry.sources)
        with self.archive.atomic():
            if refusal:
                self.archive.refusals.forget(refusal["id"])
            if source is None:
                return "no source of the registry is at this host, nobody asks for it until there is one"
            row = {"key": place.lead_key, "source": source.id, "url": place.url, "found_via": "a person's word"}
            row |= {"title": refusal["title"], "date": refusal["published"]} if refusal else {}
            self.archive.frontier.queue([row | {"found_at": now(), "on_terms": 1}])
            lead_key = lead["key"] if lead else place.lead_key
            self.archive.frontier.prefer(lead_key)
        paused = f", but {source.id} is paused: {source.paused}" if source.paused else ""
        return f"it waits for the next crawl{paused}"

    def take_back(self, url: str, fields: Collection[Field] = ()) -> str:
        place = self.place(url)
        earlier = None if fields else Decision.of(place.rows["decision"])
        corrections = [each["field"] for each in place.rows["corrections"] if not fields or each["field"] in fields]
        if earlier is None and not corrections:
            raise Problem(f"{url}: nobody has decided on it; 'revierspiegel decide --export' lists what was decided")
        article, refusal = place.rows["article"], place.rows["refusal"]
        with self.archive.atomic():
            if earlier:
                self.archive.decisions.forget(place.rows["decision"]["url"])
            self.archive.corrections.forget(place.keys, place.url, corrections)
        if self.page(place):
            ((_, result),) = self.read([place])
            return f"taken back; {result}"
        if article:
            self.give_reasons(article, outcomes_of(article, earlier))
            changes = f"; {self.revise(place)}" if corrections else ""
            return f"taken back; article {article['id']} stays, its page is not kept and cannot be judged anew{changes}"
        if (earlier and earlier.word is Word.DROP) or (corrections and refusal):
            return f"taken back; {self.queue(place)}"
        return "taken back; it stays refused" if refusal else "taken back; the rules decide once it is fetched"


def outcomes_of(article: Row, earlier: Decision | None) -> list[Outcome]:
    """Its reasons without the word that was given earlier."""
    return [outcome for outcome in from_json(article["outcomes"]) if earlier is None or outcome != earlier.outcome]
