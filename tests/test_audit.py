"""An audit: what it draws from, how it draws, what coders say, and the figures with their intervals."""

import json
from collections import Counter
from math import isclose
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from benchmarks.audits import JUDGED, SMALL, cover
from db.audit.agreement import agreement
from db.audit.drawing import allocate_labels, drawn_pages
from db.audit.flow import Days, read_flow, read_parted_flows
from db.audit.intervals import Cell, _beta_binomial, clopper_pearson, estimate, missed_target
from db.audit.labels import CoderLabel, append_label, labels_path, read_labels
from db.export.bundles import make
from db.outcomes import Code
from db.store.archive import Archive
from revierspiegel.main import cli
from tests.browsing import check_page, in_chromium, visiting
from tests.test_archive import article

# Krippendorff (2011), Computing Krippendorff's alpha-reliability, example C: four observers, twelve units, gaps.
OBSERVERS = [
    "1 2 3 3 2 1 4 1 2 . . .".split(),
    "1 2 3 3 2 2 4 1 2 5 . 3".split(),
    ". 3 3 3 2 3 4 2 2 5 1 .".split(),
    "1 2 3 3 2 4 4 1 2 5 1 .".split(),
]


def test_alpha_is_that_of_the_standard_example() -> None:
    units = [[label for label in labels if label != "."] for labels in zip(*OBSERVERS, strict=True)]
    agreed = agreement(units)
    assert agreed.alpha and round(agreed.alpha, 3) == 0.743
    assert agreed.low and agreed.high and agreed.low < 0.743 < agreed.high
    assert agreed.units == 11 and "5" in agreed.rare
    assert agreement([["on", "on"]]).alpha is None


def test_shares_have_their_exact_intervals() -> None:
    from scipy.stats import beta, betabinom  # 0.7 s, for which no other test waits

    for positive, labelled in [(0, 20), (3, 20), (20, 20), (1, 250)]:
        low, high = clopper_pearson(positive, labelled)
        assert isclose(low, beta.ppf(0.025, positive, labelled - positive + 1) if positive else 0, abs_tol=1e-9)
        assert isclose(
            high, beta.ppf(0.975, positive + 1, labelled - positive) if positive < labelled else 1, abs_tol=1e-9
        )
    assert all(
        isclose(ours, theirs, rel_tol=1e-9)
        for ours, theirs in zip(_beta_binomial(30, 2, 12, 0.5), betabinom.pmf(range(31), 30, 2.5, 10.5), strict=True)
    )


def test_the_hypergeometric_criterion() -> None:
    """95 relevant ones were found; of 900 left 300 are drawn, and one of them is relevant. Had recall been missed,
    as many as floor(96 / .95 - 95 + 1) = 7 would be in the urn."""
    from scipy.stats import hypergeom

    assert isclose(missed_target(96, 95, 300, 1, 900), hypergeom.cdf(1, 900, 7, 300))
    assert missed_target(95, 95, 900, 0, 900) == 0  # all was seen


def test_the_worked_example_of_the_criterion() -> None:
    """The authors' own (mcallaghan/rapid-screening, analysis/hyper_criteriaR.md): of 100 documents 90 were screened,
    the first 20 relevant and the last 70, taken for a random sample, not. For recall to be below 0.9 three would have
    to be among the 80 of the urn."""
    assert isclose(missed_target(20, 20, 70, 0, 80, target=0.9), 0.00146056475170399)


def test_a_census_is_certain_and_no_label_says_nothing() -> None:
    known = estimate([Cell(10, 10, 9, True), Cell(40, 40, 3, False)], draws=100)
    assert known.precision.value == 0.9 and known.recall.value == 0.75
    assert known.recall.half_width == 0
    assert estimate([Cell(10, 0, 0, True), Cell(40, 0, 0, False)], draws=400).recall.half_width > 0.4
    assert estimate([Cell(40, 40, 0, False)], draws=100).recall.value is None


def test_intervals_hold_the_truth_and_are_narrow() -> None:
    """A small part of benchmarks/audits.py."""
    for population, labels in ((JUDGED, 300), (SMALL, 30)):
        covered = cover(population, 200, labels, draws=300)
        assert min(covered.precision, covered.recall, covered.f1) >= 0.9
        assert covered.half_width <= 0.05 or labels == 30


def test_labels_go_where_they_narrow_the_interval() -> None:
    sizes = {"kept": 400, "near": 80, "far": 400, "few": 2}
    expected = {"kept": 0.95, "near": 0.2, "far": 0.01, "few": 0.5}
    numbers = allocate_labels(sizes, expected, {name: name == "kept" for name in sizes}, 200)
    assert sum(numbers.values()) == 200 and numbers["few"] == 2
    assert numbers["near"] / 80 > numbers["kept"] / 400
    assert sum(allocate_labels(sizes, expected, {name: name == "kept" for name in sizes}, 9999).values()) == 882


@pytest.fixture
def judged(home: Path) -> Path:
    """Thirty kept articles, two of them copies of one another, and forty refusals of which ten were never judged."""
    home.mkdir()
    with Archive(home / "archive.db") as archive:
        for number in range(30):
            url = f"https://blatt.example/kept/{number}"
            archive.articles.save(
                article(url, score=0.97, lang="de", published="2025-03-12", day="2025-03-12"), {}, url
            )
        for number in range(40):
            url = f"https://blatt.example/refused/{number}"
            scored = {"score": 0.2 if number < 15 else 0.02, "features": '{"subject": 1.5}'} if number < 30 else {}
            row = {"key": url, "url": url, "source": "blatt", "title": f"Meldung {number}", "page": number + 1} | scored
            archive.refusals.refuse(row, "off_topic", Code.JUDGED.of(reasons=(), score=0.02), None)
        same = {"key": "k", "url": "https://blatt.example/print/3", "source": "blatt", "title": "Meldung 3", "page": 99}
        archive.refusals.refuse(same | {"score": 0.2, "features": '{"subject": 1.5}'}, "off_topic", None, None)
        rows = [{"article": 2, "group_id": 1, "role": "agency"}, {"article": 1, "group_id": 1, "role": "original"}]
        archive.db.table("copies").upsert_all(rows, pk="article")
    return home


def audit(*words: str) -> str:
    done = CliRunner().invoke(cli, ["audit", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_draw_is_labelled_and_reported(judged: Path, tmp_path: Path) -> None:
    audit("draw", "--n", "40", "--seed", "7", "--name", "spring")
    file = judged / "audits/spring/draw.jsonl"
    drawn = file.read_bytes()
    head, *units = map(json.loads, drawn.decode().splitlines())
    assert sum(plan["units"] for plan in head["strata"].values()) == 29 + 30  # each text once, none unjudged
    assert head["outside"]["refused_off_topic"] == 10 and head["outside"]["copies"] == 1
    assert len(units) == 40 and not {unit["url"] for unit in units} & {"https://blatt.example/print/3"}
    assert set(drawn_pages()) == {unit["page"] for unit in units if unit["page"]}
    file.unlink()
    audit("draw", "--n", "40", "--seed", "7", "--name", "spring")
    assert file.read_bytes() == drawn

    for suffix in ("csv", "xlsx"):
        audit("sheet", "--out", str(tmp_path / f"sheet.{suffix}"))
    sheet = (tmp_path / "sheet.csv").read_text("utf-8-sig")
    assert "score" not in sheet and "verdict" not in sheet
    lines = sheet.splitlines()
    assert lines[0] == "unit;url;title;label: on the topic / in passing / off / unsure;note"
    filled = [lines[0], *(line.replace(";;", ";on;" if "kept" in line else ";off;", 1) for line in lines[1:])]
    (tmp_path / "sheet.csv").write_text("\n".join(filled), "utf-8")
    audit("report", "--from", str(tmp_path / "sheet.csv"), "--coder", "A")
    labelled = read_labels(labels_path("spring", "A"))
    labels_path("spring", "A").unlink()
    book = openpyxl.load_workbook(tmp_path / "sheet.xlsx")
    for row in book.worksheets[0].iter_rows(min_row=2):
        row[3].value = "On " if "kept" in str(row[1].value) else "off"
    book.save(tmp_path / "sheet.xlsx")
    audit("report", "--from", str(tmp_path / "sheet.xlsx"), "--coder", "A")
    taken = read_labels(labels_path("spring", "A"))
    assert {unit: line.label for unit, line in taken.items()} == {unit: line.label for unit, line in labelled.items()}
    german = tmp_path / "blatt.csv"
    audit("sheet", "--out", str(german), "--lang", "de")
    assert german.read_text("utf-8-sig").startswith("Seite;Adresse;Titel;Urteil: zum Thema / am Rande / ")
    assert {"zum Thema", "nicht zum Thema"} == {row.split(";")[3] for row in german.read_text("utf-8").splitlines()[1:]}
    audit("report", "--from", str(german), "--coder", "C")
    again = read_labels(labels_path("spring", "C"))
    assert {unit: line.label for unit, line in again.items()} == {unit: line.label for unit, line in labelled.items()}
    labels_path("spring", "C").unlink()
    (tmp_path / "no.xlsx").write_text("unit;label")
    for wrong, says in (("no.xlsx", "cannot be read"), ("list.csv", "no column label")):
        (tmp_path / "list.csv").write_text("unit,url\narticle-1,x\n")
        done = CliRunner().invoke(cli, ["audit", "report", "--from", str(tmp_path / wrong)])
        assert done.exit_code and says in done.output + done.stderr + str(done.exception)
    missed = next(unit["id"] for unit in units if unit["verdict"] == "off")
    append_label(labels_path("spring", "B"), missed, CoderLabel.ON, "names the site")
    assert json.loads(audit("report", "--json"))["open"] == 1  # A and B differ
    append_label(labels_path("spring", "final"), missed, CoderLabel.ON)
    reported = json.loads(audit("report", "--json"))
    assert reported["labelled"] == 40 and reported["on"]["precision"]["value"] == 1.0
    assert 0.5 < reported["on"]["recall"]["low"] < reported["on"]["recall"]["value"] < 1.0
    assert reported["with_mentions"]["precision"]["value"] == 1.0
    assert [each["unit"] for each in reported["worst"]] == [missed]
    assert reported["agreement"]["units"] == 1 and reported["agreement"]["percent"] == 0
    assert reported["looked_at"] and reported["spent"][0]["pages"] == 40  # its pages were shown
    assert not json.loads(audit("report", "--json", "--no-pages"))["worst"]
    german = audit("report", "--name", "spring", "--lang", "de")
    assert "Ausbeute" in german and "Er ist verbraucht" in german and "geurteilt: nicht zum Thema" in german
    assert "in the audit spring" in audit("draw", "--n", "40", "--seed", "8", "--name", "summer")
    file.touch()  # the time of a file is another once a backup has been put back
    assert json.loads(audit("report", "--json"))["audit"] == "summer"
    audit("report")  # without a label: spring remains the last
    with Archive(judged / "archive.db") as archive:
        nights(archive)
    printed = CliRunner().invoke(cli, ["export", "methods"], catch_exceptions=False).output
    assert "audit of 40 labelled pages (seed 7, " in printed and "precision is 100.0" in printed.replace("\u00a0", " ")


def nights(archive: Archive) -> None:
    counts = {"listed": 90, "new": 50, "fetched": 45, "kept": 28, "again": 2, "refused": 14, "failed": 1}
    night = {"source": "blatt", "night": "2025-03-12", "state": "ok", "detail": "", "robots": "", "answered": 1}
    night |= {"waiting": 0, "reasons": '{"off_topic": 14, "robots": 3}', "ended": "2025-03-12T03:00:00+00:00"}
    archive.db.table("source_nights").insert({"run": 1, **night, **counts})


def test_the_way_of_the_pages_adds_up(judged: Path, tmp_path: Path) -> None:
    with Archive(judged / "archive.db") as archive:
        nights(archive)
        flow = read_flow(archive.db.conn)
        assert (flow.without_end, flow.unasked, flow.since_then) == (0, 3, 2)
        assert (flow.articles, flow.texts) == (30, 29)
        archive.db.execute("update source_nights set kept = 27")
        assert read_flow(archive.db.conn).without_end == 1
        assert not read_flow(archive.db.conn, Days(since="2026-01-01")).nights
        asked = {"finder": "mediacloud", "url": "", "asked_at": "2025-03-12T01:00:00+00:00", "rows": 0, "bad_lines": 0}
        asked |= {"matches": 0, "detail": "", "outcome": ""}
        for finder, key in (
            ("mediacloud", "Microsoft AND (Bedburg OR Bergheim) 2025-01-01..2025-02-01"),
            ("mediacloud", "Microsoft AND (Bedburg OR Bergheim) 2025-02-01..2025-03-01 more"),
            ("wayback", "blatt.example 20250101..20250301"),
        ):
            archive.db.table("finder_requests").insert(asked | {"finder": finder, "key": key})
    printed = CliRunner().invoke(cli, ["export", "methods"], catch_exceptions=False).output
    english, german = printed.strip().split("\n\n")
    assert "mediacloud: 2 questions, for “Microsoft AND (Bedburg OR Bergheim)”; wayback: 1 question." in english
    assert "Of 1 page it is not known" in english and "not been audited" in english
    assert "read 1 source on 1 night from" in english and "1 Quelle in 1 Nacht," in german
    assert "14" in german and "nicht auditiert" in german
    CliRunner().invoke(cli, ["export", "methods", "--out", str(tmp_path / "flow.csv")], catch_exceptions=False)
    assert ",,refused,off_topic,14" in (tmp_path / "flow.csv").read_text("utf-8").splitlines()


def test_the_ways_of_parts_add_up_to_that_of_all(judged: Path, tmp_path: Path) -> None:
    with Archive(judged / "archive.db") as archive:
        nights(archive)
        archive.db.table("sources").insert_all(
            [{"id": "blatt", "kind": "regional_press"}, {"id": "funk", "kind": "broadcaster"}], replace=True, alter=True
        )
        begun = {"started": "2025-03-12T02:00:00+00:00", "rules_version": "r1"}
        archive.db.table("runs").insert_all([{"id": 1, **begun}, {"id": 2, **begun, "rules_version": "r2"}])
        [night] = archive.db.query("select * from source_nights")
        archive.db.table("source_nights").insert(night | {"run": 2, "source": "funk", "night": "2025-03-13"})
        archive.db.execute("update articles set run = 1, first_seen = '2025-03-12'")
        archive.db.execute("update articles set run = 2, source = 'funk' where id > 20")
        archive.db.execute("update articles set run = null, source = 'found' where id = 30")  # no night, no kind
        archive.db.execute("update articles set first_seen = '2025-03-13' where id = 30")

        def wrong() -> dict[str, int]:
            """Pages without an end, by part; the parts add up to the whole, step by step."""
            flows = read_parted_flows(archive.db.conn)
            for by in ("kind", "rules_version"):
                added = Counter[tuple[str, str]]()
                for name, _, flow in flows:
                    added.update({(step, part): pages for step, part, pages in flow.rows() if name == by})
                of_all = {(step, part): pages for step, part, pages in flows[0][2].rows()}
                assert {key: added[key] for key in of_all if key[0] != "folded"} == {
                    key: pages for key, pages in of_all.items() if key[0] != "folded"
                }
            return {value: flow.without_end for _, value, flow in flows if flow.without_end}

        assert wrong() == {}
        day = read_flow(archive.db.conn, Days(since="2025-03-13", until="2025-03-13"))
        assert (day.nights, day.counts["listed"], day.articles) == (1, 90, 10)
        archive.db.execute("update source_nights set kept = kept - 3 where run = 2")  # three pages lost
        assert wrong() == {"": 3, "broadcaster": 3, "r2": 3}
        broke_off = dict.fromkeys(("listed", "new", "fetched", "kept", "again", "refused", "failed"), 0)
        archive.db.table("source_nights").insert(night | broke_off | {"run": 0, "state": "unreachable"})
        assert read_flow(archive.db.conn).gaps == 0  # a later run has read it that night
    words = ["export", "methods", "--since", "2025-03-13", "--out", str(tmp_path / "flow.csv")]
    assert CliRunner().invoke(cli, words, catch_exceptions=False).exit_code == 0
    assert "kind,broadcaster,listed,,90" in (tmp_path / "flow.csv").read_text("utf-8").splitlines()
    assert CliRunner().invoke(cli, ["export", "csv", "--since", "2025-03-13"]).exit_code == 2


@in_chromium
def test_the_page_shows_the_last_audit(judged: Path) -> None:
    with Archive(judged / "archive.db") as archive:
        nights(archive)
    with visiting(judged / "archive.db") as (page, address):
        page.goto(f"{address}about/quality")
        assert "not been audited" in page.inner_text("main")
        audit("draw", "--n", "40", "--name", "spring")
        for unit in map(json.loads, (judged / "audits/spring/draw.jsonl").read_text("utf-8").splitlines()[1:]):
            label = CoderLabel.ON if unit["verdict"] == "on" else CoderLabel.OFF
            append_label(labels_path("spring", "A"), unit["id"], label)
        audit("report")
        make(judged / "archive.db")
        manifest = json.loads((judged / "exports" / "manifest.json").read_text("utf-8"))
        assert manifest["audit"]["labels"] == 40 and manifest["audit"]["precision"]["value"] == 1.0
        assert manifest["audit"]["day"] and manifest["rules_versions"] == []  # the nights have no run
        assert {"step": "refused", "part": "off_topic", "pages": 14} in manifest["flow"]
        check_page(page, f"{address}about/quality")
        assert "100,0 %" in page.inner_text("main").replace("\u00a0", " ")
        assert page.request.get(f"{address}about/quality.csv").text().splitlines()[1] == ",,listed,,90"
        check_page(page, f"{address}about")
        assert page.locator("main svg[aria-labelledby=flow] text").count() == 7 + 2
        assert "Vom 12. März 2025. Als gelistet zählt" in page.inner_text("main")  # there is one night


def test_a_label_survives_a_kill(home: Path) -> None:
    path = home / "audits/a/labels-A.jsonl"
    path.parent.mkdir(parents=True)
    append_label(path, "article-1", CoderLabel.ON)
    path.write_text(path.read_text("utf-8") + '{"unit": "article-2", "la', "utf-8")
    append_label(path, "article-3", CoderLabel.OFF)
    append_label(path, "article-1", CoderLabel.MENTION)
    assert {unit: line.label for unit, line in read_labels(path).items()} == {
        "article-1": "mention",
        "article-3": "off",
    }
