"""Articles on stdin: a JSON object a line."""

import json
from collections.abc import Sequence
from typing import Any


def read_article(line: str, needed: Sequence[str], optional: Sequence[str]) -> dict[str, Any]:
    """These fields, each a text, of the optional ones also null; or what is wrong with the line, as `error`."""
    try:
        article = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"error": f"no JSON: {error}"}
    if not isinstance(article, dict):
        return {"error": "no object"}
    for name in needed:
        if not isinstance(article.get(name), str):
            return {"error": f"{name}: a text is needed"}
    if wrong := [name for name in optional if not isinstance(article.get(name), str | None)]:
        return {"error": f"{wrong[0]}: expected a text or null"}
    return {name: _sound(article.get(name)) for name in (*needed, *optional)}


def _sound(text: str | None) -> str | None:
    """Half characters, which JSON can spell, can be neither stored nor written."""
    return None if text is None else text.encode("utf-8", "replace").decode()
