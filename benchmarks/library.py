"""An archive of invented articles, as large as one likes: what the benchmark of the site reads."""

import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import accumulate, islice, product
from math import log
from pathlib import Path
from typing import Any, TypeVar

import click
from histories import changes, copies, disappearances, say

from db.operations import health
from db.operations.upkeep import bring_up_to_date
from db.outcomes import Code
from db.search import vocabulary
from db.store.archive import Archive
from db.store.crawl.runs import Night
from db.store.versions import version_of
from pipelines.article import Article, Hints, Reason
from pipelines.identity import identity, key, keys
from pipelines.storing.rows import row

T = TypeVar("T")

SOURCES = 150
FIRST, LAST = date(2023, 11, 1), date(2026, 10, 31)
BATCH = 2000  # articles in a transaction
SPREAD = 0.7  # of the logarithm of a text's length
LETTERS = 10.2  # of a word and the blank behind it

# The share of articles that a word stands in, in one form or another: what is searched for.
SHARES = {
    "Microsoft": 0.95,
    "Rechenzentrum Rechenzentren Rechenzentrums": 0.57,  # with the English ones 60 %
    "Bedburg": 0.10,
    "Bergheim": 0.09,
    "Grundwasser Grundwassers": 0.08,
    "Abwärme": 0.05,
    "Umspannwerk Umspannwerke Umspannwerks": 0.02,
    "Feldhamster Feldhamstern": 0.002,
    "Kampfmittel Kampfmitteln": 0.001,
    "Seekabel": 0.0005,
}
PHRASES = {"Rheinischen Revier": 0.12, "Rheinisches Revier": 0.04, "Strukturwandel im Revier": 0.02}
ENGLISH = {"Microsoft": 0.95, "data centre data centres": 0.6, "Bedburg": 0.1, "groundwater": 0.05}
GENITIVE = "Microsofts"

# The parts of German compounds that a dictionary knows; and none of the words above.
MODIFIERS = """Strom Netz Kühl Energie Kohle Gewerbe Industrie Stadt Kreis Landes Bundes Regional Digital Technologie
Wirtschafts Arbeits Bildungs Forschungs Verkehrs Umwelt Klima Natur Boden Grundstücks Flächen Planungs Bürger Gemeinde
Steuer Finanz Investitions Förder Struktur Tagebau Braunkohle Kraftwerks Windkraft Solar Speicher Leitungs Glasfaser
Sicherheits Software Konzern Firmen Betriebs Handwerks Ausbildungs Schul Hochschul Zukunfts Dorf Straßen Bahn Lärm
Rechts Vertrags Markt Kosten Gas Wärme Holz Verwaltungs Haushalts Wohnungs Jahres Monats Gesundheits""".split()
HEADS = """netz bedarf versorgung anlage gebiet projekt plan planung politik ausbau wandel gesellschaft amt behörde
verband verein ausschuss ministerium minister sprecher leiter chef unternehmen firma betrieb park standort ansiedlung
verfahren antrag vertrag preis förderung programm konzept strategie bericht studie gutachten prüfung frage problem thema
lösung arbeiter platz markt branche experte forscher""".split()
LITTLE = {
    "de": """der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er
hat dass sie nach wird bei einer um am sind noch wie einem über so zum haben nur oder aber vor zur bis mehr durch man
dann soll sei können wurde wenn unter gegen vom schon sagte""".split(),
    "en": """the of and to in a is that for it as was with be by on not he his but at are this have which or from they
will an were been has more their said would also its than about other after new year can could""".split(),
    "fr": "le la les de des du et en un une est que pour dans qui sur au plus par ne se pas son avec il sont".split(),
}
ENDINGS = {
    "de": ("", "en", "e", "s", "er", "ung", "ungen", "lich", "liche", "lichen", "t", "te"),
    "en": ("", "s", "ed", "ing", "er", "ly", "ness", "able"),
    "fr": ("", "s", "e", "er", "ement"),
}
STEMS = {"de": 5_000, "en": 2_500, "fr": 800}
ONSETS = "b d f g h k l m n p r s t w z br dr fl gr kl kr pl schl st str tr schw sp".split()
CORES = "a e i o u ä ö ü ei au ie eu".split()
CODAS = "b ck ld lk ll m n nd ng nk nn r rd rg rk rn rt s ss st t tz ch cht".split()

KINDS = ("regional_press", "national_press", "trade_press", "broadcaster", "government", "company", "organisation")
TOWNS = "Aue Bruch Dahl Esch Feld Grund Heide Imgen Kamp Loh Moor Neuss Ost Pesch Rade Sand Tann Ufer West Zell".split()
PERSONS = "Annegret Holtkamp|Jörg Wüllner|Fatma Özdal|Heiner Brück|Liesel Maaßen|Tobias Ketteler|Ruth Söhngen|K. Wenz"
REFUSED = {
    Reason.OFF_TOPIC: 88,
    Reason.MENTION: 4,
    Reason.TOO_SHORT: 3,
    Reason.NOT_AN_ARTICLE: 2,
    Reason.WALL: 1,
    Reason.MISSING: 1,
    Reason.BUDGET: 1,
}


@dataclass(frozen=True, slots=True)
class Stock:
    """The words of a language, and how often each comes: the second half as often as the first, and so on (Zipf)."""

    words: tuple[str, ...]
    weights: tuple[float, ...]  # summed up

    def some(self, dice: random.Random, number: int) -> list[str]:
        return dice.choices(self.words, cum_weights=self.weights, k=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    articles: int
    length: int  # characters of a text, on average
    refusals: int
    nights: int

    @classmethod
    def of(cls, articles: int) -> "Shape":
        """Texts of press length up to 300,000 articles; shorter ones in larger archives, so that they are soon made."""
        days = (LAST - FIRST).days + 1
        return cls(
            articles=articles,
            length=3000 if articles <= 300_000 else 1000,
            refusals=min(2 * articles, 500_000),
            nights=min(days, max(30, articles // 10)),
        )


def stock(lang: str) -> Stock:
    dice = random.Random(lang)
    syllables = ["".join(parts) for parts in product(ONSETS, CORES, CODAS)]
    formed = [
        "".join(dice.sample(syllables, dice.choice((1, 2, 2, 2, 3)))) + ending
        for _ in range(STEMS[lang])
        for ending in dice.sample(ENDINGS[lang], min(4, len(ENDINGS[lang])))
    ]
    if lang == "de":
        formed = [word.capitalize() if dice.random() < 0.4 else word for word in formed]
        formed += [before + head for before, head in product(MODIFIERS, HEADS)]
    dice.shuffle(formed)
    words = tuple(dict.fromkeys([*LITTLE[lang], *formed]))
    return Stock(words, tuple(accumulate(1 / (rank + 2.7) for rank in range(len(words)))))


@dataclass(frozen=True, slots=True)
class Outlet:
    id: str
    name: str
    kind: str
    lang: str
    access: str | None

    @property
    def host(self) -> str:
        return f"www.{self.id}.example"

    def as_row(self) -> dict[str, Any]:
        home = f"https://{self.host}/"
        columns = {"id": self.id, "name": self.name, "homepage": home, "kind": self.kind, "lang": self.lang}
        return columns | {"region": "nrw", "access": self.access, "addresses": f'["{home}feed.xml"]'}


def outlets() -> list[Outlet]:
    papers = ("Anzeiger", "Bote", "Kurier", "Morgenblatt", "Rundschau", "Stimme", "Tageblatt", "Zeitung")
    names = [f"{town}er {paper}" for town, paper in product(TOWNS, papers)][:SOURCES]
    langs = random.Random(3).choices(("de", "en", "fr"), weights=(80, 16, 4), k=SOURCES)
    return [
        Outlet(name.lower().replace(" ", "-"), name, KINDS[n % len(KINDS)], lang, (None, "partial", "hard")[n % 3])
        for n, (name, lang) in enumerate(zip(names, langs, strict=True))
    ]


def articles(shape: Shape) -> Iterator[Article]:
    """In the order of their days, with Berlin's offsets; 2 % without a date, a tenth with a bare day."""
    stocks, papers = {lang: stock(lang) for lang in STEMS}, outlets()
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(papers))))
    seconds = ((LAST - FIRST).days + 1) * 86400
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=timezone(timedelta(hours=1)))
    for number in range(shape.articles):
        dice = random.Random(number)
        moment = start + timedelta(seconds=(number + dice.random()) * seconds / shape.articles)
        outlet = dice.choices(papers, cum_weights=weights)[0]
        yield article(dice, number, moment, outlet, text(dice, stocks[outlet.lang], outlet.lang, shape.length))


def text(dice: random.Random, words: Stock, lang: str, length: int) -> str:
    """Paragraphs of sentences; what is searched for stands at random places, once to four times."""
    characters = dice.lognormvariate(log(length) - SPREAD**2 / 2, SPREAD)
    tokens = words.some(dice, max(40, round(min(characters, 8 * length) / LETTERS)))
    for forms, share in (ENGLISH if lang == "en" else SHARES).items():
        if dice.random() < share:
            choices = [forms] if lang == "en" and " " not in forms else forms.split()
            if forms.startswith("data "):
                choices = ["data centre", "data centres"]
            for _ in range(dice.choice((1, 1, 2, 4))):
                tokens[dice.randrange(len(tokens))] = dice.choice(choices)
    if lang == "de":
        for phrase, share in PHRASES.items():
            if dice.random() < share:
                tokens[dice.randrange(len(tokens))] = phrase
        tokens[dice.randrange(len(tokens))] = GENITIVE if dice.random() < 0.1 else dice.choice(words.words)
    for end in range(11, len(tokens), 12):
        tokens[end] += ".\n\n" if end % 72 == 71 else "."
    return " ".join(tokens).replace("\n\n ", "\n\n")


DECISIVE = {"Microsoft": 1, "Rechenzentrum": 2, "Bedburg": 2}  # word → paragraph


def article(dice: random.Random, number: int, moment: datetime, outlet: Outlet, body: str) -> Article:
    title = " ".join(["Microsoft:" if dice.random() < 0.5 else "Neues:", *body.split()[3 : dice.randint(7, 12)]])
    bare = dice.random() < 0.1
    published = moment.date().isoformat() if bare else moment.replace(second=0).isoformat(timespec="seconds")
    fetched = (moment + timedelta(hours=dice.randint(1, 40))).astimezone(UTC).replace(microsecond=0)
    address = f"https://{outlet.host}/artikel/{number}.html"
    return Article(
        source=outlet.id,
        url=address,
        hints=Hints(hosts=frozenset({f"{outlet.id}.example"}), kind=outlet.kind, lang=outlet.lang),
        found_via=f"https://{outlet.host}/feed.xml",
        found_at=fetched,
        final_url=address,
        fetched_at=fetched,
        status=200,
        title=title,
        text=body,
        authors=(dice.choice(PERSONS.split("|")),) if dice.random() < 0.7 else (),
        agencies=("dpa",) if dice.random() < 0.2 else (),
        published=None if dice.random() < 0.02 else published,
        date_source=dice.choices(("json-ld", "meta", "time", "feed", "url"), weights=(70, 15, 8, 4, 3))[0],
        lang=outlet.lang,
        page_kind="release" if outlet.kind in ("government", "company") else "article",
        access=dice.choices(("free", "metered", "teaser", "walled"), weights=(70, 10, 15, 5))[0],
        score=round(0.5 + dice.random() / 2, 3),
        verdict="on",
        outcomes=tuple(Code.IN_PARAGRAPH.of(word=word, number=at) for word, at in DECISIVE.items()),
        terms=tuple(DECISIVE),
        rules_version="2",
    )


def make(path: Path, shape: Shape, report: Callable[[str], object]) -> None:
    """Write the archive at `path`, as crawls of many nights would have written it, but in large transactions."""
    archive = Archive(path)
    db = archive.db.conn
    db.execute("pragma synchronous = off")  # whatever happens meanwhile, the archive is made anew
    db.execute("pragma cache_size = -200000")
    try:
        nights(archive, shape)
        for some in _batches(refusals(shape), BATCH):
            _insert(archive, "refusals", some)
        written, runs = 0, shape.nights
        for batch in _batches(articles(shape), BATCH):
            rows = [row(each, run=1 + (written + n) * runs // shape.articles) for n, each in enumerate(batch)]
            _insert(archive, "articles", [each | {"id": written + n} for n, each in enumerate(rows, 1)])
            named = [{"key": identity(each), "article": written + n} for n, each in enumerate(batch, 1)]
            _insert(archive, "article_keys", named)
            _insert(archive, "versions", list(_versions(rows, written)))
            written += len(batch)
            if written % (10 * BATCH) == 0 or written == shape.articles:
                report(f"{written} of {shape.articles} articles written")
        vocabulary.key_again(db)
        vocabulary.catch_up(db, report=_seldom(report))
        health.refresh(archive, LAST.isoformat())
        db.execute("pragma wal_checkpoint(truncate)")
    finally:
        archive.close()


def made(folder: Path, articles: int) -> Path:
    """The home with the archive; one that is there already is taken as it is."""
    home, unfinished = folder / str(articles), folder / f"{articles}.part"
    if not home.is_dir():
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        make(unfinished / "archive.db", Shape.of(articles), lambda line: click.echo(f"  {line}", err=True))
        unfinished.rename(home)
    bring_up_to_date(home / "archive.db", lambda line: click.echo(f"  {line}", err=True))  # where it is an older one
    with closing(Archive(home / "archive.db")) as archive:
        if not list(islice(archive.copies.every(), 1)):
            archive.copies.put(copies(archive.copies.articles()))
        if not archive.db.table("figures").count:
            say(archive, archive.copies.articles())
        if not archive.db.table("changes").count:
            for table, rows in (("changes", changes), ("disappearances", disappearances)):
                for some in _batches(rows(archive), BATCH):
                    _insert(archive, table, some)
    return home


def _versions(rows: Sequence[dict[str, Any]], before: int) -> Iterator[dict[str, Any]]:
    """Of each article as it is; of one in thirty an earlier one, too."""
    for number, each in enumerate(rows, before + 1):
        version = version_of(each) | {"article": number}
        if number % 30 == 0:
            yield version | {"text": each["text"][:-20], "sha256": f"{number:064}"}
        yield version


def add(archive: Archive, name: str) -> None:
    """One more article, as a crawl adds it."""
    dice, outlet = random.Random(name), outlets()[0]
    new = article(dice, 0, datetime.now(UTC), outlet, text(dice, stock("de"), "de", 3000))
    address = f"https://{outlet.host}/neu/{name}"
    new = replace(new, url=address, final_url=address)
    archive.articles.save(row(new, run=None), keys(new), key(address, outlet.id, new.hints))


def _seldom(report: Callable[[str], object]) -> Callable[[int, int], object]:
    def say(read: int, total: int) -> None:
        if read % (10 * BATCH) == 0 or read >= total:
            report(f"words of {read} of {total} articles")

    return say


def refusals(shape: Shape) -> Iterator[dict[str, Any]]:
    papers, dice = outlets(), random.Random(5)
    reasons, weights = list(REFUSED), list(accumulate(REFUSED.values()))
    for number in range(shape.refusals):
        address = f"{dice.choice(papers).host}/andere/{number}.html"
        yield {
            "key": address,
            "url": f"https://{address}",
            "source": address.split(".")[1],
            "reason": dice.choices(reasons, cum_weights=weights)[0].value,
            "detail": "no term of the profile",
            "title": f"Stadtfest in {dice.choice(TOWNS)}",
            "at": f"{FIRST + timedelta(number * shape.nights // shape.refusals)}T03:10:00+00:00",
            "run": 1 + number * shape.nights // shape.refusals,
            "rules_version": "2",
        }


def nights(archive: Archive, shape: Shape) -> None:
    """One crawl a night of all sources, the last on the last day; now and then one cannot be read.

    A month is written as a crawl does it, and again and again with other days: a night takes 80 ms.
    """
    papers, dice, month = outlets(), random.Random(4), 30
    registry = [paper.as_row() for paper in papers]
    days = [(LAST - timedelta(number)).isoformat() for number in reversed(range(shape.nights))]
    for number, day in enumerate(days[:month]):
        times = {"started": f"{day}T02:00:00+00:00", "ended": f"{day}T04:30:00+00:00"}
        run = archive.runs.begin([] if number else registry, kind="crawl", sources=SOURCES, **times)
        archive.runs.write_nights(run, day, (_night(dice, paper.id) for paper in papers))
        archive.runs.end(run, "completed")
    runs = list(archive.db.query("select * from runs order by id"))
    nights_of_month = list(archive.db.query("select * from source_nights order by run"))
    for number, day in enumerate(days[month:], month):
        times = {"started": f"{day}T02:00:00+00:00", "ended": f"{day}T04:30:00+00:00"}
        _insert(archive, "runs", [runs[number % month] | times | {"id": number + 1}])
        same = nights_of_month[number % month * SOURCES : (number % month + 1) * SOURCES]
        _insert(archive, "source_nights", [night | {"run": number + 1, "night": day} for night in same])


def _night(dice: random.Random, source: str) -> Night:
    if dice.random() < 0.03:
        return Night(source=source, state="unreachable", outcomes=(Code.NO_ANSWER.of(),))
    kept, new = dice.choice((0, 0, 0, 1)), dice.randint(4, 30)
    lengths = [dice.randint(900, 4000) for _ in range(3)]
    night = Night(source=source, state="ok", listed=60, new=new, answered=True, fetched=new, kept=kept, lengths=lengths)
    night.refuse(Reason.OFF_TOPIC, new - kept, asked=True)
    return night


def _insert(archive: Archive, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """The columns are those of the first row: whatever the table has by now, what its writer gives is written."""
    names = list(rows[0])
    with archive.db.conn as db:
        db.executemany(
            f"insert into {table} ({', '.join(names)}) values ({', '.join(['?'] * len(names))})",
            ([each[name] for name in names] for each in rows),
        )


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
