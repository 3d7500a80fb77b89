"""The page of figures: values over time with their table, the sentences of a value, and the files."""

import csv
import io
from datetime import date
from pathlib import Path

from db.site.facts.figures import Value, ValueUse, ValueUses, last_values, narrowed
from db.site.pictures.values import LINE, ROW, draw
from db.site.plugins.figures import amount
from tests.browsing import in_chromium
from tests.conftest import Pick
from tests.read_articles import check_in_a_browser
from tests.test_article_page import Reader, reading, said
from tests.test_exports import make_archive

ARTICLES = {
    1: ("blatt", "local_press", "2025-03-12", "Rund 300 Arbeitsplätze sollen in Bedburg entstehen."),
    2: ("kurier", "trade_press", "2025-04-02", "2.500 Arbeitsplätze sollen entstehen, sagt der Landrat."),
    3: ("kurier", "trade_press", "2025-04-02", "Es bleibt bei 2.500 Stellen. Das Grundstück misst 18 Hektar."),
    4: ("bote", "local_press", "<i>", "Einst war von 300 Stellen die Rede <script>alert(1)</script>."),
    5: ("bote", "local_press", "2026-01-07", "Microsoft investiert 3,2 bis 3,3 Milliarden Euro."),
}


def test_values_over_time(reader: Reader) -> None:
    page = reader.page("/figures?kind=jobs")
    assert [said(row) for row in page.cssselect(".values > a text")] == ["2,500", "300"]
    assert [len(row.cssselect("circle")) for row in page.cssselect(".values .dots")] == [2, 1]  # one has no day
    assert page.cssselect(".dots a")[-1].get("href") == "/article/1?marked=figures"
    rows = [[said(cell) for cell in row] for row in page.cssselect("[aria-labelledby=all] tbody tr")]
    assert rows == [
        ["2,500", "2", "2", "2 April 2025, kurier", "2 April 2025, kurier"],
        ["300", "2", "2", "12 March 2025, blatt", "12 March 2025, blatt"],
    ]
    assert said(reader.page("/figures", "de")).count("3,2 Mrd. – 3,3 Mrd. EUR")


def test_a_value_leads_to_its_sentences(reader: Reader) -> None:
    (address,) = {row.get("href") for row in reader.page("/figures?kind=jobs").cssselect(".values > a")[1:]}
    page = reader.page(address.partition("#")[0])
    assert [said(mark) for mark in page.cssselect(".card mark")] == ["300 Stellen", "300 Arbeitsplätze"]
    assert "<script>" in said(page.cssselect(".card")[0])
    assert not page.cssselect(".card script")
    assert [said(tag) for tag in page.cssselect(".card .tag")] == ["Bedburg"]


def test_the_figures_of_an_article_are_underlined_on_demand(reader: Reader) -> None:
    page = reader.page("/article/3")
    assert not page.cssselect("mark")
    (link,) = [link for link in page.cssselect(".article-marks a") if "figures" in link.get("href", "")]
    assert said(link) == "Underline its figures (2)"
    marked = reader.page(link.get("href"))
    assert [said(mark) for mark in marked.cssselect("mark")] == ["2.500 Stellen", "18 Hektar"]
    assert "Without the underlined figures" in said(marked)


def test_figures_to_take_along(reader: Reader) -> None:
    rows = list(csv.DictReader(io.StringIO(reader.get("/figures.csv?kind=jobs").text)))
    assert [(row["article"], row["value"], row["hedge"]) for row in rows] == [
        ("1", "300", "rund"),
        ("2", "2500", ""),
        ("3", "2500", ""),
        ("4", "300", ""),
    ]
    (row,) = reader.get("/figures.json?kind=area").json()
    assert (row["value"], row["unit"], row["sentence"]) == (18, "ha", "Das Grundstück misst 18 Hektar.")


def test_a_kind_of_outlet_alone(reader: Reader) -> None:
    page = reader.page("/figures?kind=jobs")
    links = {said(link): link.get("href") for link in page.xpath("//div[@aria-label='Kinds of outlets']/a")}
    assert list(links) == ["all outlets", "local press (2)", "trade press (2)"]
    trade = reader.page(links["trade press (2)"])
    assert [said(row[0]) for row in trade.cssselect("[aria-labelledby=all] tbody tr")] == ["2,500"]
    assert [each.text for each in trade.cssselect(".legend li")] and "local press" not in said(
        trade.cssselect("figure")[0]
    )
    asked = "/figures?kind=jobs&source_kind=local_press&value=300&unit=count"
    assert [said(mark) for mark in reader.page(asked).cssselect(".card mark")] == ["300 Stellen", "300 Arbeitsplätze"]
    assert not reader.page(asked.replace("local", "trade")).cssselect(".card")
    assert len(reader.get("/figures.json?kind=jobs&source_kind=trade_press").json()) == 2


def test_a_value_leads_to_the_search(reader: Reader) -> None:
    page = reader.page("/figures?kind=jobs&value=2500&unit=count")
    (link,) = [link for link in page.xpath("//a/@href") if link.startswith("/search?figure")]
    assert said(reader.page(link).get_element_by_id("found")).startswith("2 articles")


def test_copies_count_once_where_they_are_folded() -> None:
    uses = tuple(
        ValueUse(number, f"2025-03-{number:02}", "blatt", "local_press", 1 if number < 3 else 3) for number in (1, 2, 3)
    )
    (folded,) = narrowed([ValueUses(Value(300, None, "count"), uses)], "", folded=True)
    assert ([use.article for use in folded.uses], folded.texts) == ([1, 3], 2)
    assert narrowed([folded], "company", folded=False) == []


def test_the_last_value_of_each_outlet() -> None:
    def given(value: float, *uses: tuple[int, str, str]) -> ValueUses:
        return ValueUses(
            Value(value, None, "count"),
            tuple(ValueUse(number, day, source, None, number) for number, day, source in uses),
        )

    old = given(300, (1, "2025-01-01", "blatt"), (2, "2025-02-01", "bote"), (5, "2025-06-01", "bote"))
    new = given(2500, (3, "2025-03-01", "kurier"), (4, "2025-04-01", "blatt"))
    alone = given(7, (6, "2025-07-01", "kurier"))
    last = last_values([old, new, alone])
    assert [(each.use.source, each.uses.value.value, each.newer and each.newer.value.value) for each in last] == [
        ("bote", 300, 2500),
        ("blatt", 2500, None),
        ("kurier", 2500, None),
    ]
    assert last_values([alone]) == []


def test_pages_of_what_is_not_there(reader: Reader, tmp_path: Path) -> None:
    for query in ("kind=x", "kind=water", "kind=jobs&value=7&unit=count", "kind=jobs&value=x&unit=%3Cb%3E&page=99"):
        assert "What articles say" in said(reader.page(f"/figures?{query}"))
    with reading(make_archive(tmp_path / "archive.db", 1)) as other:
        assert "No figures have been read" in said(other.page("/figures"))


def test_the_picture_has_a_row_a_value_and_a_dot_an_article() -> None:
    uses = tuple(ValueUse(number, "2025-03-12", "blatt", "local_press", number) for number in (1, 2))
    large, small = (
        ValueUses(Value(3.2e9, None, "EUR"), uses),
        ValueUses(Value(15, None, "EUR"), (ValueUse(3, None, "x", None, 3),)),
    )
    picture = draw([small, large])
    assert picture
    assert [(row.uses.value.value, row.y, [dot.y for dot in row.dots]) for row in picture.rows] == [
        (3.2e9, 0, [LINE, LINE - 6])
    ]
    assert (picture.height, picture.first) == (ROW, date(2025, 3, 12).isoformat())
    assert draw([small]) is None
    assert [amount(value) for value in (Value(18, 26.5, "ha"), Value("2024-05-22", None, "date"))] == [
        "18 – 26.5 ha",
        "22 May 2024",
    ]


@in_chromium
def test_the_page_fits_and_keeps_nobody_out(archive: Path, pick: Pick) -> None:
    check_in_a_browser(
        archive,
        pick("figures", "figures?kind=jobs&value=2500&unit=count&source_kind=trade_press&fold=1"),
        ".values > a",
        "sentences",
    )
