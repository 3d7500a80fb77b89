"""The desk: by keys, in two languages, on two screens; for this machine alone; what was labelled stays."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from db.audit.desk import DeskText, LabelDesk
from db.audit.drawing import Draw
from db.audit.labels import read_labels
from db.audit.universe import AuditUnit
from tests.browsing import check_page, in_chromium, walker

SHOWN = DeskText("Rechenzentrum <b>in Bedburg</b>", "Der erste Spatenstich.\n\n" + "Donaudampfschiff" * 30)


def unit(number: int) -> AuditUnit:
    return AuditUnit(
        id=f"refusal-{number}",
        url=f"https://blatt.example/{number}/" + "lang" * 40,
        source="blatt",
        title=SHOWN.title,
        kind="regional_press",
        lang="de",
        day="2025-03-12",
        verdict="off",
        band="near",
        score=0.4321,
        rules_version="r1",
        page=number,
        outcome=None,
    )


@contextmanager
def open_desk(labels: Path) -> Iterator[str]:
    draw = Draw("a", 1, "", "", {}, {}, {}, {}, [("near:de", unit(number)) for number in range(3)])
    config = uvicorn.Config(LabelDesk(draw, "A", labels, lambda _: SHOWN), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@in_chromium
def test_a_coder_labels_by_keys(tmp_path: Path) -> None:
    labels = tmp_path / "labels-A.jsonl"
    with open_desk(labels) as address:
        page, noise = walker(address, locale="de-DE")
        check_page(page, address)
        assert "Am Rande" in page.content()
        page.goto(address)
        assert page.inner_text("h1") == SHOWN.title
        assert not {"0.43", "near", "regional_press"} & set(page.content().split())
        for keys in (["n", "b", "1", "Escape", "2"], ["b"], ["3"], ["1"]):  # in the note, letters are letters
            for key in keys[:-1]:
                page.keyboard.press(key)
            with page.expect_navigation():
                page.keyboard.press(keys[-1])
        assert {name: (line.label, line.note) for name, line in read_labels(labels).items()} == {
            "refusal-0": ("off", "b1"),
            "refusal-1": ("on", ""),
        }
        page.close()
        assert noise == []
    with open_desk(labels) as address:  # another day
        assert "2 of 3 labelled, page 3" in httpx.get(address).text


def test_others_are_not_answered(tmp_path: Path) -> None:
    labels = tmp_path / "labels-A.jsonl"
    with open_desk(labels) as address:
        token = httpx.get(address).text.split('name="token" value="')[1].split('"')[0]
        form = {"token": token, "unit": "refusal-0", "label": "on"}
        assert httpx.get(address, headers={"host": "evil.example"}).status_code == 421
        assert httpx.post(address, data=form, headers={"host": "evil.example"}).status_code == 421
        assert httpx.post(address, data=form, headers={"origin": "https://evil.example"}).status_code == 403
        for wrong in ({"token": "ü"}, {"unit": "refusal-9"}, {"label": "yes"}, {"note": "x" * 200_000}):
            assert httpx.post(address, data=form | wrong).status_code == 403
        assert not labels.exists()
        assert httpx.post(address, data=form).status_code == 303
        assert "default-src 'none'" in httpx.get(address).headers["content-security-policy"]
        assert httpx.get(f"{address}?at=99999999").status_code == httpx.get(f"{address}?at=-1").status_code == 200
