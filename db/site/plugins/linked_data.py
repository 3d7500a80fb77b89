"""What search engines read in the page of an article on the public site: that it tells of one elsewhere (JSON-LD)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from markupsafe import Markup

from db.site.plugins.public import is_public

SCHEMA = "https://schema.org"


def of_article(row: Mapping[str, Any], outlets: Mapping[str, str], own_address: str) -> dict[str, Any]:
    """schema.org: our page is none of the article itself, which is at its outlet's address."""
    outlet = outlets.get(row["source"]) or row["source"]
    article = {
        "@type": "NewsArticle",
        "@id": row["url"],
        "url": row["url"],
        "headline": row["title"],
        "datePublished": row["published"],
        "dateModified": row["modified"],
        "inLanguage": row["lang"],
        "author": [{"@type": "Person", "name": name} for name in listed(row["authors"])],
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet},
        "isAccessibleForFree": {"free": True, "walled": False, "metered": False, "teaser": False}.get(row["access"]),
    }
    about = {name: value for name, value in article.items() if value not in (None, "", [])}
    return {"@context": SCHEMA, "@type": "WebPage", "@id": own_address, "url": own_address, "mainEntity": about}


def listed(authors: str | None) -> Sequence[str]:
    try:
        names = json.loads(authors or "[]")
    except ValueError:
        return ()
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else ()


def script(data: Mapping[str, Any]) -> Markup:
    """A block of data, which no browser runs; nothing in it can end it."""
    text = json.dumps(data, ensure_ascii=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(text))


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette, request: Request | None) -> dict[str, Any]:
    def linked_data(row: Mapping[str, Any], outlets: Mapping[str, str]) -> Markup:
        """'' where the site is for who may read the texts."""
        if not is_public(datasette) or request is None:
            return Markup("")
        own = datasette.absolute_url(request, datasette.urls.path(f"/article/{row['id']}"))
        return script(of_article(row, outlets, own))

    return {"linked_data": linked_data}
