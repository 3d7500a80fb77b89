"""Who copies whom: the same in whatever order articles arrive, and the same in an archive as on the command line."""

import json
import random
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.run import bring_up_to_date
from db.operations import doctor
from db.operations.status import as_lines, read_status
from db.passages import passages, places, taken, words
from db.store.archive import Archive
from db.store.enrichment.copies import CopyStore, ReadRow
from db.store.leaving.tombstones import How
from pipelines.enrichment.copies import Neighbours, SeenSince, seen, three_apart
from pipelines.enrichment.overlaps import fingerprints, releases
from pipelines.enrichment.overlaps.pairs import Edge
from pipelines.storing.enrich import Enriched, Recent, enrich_copies
from pipelines.storing.enrichments import Enrichment
from revierspiegel.services.copies import copies_of
from tests.blank import blank_archive
from tests.conftest import Desk
from tests.quality import copies as labels
from tests.test_archive import article

WORDS = [
    f"{start}{middle}{end}" for start in "bdfgk" for middle in ("au", "ei", "o", "ur") for end in ("tel", "ßen", "m")
]
COLUMNS = ("group_id", "role", "share", "matched", "release", "release_share", "release_quoted_share")


def prose(number: int, length: int = 30) -> str:
    """A paragraph: the same for the same number, and like no other."""
    pick = random.Random(number)
    return " ".join(pick.choice(WORDS) for _ in range(length)) + "."


def text(*numbers: int) -> str:
    return "\n\n".join(map(prose, numbers))


# Words in common


def test_passages_are_where_the_words_are() -> None:
    mine = f"Vorweg ein Satz von mir. {prose(1)} Und dann:\n\n{prose(2)}"
    other = f"{prose(2)} Etwas ganz anderes, {prose(1).upper()}"
    found = [mine[start:end] for start, end in passages(mine, other)]
    assert found == [prose(1).rstrip("."), prose(2).rstrip(".")]
    assert passages(mine, "") == passages("", mine) == passages("kurz", "kurz") == []
    assert passages("kurz", "kurz", 1) == [(0, 4)]


def test_spellings_of_a_word_are_one() -> None:
    assert words("Größe GRÖSSE Gro\u0308ße Grö\u00adße") == ["grösse"] * 4
    assert words("株式会社 Azure") == ["株", "式", "会", "社", "azure"]
    assert [("don’t x"[start:end]) for start, end in places("don’t x")] == ["don", "t", "x"]


@given(st.text(max_size=200), st.text(max_size=200))
def test_every_word_has_its_place(one: str, other: str) -> None:
    assert len(words(one)) == len(places(one)) == len(taken(words(one), set()))
    assert all(0 <= start < end <= len(one) for start, end in passages(one, other, 2))


# Fingerprints


def test_fingerprints_are_the_same_in_every_process() -> None:
    assert fingerprints.shingles(fingerprints.word_numbers("Fünf Wörter sind ein Shingle")) == [HASH]
    assert fingerprints.paragraphs("Absatz eins.\n\nABSATZ  eins.", "blatt")[0][0] == PARAGRAPH
    assert len({number for number, _ in fingerprints.paragraphs("Absatz eins.\n\nABSATZ  eins.", "blatt")}) == 1
    assert fingerprints.paragraphs("Absatz eins.", "kurier")[0][0] != PARAGRAPH


HASH = 1872769826645324072
PARAGRAPH = 528979891293456843


@given(st.text(max_size=200))
def test_each_word_has_its_number(one: str) -> None:
    assert fingerprints.word_numbers(one) == [crc32(word.encode()) for word in words(one)]


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_twenty_words_in_a_row_are_found(common: int, before: int, after: int) -> None:
    run = prose(common, 20)
    one, other = (
        set(fingerprints.prints(fingerprints.shingles(fingerprints.word_numbers(each))))
        for each in (f"{prose(before + 1000)} {run} {prose(after + 2000)}", f"{prose(after + 3000)} {run}")
    )
    assert one & other


def test_paragraphs_that_a_source_has_under_everything_are_no_text() -> None:
    whole = text(1, 2, 3)
    numbers = [number for number, _ in fingerprints.paragraphs(whole, "blatt")]
    assert fingerprints.own_text(whole, "blatt", {}) == whole
    assert fingerprints.own_text(whole, "blatt", {numbers[1]: 2}) == whole
    assert fingerprints.own_text(whole, "blatt", {numbers[1]: 3}) == text(1, 3)
    # all of it: the article is printed again; but not twenty times
    assert fingerprints.own_text(whole, "blatt", dict.fromkeys(numbers, 3)) == whole
    assert fingerprints.own_text(whole, "blatt", dict.fromkeys(numbers, 20)) == ""


# Releases


@pytest.mark.parametrize("quoted", ["„{}“", "“{}”", '"{}"', "»{}«", "«{}»", "‘{}’", "„{}", '„{}"'])
def test_what_is_quoted_is_counted_apart(quoted: str) -> None:
    release = releases.release_runs(text(1, 2))
    share, quoted_share = releases.taken_from(f"{prose(1)}\n\n{quoted.format(prose(2))}\n\n{text(3, 4)}", release)
    assert (share, quoted_share) == (0.25, 0.25)
    assert releases.taken_from("", release) == (0.0, 0.0)


def test_days_and_moments_are_compared_as_far_as_they_are_known() -> None:
    day, morning, evening = seen("2026-05-11"), seen("2026-05-11T06:00:00+02:00"), seen("2026-05-11T20:00:00Z")
    assert morning.before(evening) and not evening.before(morning)
    assert not day.before(evening) and not morning.before(day)
    assert seen("2026-05-10").before(morning)
    assert seen("2026-05-11", "2026-05-11T09:00:00Z").before(evening)
    assert not seen(None).before(day) and not day.before(seen("gestern"))
    assert isinstance(seen(None, "2026-05-11T09:00:00Z"), SeenSince)


# In whatever order


def random_articles(seed: int) -> list[dict[str, Any]]:
    """Articles of a few paragraphs, of which others have some, of a few sources; some are releases or digests."""
    pick = random.Random(seed)
    articles = []
    for number in range(pick.randint(5, 18)):
        start, length = pick.randint(0, 12), pick.randint(1, 6)
        paragraphs = [*range(start, start + length)]
        if pick.random() < 0.3:
            paragraphs += [pick.randint(0, 12), 90]
        articles.append(
            {
                "url": f"u{number}",
                "source": pick.choice("abc"),
                "page_kind": pick.choice(["article", "article", "article", "release", "ticker"]),
                "published": pick.choice(
                    [None, f"2026-05-{pick.randint(1, 9):02}", f"2026-05-0{pick.randint(1, 9)}T10:00:00Z"]
                ),
                "text": text(*paragraphs) + pick.choice(["", "", "\n\n(dpa)"]),
            }
        )
    return articles


def put(store: CopyStore, number: int, each: dict[str, Any]) -> None:
    row = ReadRow(
        number, each["url"], each["text"], each["source"], None, each["page_kind"], each["published"], None, None
    )
    store.db.execute("delete from articles where id = ?", [number])
    store.db.execute(f"insert into articles values ({', '.join('?' * len(row))})", list(row))


def outcome(store: CopyStore, urls: dict[int, str]) -> tuple[set[Any], set[Any], set[Any]]:
    """By address: numbers depend on the order."""
    edges = {
        (frozenset([(urls[row["article"]], row["share"]), (urls[row["other"]], row["other_share"])]), row["contained"])
        for row in store.db.query("select * from copy_edges")
    }
    rows = list(store.every())
    groups = {
        frozenset(urls[other["article"]] for other in rows if other["group_id"] == row["group_id"])
        for row in rows
        if row["group_id"]
    }
    said = {
        (urls[row["article"]], row["role"], row["share"], urls.get(row["release"] or 0), row["release_share"])
        for row in rows
    }
    return edges, groups, said


@settings(max_examples=settings.default.max_examples // 6)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(seed: int, shuffle: random.Random) -> None:
    articles = random_articles(seed)
    expected = None
    for turn in range(3):
        store, order = CopyStore.in_memory([]), list(articles)
        if turn:
            shuffle.shuffle(order)
        urls = {}
        for number, each in enumerate(order, start=1):
            if turn and shuffle.random() < 0.2:  # it has another text first
                put(store, number, each | {"text": text(shuffle.randint(0, 12), 90), "source": "a"})
                enrich_copies(store)
            put(store, number, each)
            urls[number] = each["url"]
            if turn and shuffle.random() < 0.4:
                enrich_copies(store)
            if turn and shuffle.random() < 0.1:  # an article that does not stay
                put(store, 1000, each | {"source": "b"})
                enrich_copies(store)
                store.db.execute("delete from articles where id = 1000")
                store.forget(1000)
        enrich_copies(store, anew=turn == 0)
        assert store.due() == []
        got = outcome(store, urls)
        expected = expected or got
        assert got == expected
        store.db.close()


class CountingStore(CopyStore):
    """Counts how often a text is read."""

    reads = 0

    def read(self, article: int) -> ReadRow | None:
        self.reads += 1
        return super().read(article)


def of_texts(texts: Iterable[str]) -> CountingStore:
    return CountingStore.in_memory(
        ReadRow(number, f"u{number}", each, f"s{number}", None, None, f"2026-05-{number % 28 + 1:02}", None, None)
        for number, each in enumerate(texts, start=1)
    )


@given(st.integers(0, 9), st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8))))
def test_three_texts_are_apart_as_a_look_at_each_three_says(number: int, pairs: set[tuple[int, int]]) -> None:
    akin = {(one, other) for one, other in pairs if one < other}
    neighbours = Neighbours([Edge(*pair, 1.0, 1.0, 1.0, 1.0) for pair in akin], [])
    plain = any(akin.isdisjoint(combinations(three, 2)) for three in combinations(range(number), 3))
    assert three_apart(range(number), neighbours) == plain


def test_hundreds_of_texts_in_two_camps_are_soon_told_apart() -> None:
    dice, number = random.Random(1), 700
    pairs = [pair for pair in combinations(range(number), 2) if sum(pair) % 2 == 0 or dice.random() < 0.2]
    neighbours = Neighbours([Edge(*pair, 1.0, 1.0, 1.0, 1.0) for pair in pairs], [])
    assert not three_apart(range(number), neighbours)  # 0.03 s; as sets it took four


@pytest.mark.parametrize("anew", [False, True])
def test_articles_of_the_same_words_are_one_text(anew: bool) -> None:
    number = 100
    store = of_texts([f"{text(1, 2)} {'!' * (each % 3)}" for each in range(number)])
    enrich_copies(store, anew=anew)
    assert store.reads == 2 * number  # for its paragraphs and for its prints; none is compared with another
    rows = list(store.every())
    assert {(row["group_id"], row["share"]) for row in rows} == {(1, 1.0)} and len(rows) == number
    assert list(store.edges()) == []
    assert store.db.execute("select count(*) from prints").fetchone()[0] < 50
    store.db.close()


def test_many_texts_that_are_alike_are_not_read_for_each_pair() -> None:
    store = of_texts([f"{text(1, 2)} Zeile {number}" for number in range(60)])
    enrich_copies(store, anew=True)
    assert store.reads == 3 * 60  # for its paragraphs, for its prints, and to be compared
    assert len(list(store.edges())) == 60 * 59 // 2
    assert {row["group_id"] for row in store.every()} == {1}
    store.db.close()


def test_what_is_remembered_is_bounded_by_its_size() -> None:
    read = list[int]()

    def length(number: int) -> int:
        read.append(number)
        return number

    recent = Recent(length, lambda value: value, 10)
    assert [recent(each) for each in (4, 5, 4, 100, 100, 4, 5, 4)] == [4, 5, 4, 100, 100, 4, 5, 4]
    assert read == [4, 5, 100, 4, 5]


def test_what_many_have_is_not_counted_to_the_end() -> None:
    store = of_texts(["Ein Absatz.", "Noch ein Absatz."])
    (number,) = (number for number, _ in fingerprints.paragraphs("Ein Absatz.", "s1"))
    store.db.conn.executemany("insert into _paragraphs values (?, ?)", [(number, 10 + each) for each in range(50)])
    store.set_paragraphs(1, {number})
    assert store.holders(1) == {number: 20}
    store.db.close()


def test_a_print_that_becomes_common_makes_those_due_again_that_have_it() -> None:
    store = CopyStore.in_memory([], common=3)
    for number, source in enumerate("abcd", start=1):
        words_of_its_own = f"{text(1)} Zeile {number}"
        put(
            store,
            number,
            {"url": source, "source": source, "text": words_of_its_own, "page_kind": None, "published": None},
        )
    enrich_copies(store)
    found = list(store.edges())
    enrich_copies(store, anew=True)
    assert found == list(store.edges()) == []
    assert store.due() == []
    store.db.close()


# In an archive


def rows_of(archive: Archive) -> list[dict[str, Any]]:
    return list(archive.db.query(f"select article, {', '.join(COLUMNS)} from copies order by article"))


def fill(archive: Archive, texts: Iterable[str]) -> list[int]:
    return [
        archive.articles.save(
            article(f"{name}.example/1", source=name, text=each, published=f"2026-05-0{day}"), {}, name
        )[0]
        for day, (name, each) in enumerate(zip("abcdefgh", texts, strict=False), start=1)
    ]


def test_who_leaves_the_archive_leaves_all_tables(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        first, second, third = fill(archive, [text(1, 2, 3), text(1, 2, 3), text(1, 2, 4)])
        enrich_copies(archive.copies)
        assert {row["group_id"] for row in rows_of(archive)} == {first}
        assert [row["role"] for row in rows_of(archive)] == ["original", "mirror", "rewrite"]
        row = archive.articles.get(first)
        assert row
        archive.articles.forget(row, How.DECIDED, "out")
        assert [(row["article"], row["group_id"], row["matched"] == first) for row in rows_of(archive)] == [
            (second, second, False),
            (third, second, False),
        ]
        for table in ("_paragraphs", "_texts", "copy_edges"):
            assert not list(archive.db.query(f"select * from {table} where article = ?", [first])), table
        enrich_copies(archive.copies)
        assert [row["role"] for row in rows_of(archive)] == ["original", "rewrite"]
        row = archive.articles.get(second)
        assert row
        archive.articles.forget(row, How.DECIDED, "out")
        assert rows_of(archive) == []


def test_what_is_killed_is_done_the_next_time(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        fill(archive, [text(1, 2, 3), text(4, 5), text(1, 2, 3), text(4, 5, 6), text(2, 3)])

        def killed(read: int, of: int) -> None:
            if read == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            enrich_copies(archive.copies, tell=killed, batch=1)
        assert len(archive.copies.due()) == 3
        assert enrich_copies(archive.copies).read == 3
        made = rows_of(archive)
        assert enrich_copies(archive.copies) == Enriched(0, 0)
        assert enrich_copies(archive.copies, anew=True) == Enriched(5, 0)
        assert rows_of(archive) == made
        assert {row["group_id"] for row in made} == {1, 2}


def test_a_slip_of_ours_leaves_the_night_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(tmp_path))
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        (number,) = fill(archive, [text(1, 2)])
        archive.articles.update(number, {"agencies": "no JSON"})
    bring_up_to_date(tmp_path / "archive.db", Enrichment.COPIES)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("ERROR", "Who copies whom was not found out")
    ]
    with Archive(tmp_path / "archive.db") as archive:
        assert archive.copies.due() == [number]
        (row,) = archive.db.query("select step, times, detail from faults")
        assert (row["step"], row["times"]) == ("copies", 1) and "JSONDecodeError" in row["detail"]
    bring_up_to_date(tmp_path / "archive.db", Enrichment.COPIES)
    (finding,) = (each for each in doctor.examine(tmp_path / "archive.db") if each.wrong)
    assert "copies failed 2 times since" in finding.wrong and "JSONDecodeError" in finding.wrong
    lines = as_lines(read_status() | {"next_run": "", "alarm_channels": []})
    assert any("copies" in line and "JSONDecodeError" in line for line in lines)
    with Archive(tmp_path / "archive.db") as archive:
        archive.articles.update(number, {"agencies": "[]"})
    bring_up_to_date(tmp_path / "archive.db", Enrichment.COPIES)
    assert not any(each.wrong for each in doctor.examine(tmp_path / "archive.db"))


def test_what_was_not_changed_is_not_read_again(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        (number,) = fill(archive, [text(1, 2)])
        enrich_copies(archive.copies)
        archive.articles.update(number, {"text": text(1, 2), "score": 0.5})
        assert archive.copies.due() == []
        archive.articles.update(number, {"text": text(1, 3)})
        assert archive.copies.due() == [number]


# On the command line


def test_copies_of_lines(desk: Desk) -> None:
    lines = [
        {"url": "https://a.example/1", "text": text(1, 2, 3, 4), "published": "2026-05-11"},
        {"url": "https://m.example/r", "text": text(5, 6, 7), "published": "2026-05-10", "kind": "release"},
        {
            "url": "https://b.example/1",
            "text": text(1, 2),
            "source": None,
            "kind": None,
            "page_kind": None,
            "title": None,
            "published": "2026-05-12",
        },
        {"url": "https://c.example/1", "text": text(8, 5, 6), "published": "2026-05-10T10:00:00+02:00"},
        {"url": "https://d.example/1", "text": text(7, 9), "published": "2026-05-09"},  # before the release
    ]
    given_ = [json.dumps(line) for line in lines]
    done = desk.run(
        "copies", given="\n".join(["{", *given_, '{"url": "x"}', '{"url": "x", "text": "\\ud800", "kind": 3}', "[]"])
    )
    assert (done.returncode, done.stderr) == (0, "")
    broken, *answers, no_text, wrong, no_object = map(json.loads, done.stdout.splitlines())
    assert [list(each) for each in (broken, no_text, wrong, no_object)] == [["error"]] * 4
    assert [answer["url"] for answer in answers] == [line["url"] for line in lines]
    assert [answer["group"] for answer in answers] == ["https://a.example/1", None, "https://a.example/1", None, None]
    assert [answer["role"] for answer in answers] == ["original", None, "shortened", "release_based", None]
    assert [answer["share"] for answer in answers] == [0.5, None, 1.0, None, None]
    assert [(answer["release"], answer["release_share"]) for answer in answers[3:]] == [
        ("https://m.example/r", 0.6667),
        (None, None),
    ]
    assert copies_of(reversed(given_)) == answers[::-1]


def test_labels_are_invented_and_whole() -> None:
    for name in labels.SETS:
        for row in labels.labels(name):
            assert ".example/" in row["url"]
            assert set(labels.TRUTH) <= row.keys()


def test_measures_see_what_is_wrong() -> None:
    rows = [
        {
            "url": url,
            "kind": None,
            "page_kind": None,
            "group": group,
            "role": "original",
            "release": None,
            "release_share": share,
        }
        for url, group, share in [("a", "g", None), ("b", "g", 0.5), ("c", None, None), ("d", "h", None)]
    ]
    assert set(labels.figures(rows, rows).values()) == {1.0}
    other = [row | {"group": "x", "role": "mirror", "release_share": None} for row in rows]
    measured = labels.figures(rows, other)
    assert measured == {"pair precision": 1 / 6, "pair recall": 1.0, "roles": 0.0, "release shares": 0.5}
    assert len(labels.wrong(rows, other)) == 5 + 4 + 1
