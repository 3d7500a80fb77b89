"""The data package: valid by others' rules, and its counts those of the archive."""

import csv
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from sqlite_utils import Database

from db.publish.derived import TABLES
from db.publish.package import (
    CITATION,
    CRATE,
    DESCRIPTOR,
    NOTE,
    ZENODO,
    PackageError,
    freeze,
    is_withdrawn,
    packages_of,
    packed_name,
    withdraw,
    write_package,
)
from db.publish.snapshot import publish
from db.store.connection import Mode, connect
from revierspiegel.main import cli
from tests.recipes import WITH_READERS
from tests.test_derived import filled_archive

PROFILES = Path(__file__).with_name("profiles")
BY_FRICTIONLESS = """
import json, sys
from frictionless import system, validate
report = validate(sys.argv[1])
print(json.dumps([error for task in report.tasks for error in task.errors] + report.errors, default=str))
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = filled_archive(tmp_path_factory.mktemp("home") / "archive.db")
    with closing(Database(path)) as db:
        lists = {"authors": '["Änne Groß", "Jo \\"Bär\\""]', "agencies": "[]", "published": "2025-03-05T04:00:00+01:00"}
        db.table("articles").update(5, lists | {"title": 'Was "heißt", das?\n=1+1'})
        db.table("sources").insert({"id": "bote", "name": "Bote", "kind": "regional_press", "rights": "press"})
        db.table("runs").insert({"id": 1, "outcome": "completed", "reasons": '{"off_topic": 3}', "kind": "crawl"})
        figure = {"article": 1, "unit": "EUR", "text": "", "start": 0, "end": 1, "sentence": "", "rules_version": ""}
        for kind, value in (("investment", 3.2e9), ("jobs", 400), ("date", "2027-01-01")):
            db.table("figures").insert(figure | {"kind": kind, "value": value})
        db.table("links").insert(
            {
                "article": 1,
                "url": "https://amt.example/",
                "host": "amt.example",
                "text": "",
                "key": "a",
                "primary_document": 1,
            }
        )
    return path


@pytest.fixture(scope="module")
def snapshot(archive: Path) -> Path:
    return publish(archive, archive.parent, extract_words=7, keep=30).path


@pytest.fixture(scope="module")
def package(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "package"
    write_package(snapshot, folder)
    return folder


@pytest.fixture(scope="module")
def described(package: Path) -> dict[str, Any]:
    return json.loads((package / DESCRIPTOR).read_text("utf-8"))


def validated(package: Path) -> list[Any]:
    """By what readers have, in a process of its own."""
    words = [sys.executable, "-c", BY_FRICTIONLESS, DESCRIPTOR]
    done = subprocess.run(words, cwd=package, env=WITH_READERS, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_package_is_valid_by_others_rules(package: Path, described: dict[str, Any], tmp_path: Path) -> None:
    assert validated(package) == []
    profile = json.loads((PROFILES / "datapackage.json").read_text("utf-8"))
    jsonschema.Draft7Validator(profile).validate(described)
    cff = json.loads((PROFILES / "cff.json").read_text("utf-8"))
    jsonschema.Draft7Validator(cff).validate(yaml.load((package / CITATION).read_text("utf-8"), yaml.BaseLoader))


def test_a_package_that_was_changed_is_not(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "copy")
    with (copy / "articles.csv").open("a") as stream:
        stream.write("x\r\n")
    assert validated(copy)


def test_files_are_what_is_said_of_them(package: Path, described: dict[str, Any]) -> None:
    for resource in described["resources"]:
        data = (package / resource["path"]).read_bytes()
        assert (resource["bytes"], resource["hash"]) == (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")
        with (package / resource["path"]).open(newline="", encoding="utf-8") as stream:
            head, *lines = csv.reader(stream)
        assert len(lines) == resource["rows"]
        assert head == [field["name"] for field in resource["schema"]["fields"]]
        assert resource["title"] and resource["description"], resource["name"]
        assert all(field["description"] for field in resource["schema"]["fields"]), resource["name"]
    names = {resource["name"] for resource in described["resources"]}
    assert names >= {"articles", "sources", "changes", *TABLES}
    crate = json.loads((package / CRATE).read_text("utf-8"))
    of_id = {entity["@id"]: entity for entity in crate["@graph"]}
    assert of_id[CRATE]["about"] == {"@id": "./"} and of_id["./"]["@type"] == "Dataset"
    assert {part["@id"] for part in of_id["./"]["hasPart"]} == {f"{name}.csv" for name in names} | {
        DESCRIPTOR,
        CITATION,
    }
    zenodo = json.loads((package / ZENODO).read_text("utf-8"))
    assert zenodo["version"] == described["name"] == described["snapshot"]["name"]


def test_counts_are_those_of_the_archive(archive: Path, described: dict[str, Any]) -> None:
    rows = {resource["name"]: resource["rows"] for resource in described["resources"]}
    with closing(connect(archive, Mode.READ)) as connection:
        for table in ("articles", "sources", "changes", "copies", "entities", "figures", "source_nights", "runs"):
            assert rows[table] == connection.execute(f"select count(*) from {table}").fetchone()[0], table
    assert described["snapshot"]["articles"] == rows["articles"]
    reports = described["reports"]
    assert reports["audit"] is None and reports["coverage"]["seen"] == rows["articles"]
    assert {"step": "kept", "part": "articles", "pages": rows["articles"]} in reports["flow"]


def test_the_first_of_a_month_is_frozen_once(snapshot: Path) -> None:
    month = snapshot.stem.removeprefix("revierspiegel-")[:7]
    frozen = packages_of(snapshot.parent) / month
    assert (frozen / DESCRIPTOR).is_file()  # by `publish`
    with zipfile.ZipFile(frozen / packed_name(frozen)) as whole:
        files = {path.name for path in frozen.iterdir()} - {packed_name(frozen)}
        assert {name: whole.read(name) for name in whole.namelist()} == {
            name: (frozen / name).read_bytes() for name in files
        }
    assert freeze(snapshot) is None
    with pytest.raises(PackageError):
        write_package(snapshot, frozen)
    (frozen / NOTE).touch()  # a kill came between
    assert not is_withdrawn(frozen)
    withdraw(frozen, "Withdrawn on 2026-11-30: an article was taken down.")
    assert is_withdrawn(frozen) and (frozen / NOTE).read_text("utf-8").startswith("Withdrawn on")
    assert freeze(snapshot) is None


def test_two_snapshots_are_compared(archive: Path, snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the package is made of the one that is served."""
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(archive.parent))
    with closing(Database(archive)) as db:
        db.execute("update articles set title = 'Anders', verdict = 'mention' where id = 1")
        db.execute("delete from articles where id = 2")
        row = next(db.query("select * from articles where id = 3"))
        db.table("articles").insert(
            row | {"id": 99, "url": "https://bote.example/99", "identity": "99", "source": "bote"}
        )
        db.conn.commit()
    newer = publish(archive, archive.parent, extract_words=7, keep=30).path
    run = CliRunner(catch_exceptions=False).invoke
    listed = json.loads(run(cli, ["snapshots", "list", "--json"]).output)
    assert [facts["name"] for facts in listed] == [snapshot.stem, newer.stem]
    difference = json.loads(run(cli, ["snapshots", "diff", snapshot.stem, "--json"]).output)
    assert ([each["id"] for each in difference["came"]], [each["id"] for each in difference["went"]]) == ([99], [2])
    assert [(each["id"], each["before"]) for each in difference["changed"]] == [
        (1, {"title": "Nummer1", "verdict": None})
    ]
    assert difference["sources"]["bote"]["after"] == difference["sources"]["bote"]["before"] + 1
    lines = run(cli, ["snapshots", "diff", snapshot.stem, newer.stem]).output
    assert "(title: Nummer1 → Anders, verdict: None → mention)" in lines and "source   bote: 8 → 9" in lines
    assert "there is no such snapshot" in str(
        run(cli, ["snapshots", "diff", "1999-01-01"], catch_exceptions=True).exception
    )
    done = run(cli, ["export", "datapackage", "--out", str(archive.parent / "taken")])
    assert done.exit_code == 0 and (archive.parent / "taken" / DESCRIPTOR).is_file()
