"""Decisions and corrections of many addresses, as CSV: from others, from a spreadsheet, and for others."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from db.home import archive_path
from db.problem import Problem
from db.store.archive import Archive
from db.store.by_hand.decisions import FIELDS
from db.store.rows import now
from db.validation import ConfigError, Tell, choice, under, web_address
from pipelines.article import Correction, Decision, Word
from pipelines.intake.corrections import read_setting
from revierspiegel.services.decide import Decider, opened_decider, words_of

NEW_FIELDS = ("url", "decision", "why")


def export() -> str:
    """All decisions and corrections as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    with Archive(archive_path(), read_only=True) as archive:
        corrections = (
            {"word": f"{each.pop('field')}={each.pop('value')}"} | each for each in archive.corrections.every()
        )
        rows = [*archive.decisions.every(), *corrections]
        writer.writerows(sorted(rows, key=lambda row: (row["at"], row["url"])))
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an address of a list."""

    url: str
    words: tuple[str, ...]  # keep, drop, names of corrected fields; "" where an earlier word holds
    result: str

    def __str__(self) -> str:
        said = ", ".join(filter(None, self.words))
        return f"{self.url}: {f'{said}: ' if said else ''}{self.result}"


class ListLine(NamedTuple):
    """A word of a list."""

    url: str
    word: Decision | Correction
    number: int  # of the line of the file in which it stands
    is_new: bool  # it is decided now, not by others before


def take_list(path: Path, by: str | None = None) -> Iterator[Taken]:
    """Raises ConfigError before anything is taken where a line is wrong; of what is decided now, also where nobody
    could ever carry it out. `by`: who decides now.
    """
    lines = read_list(path, by)
    with opened_decider() as decider:
        if errors := list(_impossible(decider, [line for line in lines if line.is_new])):
            raise ConfigError(str(path), errors)
        here, to_correct = [], dict[str, list[str]]()
        for url, word, _, _ in lines:
            place = decider.place(url)
            earlier = place.word_before(word)
            if earlier == word:
                yield Taken(url, ("",), "known already")
            elif earlier and earlier.at > word.at:
                yield Taken(url, ("",), f"a later word holds ({earlier})")
            elif isinstance(word, Correction):
                decider.note(place, [word])
                to_correct.setdefault(url, []).append(word.field)
            elif result := decider.take(place, word):
                yield Taken(url, (word.word,), result)
            else:
                here.append(place)
        yield from (Taken(place.url, (Word.KEEP,), result) for place, result in decider.read(here))
        for place, result in decider.carry_out([decider.place(url) for url in to_correct]):
            yield Taken(place.url, tuple(to_correct[place.url]), result)


def _impossible(decider: Decider, lines: Iterable[ListLine]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for line in lines:
        place = decider.place(line.url)
        if earlier := next((seen[each] for each in place.keys if each in seen), None):
            yield f"line {line.number}: url: {line.url}: decided on in line {earlier} already, expected one decision"
        seen |= dict.fromkeys(place.keys, line.number)
        if isinstance(line.word, Decision) and line.word.word is Word.KEEP and not place.rows["article"]:
            try:
                decider.check(place)
            except Problem as problem:
                yield f"line {line.number}: url: {problem}"


def read_list(path: Path, by: str | None = None) -> list[ListLine]:
    """A table in UTF-8 with commas or semicolons: with a column `word`, as `export` writes it, what others decided
    before; with a column `decision`, what is decided now, be it on some of its lines. Raises ConfigError.
    """
    errors: list[str] = []
    lines = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            table = csv.DictReader(file, delimiter=";" if head.count(";") > head.count(",") else ",")
            is_new = "word" not in (table.fieldnames or ())
            columns = NEW_FIELDS if is_new else FIELDS
            if missing := [name for name in columns[:3] if name not in (table.fieldnames or ())]:
                raise ConfigError(str(path), [f"line 1: no column '{missing[0]}', expected {','.join(columns)}"])
            for row in table:
                said = columns[1:] if is_new else columns  # of a page that is listed nothing need be decided
                if any((row.get(name) or "").strip() for name in said):
                    url, word = _read(row, columns, by, under(errors.append, f"line {table.line_num}"))
                    lines.append(ListLine(url, word, table.line_num, is_new))
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read ({error.strerror}), expected a file"]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(str(path), [f"not read as a table ({error}), expected CSV in UTF-8"]) from error
    if errors:
        raise ConfigError(str(path), errors)
    return lines


def _read(
    row: Mapping[str | None, str | None], columns: Sequence[str], by: str | None, tell: Tell
) -> tuple[str, Decision | Correction]:
    if None in row:
        tell(f"more than {len(row) - 1} values, expected quotation marks around a value with a comma or semicolon")
    value = {name: (row.get(name) or "").strip() for name in ("by", "at", *columns)}
    url = web_address((), value["url"], under(tell, "url"))
    if not value["why"]:
        tell("why: empty, expected the reason in words")
    at = _moment(value["at"], under(tell, "at")) if "at" in columns else None
    words = words_of(value["why"], value["by"] or by, at)
    said = value[columns[1]]
    if "=" in said and "at" in columns:
        field, wanted = read_setting(said, under(tell, columns[1]))
        return url, Correction(field=field, value=wanted, **words)
    word = choice(Word, said.lower(), under(tell, columns[1]))
    return url, Decision(word=Word(word or Word.KEEP), **words)


def _moment(at: str, tell: Tell) -> str | None:
    """In UTC, as the archive has its moments."""
    try:
        moment = datetime.fromisoformat(at) if at else None
    except ValueError:
        tell(f"{at!r}, expected a moment such as {now()}")
        return None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")
