"""Alarms: which are told and when, over real servers, and never a secret with them."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message as Mailed
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from click.testing import CliRunner

from db.home import archive_path
from db.operations.backups.making import make_backup
from db.operations.causes import Cause, Causes, read_causes
from db.outcomes import Code
from db.store.archive import Archive
from db.store.crawl.alarms import AlarmRow
from db.store.rows import Row
from revierspiegel.main import cli
from schedules.alarms import due_alarms, job_causes, rows_of, tell
from schedules.channels import channels
from schedules.jobs import Attempt, Job
from schedules.letters import send_letter
from schedules.state import JobState
from tests.blank import blank_archive
from tests.conftest import ROOT
from tests.test_exports import make_archive

MORNING = datetime(2026, 11, 2, 8, 45, tzinfo=UTC)
DISK = Cause("disk", Code.ALARM_DISK.of(free=0.25, needed=1.5))
FAILS = Cause("source/heise", Code.ALARM_SOURCE.of(source="heise", why=Code.NO_ANSWER.of()))
BLOCKS = Cause("source/heise", Code.ALARM_SOURCE.of(source="heise", why=Code.HTTP_STATUS.of(status=403)))
SECRET = "hush-4711"


class Days:
    """Mornings, one after another; what is told on each."""

    def __init__(self) -> None:
        self.state: dict[str, AlarmRow] = {}

    def look(self, day: float, *causes: Cause, unknown: tuple[str, ...] = (), heard: bool = True) -> list[str]:
        now = MORNING + timedelta(days=day)
        alarms = due_alarms(Causes(causes, unknown), list(self.state.values()), now)
        self.state |= {row["cause"]: row for row in rows_of(alarms, heard, now)}
        return [f"{'over ' if alarm.is_over else ''}{alarm.row['cause']}" for alarm in alarms if alarm.due]


def test_the_same_is_told_at_growing_distances_and_its_end_once() -> None:
    days = Days()
    told = {day: days.look(day, DISK) for day in range(30)}
    assert [day for day, causes in told.items() if causes] == [0, 1, 4, 11, 18, 25]
    assert days.look(29.2, DISK) == []
    assert days.look(30) == ["over disk"]
    assert [days.look(day) for day in (30.1, 31, 32)] == [[], [], []]
    assert days.look(33, DISK) == ["disk"]  # and its sixth time is not its first


def test_of_one_cause_nothing_is_told_twice_a_day() -> None:
    """Whatever it does in between: ends, comes back, ends."""
    days = Days()
    assert days.look(0, DISK) == ["disk"]
    assert [days.look(0.1), days.look(0.2, DISK), days.look(0.3)] == [[], [], []]
    assert days.look(1, FAILS) == ["source/heise"]  # the disk had come back and gone, and nobody had heard of it
    days.look(1.1)
    assert days.look(2, unknown=("source",)) == []  # nobody could look
    assert days.look(3) == ["over source/heise"]


def test_another_trouble_of_a_source_is_news() -> None:
    days = Days()
    assert [days.look(day, FAILS) for day in range(3)] == [["source/heise"], ["source/heise"], []]
    assert days.look(2.1, BLOCKS) == ["source/heise"]  # which would have come on the fourth day
    assert [days.look(2.2, FAILS), days.look(3.2, FAILS), days.look(5, FAILS)] == [[], [], []]
    assert days.look(9, FAILS) == ["source/heise"]


def test_what_nobody_has_heard_is_told_again_and_its_end_is_no_news() -> None:
    days = Days()
    assert days.look(0, DISK, heard=False) == days.look(0.1, DISK, heard=False) == ["disk"]
    assert days.look(0.2) == []


def test_jobs_that_end_badly_or_miss_their_hour_are_causes() -> None:
    job = Job(id="crawl", command=("crawl",), at=MORNING.time())
    last = Attempt(started=MORNING, ended=MORNING, outcome="timed_out", detail="ended after 4 h")
    facts: dict[str, Any] = {"job": job, "next": MORNING, "tries": 1, "waits": ""}
    bad = JobState(**facts, overdue=False, last=last, running=False)
    late = JobState(**facts, overdue=True, last=_ok(), running=False)
    going_on = JobState(**facts, overdue=True, last=last, running=True)
    now = MORNING + timedelta(hours=9)
    causes = list(job_causes([bad, late, going_on], now))
    assert [(cause.name, cause.outcome.code) for cause in causes] == [
        ("job/crawl", Code.ALARM_JOB_FAILED),
        ("job/crawl", Code.ALARM_JOB_MISSED),
    ]
    assert "timed_out: ended after 4 h" in str(causes[0].outcome)


def _ok() -> Attempt:
    return Attempt(started=MORNING, ended=MORNING, outcome="ok")


# what a home shows


@pytest.fixture
def archive(home: Path) -> Path:
    home.mkdir()
    return blank_archive(archive_path())


def test_what_a_home_shows_is_told_by_code(archive: Path, home: Path) -> None:
    now = datetime.now(UTC)
    backup = make_backup(home, now).folder / "manifest.json"
    assert [cause.name for cause in read_causes(now).known] == []
    later = now + timedelta(days=3)
    with Archive(archive) as opened:
        run = opened.runs.begin([source("blatt"), source("amt")], kind="crawl", sources=2)
        opened.runs.end(run, "failed")
        opened.sources.write([{"id": "amt", "last_success": "2026-11-01"}])
        opened.faults.note("copies", Code.TEXT.of(text="KeyError"))
        opened.db.execute("update source_nights set failed = 0")
        night = {"run": run, "source": "amt", "night": f"{now:%Y-%m-%d}", "state": "ok", "detail": "", "robots": ""}
        counts = dict.fromkeys(("listed", "new", "answered", "kept", "again", "refused", "waiting", "failed"), 0)
        rest = {"fetched": 2, "reasons": "{}", "ended": f"{now:%Y-%m-%d}"}
        opened.db.table("source_nights").insert({**night, **counts, **rest})
        opened.db.execute("insert into articles_fts (rowid, title, text) values (99, 'lost', 'lost')")
        opened.db.conn.commit()
    codes = {cause.name: cause.outcome.code for cause in read_causes(later).known}
    assert codes == {
        "backup": Code.ALARM_BACKUP,
        "sources": Code.ALARM_SOURCES,
        "source/amt": Code.ALARM_SOURCE,
        "crawl": Code.ALARM_NO_CRAWL,
        "fault/copies": Code.ALARM_FAULT,
        "archive/index of the search": Code.ALARM_OUT_OF_STEP,
        "archive/nights": Code.ALARM_PAGES,
    }
    assert "clock" in [cause.name for cause in read_causes(now - timedelta(hours=1)).known]
    backup.unlink()
    archive.write_bytes(b"no archive" * 100)
    broken = read_causes(now)
    assert str(home) not in str(broken.known)
    assert [cause.outcome.code for cause in broken.known] == [Code.ALARM_NO_BACKUP, Code.ALARM_ARCHIVE]
    assert "source" in broken.unknown


def source(name: str) -> Row:
    row = {"id": name, "name": name, "homepage": f"https://{name}.example/", "kind": "trade_press", "lang": "de"}
    return row | {"region": "de", "health": "silent", "health_outcome": '{"code": "proxy", "params": {}}'}


# over real servers


class Letterbox:
    """An SMTP server with a login, which keeps what it is sent."""

    def __init__(self) -> None:
        self.mails: list[Mailed] = []
        self.logins: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, kind: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password)
        return AuthResult(success=data.password == SECRET.encode(), handled=False)


@contextmanager
def mail_server(authority: trustme.CA, letterbox: Letterbox) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    controller = Controller(
        letterbox,
        hostname="127.0.0.1",
        port=0,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=letterbox.authenticate,
    )
    controller.port = free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


class Hook(BaseHTTPRequestHandler):
    status: ClassVar[int] = 200
    given: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.status == 200:
            self.given.append(json.loads(body))
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web_server() -> Iterator[int]:
    Hook.given.clear()
    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def test_alarms_go_out_by_mail_webhook_and_file(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    authority, letterbox, lines = trustme.CA(), Letterbox(), tmp_path / "alarms.jsonl"
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    (tmp_path / "password").write_text(f"{SECRET}\n", "utf-8")
    with mail_server(authority, letterbox) as smtp, web_server() as web:
        settings = {
            "REVIERSPIEGEL_ALARM_MAIL": "desk@archive.example, night@archive.example",
            "REVIERSPIEGEL_ALARM_FROM": "revierspiegel@archive.example",
            "REVIERSPIEGEL_SMTP": f"starttls://localhost:{smtp}",
            "REVIERSPIEGEL_SMTP_USER": "desk",
            "REVIERSPIEGEL_SMTP_PASSWORD_FILE": str(tmp_path / "password"),
            "REVIERSPIEGEL_ALARM_WEBHOOK": f"http://127.0.0.1:{web}/{SECRET}",
            "REVIERSPIEGEL_ALARM_FILE": str(lines),
            "REVIERSPIEGEL_LANGUAGE": "de",
            "SSL_CERT_FILE": str(tmp_path / "authority.pem"),
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        told = tell(Causes((DISK, FAILS), ("channel/",)), channels(), MORNING)
        assert (told.channels, told.failed) == (("mail", "webhook", "file"), ())
        (mail,) = letterbox.mails
        assert (mail["Subject"], mail["To"]) == ("Revierspiegel: 2 Alarme", settings["REVIERSPIEGEL_ALARM_MAIL"])
        text = mail.get_payload(decode=True)
        assert isinstance(text, bytes)
        assert "0,2 GB frei" in text.decode() and "[alarm_source]" in text.decode()
        (posted,) = Hook.given
        assert [alarm["code"] for alarm in posted["alarms"]] == ["alarm_disk", "alarm_source"]
        assert json.loads(lines.read_text("utf-8"))["subject"] == posted["subject"]
        assert tell(Causes((DISK, FAILS), ("channel/",)), channels(), MORNING).channels == ()  # the same day

        monkeypatch.setattr(Hook, "status", 302)  # one that fails is told by the others
        (tmp_path / "password").write_text("wrong", "utf-8")
        tomorrow = MORNING + timedelta(days=1)
        told = tell(Causes((FAILS,), ("channel/",)), channels(), tomorrow)
        assert told.channels == ("file",)
        assert [str(cause.outcome) for cause in told.failed] == [
            "alarms could not be sent by mail: SMTP 535",
            "alarms could not be sent by webhook: HTTP 302",
        ]
        last = json.loads(lines.read_text("utf-8").splitlines()[-1])
        assert [alarm["cause"] for alarm in last["alarms"]] == ["channel/mail", "channel/webhook"]
        monkeypatch.setattr(Hook, "status", 200)
        (tmp_path / "password").write_text(SECRET, "utf-8")
        told = tell(Causes((FAILS, BLOCKS), ("channel/",)), channels(), tomorrow + timedelta(days=3))
        assert [alarm["cause"] for alarm in Hook.given[-1]["alarms"] if alarm["over"]] == [
            "channel/mail",
            "channel/webhook",
        ]
    assert {*letterbox.logins} == {SECRET.encode(), b"wrong"}
    with Archive(archive, read_only=True) as opened:
        rows = opened.alarms.latest()
    assert {row["cause"] for row in rows if row["over_at"]} == {"disk", "channel/mail", "channel/webhook"}
    told_to_many = caplog.text + json.dumps(rows) + lines.read_text("utf-8")
    assert SECRET not in told_to_many and "localhost" not in caplog.text


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"ALARM_MAIL": "a@b.example", "SMTP": "mail.example"}, "REVIERSPIEGEL_SMTP: expected smtp://"),
        ({"ALARM_MAIL": "a@b.example", "SMTP": "smtp://u:hush-4711@mail.example"}, "REVIERSPIEGEL_SMTP: expected"),
        (
            {"ALARM_MAIL": "a@b.example", "SMTP": "smtp://mail.example", "SMTP_PASSWORD": SECRET},
            "a password is sent over smtp:// to this machine only",
        ),
        ({"ALARM_MAIL": "a@b.example", "SMTP_PASSWORD_FILE": "/nowhere"}, "SMTP_PASSWORD_FILE names cannot be read"),
        ({"ALARM_MAIL": "a@b.example", "SMTP": "smtp://127.0.0.1:1"}, "Connection refused"),
        ({"ALARM_WEBHOOK": "hush-4711"}, "expected an address of http or https"),
        ({"ALARM_WEBHOOK": "http://127.0.0.1:1/hush-4711"}, "Connection refused"),
        ({"ALARM_WEBHOOK": "http://hush-4711:x/"}, "InvalidURL"),
        ({"ALARM_FILE": "/dev/null/alarms"}, "File exists"),
    ],
)
def test_a_channel_that_fails_says_why_and_no_secret(
    archive: Path, settings: dict[str, str], why: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"REVIERSPIEGEL_{name}", value)
    (failed,) = tell(Causes((DISK,)), channels(), MORNING).failed
    assert why in str(failed.outcome)
    assert SECRET not in str(failed.outcome) + caplog.text


def test_health_tells_and_remembers_and_status_tells_what_is_wrong(
    archive: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_ALARM_FILE", str(home / "alarms.jsonl"))
    monkeypatch.setenv("REVIERSPIEGEL_ALARM_WEBHOOK", "http://127.0.0.1:1/" + SECRET)
    dry = CliRunner().invoke(cli, ["health", "--dry-run"])
    assert (dry.exit_code, dry.stdout) == (0, "there is no backup yet: run 'revierspiegel backup' [alarm_no_backup]\n")
    assert not (home / "alarms.jsonl").exists()
    done = CliRunner().invoke(cli, ["health", "--json"])
    assert [json.loads(line)["code"] for line in done.stdout.splitlines()] == ["alarm_no_backup", "alarm_channel"]
    assert (done.exit_code, len((home / "alarms.jsonl").read_text("utf-8").splitlines())) == (0, 2)
    status = CliRunner().invoke(cli, ["status", "--json"])
    state = json.loads(status.stdout)
    assert [alarm["cause"] for alarm in state["alarms"]] == ["backup", "channel/webhook"]
    words = CliRunner().invoke(cli, ["status"]).stdout
    assert "alarm      there is no backup yet" in words
    assert "alarms to  webhook, file" in words
    assert SECRET not in done.output + status.output + words


def test_the_letter_of_a_week_is_sent_once(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    first = {"title": "Baubeginn <b>in</b> Bedburg", "first_seen": "2026-11-17T03:15:00+00:00", "day": "2026-11-16"}
    archive = make_archive(archive_path(), 3, **first)
    with Archive(archive) as opened:
        rows = [
            {"article": number, "group_id": 1, "role": "original" if number == 1 else "mirror"} for number in (1, 2)
        ]
        opened.db.table("copies").insert_all(rows, pk="article", alter=True, replace=True)
        nights = [("2026-11-17T03:15:00+00:00", "killed"), ("2026-11-18T03:15:00+00:00", "completed")]
        opened.db.table("runs").insert_all(
            {"id": number, "kind": "crawl", "started": at, "outcome": outcome}
            for number, (at, outcome) in enumerate(nights, 1)
        )
    now = datetime(2026, 11, 23, 8, 45, tzinfo=UTC)  # a Monday
    assert not send_letter(now)  # nobody wants it
    authority, letterbox = trustme.CA(), Letterbox()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    settings = {"LETTER": "desk@archive.example", "SMTP_USER": "desk", "SMTP_PASSWORD": SECRET, "LANGUAGE": "de"}
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with mail_server(authority, letterbox) as port:
        settings |= {"SMTP": f"starttls://localhost:{port}", "SITE": "https://archive.example/"}
        for name, value in settings.items():
            monkeypatch.setenv(f"REVIERSPIEGEL_{name}", value)
        assert send_letter(now)
        assert not send_letter(now + timedelta(days=3))
    (mail,) = letterbox.mails
    text, html = (part.get_payload(decode=True).decode() for part in mail.iter_parts())  # type: ignore[attr-defined]
    assert mail["Subject"] == "Revierspiegel: die Woche ab dem 16. November 2026"
    assert "1 neuer Artikel" in text and "von 1 anderen übernommen" in text and "/article/1" in text
    assert "In der Nacht des 17. November 2026" in text and "18. November 2026 kam" not in text
    assert "In der Nacht des 16. November 2026" not in text  # before the first crawl
    assert "Baubeginn &lt;b&gt;in" in html and 'href="https://archive.example/article/1"' in html
    printed = CliRunner().invoke(cli, ["letter"])
    assert (printed.exit_code, "Lücken" in printed.stdout) == (0, True)


def test_every_alarm_has_its_paragraph() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text("utf-8")
    codes = [code for code in Code if code.startswith("alarm_")]
    assert codes and [code for code in codes if f"\n#### {code}\n" not in manual] == []
