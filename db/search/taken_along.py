"""What is taken along of an article, beside its own columns: whose it is, what it is among copies, what has changed."""

from db.store.newsrooms import TABLES, claimed

# The kinds of all its changes, each once, as a JSON list.
_CHANGES = (
    "(select json_group_array(value) from (select distinct value from changes as c, json_each(c.kinds)"
    " where c.article = articles.id order by value))"
)
_OF_COPIES = ("group_id", "role", "share")
TAKEN = ", ".join(
    [
        "articles.*",
        *(f"{claimed(table, 'articles')} as {table.removesuffix('s')}" for table in TABLES),
        *(f"(select {name} from copies where article = articles.id) as {name}" for name in _OF_COPIES),
        f"{_CHANGES} as changes",
    ]
)
