"""Proposals → the registry's file: only the lines concerned change, its comments and its order stay."""

import os
import shutil
from collections.abc import Iterable, Iterator, MutableSequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from crawler.registry import sources
from crawler.registry.probes import ADDRESS_KEYS, Action, Proposal
from crawler.registry.sources import Evidence
from db.problem import Problem


def registry_file() -> Path:
    return Path(os.environ.get("REVIERSPIEGEL_SOURCES") or sources.FOLDER / "sources.toml")


def patched(text: str, proposals: Iterable[Proposal]) -> str:
    """The registry's text with the proposals in it; remarks, and what the text does not have, are passed over."""
    document = tomlkit.parse(text)
    entries = {entry.get("id"): entry for entry in document.get("source", [])}
    by_source: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        by_source.setdefault(proposal.source, []).append(proposal)
    for source, wanted in by_source.items():
        if source in entries:
            _change(entries[source], wanted)
    return tomlkit.dumps(document)


def _change(entry: Table, proposals: list[Proposal]) -> None:
    for proposal in proposals:
        for place, at in _places(entry, proposal):
            if proposal.what in (Action.EVIDENCE, Action.MOVE):
                place[at] = _written(place[at], proposal.to)
    added: dict[str, list[str]] = {}
    for proposal in proposals:
        if proposal.what is Action.ADD:
            added.setdefault(proposal.key, []).append(proposal.url)
    new = {key: added.pop(key) for key in ADDRESS_KEYS if key in added and key not in entry}
    for key, urls in added.items():
        for url in urls:
            _append(entry[key], url)
    for proposal in proposals:
        if proposal.what is Action.REMOVE:
            for place, at in list(_places(entry, proposal)):
                del place[at]
            if not entry.get(proposal.key, True):
                del entry[proposal.key]
    _add_keys(entry, new)


def _places(entry: Table, proposal: Proposal) -> Iterator[tuple[MutableSequence[Any], int]]:
    """Where the proposal's address stands: the list and the place in it."""
    place: Any = entry.get(proposal.key, [])
    for at, item in enumerate(place):
        if (item if isinstance(item, str) else item.get("url")) == proposal.url:
            yield place, at
            return


def _table(url: str, more: str = "") -> Any:
    return tomlkit.parse(f"x = {{ url = {tomlkit.string(url).as_string()}{more}, {_EVIDENCE} }}")["x"]


_EVIDENCE = f'evidence = "{Evidence.VERIFIED}"'


def _written(item: Any, to: str | None) -> Any:
    """The address with its evidence, and where it has moved; a bare string becomes a table."""
    if isinstance(item, str):
        return _table(to or str(item))
    if to:
        item["url"] = to
    if "evidence" in item or not isinstance(item, InlineTable):
        item["evidence"] = Evidence.VERIFIED.value
        return item
    # a key that tomlkit appends to an inline table leaves no space before the brace
    return tomlkit.parse(f"x = {item.as_string().rstrip('} ,')}, {_EVIDENCE} }}")["x"]


def _append(place: Any, url: str) -> None:
    if isinstance(place, AoT):
        table = tomlkit.table()
        table.update({"url": url, "evidence": Evidence.VERIFIED.value})
        place.append(table)
    else:
        place.append(_table(url))


def _add_keys(entry: Table, new: dict[str, list[str]]) -> None:
    """Keys that the entry did not have, below its addresses.

    tomlkit would put them at the end of the table, and to that belongs the comment of the next one.
    """
    if not new:
        return
    before = [
        key for key, value in entry.items() if key in (*_HEAD, *ADDRESS_KEYS) and not isinstance(value, AoT | Table)
    ]
    lines = [
        f"{key} = [\n" + "".join(f"  {_table(url).as_string()},\n" for url in urls) + "]\n" for key, urls in new.items()
    ]
    trivia = entry[before[-1]].trivia
    trivia.trail = f"{trivia.trail or chr(10)}{''.join(lines)}"


_HEAD = ("id", "name", "homepage", "kind", "lang", "region", "access")


def write(path: Path, text: str) -> None:
    """Put the new text in the file's place, whole or not at all. Raises Problem, ConfigError where it does not load."""
    file = path.resolve()  # a link stays one
    draft = file.with_name(f".{file.name}.draft")
    try:
        try:
            draft.write_text(text, "utf-8")
            sources.load(draft)
            shutil.copymode(file, draft)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise Problem(
            f"{path}: cannot be written ({error.strerror or error}); copy the registry to a file of your own and set "
            "REVIERSPIEGEL_SOURCES to it, or take the changes from what 'sources check' prints"
        ) from error
