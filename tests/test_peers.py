"""benchmarks/peers.py on small checkouts in the peers' layouts; all figures are computed by hand."""

import gzip
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.test_benchmarks import BENCHMARKS, run

# 17 words each: 51 words and 48 shingles of four together, 34 and 31 the first two.
FIRST = "Die Stadt Talheim baut am Rand des Gewerbegebiets eine neue Schule für vierhundert Kinder aus drei Ortsteilen."
SECOND = (
    "Der Rat hat dem Entwurf am Dienstag nach langer Aussprache mit großer Mehrheit zugestimmt, "
    "sagte die Bürgermeisterin."
)
THIRD = "Die Arbeiten beginnen im Frühjahr und dauern nach Angaben der Verwaltung ungefähr zwei Jahre bis zum Einzug."
TEXTS = (FIRST, SECOND, THIRD)
REFUSED = "Seite nicht gefunden"  # a title that ours refuses, whatever stands below it

# Interfaces of the peers' scorers, in code of ours.
EVALUATE = """
import re
from collections import Counter
from statistics import mean

def shingles(text):
    words = re.findall(r"\\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3)) if words)

def evaluate(ground_truth, prediction, n_bootstrap):
    if ground_truth.keys() != prediction.keys():
        raise ValueError("keys")
    precisions, recalls, equal = [], [], []
    for key, label in ground_truth.items():
        true, found = shingles(label["articleBody"]), shingles(prediction[key]["articleBody"])
        hits = (true & found).total()
        precisions += [hits / found.total()] if found else []
        recalls.append(hits / true.total())
        equal.append(true == found)
    precision, recall = mean(precisions), mean(recalls)
    f1 = 2 * precision * recall / (precision + recall)
    return {"f1": f1, "precision": precision, "recall": recall, "accuracy": mean(equal), "f1_std": n_bootstrap / 1000}
"""
COUNT_ITEM = '''
def count_item(item, result):
    """White space is made even, which the formula of older versions does not do."""
    there = lambda strings: sum(" ".join(string.split()) in " ".join((result or "").split()) for string in strings)
    tp, fp = there(item["with"]), there(item["without"])
    return tp, fp, len(item["with"]) - tp, len(item["without"]) - fp
'''
EVALUATION = """
from pathlib import Path

def load_document(filename):
    return next(Path(__file__).parent.glob(f"*/{filename}")).read_text("utf-8")

def evaluate_result(result, data):
    if result is None:
        return 0, 0, 0, 1
    return (1, 0, 0, 0) if result == data["date"] else (0, 1, 0, 0)
"""
MISSING_LIBRARY = "import library_that_nobody_has\n"


def page(title: str, *paragraphs: str, head: str = "") -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<html lang=de><head><meta charset=utf-8><title>{title}</title>{head}</head>"
        "<body><nav><a href=/>Start</a></nav>"
        f"<article><h1>{title}</h1>{body}</article><footer><p>Impressum und Datenschutz</p></footer></body></html>"
    ).encode()


def checkout(folder: Path, files: dict[str, str | bytes | dict[str, object]]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def rows(markdown: str) -> dict[str, list[str]]:
    """First column → the others; of rows that begin alike the first."""
    table: dict[str, list[str]] = {}
    for line in re.findall(r"^\| (.+) \|$", markdown, re.MULTILINE):
        name, *cells = (cell.strip() for cell in line.split("|"))
        table.setdefault(name, cells)
    return table


def figures(*values: float) -> list[str]:
    return [f"{value:.4f}" for value in values]


@pytest.fixture
def peer_sets(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import peer_sets

    return peer_sets


def test_articles_are_scored_by_the_checkouts_own_scorer(tmp_path: Path) -> None:
    whole, part = "\n".join(TEXTS), "\n".join(TEXTS[:2])
    bodies = {"aa11": whole, "bb22": part, "cc33": whole, "dd44": whole, "ee55": whole}
    school = page("Talheim bekommt eine Schule", *TEXTS)
    pages = {"aa11": school, "bb22": school, "cc33": page(REFUSED, *TEXTS)}
    files: dict[str, str | bytes | dict[str, object]] = {
        "ground-truth.json": {
            key: {"articleBody": body, "url": f"https://talbote.example/{key}"} for key, body in bodies.items()
        },
        "html/dd44.html.gz": b"not packed",
        "evaluate.py": EVALUATE,
    }
    files |= {f"html/{key}.html.gz": gzip.compress(html) for key, html in pages.items()}
    ended = run(tmp_path, "peers.py", "--set", "aeb", str(checkout(tmp_path / "aeb", files)), "--bootstrap", "7")
    assert "entry 4: its page cannot be read (BadGzipFile); left out" in ended.stderr
    assert "entry 5: its page is not in the checkout; left out" in ended.stderr
    assert ended.returncode == 1 and "## aeb: 3 of 5 pages, trafilatura 2" in ended.stdout
    table = rows(ended.stdout)
    precision, recall = (1 + 31 / 48) / 2, 2 / 3  # nothing was given for one page: it counts for the recall alone
    f1, *others = figures(2 * precision * recall / (precision + recall), precision, recall, 1 / 3)
    assert table["ours"] == [f"{f1} ± 0.007", *others, "1"]
    precision = (1 + 31 / 48 + 1) / 3
    f1, *others = figures(2 * precision / (precision + 1), precision, 1, 2 / 3)
    assert table["ours, refusals ignored"] == [f"{f1} ± 0.007", *others, "0"]
    assert [table[name][2] for name in ("trafilatura fast", "trafilatura", "trafilatura precision")] == figures(1, 1, 1)
    assert (table["missing"], table["together"]) == (["1"], ["1"])
    for name in ("aa11", "talbote", "Talheim", "Schule"):
        assert name not in ended.stdout + ended.stderr


# One string has two blanks: it is found where white space is made even.
@pytest.mark.parametrize(
    ("scorers", "by", "all_pages", "german"),
    [
        ({"eval_common.py": COUNT_ITEM}, "eval_common.py of the checkout", (3, 1, 2, 3), (2, 1, 0, 1)),
        pytest.param(
            {"eval_common.py": MISSING_LIBRARY},
            "the formula of evaluate.py at 623b0ef",
            (2, 1, 3, 3),
            (1, 1, 1, 1),
            marks=pytest.mark.soak,
        ),
    ],
)
def test_strings_of_a_label_are_counted(
    tmp_path: Path,
    scorers: dict[str, str],
    by: str,
    all_pages: tuple[int, int, int, int],
    german: tuple[int, int, int, int],
) -> None:
    school = page("Talheim bekommt eine Schule", *TEXTS)
    files: dict[str, str | bytes | dict[str, object]] = {
        "tests/evaldata.json": {
            "https://talbote.example.de/schule": {
                "file": "talbote.html",
                "date": "2024-03-18",
                "with": ["Rand des Gewerbegebiets", "großer  Mehrheit"],
                "without": ["Impressum", "Angaben der Verwaltung"],
            },
            "https://post.example/schule": {
                "file": "post.html",
                "with": ["neue Schule", "zwei Jahre"],
                "without": ["Datenschutz"],
            },
            "https://blatt.example.ch/": {
                "file": "blatt.html",
                "date": "",
                "with": ["Talheim baut"],
                "without": ["Impressum"],
            },
            "https://kurier.example.at/": {"file": "kurier.html", "with": "Talheim", "without": []},
        },
        "tests/cache/talbote.html": school,
        "tests/eval/talbote.html": b"<p>the other folder comes first</p>",
        "tests/eval/post.html": page(REFUSED, *TEXTS),
        "tests/eval/blatt.html": school,
    }
    files |= {f"tests/{name}": code for name, code in scorers.items()}
    ended = run(tmp_path, "peers.py", "--set", "trafilatura", str(checkout(tmp_path, files)), "--processes", "1")
    assert "entry 4: its label has no with; left out" in ended.stderr and f"Scored by {by}." in ended.stdout
    every, part = ended.stdout.split("### .de, .at, .ch with a date: 1 pages")
    for table, (tp, fp, fn, tn), silent in ((rows(every), all_pages, "1"), (rows(part), german, "0")):
        scores = tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn), (tp + tn) / (tp + fp + fn + tn)
        assert table["ours"] == [*figures(*scores), silent]
    tp, fp, fn, tn = all_pages[0] + 2, all_pages[1], all_pages[2] - 2, all_pages[3]  # both strings of the refused page
    scores = tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn), (tp + tn) / (tp + fp + fn + tn)
    assert rows(every)["ours, refusals ignored"] == rows(every)["trafilatura"] == [*figures(*scores), "0"]
    assert (rows(every)["missing"], rows(every)["together"], rows(part)["together"]) == (["1", "1"],) * 2 + (
        ["0", "0"],
    )


@pytest.mark.parametrize(
    ("scorer", "by"),
    [
        pytest.param(EVALUATION, "evaluation.py of the checkout", marks=pytest.mark.soak),
        (MISSING_LIBRARY, "the formula of evaluation.py at 083c068"),
    ],
)
def test_dates_are_right_wrong_or_none(tmp_path: Path, scorer: str, by: str) -> None:
    def dated(moment: str) -> bytes:
        return page("Neue Brücke", *TEXTS, head=f'<meta property="article:published_time" content="{moment}">')

    files: dict[str, str | bytes | dict[str, object]] = {
        "tests/eval_mediacloud_2020.json": {
            "https://talbote.example/spaet": {"file": "late.html", "date": "2024-03-19"},
            "https://talbote.example/bruecke": {"file": "none.html", "date": "2024-05-01"},
        },
        "tests/eval_default.json": {
            "https://talbote.example/spaet": {
                "file": "late.html",
                "date": "2024-03-18",
            },  # the second has the last word
            "https://talbote.example/vortag": {"file": "before.html", "date": "2024-02-03"},
            "https://talbote.example/2024/04/05/bruecke.html": {"file": "address.html", "date": "2024-04-05"},
        },
        "tests/test_set/late.html": dated("2024-03-18T23:30:00-05:00"),  # in Berlin it was the 19th
        "tests/cache/none.html": page("Neue Brücke", *TEXTS),
        "tests/eval/before.html": dated("2024-02-02T10:00:00+01:00"),
        "tests/eval/address.html": page("Neue Brücke", *TEXTS),
        "tests/evaluation.py": scorer,
    }
    ended = run(tmp_path, "peers.py", "--set", "htmldate", str(checkout(tmp_path, files)), "--processes", "1")
    assert ended.returncode == 0, ended.stderr
    assert f"Scored by {by}." in ended.stdout and "4 of 4 pages" in ended.stdout
    table = rows(ended.stdout)
    with_address, without = ["2", "1", "1", *figures(4 / 6)], ["1", "2", "1", *figures(2 / 5)]
    assert table["ours"] == table["htmldate extensive, address given"] == with_address
    for reader in ("htmldate fast", "htmldate extensive", "ours, address not given"):
        assert table[reader] == without


def test_what_is_no_checkout_is_said_in_one_line(tmp_path: Path) -> None:
    ended = run(tmp_path, "peers.py", "--set", "htmldate", str(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r".*: No such file or directory; PATH is to be a checkout of adbar/htmldate\n", ended.stderr)


def test_labels_that_are_none_are_said_in_one_line(tmp_path: Path, peer_sets: ModuleType) -> None:
    for content in ("{", "[]", '{"https://talbote.example/": []}'):
        checkout(tmp_path, {"ground-truth.json": content})
        with pytest.raises(peer_sets.CheckoutError, match=r"ground-truth\.json: no (JSON|object of labels)"):
            peer_sets.aeb_entries(tmp_path)


def test_older_scorers_are_tried_after_newer_ones(tmp_path: Path, peer_sets: ModuleType) -> None:
    files = {
        "evaluate.py": "def score(): ...",  # of another form
        "tests/eval_common.py": MISSING_LIBRARY,
        "tests/eval_gate.py": "from gate_strings import count_item",
        "tests/gate_strings.py": COUNT_ITEM,
    }
    checkout(tmp_path, dict(files))
    assert peer_sets.scorer(tmp_path, "aeb") is None
    assert peer_sets.scorer(tmp_path, "trafilatura").count_item.__doc__.startswith("White space")


def test_formula_of_texts_is_that_of_the_peer(peer_sets: ModuleType) -> None:
    pages = {  # label, prediction
        "equal": ("a b, c d!", "a b c d"),
        "more": ("a b c d", "a b c d e f"),  # 1 of 3 shingles
        "less": ("a b c d e", "a b c"),  # a shingle of three words is another one
        "twice": ("a b c d a b c d", "a b c d"),  # 1 of 5
        "nothing given": ("a b c d", ""),
        "nothing to give": ("", "a"),
    }
    truth, prediction = ({key: {"articleBody": pair[side]} for key, pair in pages.items()} for side in (0, 1))
    precision, recall = (1 + 1 / 3 + 0 + 1 + 0) / 5, (1 + 1 + 0 + 1 / 5 + 0) / 5
    assert peer_sets.evaluate(truth, prediction, 0) == {
        "f1": pytest.approx(2 * precision * recall / (precision + recall)),
        "precision": pytest.approx(precision),
        "recall": pytest.approx(recall),
        "accuracy": pytest.approx(1 / 6),
    }


def test_formulas_are_those_of_the_peers(peer_sets: ModuleType) -> None:
    item = {"with": ["a b", "c"], "without": ["d", "e", "f"]}
    assert peer_sets.count_item(item, "a b, d, e") == (1, 2, 1, 1)
    assert peer_sets.count_item(item, "") == peer_sets.count_item(item, None) == (0, 0, 2, 3)
    assert peer_sets.ratios((6, 2, 3, 8)) == (6 / 8, 6 / 9, 14 / 19, 12 / 17)
    assert peer_sets.ratios((0, 0, 0, 0)) == (0, 0, 0, 0)
    assert peer_sets.evaluate_result("2024-03-18", {"date": "2024-03-18"}) == (1, 0, 0, 0)
    assert peer_sets.evaluate_result("2024-03-19", {"date": "2024-03-18"}) == (0, 1, 0, 0)
    assert peer_sets.evaluate_result(None, {"date": "2024-03-18"}) == (0, 0, 0, 1)
    assert peer_sets.evaluate_result(None, {"date": None}) == (0, 0, 1, 1)
