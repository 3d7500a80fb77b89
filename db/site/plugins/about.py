"""/about: how the archive comes about, by which rules, what it refuses, whose it is; /help: how to search."""

from sqlite3 import Connection, Row
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils import is_url
from datasette.utils.asgi import Request

from db.home import contact
from db.search.query import CHANGED
from db.site.plugins.quality import flow_context
from db.store.enrichment.facts import FIGURE_KINDS
from db.store.leaving.tombstones import SHOWN

# In two steps, in the order of the index: 25 ms for 200,000 refusals, not 96.
REFUSED = """select reason, sum(number) as number, count(*) as sources
from (select source, reason, count(*) as number from refusals group by source, reason)
group by reason order by number desc, reason"""
LEFT = f"select how, count(*) as number from tombstones where {SHOWN} group by how order by number desc, how"
LAST = "select version, rules_version, ended from runs where ended is not null order by id desc limit 1"
KINDS = "select distinct kind from _combinations where number > 0 and kind > '' order by kind"
FIRST = "select source, voice from voices order by article limit 1"

# What may be typed, and what is said of it: texts/*/search.toml, [help]
EXAMPLES = {
    "form": {
        "form_word": "Rechenzentrum",
        "form_two": "Microsoft Grundwasser",
        "form_umlaut": "Groesse",
        "form_number": "3.200",
        "form_star": "Genehmig*",
    },
    "exact": {"exact_phrase": '"Rheinisches Revier"', "exact_word": '"Rechenzentren"'},
    "join": {"join_or": "Bedburg OR Bergheim", "join_not": "Microsoft -Azure"},
    "field": {
        "field_title_word": "title:Rechenzentrum",
        "field_source": "source:{source}",
        "field_newsroom": 'newsroom:"{newsroom}"',
        "field_kind": "kind:regional_press",
        "field_lang": "lang:en",
        "field_from": "from:2025-03",
        "field_to": "Microsoft to:2024",
        "field_date": "date:2025-03",
        "field_author": 'author:"Petra Muster"',
        "field_access": "access:free",
        "field_change": "change:headline",
        "field_role": "role:agency",
        "field_registry": "registry:only",
        "field_figure": "figure:jobs",
        "field_value": "figure:investment=3.2bn",
        "field_speaker": 'speaker:"Hendrik Wüst"',
        "field_place": "place:Bedburg",
        "field_not": "Strom -kind:company",
    },
}


def count_refused(connection: Connection) -> list[Row]:
    return connection.execute(REFUSED).fetchall()


async def about(datasette: Datasette, request: Request) -> Response:
    database = datasette.get_database("archive")
    tables = set(await database.table_names())
    refused = await database.kept("refused", count_refused) if "refusals" in tables else []
    left = (await database.execute(LEFT)).rows if "tombstones" in tables else []
    person = contact() or ""
    context = {
        "refused": refused,
        "refused_sum": sum(row["number"] for row in refused),
        "left": left,
        "left_sum": sum(row["number"] for row in left),
        "last": (await database.execute(LAST)).first() if "runs" in tables else None,
        "contact": person,
        "contact_link": person if is_url(person) else f"mailto:{person}" if "@" in person else "",
    }
    context |= await flow_context(datasette)
    return Response.html(await datasette.render_template("about.html", context, request=request))


async def help_page(datasette: Datasette, request: Request) -> Response:
    database = datasette.get_database("archive")
    tables = set(await database.table_names())
    kinds = [row["kind"] for row in (await database.execute(KINDS)).rows] if "_combinations" in tables else []
    first = (await database.execute(FIRST)).first() if "newsrooms" in tables else None
    source, newsroom = (first["source"], first["voice"]) if first else ("morgenblatt", "Morgenblatt")
    examples = {
        group: [
            (typed.replace("{source}", source).replace("{newsroom}", newsroom), text)
            for text, typed in group_examples.items()
        ]
        for group, group_examples in EXAMPLES.items()
    }
    context = {"examples": examples, "kinds": kinds, "changes": CHANGED, "figures": FIGURE_KINDS}
    return Response.html(await datasette.render_template("help.html", context, request=request))


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/about$", about), (r"^/help$", help_page)]
