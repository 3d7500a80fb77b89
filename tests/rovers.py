"""A profile of an invented story, with weights that a person can add up, and articles labelled for it."""

import json
from pathlib import Path

ROVERS = """
version = "7"
since = 2020-02-03
weights = "rovers_weights.toml"
[class.club]
role = "subject"
says = "the club"
strong = true
terms = ["Königsfähre*", "roten (wölfe*|bären)"]
except = ["königsfähre brücke"]
[class.nickname]
role = "byname"
says = "a by-name of the club"
terms = ["traditionsverein*", "elf"]
[class.ground]
role = "place"
says = "the ground"
terms = ["erftaue*", "nord~kurve"]
[class.stadium]
role = "object"
says = "the stadium"
terms = ["stadion*", "*neubau*"]
[class.rival]
role = "theme"
says = "the rival"
terms = ["*straßen~bahner*"]
[class.tram]
role = "against"
says = "a tram"
terms = ["fahrplan*"]
"""

WEIGHTS = """
version = "2"
bias = [-2, -2]
[thresholds]
on = 0.5
mention = 0.5
[weights]
"named: club" = [0, 3]
"title: club" = [1, 0]
"near: who + any object" = [2, 0]
"word: anstoss" = [0.5, 0]
"named: tram" = [-3, 0]
"""

# title, text, label → the verdict by the weights above
ARTICLES = [
    ("Königsfähre baut ein Stadion", "Der Anstoß ist im Mai.", "ON"),  # on
    ("Neubau für Königsfähre", "In der Erftaue beginnen die Arbeiten.", "ON"),  # on
    ("Fest in der Erftaue", "Am Ende sprach der Trainer von Königsfähre.", "MENTION"),  # mention
    ("Königsfähre: neuer Fahrplan", "Die Bahn hält am Stadion.", "OFF"),  # mention
    ("Stau auf der Königsfähre-Brücke", "Es ging nur langsam voran.", "OFF"),  # off
    ("Königsfähre im Stadion", "Ein Konzert der Kapelle.", "OFF"),  # on
    ("Der Traditionsverein zieht um", "Die Elf verlässt das alte Stadion.", "ON"),  # off
]


def write_profile(folder: Path, profile: str = ROVERS, weights: str = WEIGHTS) -> Path:
    (folder / "rovers_weights.toml").write_text(weights, "utf-8")
    path = folder / "rovers.toml"
    path.write_text(profile, "utf-8")
    return path


def write_labels(path: Path) -> Path:
    rows = ({"title": title, "text": text, "label": label} for title, text, label in ARTICLES)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path
