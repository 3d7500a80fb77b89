"""The tables of copies as they were before articles of the same words were one text; `enrich` makes them anew."""

from sqlite_utils import Database

TABLES = "copies prints copy_edges release_edges _texts _text_edges _copies_due _paragraphs _release_runs".split()


def drop(db: Database) -> None:
    made = db.execute("select type, name from sqlite_master where type in ('table', 'view', 'trigger')").fetchall()
    for kind, name in made:
        if name in TABLES or name.startswith("articles_copies_"):
            db.execute(f"drop {kind} {name}")
