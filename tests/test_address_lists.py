"""A person's own list, in the forms in which people have lists."""

import logging
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crawler.discovery.address_lists import MOST_REFERENCES, AddressListError, Entry, read

ONE, TWO, THREE = (f"https://talbote.example/{name}" for name in ("bedburg,12.html", "b_c%20d?x=1;y=2", "größe"))


def listed(folder: Path, content: str | bytes, name: str = "liste") -> tuple[Entry, ...]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path)


def urls(entries: tuple[Entry, ...]) -> list[str | None]:
    return [entry.url for entry in entries]


TEXT = f"""# Meine Liste

{ONE}
  {TWO}   # gut
nichts davon
Er schrieb (siehe {THREE}#abschnitt), dann <{ONE}> und „https://blatt.example/eins“.
- [Titel](https://blatt.example/wiki/Revier_(Rheinland))
blatt.example/zwei-3.html
www.blatt.example/
und/oder
https://
ftp://blatt.example/datei
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text(tmp_path: Path, end: str, encoding: str) -> None:
    entries = listed(tmp_path, TEXT.replace("\n", end).encode(encoding))
    assert [(entry.line, entry.url) for entry in entries if entry.url] == [
        (3, ONE),
        (4, TWO),
        (6, THREE),
        (6, "https://blatt.example/eins"),
        (7, "https://blatt.example/wiki/Revier_(Rheinland)"),
        (8, "https://blatt.example/zwei-3.html"),
        (9, "https://www.blatt.example/"),
    ]
    assert [(entry.line, entry.problem) for entry in entries if not entry.url] == [
        (5, "'nichts davon' holds no address, expected https://…"),
        (10, "'und/oder' holds no address, expected https://…"),
        (11, "'https://' holds no address, expected https://…"),
        (12, "'ftp://blatt.example/datei' holds no address, expected https://…"),
    ]


def test_addresses_with_commas_are_no_table(tmp_path: Path) -> None:
    some = [f"https://talbote.example/{number},{number},00.html" for number in range(5)]
    assert urls(listed(tmp_path, "\n".join(some))) == some
    assert urls(listed(tmp_path, "\n".join(["url", *some]))) == some


@pytest.mark.parametrize("name", ["url", "link", "address", "adresse", "URL", "Url", '"Link"', " Adresse "])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_tables(tmp_path: Path, name: str, delimiter: str, encoding: str) -> None:
    rows = [
        ["Nr", "Titel", name, "Datum"],
        ["1", f'"Größe{delimiter} ""sehr"" groß"', f'"{ONE}"', "4. März 2025"],
        ["", "", "", ""],
        ["2", "Ohne", "", ""],
        ["3", '"Auf zwei\nZeilen"', "talbote.example/zwei", "2025-03"],
        ["4", "Falsch", "kommt noch", "bald"],
        ["5", "Kurz"],
        ["6", "Noch einmal", f'"{ONE}"', "2025"],
    ]
    entries = listed(tmp_path, "\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    header = name.strip('" ')
    column = f"the column '{header}'"
    assert entries == (
        Entry(url=ONE, title=f'Größe{delimiter.strip()} "sehr" groß', date="2025-03-04", line=2),
        Entry(title="Ohne", line=4, problem=f"{column} has nothing, expected https://…"),
        Entry(url="https://talbote.example/zwei", title="Auf zwei Zeilen", date="2025-03", line=5),
        Entry(title="Falsch", line=7, problem=f"{column} has 'kommt noch', expected https://…"),
        Entry(title="Kurz", line=8, problem=f"{column} has nothing, expected https://…"),
    )


@pytest.mark.parametrize(
    "rows",
    [
        f"1;Eins;{ONE}\n2;Zwei;{TWO.replace(';', '%3B')}\n",
        f'{ONE.replace(",", "%2C")},"Eins, zwei"\n{TWO},Zwei\n',
        f"talbote\t{ONE}\ntalbote\t{TWO}\n",
        f"{ONE};Eins eins\n# alt; neu\n\n{TWO.replace(';', '%3B')};Zwei\n",
        f"sep=;\n# alt\nTitel;{ONE};\nTitel;{TWO.replace(';', '%3B')};\n",
        f"https://talbote.example/1,talbote,2025-03-04\n{TWO},talbote,\n",
    ],
)
def test_tables_without_a_header(tmp_path: Path, rows: str) -> None:
    found = urls(listed(tmp_path, rows))
    assert len(found) == 2, found
    for url in found:
        assert url
        assert " " not in url
        assert not url.endswith((";", ","))
        assert "talbote," not in url


def test_a_table_as_zotero_writes_it(tmp_path: Path) -> None:
    text = (
        '\ufeff"Key","Item Type","Publication Year","Author","Title","Url","Abstract Note","Date","Date Added"\r\n'
        f'"AB12","newspaperArticle","2025","Adomeit, Lena","Ein ""Zeichen""","{ONE}#x",'
        '"Zwei\r\nZeilen","2025-03-04 08:30",""\r\n'
        f'"CD34","webpage","2024","","Zwei","{TWO}","","","2026-01-01"\r\n'
        f'"EF56","webpage","2023","","Drei","{THREE}","","Mai 2023","2026-01-01"\r\n'
        '"GH78","book","2019","","Buch","","","2019",""\r\n'
    )
    assert listed(tmp_path, text) == (
        Entry(url=ONE, title='Ein "Zeichen"', date="2025-03-04", line=2),
        Entry(url=TWO, title="Zwei", date="2024", line=4),
        Entry(url=THREE, title="Drei", date="2023-05", line=5),
        Entry(title="Buch", date="2019", line=6, problem="the column 'Url' has nothing, expected https://…"),
    )


def test_a_quotation_mark_that_is_not_closed_is_told(tmp_path: Path) -> None:
    entries = listed(
        tmp_path, f'url;titel\n{ONE};Eins\n{TWO.replace(";", "")};"Zwei\nhttps://talbote.example/drei;Drei\n'
    )
    assert len([url for url in urls(entries) if url]) == 2
    assert entries[-1] == Entry(line=3, problem='a quotation mark is opened and not closed, expected another "')


BIBTEX = r"""% exported
@comment{jabref-meta: https://blatt.example/nicht;}
@string{tb = "Der Talbote"}
@online{eins,
  title = {{Microsoft} baut in Bedburg: {\"U}ber die Gr{\"o}{\ss}e},
  author = {Adomeit, Lena},
  journal = tb,
  url = {https://talbote.example/b\_c\%20d?a=1\&b={\textasciitilde}x},
  year = {2025}, month = mar, day = 4,
}
@misc{zwei, title = "Zwei", howpublished = "\url{https://talbote.example/zwei}", date = {2024-05}}
@misc(drei, title = {Drei}, note = {Online: \href{https://talbote.example/drei}{hier} (Zugriff: 1.2.2026)})
@article{zwei, title = {Gleicher Schl{\"u}ssel}, URL = {https://talbote.example/vier}, YEAR = 2023, Month = "Mai"}
@misc{f, url = {https://talbote.example/erste}, url = {https://talbote.example/andere}}
@book{buch, title = {Buch}, year = {2019}}
@misc{offen, title = {Offen, url = {https://talbote.example/offen}
@misc{letzte, url = "https://talbote.example/letzte", date = {2025-03-04T08:30:00+01:00}}
"""


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_bibtex(tmp_path: Path, encoding: str, caplog: pytest.LogCaptureFixture) -> None:
    site = "https://talbote.example"
    assert listed(tmp_path, BIBTEX.replace("\n", "\r\n").encode(encoding)) == (
        Entry(
            url=f"{site}/b_c%20d?a=1&b=~x",
            title="Microsoft baut in Bedburg: Über die Größe",
            date="2025-03-04",
            line=4,
        ),
        Entry(url=f"{site}/zwei", title="Zwei", date="2024-05", line=11),
        Entry(url=f"{site}/drei", title="Drei", line=12),
        Entry(url=f"{site}/vier", title="Gleicher Schlüssel", date="2023-05", line=13),
        Entry(url=f"{site}/erste", line=14),
        Entry(title="Buch", date="2019", line=15, problem="the reference has no address, expected url = {https://…}"),
        Entry(line=16, problem="not read as BibTeX, expected @article{key, url = {https://…}}"),
        Entry(url=f"{site}/letzte", date="2025-03-04T08:30:00+01:00", line=17),
    )
    assert not caplog.records
    assert logging.getLogger("bibtexparser").level == logging.NOTSET


RIS = """\ufeffTY  - NEWS
AU  - Adomeit, Lena
TI  - Über die Größe
AB  - Lang
und breit
UR  - https://talbote.example/a;jsessionid=1?q=2
L2  - https://talbote.example/nicht
PY  - 2025
DA  - 2025/03/04/
ER  - 

TYPO between the references: https://talbote.example/nicht
TY  - WEB
T1  - Ohne Ende und
  auf zwei Zeilen
L1  - files/12/datei.pdf
L2  - https://talbote.example/zwei
Y1  - 2024/5//
TY  - BOOK
TI  - Buch
PY  - 2019
ER  -
TY  - NEWS
UR  - https://talbote.example/drei; https://talbote.example/nicht
Y1  - 2025-03-04"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ris(tmp_path: Path, end: str) -> None:
    site = "https://talbote.example"
    assert listed(tmp_path, RIS.replace("\n", end)) == (
        Entry(url=f"{site}/a;jsessionid=1?q=2", title="Über die Größe", date="2025-03-04", line=1),
        Entry(url=f"{site}/zwei", title="Ohne Ende und auf zwei Zeilen", date="2024-05", line=13),
        Entry(title="Buch", date="2019", line=19, problem="the reference has no address, expected UR  - https://…"),
        Entry(url=f"{site}/drei", date="2025-03-04", line=23),
    )


def test_the_suffix_does_not_matter(tmp_path: Path) -> None:
    for name in ("liste.txt", "liste.csv", "liste.bib", "liste.ris", "liste"):
        assert len([url for url in urls(listed(tmp_path, BIBTEX, name)) if url]) == 6
        assert len([url for url in urls(listed(tmp_path, RIS, name)) if url]) == 3
        assert urls(listed(tmp_path, ONE, name)) == [ONE]


def test_each_address_once_and_in_order(tmp_path: Path) -> None:
    assert urls(listed(tmp_path, "\n".join([TWO, ONE, f"{TWO}#x", ONE]))) == [TWO, ONE]


def test_stray_control_characters_are_left_out(tmp_path: Path) -> None:
    text = "url;titel\nhttps://blatt.example/1;Tren\x02nung\n" + "https://blatt.example/2;Noch einer\n" * 5
    assert listed(tmp_path, text)[0].title == "Trennung"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no address in it, expected addresses (https://…), one a line, or CSV, BibTeX or RIS"),
        (b"# nur ein Kommentar\n\n", "no address in it"),
        (b"eins\nzwei\n", "line 1: 'eins' holds no address, expected https://…; no address in it"),
        (b"titel;url\nEins;kommt\n", "line 2: the column 'url' has 'kommt', expected https://…; no address in it"),
        (b"PK\x03\x04\x14\0\x06\0", "a workbook or another packed file, expected text; save the table as CSV"),
        (b"%PDF-1.7\nhttps://blatt.example/", "not a text, expected addresses"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a text, expected addresses"),
        (bytes(range(1, 32)) * 9, "not a text, expected addresses"),
        (b"@misc{" * (MOST_REFERENCES + 1), f"{MOST_REFERENCES + 1} references, expected {MOST_REFERENCES} at most"),
    ],
)
def test_what_is_no_list(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(AddressListError) as error:
        listed(tmp_path, content)
    assert str(error.value).startswith(f"{tmp_path / 'liste'}: ")
    assert says in str(error.value)
    assert len(str(error.value)) < 500
    assert "\n" not in str(error.value)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    for path, says in ((tmp_path / "fehlt.txt", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(AddressListError, match=says):
            read(path)


@pytest.mark.parametrize(
    "content",
    [
        b"a" * 1_000_000,
        b"https://blatt.example/" + b"a" * 1_000_000,
        b"url,titel\n" + b'"' + b"a" * 1_000_000,
        b"url\n" + b"a." * 100_000 + b"bc/",
        b"TY  - NEWS\nTI  - Lang\n" + b"x\n" * 30_000,
        b"@misc{a, title = {" + b'{\\"a}' * 30_000 + b"}, url = {x}}",
        b"@misc{a, url = {" + b"\\textasciitilde" * 10_000 + b"}}",
        b"@misc{a" + b"{" * 100_000,
    ],
    ids=lambda content: content[:12].decode(),
)
def test_a_file_made_to_waste_time(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(AddressListError) as error:
        listed(tmp_path, content)
    assert len(str(error.value)) < 500


MARKS = ["{", "}", '"', "=", ",", ";", "\t", "\n", "\r", "#", "(", ")", "$", "%", "\\", "\\url{", "sep=;", "@string{"]
WORDS = ["@misc{", "url", "month", "TY  - ", "ER  - ", "UR  - ", "TI", "https://blatt.example/", "http://", "ä", "2025"]
pieces = st.sampled_from(MARKS) | st.sampled_from(WORDS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.text().map(str.encode) | st.lists(pieces).map(lambda them: "".join(them).encode()))
@example(b"https://[/\nhttps://a:b:c/\nhttps://\xff/")
@example(b"@string{url = url}\n@misc{x, url = url, month = x # y}")
def test_any_bytes_are_a_list_or_none(tmp_path: Path, content: bytes) -> None:
    try:
        entries = listed(tmp_path, content)
    except AddressListError as error:
        assert "\n" not in str(error)
        return
    found = [entry.url for entry in entries if entry.url]
    assert len(found) == len(set(found)) > 0
    for entry in entries:
        assert (entry.url is None) == (entry.problem is not None)
        assert entry.line > 0
        assert "\n" not in (entry.title or "")
