"""The weekly letter, as text and HTML, sent once a week where somebody wants it."""

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from db.home import archive_path
from db.language import day, named, speaking, t
from db.operations.letter import MOST, Letter, LetterLine, last_week, read_letter, week_of
from db.problem import Problem
from db.store.archive import Archive
from db.store.crawl.alarms import LetterRow
from schedules.channels import ChannelError, Mail, Notice, addresses
from schedules.history import as_iso
from schedules.messages import operators_language

TO = "REVIERSPIEGEL_LETTER"

logger = logging.getLogger(__name__)


def send_letter(now: datetime) -> bool:
    """Send that of last week, unless it was sent or nobody wants it. Raises ChannelError, Problem, sqlite3.Error."""
    if not (to := addresses(TO)):
        return False
    monday = last_week(now)
    with Archive(archive_path(), read_only=True) as archive:
        archive.check_is_current()
    with Archive(archive_path()) as archive:
        if archive.alarms.letter_of(week_of(monday)):
            return False
        letter = read_letter(archive.db.conn, monday)
        Mail(to).send(letter_notice(letter))
        archive.alarms.note_letter(LetterRow(week=letter.week, sent_at=as_iso(now)))
    return True


def try_to_send(now: datetime) -> str:
    """Why it could not be sent; it is tried again with the next look."""
    try:
        send_letter(now)
    except (ChannelError, Problem, sqlite3.Error) as error:
        logger.warning("The letter could not be sent: %s", error)
        return str(error)
    return ""


def letter_notice(letter: Letter) -> Notice:
    with speaking(operators_language()):
        parts = list(_parts(letter))
        title = t("letters.title", day=day(letter.first.isoformat()))
        return Notice(subject=title, text=_as_text(title, parts), html=_as_html(title, parts))


Part = tuple[str, Sequence[tuple[str, str]]]  # a heading; lines with the address of the article, or ''


def _parts(letter: Letter) -> Iterator[Part]:
    yield _named(t("letters.new", number=len(letter.new)), letter.new, MOST)
    if letter.changed:
        yield _named(t("letters.changed", number=len(letter.changed)), letter.changed, MOST // 4)
    if letter.firsts:
        yield _named(t("letters.firsts"), letter.firsts, MOST // 4)
    gaps = [(t("letters.missed", night=day(night)), "") for night in letter.missed]
    gaps += [(t("letters.away", outlet=outlet), "") for outlet in letter.away[: MOST // 4]]
    yield t("letters.gaps"), gaps or [(t("letters.no_gaps"), "")]


def _named(heading: str, lines: Sequence[LetterLine], most: int) -> Part:
    site = os.environ.get("REVIERSPIEGEL_SITE", "").rstrip("/")
    shown = [(_words(line), f"{site}/article/{line.article}" if site else "") for line in lines[:most]]
    if len(lines) > most:
        shown.append((t("letters.more", number=len(lines) - most), ""))
    return heading, shown


def _words(line: LetterLine) -> str:
    facts = [line.outlet, day(line.day) if line.day else ""]
    facts += [", ".join(named(kind, "change") for kind in line.kinds)]
    facts += [t("letters.others", number=line.number)] if line.number else []
    return f"{line.title} ({'; '.join(filter(None, facts))})"


def _as_text(title: str, parts: Sequence[Part]) -> str:
    lines = [title, ""]
    for heading, entries in parts:
        lines += [heading, *(f"- {words}{f' {address}' if address else ''}" for words, address in entries), ""]
    return "\n".join([*lines, t("letters.off", name=TO)]) + "\n"


def _as_html(title: str, parts: Sequence[Part]) -> str:
    pieces = [
        f'<!DOCTYPE html><html lang="{operators_language()}"><meta charset="utf-8"><title>{escape(title)}</title>'
    ]
    pieces.append(f"<h1>{escape(title)}</h1>")
    for heading, entries in parts:
        items = (
            f'<li><a href="{escape(address)}">{escape(words)}</a></li>' if address else f"<li>{escape(words)}</li>"
            for words, address in entries
        )
        pieces.append(f"<h2>{escape(heading)}</h2><ul>{''.join(items)}</ul>")
    return "\n".join([*pieces, f"<p>{escape(t('letters.off', name=TO))}</p></html>"])
