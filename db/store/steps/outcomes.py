"""Columns for outcomes as codes, filled from the English words beside them."""

from sqlite_utils import Database

from db import carry_over


def add(db: Database) -> None:
    columns = {
        "articles": {  # lists: of the reasons; of the words that decided, as the article spells them
            "outcomes": "reason_outcomes(reasons)",
            "terms": "terms(reasons)",
        },
        "refusals": {"outcome": "refusal_outcome(reason, detail)"},
        "leads": {"outcome": "error_outcome(error)"},
        "runs": {"detail_outcome": "error_outcome(detail)"},
        "source_nights": {"outcomes": "night_outcomes(detail)"},  # a list
        "sources": {
            "last_outcomes": "night_outcomes(last_detail)",  # a list
            "health_outcome": "health_outcome(health, health_detail)",
        },
        "site_rules": {"outcome": "rules_outcome(verdict)"},
    }
    for table, values in columns.items():
        for column, value in values.items():
            db.register_function(getattr(carry_over, value.partition("(")[0]), deterministic=True)
            db.table(table).add_column(column, str)
        # The search index has none of these columns: without its trigger 100,000 articles are not indexed anew.
        triggers = db.execute("select name, sql from sqlite_master where name = ?", [f"{table}_au"]).fetchall()
        for name, _ in triggers:
            db.execute(f"drop trigger {name}")
        db.execute(f"update {table} set {', '.join(f'{column} = {value}' for column, value in values.items())}")
        for _, sql in triggers:
            db.execute(sql)
