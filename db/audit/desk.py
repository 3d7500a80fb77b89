"""The desk at which a coder labels: one page after another, title and text, no verdict and no score.

It answers this machine alone, and writes nothing but the coder's labels. Another site that is open in the same browser
can neither read it (the Host must be loopback, whatever name leads here) nor label (each form has a token).
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from markupsafe import Markup

from db.audit.drawing import Draw
from db.audit.labels import CoderLabel, append_label, read_labels
from db.audit.universe import AuditUnit
from db.language import choose, language, speaking, t

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_BYTES = 100_000  # of a form
MOST_TEXT = 100_000  # characters of a page
WORDS = {
    CoderLabel.ON: "desk.on",
    CoderLabel.MENTION: "desk.mention",
    CoderLabel.OFF: "desk.off",
    CoderLabel.UNSURE: "desk.unsure",
}
LINES = ("about.line.on", "about.line.mention", "about.line.off")  # what belongs, as the site has it

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DeskAnswer:
    status: int
    body: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class DeskText:
    """What is shown of a page; `text` is None where it cannot be read back."""

    title: str
    text: str | None


class LabelDesk:
    """An ASGI application."""

    def __init__(self, draw: Draw, coder: str, labels: Path, read: Callable[[AuditUnit], DeskText]) -> None:
        self.units = [unit for _, unit in draw.units]
        self.coder, self.path, self.read = coder, labels, read
        self.token = secrets.token_urlsafe(24)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        nonce = secrets.token_urlsafe(12)
        with speaking(choose(None, headers.get("accept-language", ""))):
            answer = await self._answer(scope, headers, receive, nonce)
        sent = {
            "content-type": "text/html; charset=utf-8",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "content-security-policy": f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}';"
            " form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        }
        if answer.location:
            sent["location"] = answer.location
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body.encode()})

    async def _answer(self, scope: Scope, headers: Mapping[str, str], receive: Receive, nonce: str) -> DeskAnswer:
        if not _is_loopback(headers.get("host", "")):
            return DeskAnswer(421, "the desk answers at 127.0.0.1 alone")
        match scope["method"], scope["path"]:
            case "GET" | "HEAD", "/":
                return self._page(_fields(scope["query_string"]), nonce)
            case "POST", "/":
                origin = headers.get("origin")
                if origin not in (None, "null") and urlsplit(origin).netloc != headers.get("host"):
                    return DeskAnswer(403, t("desk.refused"))
                return self._take(_fields(await _body(receive)))
        return DeskAnswer(404, "404")

    def _take(self, fields: Mapping[str, str]) -> DeskAnswer:
        ids = [unit.id for unit in self.units]
        unit, label = fields.get("unit", ""), fields.get("label", "")
        known = secrets.compare_digest(fields.get("token", "").encode(), self.token.encode())
        if not known or unit not in ids or label not in set(CoderLabel):
            return DeskAnswer(403, t("desk.refused"))
        append_label(self.path, unit, CoderLabel(label), fields.get("note", "").strip())
        return DeskAnswer(303, location="/")

    def _page(self, fields: Mapping[str, str], nonce: str) -> DeskAnswer:
        labels = read_labels(self.path)
        open_places = [place for place, unit in enumerate(self.units, start=1) if unit.id not in labels]
        wanted = fields.get("at", "")
        place = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 7 else 0
        if not 1 <= place <= len(self.units):
            place = open_places[0] if open_places else 0
        if not place:
            body = DONE.format(
                heading=t("desk.done_title"),
                text=t("desk.done", of=len(self.units), coder=self.coder),
                place=len(self.units),
                back=t("desk.back"),
            )
            return _framed(t("desk.done_title"), body, nonce)
        unit = self.units[place - 1]
        given = labels.get(unit.id)
        shown = self.read(unit)
        paragraphs = (shown.text or "")[:MOST_TEXT].split("\n\n")
        body = PAGE.format(
            progress=t("desk.progress", coder=self.coder, done=len(labels), of=len(self.units), place=place),
            heading=shown.title or t("desk.heading"),
            lang=unit.lang or language(),
            given=Markup("<p>{}</p>").format(t("desk.given", label=t(WORDS[CoderLabel(given.label)]))) if given else "",
            text=Markup("").join(Markup("<p>{}</p>").format(each) for each in paragraphs)
            if shown.text
            else Markup("<p><em>{}</em></p>").format(t("desk.no_text")),
            token=self.token,
            unit=unit.id,
            buttons=Markup("").join(
                BUTTON.format(key=key, label=label, text=t(WORDS[label]))
                for key, label in enumerate(CoderLabel, start=1)
            ),
            note_label=t("desk.note"),
            note=given.note if given else "",
            back=place - 1 or 1,
            back_text=t("desk.back"),
            first_open=t("desk.first_open"),
            keys=t("desk.keys"),
            belongs=t("about.belongs"),
            lines=Markup("").join(Markup("<p>{}</p>").format(Markup(t(key))) for key in LINES),
            address_text=t("desk.address"),
            address=unit.url,
        )
        return _framed(t("desk.title", place=place, of=len(self.units)), body, nonce)


def _is_loopback(host: str) -> bool:
    """Of a Host header, with or without a port."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


def _fields(query: bytes) -> dict[str, str]:
    try:
        return {name: values[-1] for name, values in parse_qs(query.decode(), max_num_fields=20).items()}
    except ValueError:
        return {}


async def _body(receive: Receive) -> bytes:
    """Nothing where there is too much."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return b""
        more = message.get("more_body", False)
    return body


# The page


def _framed(title: str, body: Markup, nonce: str) -> DeskAnswer:
    return DeskAnswer(
        200, str(FRAME.format(lang=language(), title=title, body=body, style=STYLE, script=SCRIPT, nonce=nonce))
    )


FRAME = Markup("""<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style nonce="{nonce}">{style}</style></head>
<body><main>{body}</main><script nonce="{nonce}">{script}</script></body></html>
""")
PAGE = Markup("""<p>{progress}</p>
<form method="post" action="/"><input type="hidden" name="token" value="{token}">
<input type="hidden" name="unit" value="{unit}">
<p class="buttons">{buttons}</p>
<p><label for="note">{note_label}</label>
<textarea id="note" name="note" rows="1" maxlength="1000">{note}</textarea></p></form>
{given}<article lang="{lang}"><h1>{heading}</h1>{text}</article>
<p>{address_text}: <span class="address">{address}</span></p>
<p><a id="back" href="/?at={back}">{back_text}</a> · <a href="/">{first_open}</a></p>
<p>{keys}</p>
<details><summary>{belongs}</summary>{lines}</details>""")
BUTTON = Markup('<button name="label" value="{label}" data-key="{key}">{key} {text}</button> ')
DONE = Markup('<h1>{heading}</h1><p>{text}</p><p><a id="back" href="/?at={place}">{back}</a></p>')
STYLE = Markup("""
:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
body { margin: 0 } main { max-width: 44rem; margin: 0 auto; padding: 1rem }
form { position: sticky; top: 0; background: Canvas; border-bottom: 1px solid; padding: .3rem 0 }
form p { margin: .3rem 0 } .buttons { display: flex; flex-wrap: wrap; gap: .4rem }
button { font: inherit; padding: .4rem .7rem; min-height: 2.5rem }
textarea { font: inherit; width: 60%; vertical-align: middle }
@media (max-width: 30rem) { .buttons { display: grid; grid-template-columns: 1fr 1fr }
    button { font-size: .85rem; padding: .3rem } }
a { color: inherit }
h1, p, summary { overflow-wrap: anywhere } h1 { font-size: 1.4rem; line-height: 1.25 }
""")
SCRIPT = Markup("""
document.addEventListener("keydown", event => {
    const note = document.getElementById("note");
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "Escape" && note) note.blur();
    if (event.target === note) return;
    const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (button) button.click();
    else if (event.key.toLowerCase() === "b") document.getElementById("back").click();
    else if (event.key.toLowerCase() === "n" && note) { event.preventDefault(); note.focus(); }
});
""")
