"""An invented archive whose articles have changed, gone, moved, been walled and come back; for tests of its pages."""

from collections.abc import Mapping
from pathlib import Path

from db.outcomes import Code, Outcome
from db.store.archive import Archive
from db.store.rows import as_json
from db.store.versions import What
from pipelines.enrichment.changes import compare
from pipelines.storing.looks import reading_of
from tests.test_exports import make_archive

HOSTILE = "<script>alert(1)</script>"
PARAGRAPHS = (
    "Der Rat von Musterdorf hat am Montag dem Bebauungsplan zugestimmt. 300 Menschen sahen im Saal zu.",
    "Bürgermeisterin Änne Groß sprach von einem guten Tag für die Stadt und das ganze Revier.",
    "Gegen das Vorhaben wandte sich die Initiative „Feld statt Halle“, die Unterschriften gesammelt hat.",
    "Das Unternehmen will im Frühjahr mit den Arbeiten beginnen und dreihundert Stellen schaffen.",
    "Der Kreis prüft unterdessen, woher das Wasser für die Kühlung kommen soll.",
    "Im Herbst soll der Rat ein zweites Mal beraten, dann über die Straße zum Gelände.",
    "Die Landesregierung hat angekündigt, den Ausbau der Leitungen zu fördern.",
)
LATER = (
    "Der Rat von Musterdorf hat am Montag dem Bebauungsplan zugestimmt. 2.500 Menschen sahen im Saal zu.",
    PARAGRAPHS[6],
    PARAGRAPHS[1],
    "Gegen das Vorhaben wandte sich die Initiative „Feld statt Halle“, die viele Unterschriften gesammelt hat.",
    "Das Unternehmen will im Frühjahr mit den Arbeiten beginnen und 300 Stellen schaffen.",
    PARAGRAPHS[4],
    f"In einer früheren Fassung dieses Artikels stand eine andere Zahl. Wir haben das korrigiert. {HOSTILE}",
)
NEWEST = (*LATER[:6], "Der Verlag hat diesen Absatz am Abend ergänzt; er nennt die Zahl der Anträge: 17.")

Text = Mapping[str, object]


def say(archive: Archive, article: int, seen_at: str, **columns: object) -> int:
    """Another version; compared with the one before it, as a crawl does."""
    said = {"title": f"Rechenzentrum Nummer {article}", "authors": '["Änne Groß"]', "access": "free", "lang": "de"}
    row = {"article": article, "seen_at": seen_at, "last_seen": seen_at, "page_kind": "article", "rules": "1"}
    row |= {"sha256": "", "page": None, "in_part": 0}
    row |= said | columns
    before = archive.versions.of(article)
    row["id"] = archive.versions.add(row)
    change = compare(reading_of(before[-1]), reading_of(row)) if before else None
    if change and row["page_kind"] != "ticker":
        kinds = as_json([str(kind) for kind in change.kinds])
        archive.versions.put_change(
            {
                "version": row["id"],
                "article": article,
                "before": before[-1]["id"],
                "at": seen_at,
                "kinds": kinds,
                "size": change.size,
            }
        )
    return int(row["id"])


def make_changed_archive(path: Path) -> Path:
    """Versions: 1, 2, 3 of article 1; 4, 5 (form alone) of 2; 6, 7 of the ticker 3; 8 of 4, 9 of 5 and so on."""
    make_archive(path, 12)
    archive = Archive(path)
    archive.db.table("sources").insert_all(
        [{"id": "blatt", "name": "Musterdorfer Blatt"}, {"id": "kurier", "name": "Erftkurier"}]
    )
    text = "\n\n".join
    say(archive, 1, "2026-02-27T04:00:00+00:00", title="Halle in Musterdorf genehmigt", text=text(PARAGRAPHS))
    say(archive, 1, "2026-02-28T23:30:00+00:00", title="Rat stimmt für die große Halle", text=text(LATER))
    say(archive, 1, "2026-03-06T04:00:00+00:00", title="Rat stimmt für die große Halle", text=text(NEWEST))
    say(archive, 2, "2026-03-01T04:00:00+00:00", text="Es kamen dreihundert Leute in den Saal der Stadt.")
    say(archive, 2, "2026-03-02T04:00:00+00:00", text="Es kamen 300 Leute in den Saal der Stadt.")
    say(archive, 3, "2026-03-01T04:00:00+00:00", text="10 Uhr: Es geht los.", page_kind="ticker")
    say(archive, 3, "2026-03-02T04:00:00+00:00", text="11 Uhr: Es geht weiter.", page_kind="ticker")
    for article in range(4, 13):
        say(archive, article, "2026-03-01T04:00:00+00:00", text=f"Microsoft baut in Musterdorf, Nummer {article}.")
    vanished: list[tuple[int, What, str | None, Outcome | None]] = [
        (4, What.GONE, None, Code.HTTP_STATUS.of(status=404)),
        (5, What.MOVED, "https://kurier.example/neu", None),
        (6, What.WALLED, None, None),
        (7, What.GONE, None, Code.HTTP_STATUS.of(status=410)),
    ]
    for article, what, url, outcome in vanished:
        archive.versions.note(article, "2026-03-03T04:00:00+00:00", what, url, outcome)
    archive.versions.note(7, "2026-03-05T04:00:00+00:00", What.BACK, None, None)
    archive.close()
    return path
