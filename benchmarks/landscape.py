"""Pages of press size on invented outlets: what both crawls fetch. Every page is its own, and the same in every run."""

import html
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import ThreadingHTTPServer
from math import exp
from multiprocessing.connection import Connection
from statistics import NormalDist

from crawler.demo.newsroom import Answer, Newsroom
from pipelines.folding import fold

MEAN_SIZE = 150_000  # bytes of a page
SPREAD = 0.6  # of the logarithm of the size; 73 recorded press pages have 0.9
LAYOUTS = 3  # page furniture a host, so that 40 hosts have 120 sizes
DAY = "2025-{month:02}-{day:02}T{hour:02}:30:00+01:00"
ROBOTS = "User-agent: *\nDisallow: /suche/\nDisallow: /druck/\nDisallow: /konto/\nDisallow: /abo/\nDisallow: /api/\n"

WORDS = {
    "town": "Bedburg|Bergheim|Elsdorf|Bergheim-Paffendorf|Bedburg-Kaster|Grevenbroich",
    "village": "Holzweiler|Immenrath|Ober-Aue|Neukirch am Bach|Klein-Rade|Heimerath|Lindau-West|Steinfeld",
    "firm": "Gerüstbau Nolden|Stahlwerk Rade|Druckerei Kessel|Molkerei Auental|Maschinenfabrik Hövel|Kiesgrube Wenz",
    "person": "Annegret Holtkamp|Jörg Wüllner|Fatma Özdal|Heiner Brück|Liesel Maaßen|Tobias Ketteler|Ruth Söhngen",
    "office": "Bürgermeisterin|Landrat|Wirtschaftsministerin|Sprecher der Stadt|Beigeordneter|Dezernentin",
    "day": "Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag",
    "year": "2026|2027|2028|2029|2030",
    "count": "zwölf|vierzig|hundertzwanzig|zweihundert|rund dreihundert|mehr als fünfhundert",
    "thing": "das Schwimmbad|die Ortsumgehung|den Wochenmarkt|die Grundschule|den Radweg|das Feuerwehrhaus",
    "event": "Stadtfest|Schützenfest|Frühlingsmarkt|Staffellauf|Chorkonzert|Erntedankfest",
    "weather": "Bei sonnigem Wetter|Trotz kühler Böen|Nach einer regnerischen Nacht|Bei milden Temperaturen",
    "money": "400.000 Euro|1,8 Millionen Euro|12 Millionen Euro|650.000 Euro",
    "hall": "drei Hallen|zwei Hallen|vier Gebäude|eine erste Halle",
    "view": "Das sei ein guter Tag|Es bleibe noch viel zu tun|Nun müsse es zügig gehen|Die Sorgen nehme man ernst",
}
ON_TOPIC = (
    "{person} nennt Rechenzentrum von Microsoft in {town} einen Gewinn|Microsoft baut in {town}: Rechenzentrum soll "
    "{year} stehen|Rechenzentrum in {town}: Microsoft stellt Pläne vor",
    "Der Konzern Microsoft hat am {day} in {town} über sein geplantes Rechenzentrum berichtet. Bis {year} sollen dort "
    "{hall} entstehen, das Gelände im Rheinischen Revier ist bereits vermessen.",
    "Das Vorhaben gehört zur Investition von 3,2 Milliarden Euro, die Microsoft in Nordrhein-Westfalen angekündigt "
    "hat. Weitere Rechenzentren sind in {town} vorgesehen, der Bauantrag liege vor, hieß es am {day}.",
    "{office} {person} sprach von {count} Arbeitsplätzen. {view}, die Ansiedlung verändere {town} auf Jahre.",
    "Offen ist, woher der Strom kommt. Der Netzbetreiber rechnet bis {year} mit einer neuen Leitung von {village} nach "
    "{town}; für die Abwärme der Server interessiert sich ein Wohngebiet.",
    "Microsoft will außerdem Lehrkräfte und Beschäftigte in der Region im Umgang mit künstlicher Intelligenz schulen. "
    "In {town} haben sich am {day} {count} Menschen für die ersten Kurse angemeldet.",
)
OFF_TOPIC = (
    "{event} in {village} lockt {count} Gäste an|{village} streitet über {thing}|Jubiläum in {village}: {firm} feiert",
    "{weather} haben am {day} {count} Menschen das {event} in {village} besucht. Die Veranstalter zeigten sich "
    "zufrieden, im kommenden Jahr soll es wachsen.",
    "Der Rat von {village} hat am {day} über {thing} beraten. {person} rechnet mit Kosten von {money}, die Arbeiten "
    "könnten {year} beginnen, wenn das Land zustimmt.",
    "{office} {person} sagte auf Anfrage, man habe {count} Hinweise aus der Bürgerschaft bekommen. {view}, hieß es aus "
    "dem Rathaus.",
    "Auch {firm} beteiligt sich mit {money}. Der Betrieb beschäftigt in {village} {count} Menschen und bildet seit "
    "langem in drei Berufen aus.",
    "Wie es mit dem Verein weitergeht, entscheidet sich am {day}. Zur Versammlung in {village} werden {count} "
    "Mitglieder erwartet, {person} stellt sich zur Wahl.",
)
TEASER_WITH_THE_NAME = "Microsoft verteilt Update für Windows"  # on real pages the company stands beside the article


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    pages: int
    hosts: int
    on_topic: float  # percent of the pages
    naming: float  # percent of the pages that are off topic and name the company beside the article

    def of(self, share: float) -> int:
        return round(self.pages * share / 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    host: str
    path: str
    day: str
    title: str
    paragraphs: tuple[str, ...]
    names: bool

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.path}"


def hosts(shape: Shape) -> list[str]:
    return [f"www.outlet-{number:02}.example" for number in range(shape.hosts)]


def registry(shape: Shape) -> str:
    return "".join(
        f'[[source]]\nid = "outlet-{number:02}"\nname = "Outlet {number}"\nhomepage = "http://{host}/"\n'
        f'kind = "regional_press"\nlang = "de"\nregion = "nrw"\nsitemaps = ["http://{host}/sitemap.xml"]\n\n'
        for number, host in enumerate(hosts(shape))
    )


def worded(dice: random.Random, template: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda slot: dice.choice(WORDS[slot[1]].split("|")), template)


def stories(shape: Shape) -> Iterator[Story]:
    """All articles of the landscape, spread over its hosts; exactly as many of each kind as the shape says."""
    order = random.Random(7).sample(range(shape.pages), shape.pages)
    for number, place in enumerate(order):
        dice = random.Random(number)
        on_topic = place < shape.of(shape.on_topic)
        title, *paragraphs = ON_TOPIC if on_topic else OFF_TOPIC
        title = worded(dice, dice.choice(title.split("|")))
        sentences = [worded(dice, paragraphs[n % len(paragraphs)]) for n in range(dice.randint(5, 18))]
        slug = re.sub("[^a-z0-9]+", "-", fold(title)).strip("-")
        yield Story(
            host=hosts(shape)[number % shape.hosts],
            path=f"/artikel/{slug}-{number}.html",
            day=DAY.format(month=dice.randint(1, 12), day=dice.randint(1, 28), hour=dice.randint(6, 22)),
            title=title,
            paragraphs=tuple(sentences),
            names=shape.of(shape.on_topic) <= place < shape.of(shape.on_topic + shape.naming),
        )


# What stands around an article. The parts have the shares that 73 recorded press pages show: scripts a third, styles
# an eighth, drawings a tenth, the rest markup with about five elements a kilobyte.

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _name(dice: random.Random) -> str:
    return "".join(dice.choices(_LETTERS, k=dice.randint(2, 9)))


def _script(dice: random.Random, size: int) -> str:
    names = [_name(dice) for _ in range(60)]
    parts, length = [], 0
    while length < size:
        a, b, c = dice.choices(names, k=3)
        parts.append(
            dice.choice(
                (
                    f"function {a}({b}){{return {b}&&{b}.{c}?{b}.{c}('{a}'):null}}",
                    f'var {a}={{"{b}":"{c}","url":"https:\\/\\/cdn.example\\/{a}?a=1\\u0026b={c}"}};',
                    f'!function({a},{b}){{for(var {c}=0;{c}<{a}.length;{c}++)"{b}"!==typeof {a}&&{b}({a}[{c}])}}();',
                    f'{a}.push({{"headline":"Gr\\u00f6\\u00dfe von {b}","section":"{c}","id":{dice.random()}}});',
                )
            )
        )
        length += len(parts[-1])
    return f"<script>{''.join(parts)}</script>"


def _style(dice: random.Random, size: int) -> str:
    rule = ".{}-{}{{display:flex;margin:{}px 0;color:#{:06x};font:400 1rem/1.4 sans-serif}}"
    rules = [rule.format(_name(dice), _name(dice), dice.randint(0, 64), dice.randrange(1 << 24)) for _ in range(40)]
    return f"<style>{''.join(dice.choices(rules, k=size // 75))}</style>"


def _drawing(dice: random.Random, size: int) -> str:
    path = "".join(f"{dice.choice('MLCQ')}{dice.random() * 99:.2f} {dice.random() * 99:.2f}" for _ in range(size // 11))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><path d="{path}"/></svg>'


def _teaser(dice: random.Random, title: str) -> str:
    name = f"{_name(dice)}-teaser {_name(dice)}__{_name(dice)} {_name(dice)}--{_name(dice)}"
    image = f"https://bilder.example/{dice.randrange(1 << 40):x}"
    sizes = ", ".join(f"{image}?w={width}&amp;q=80&amp;fit=crop {width}w" for width in (320, 480, 640, 960))
    return (
        f'<div class="{name}"><a class="{name}-link" href="/artikel/{_name(dice)}-{dice.randrange(10**6)}.html">'
        f'<img loading="lazy" alt="" src="{image}" srcset="{sizes}"><span class="{name}-kicker">{_name(dice)}</span>'
        f"<h3>{html.escape(title)}</h3></a></div>"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The bytes before and after an article, and between it and the teasers below it."""

    head: bytes
    top: bytes
    below: bytes


def sizes(number: int) -> list[int]:
    """Bytes, evenly over the distribution, so that few of them have its mean too."""
    spread = NormalDist(-(SPREAD**2) / 2, SPREAD)
    even = [MEAN_SIZE * exp(spread.inv_cdf((place + 0.5) / number)) for place in range(number)]
    return random.Random(number).sample([round(size) for size in even], number)


def layout(dice: random.Random, size: int) -> Layout:
    third = _script(dice, size // 6)
    head = third + _style(dice, size // 8)
    items = "".join(f'<li class="nav__item"><a href="/{_name(dice)}/">{_name(dice)}</a></li>' for _ in range(60))
    top = f'<header><nav><ul class="nav">{items}</ul></nav>{_drawing(dice, size // 20)}</header>'
    parts, length = [_drawing(dice, size // 20), _script(dice, size // 6)], 0
    rest = size - len(head) - len(top) - sum(map(len, parts)) - 4000
    while length < rest:
        parts.append(_teaser(dice, worded(dice, dice.choice(OFF_TOPIC[0].split("|")))))
        length += len(parts[-1])
    footer = "<footer><a href='/impressum'>Impressum</a> <a href='/datenschutz'>Datenschutz</a></footer></body></html>"
    return Layout(head=head.encode(), top=top.encode(), below=("".join(parts) + footer).encode())


def page(story: Story, around: Layout) -> Answer:
    facts: dict[str, object] = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": story.title}
    facts |= {"url": story.url, "datePublished": story.day, "author": {"@type": "Person", "name": "Tobias Ketteler"}}
    title, data = html.escape(story.title), json.dumps(facts)
    head = (
        f'<!doctype html><html lang="de"><head><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="canonical" href="{story.url}"><meta property="og:title" content="{title}">'
        f'<script type="application/ld+json">{data}</script>'
    )
    text = "".join(f'<p class="text__paragraph">{html.escape(paragraph)}</p>' for paragraph in story.paragraphs)
    article = f'<main><article class="article"><h1>{title}</h1>{text}</article></main><aside>'
    beside = _teaser(random.Random(story.title), TEASER_WITH_THE_NAME) if story.names else ""
    parts = (head.encode(), around.head, b"</head><body>", around.top, (article + beside).encode(), around.below)
    return Answer(body=b"".join(parts))


def sitemap(of_host: list[Story]) -> Answer:
    entries = "".join(f"<url><loc>{story.url}</loc><lastmod>{story.day}</lastmod></url>" for story in of_host)
    text = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    return Answer(body=text.encode(), kind="application/xml")


def fill(room: Newsroom, shape: Shape) -> None:
    """Texts are put between the furniture when a page is asked for: 10,000 whole pages would take 1.5 GB."""
    by_host: dict[str, list[Story]] = {host: [] for host in hosts(shape)}
    for story in stories(shape):
        by_host[story.host].append(story)
    left = sizes(LAYOUTS * shape.hosts)
    for host, of_host in by_host.items():
        dice = random.Random(host)
        layouts = [layout(dice, left.pop()) for _ in range(LAYOUTS)]
        room.put(f"http://{host}/robots.txt", Answer(body=ROBOTS.encode(), kind="text/plain"))
        room.put(f"http://{host}/sitemap.xml", sitemap(of_host))
        for story in of_host:
            room.put(story.url, partial(page, story, dice.choice(layouts)))


def serve(shape: Shape, wire: Connection) -> None:
    """Sends the proxy's address, then for each message the pages asked for since the last: (different, all)."""
    ThreadingHTTPServer.request_queue_size = 512  # with its 5, connections of 40 hosts are dropped and wait for seconds
    room = Newsroom()
    fill(room, shape)
    wire.send(room.proxy)
    while wire.recv():
        served = [request for request in room.log if request.path.startswith("/artikel/") and request.status == 200]
        room.log.clear()
        wire.send((len({(request.host, request.path) for request in served}), len(served)))
