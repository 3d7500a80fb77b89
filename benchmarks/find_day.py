"""What a day of GDELT's Article List costs `revierspiegel find`: CPU time and memory of the whole command.

    python benchmarks/find_day.py [--runs 3]

The day is invented: files at three minutes after each quarter of an hour, 404 at all others; 800 articles a file in a
dozen languages and six scripts, 270 kB packed; one in 2,000 is a match. The example newsroom serves it from here.
"""

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from crawler.demo.newsroom import Answer, Newsroom

DAY = "20260401"
ROWS, MATCHES = 800, 2000  # articles a file; one in so many is a match
SCRIPTS = {  # language → share of the articles, its letters
    "en": (36, "etaoinshrdlucmfwypvbgk"),
    "de": (8, "enisratdhulcgmobwfkzäöüß"),
    "es": (12, "eaosrnidlctumpbgvyqhñáéíó"),
    "fr": (6, "esaitnrulodcpmévqfbghàè"),
    "it": (6, "eaionlrtscdupmvghfbqàù"),
    "tr": (4, "aeinrlkdmtısyuobüşzgğç"),
    "ru": (9, "оеаинтсрвлкмдпуяыьгзбчй"),
    "ar": (6, "اليمنرتبةعدسفهكقأحجشطصخ"),
    "zh": (7, "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面"),
    "hi": (4, "कहरनसतमयपलजवदबगचटभधण"),
    "el": (2, "αοιετσνηυρπκμλωδγχθφβ"),
}
MATCH = ("Microsoft baut Rechenzentrum in Bedburg, Abschnitt {}", "Im Rheinischen Revier investiert der Konzern.")
FINDER = """
[[finder]]
id = "gal"
kind = "gal"
name = "List"
homepage = "http://list.example/"
address = "http://list.example/{minute}.gal.json.gz"
minutes = [1, 2, 3]
other_minutes = [0, 4, 5, 6, 7]
distance = 5
per_night = 700
since = 2020-01-01
terms = { says = { en = "free", de = "frei" } }
citation = { en = "List", de = "Liste" }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    cpu: float  # seconds
    wall: float
    memory: float  # MB, the most
    rows: int
    matches: int


def words(chance: Random, letters: str, count: int) -> str:
    return " ".join("".join(chance.choices(letters, k=chance.randint(3, 11))) for _ in range(count))


def row(chance: Random, number: int) -> dict[str, str]:
    lang = chance.choices(list(SCRIPTS), [share for share, _ in SCRIPTS.values()])[0]
    letters = SCRIPTS[lang][1]
    host = f"{words(chance, SCRIPTS['en'][1], 1)}.example"
    title, sentence = words(chance, letters, 9).capitalize(), words(chance, letters, 22).capitalize()
    if chance.randrange(MATCHES) == 0:
        title, sentence, lang = MATCH[0].format(number), MATCH[1], "de"
    slug = words(chance, SCRIPTS["en"][1], 7).replace(" ", "-")
    return {
        "date": f"{DAY[:4]}-{DAY[4:6]}-{DAY[6:]}T08:00:00.000Z",
        "url": f"https://www.{host}/news/{number}/{slug}.html",
        "domain": host,
        "outletName": host,
        "outletLogo": f"https://www.{host}/assets/img/logo-{chance.randrange(10**9)}.png",
        "title": title,
        "image": f"https://cdn.{host}/images/{chance.randrange(10**12)}/{slug[:40]}.jpg",
        "desc": sentence,
        "lang": lang,
        "author": words(chance, letters, 2).title(),
    }


def day() -> dict[str, bytes]:
    """Minute → its file."""
    files = {}
    for quarter in range(96):
        for minute in (1, 2, 3):
            at = quarter * 15 + minute
            chance = Random(at)
            lines = [json.dumps(row(chance, at * ROWS + number), ensure_ascii=False) for number in range(ROWS)]
            files[f"{DAY}{at // 60:02}{at % 60:02}00"] = gzip.compress("\n".join(lines).encode(), 6)
    return files


def measured(room: Newsroom, folder: Path) -> Cost:
    (folder / "finders.toml").write_text(FINDER, "utf-8")
    environment = os.environ | {"http_proxy": room.proxy, "https_proxy": room.proxy, "REVIERSPIEGEL_HOME": str(folder)}
    environment |= {"REVIERSPIEGEL_FINDERS": str(folder / "finders.toml"), "REVIERSPIEGEL_CONTACT": "a@b.example"}
    since = f"{DAY[:4]}-{DAY[4:6]}-{DAY[6:]}"
    command = [sys.executable, "-m", "revierspiegel", "find", "-s", "DOWNLOAD_DELAY=0", "--json", "--quiet"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [*command, "--since", since, "--until", since], env=environment, capture_output=True, text=True, check=True
    )
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    told = json.loads(done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu=cpu, wall=wall, memory=after.ru_maxrss / 1024, rows=told["rows"], matches=told["matches"])


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--runs", type=int, default=3)
    files = day()
    size = sum(map(len, files.values()))
    sys.stdout.write(f"{len(files)} files, {len(files) * ROWS} articles, {size / 1e6:.0f} MB packed\n")
    with closing(Newsroom()) as room:
        for minute, body in files.items():
            room.put(f"http://list.example/{minute}.gal.json.gz", Answer(body=body, kind="application/gzip"))
        for _ in range(cli.parse_args().runs):
            with TemporaryDirectory() as folder:
                cost = measured(room, Path(folder))
            told = f"{cost.cpu:.1f} s CPU, {cost.wall:.1f} s, {cost.memory:.0f} MB, {cost.rows} rows"
            sys.stdout.write(f"{told}, {cost.matches} matches\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
