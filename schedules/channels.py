"""Where alarms and letters go: mail, a webhook, a file. Each is there where the environment names it.

An error names no address and no secret: it is told by the others, and stands in the archive.
"""

import json
import os
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.client import HTTPException
from ipaddress import ip_address
from pathlib import Path
from socket import gethostname
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

SECONDS = 20  # that a server has for each of its answers
PORTS = {"smtp": 25, "starttls": 587, "smtps": 465}


class ChannelError(Exception):
    """It could not be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    subject: str
    text: str
    html: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)  # the same for a program


class Channel(Protocol):
    name: str

    def send(self, message: Notice) -> None:
        """Raises ChannelError."""


def setting(name: str) -> str:
    """From the environment, or from the file that NAME_FILE names, as service managers hand out secrets. Raises
    ChannelError."""
    if path := os.environ.get(f"{name}_FILE", ""):
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ChannelError(f"the file that {name}_FILE names cannot be read ({type(error).__name__})") from None
    return os.environ.get(name, "").strip()


def addresses(name: str) -> tuple[str, ...]:
    return tuple(filter(None, (address.strip() for address in os.environ.get(name, "").split(","))))


def channels() -> list[Channel]:
    """All that the environment names."""
    return list(_named())


def _named() -> Iterator[Channel]:
    if to := addresses("REVIERSPIEGEL_ALARM_MAIL"):
        yield Mail(to)
    if any(os.environ.get(name) for name in (Webhook.SETTING, f"{Webhook.SETTING}_FILE")):
        yield Webhook()
    if path := os.environ.get("REVIERSPIEGEL_ALARM_FILE"):
        yield AlarmFile(Path(path))


class Mail:
    name = "mail"

    def __init__(self, to: Sequence[str]) -> None:
        self.to = tuple(to)

    def send(self, message: Notice) -> None:
        try:
            with self._server() as server:
                server.send_message(self._composed(message))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise ChannelError(reason_of(error)) from None

    def _composed(self, message: Notice) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = message.subject
        mail["From"] = os.environ.get("REVIERSPIEGEL_ALARM_FROM") or f"revierspiegel@{gethostname()}"
        mail["To"] = ", ".join(self.to)
        mail["Date"], mail["Message-ID"] = formatdate(localtime=False), make_msgid(domain="revierspiegel.invalid")
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note comes back
        mail.set_content(message.text)
        if message.html:
            mail.add_alternative(message.html, subtype="html")
        return mail

    def _server(self) -> smtplib.SMTP:
        """Logged in. A password goes to another machine only under TLS."""
        parts = urlsplit(os.environ.get("REVIERSPIEGEL_SMTP") or "smtp://127.0.0.1")
        if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.password:
            raise ChannelError(
                "REVIERSPIEGEL_SMTP: expected smtp://, starttls:// or smtps:// with a host, nothing else"
            )
        user, password = setting("REVIERSPIEGEL_SMTP_USER"), setting("REVIERSPIEGEL_SMTP_PASSWORD")
        if password and parts.scheme == "smtp" and not is_here(parts.hostname):
            raise ChannelError("a password is sent over smtp:// to this machine only: use starttls:// or smtps://")
        host, port = parts.hostname, parts.port or PORTS[parts.scheme]
        context, ours = ssl.create_default_context(), gethostname()  # else a name server is asked for it
        server = (
            smtplib.SMTP_SSL(host, port, ours, timeout=SECONDS, context=context)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, port, ours, timeout=SECONDS)
        )
        try:
            if parts.scheme == "starttls":
                server.starttls(context=context)
            if user:
                server.login(user, password)
        except BaseException:
            server.close()
            raise
        return server


class Webhook:
    """A POST of JSON. The address is a secret: whoever has it may post there."""

    name = "webhook"
    SETTING = "REVIERSPIEGEL_ALARM_WEBHOOK"

    def send(self, message: Notice) -> None:
        address = setting(self.SETTING)
        if urlsplit(address).scheme not in ("http", "https"):
            raise ChannelError(f"{self.SETTING}: expected an address of http or https")
        body = {"subject": message.subject, "text": message.text, **message.data}
        request = urllib.request.Request(
            address,
            json.dumps(body, ensure_ascii=False).encode(),
            {"Content-Type": "application/json; charset=utf-8", "User-Agent": "revierspiegel"},
        )
        try:
            with urllib.request.build_opener(_NoRedirects).open(request, timeout=SECONDS):
                pass
        except (OSError, HTTPException, ValueError) as error:
            raise ChannelError(reason_of(error)) from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A POST that is led elsewhere would arrive as a GET without its body."""

    def redirect_request(self, req: Any, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str) -> None:
        return None


class AlarmFile:
    """A line of JSON for each message, for whatever reads files."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, message: Notice) -> None:
        line = json.dumps({"subject": message.subject, "text": message.text, **message.data}, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
        except OSError as error:
            raise ChannelError(reason_of(error)) from None


def reason_of(error: Exception) -> str:
    """Why it failed, in the words of a server, a library or the machine, without the address that was asked."""
    match error:
        case urllib.error.HTTPError():
            return f"HTTP {error.code}"
        case urllib.error.URLError():
            return reason_of(error.reason) if isinstance(error.reason, Exception) else str(error.reason)
        case smtplib.SMTPResponseException():
            return f"SMTP {error.smtp_code}"
        case ssl.SSLCertVerificationError():
            return f"its certificate cannot be trusted ({error.verify_message})"
        case OSError() if error.errno:
            return os.strerror(error.errno) if error.errno > 0 else type(error).__name__
    return type(error).__name__


def is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
