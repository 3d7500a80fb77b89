"""Who links to what: links of the text alone, known again when their target is or becomes an article."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from crawler.registry.owners import Owners, site_of
from crawler.registry.sources import Kind, Source, load
from db.store.archive import Archive
from pipelines.article import Article, BodyLink
from pipelines.stages import Context, read_page, run
from revierspiegel.services.extract import extract
from tests.conftest import Desk
from tests.stories import SITE, TRAINING
from tests.test_crawl import DAY
from tests.test_queue import SOURCE

BASE, AMT = "http://blatt.example", "http://amt.example"


def with_links(answer: Answer, links: Mapping[str, str]) -> Answer:
    """The words of a page's text as links: words → address."""
    body = answer.body.decode()
    for words, url in links.items():
        assert body.count(words) == 1, words
        body = body.replace(words, f'<a href="{url}">{words}</a>')
    return replace(answer, body=body.encode())


def read(html: bytes, url: str = "https://blatt.example/region/a") -> dict[str, str]:
    article = run(Article(source="", url=url, html=html), Context(), (read_page,))
    assert isinstance(article, Article)
    return {link.url: link.text for link in article.links}


# --- reading ---


def test_links_of_the_text_and_no_others() -> None:
    around = """
    <aside class="related"><h2>Mehr zum Thema</h2><ul><li><a href="/andere">Ein anderer Artikel</a></li></ul></aside>
    <div class="share"><a href="https://www.facebook.com/sharer/sharer.php?u=x">Teilen</a></div>
    <div class="tags"><a href="/thema/microsoft">Microsoft</a></div>"""
    links = {
        "ersten Spatenstich": "/region/spatenstich#top",
        "3,2 Milliarden Euro": "https://amt.example/a?x=1&amp;y=2",
        "Bauanträge": "haus/antrag.pdf",
        "Abwärme": "#abwaerme",
        "ein Wohngebiet": "mailto:stadt@amt.example",
        "Annegret Holtkamp": "javascript:void(0)",
        "die Verhandlungen": "https://x.com/intent/post?text=a",
    }
    assert read(with_links(page(*SITE, around=around), links).body) == {
        "https://blatt.example/region/spatenstich": "ersten Spatenstich",
        "https://amt.example/a?x=1&y=2": "3,2 Milliarden Euro",
        "https://blatt.example/region/haus/antrag.pdf": "Bauanträge",
    }


def test_an_address_counts_once_and_the_base_of_the_page_is_its_own() -> None:
    links = {"ersten Spatenstich": "b", "Bauanträge": "b#unten", "Abwärme": "http://[kaputt", "Holtkamp": " c d "}
    body = with_links(page(*SITE), links).body.replace(b"<head>", b'<head><base href="https://blatt.example/neu/">')
    assert read(body) == {
        "https://blatt.example/neu/b": "ersten Spatenstich",
        "https://blatt.example/neu/c%20d": "Holtkamp",
    }


def test_a_picture_says_nothing() -> None:
    picture = b'<p><a href="/bild"><img src="x.png" alt="Kran"></a> Der Softwarekonzern'
    body = with_links(page(*SITE), {"Spatenstich": "/spatenstich"}).body.replace(b"<p>Der Softwarekonzern", picture)
    assert read(body) == {"https://blatt.example/spatenstich": "Spatenstich"}


def test_extract_tells_them() -> None:
    line = extract(with_links(page(*SITE), {"Bauanträge": "/antrag"}).body, "https://blatt.example/a")
    assert line["links"] == [{"url": "https://blatt.example/antrag", "text": "Bauanträge"}]
    assert extract(b"<p>nichts</p>", "https://blatt.example/a")["links"] == []


# --- what the registry knows of them ---


def test_who_acts_in_the_story_has_all_hosts_of_his_site() -> None:
    sources = [
        Source(id="konzern", name="Konzern", homepage="https://news.konzern.example/de/", kind=Kind.COMPANY),
        Source(id="stadt", name="Stadt", homepage="https://www.stadt.example/", kind=Kind.MUNICIPALITY),
        Source(id="blatt", name="Blatt", homepage="https://www.blatt.example/", id_pattern=r"-(\d+)\.html"),
    ]
    target = Owners(sources).target
    assert target("https://blatt.example/a-b-17.html?x=1").key == target("https://www.blatt.example/c-17.html").key
    for url in ("https://download.konzern.example/a.pdf", "https://ris.stadt.example/vo?id=1"):
        assert target(url).is_primary
    for url in ("https://blatt.example/a", "https://andere.example/a", "https://konzern.example.com/", "http://[x"):
        assert not target(url).is_primary


@pytest.mark.parametrize(
    ("url", "primary"),
    [
        ("https://news.microsoft.com/wp-content/uploads/plan.pdf", True),
        ("https://www.microsoft.com/de-de/berlin/a", True),
        ("https://www.land.nrw/media/1/download", True),
        ("https://session.rhein-kreis-neuss.de/bi/vo0050.asp?__kvonr=1", True),
        ("https://www.heise.de/news/a-1.html", False),
        ("https://sdnetrim.kdvz-frechen.de/rim4240/webservice/file/1", True),
        ("https://bedburg.ratsinfomanagement.net/vorgang/?__=abc", True),
        ("https://sessionnet.krz.de/kreis/bi/info.asp", True),
        ("https://www.stadt.example/sessionnetbi/vo0050.php?__kvonr=2004", True),
        ("https://www.stadt.sitzung-online.de/public/vo020?VOLFDNR=1000820", True),
        ("https://kreis.example/bi/to020_r.asp?TOLFDNR=4", True),
        ("https://stadt.more-rubin1.de/sitzungen_top.php?sid=ni_2021-03-150", True),
        ("https://kreis.gremien.info/", True),
        ("https://ratsinfo.stadt.example/bi/", True),
        ("https://ris.stadt.de/tops/?__=UGhVM0", True),
        ("https://ratsinfo.example/", False),
        ("https://ris.example/", False),
        ("https://www.ris.bka.gv.at/Dokumente/a.html", False),
        ("https://blatt.example/ratsinfo/allris-in-bedburg-vo020", False),
        ("https://blatt.example/a?__kvonr=", False),
        ("https://blatt.example/to010-plan.html", False),
    ],
)
def test_our_registry_knows_primary_documents(url: str, primary: bool) -> None:
    assert Owners(load()).target(url).is_primary is primary


def test_a_site_under_a_suffix_that_many_share_is_its_own() -> None:
    assert site_of("a.b.example.co.uk") == "example.co.uk"
    assert site_of("verein.github.io") == "verein.github.io"
    assert (site_of("localhost"), site_of("")) == ("localhost", "")


# --- keeping ---


def links(desk: Desk) -> dict[str, tuple[object, object]]:
    """Address → the address of the article that it is, whether it is a primary document."""
    rows = desk.rows(
        "select links.url, articles.url as there, primary_document from links"
        " left join articles on articles.id = to_article order by links.url"
    )
    return {str(row["url"]): (row["there"], row["primary_document"]) for row in rows}


def outlets(desk: Desk, newsroom: Newsroom, urls: list[str]) -> None:
    desk.registry(
        SOURCE.format(id="blatt")
        + f'feeds = ["{BASE}/feed.xml"]\n'
        + SOURCE.format(id="amt").replace("trade_press", "government")
        + f'feeds = ["{AMT}/feed.xml"]\n'
    )
    for base in (BASE, AMT):
        newsroom.put(f"{base}/feed.xml", feed([(url, SITE[0], DAY) for url in urls if url.startswith(base)]))


def test_a_link_finds_its_article_whenever_that_comes(desk: Desk, newsroom: Newsroom) -> None:
    told = {"3,2 Milliarden Euro": f"{AMT}/kurs?utm_source=blatt", "Bauanträge": f"{AMT}/plan.pdf"}
    newsroom.put(f"{BASE}/a", with_links(page(*SITE), told))
    newsroom.put(f"{AMT}/alt", Answer(status=302, headers={"Location": f"{AMT}/kurs"}))
    newsroom.put(f"{AMT}/kurs", with_links(page(*TRAINING, lang="en"), {"economics ministry": f"{BASE}/a"}))
    outlets(desk, newsroom, [f"{BASE}/a"])
    assert desk.crawl().returncode == 0
    plan, kurs = f"{AMT}/plan.pdf", f"{AMT}/kurs?utm_source=blatt"
    assert links(desk) == {kurs: (None, 1), plan: (None, 1)}

    outlets(desk, newsroom, [f"{BASE}/a", f"{AMT}/alt"])
    assert desk.crawl().returncode == 0
    assert links(desk) == {kurs: (f"{AMT}/alt", 1), plan: (None, 1), f"{BASE}/a": (f"{BASE}/a", 0)}

    assert desk.run("decide", f"{AMT}/alt", "drop", "--why", "x").returncode == 0
    assert links(desk) == {kurs: (None, 1), plan: (None, 1)}
    assert desk.run("decide", f"{AMT}/alt", "--undo").returncode == 0
    assert links(desk) == {kurs: (f"{AMT}/alt", 1), plan: (None, 1), f"{BASE}/a": (f"{BASE}/a", 0)}

    with Archive(desk.home / "archive.db") as archive:
        archive.db.execute("delete from links")
    assert desk.run("reprocess").returncode == 0
    assert len(links(desk)) == 3
    done = desk.run("export", "csv", "--table", "links")
    assert done.stdout.splitlines()[0].startswith("article,url,host,text,to_article,primary_document")


def test_links_are_those_of_the_newest_text(desk: Desk, newsroom: Newsroom) -> None:
    outlets(desk, newsroom, [f"{BASE}/a"])
    newsroom.put(f"{BASE}/a", with_links(page(*SITE), {"Bauanträge": f"{AMT}/alt"}))
    assert desk.crawl().returncode == 0
    more = [*SITE[1], "Am Donnerstag hat der Rat der Stadt die Pläne gebilligt, die Arbeiten beginnen im Mai."]
    newsroom.put(f"{BASE}/a", with_links(page(SITE[0], more), {"Pläne": f"{AMT}/neu"}))
    assert desk.crawl("--revisit").returncode == 0
    assert links(desk) == {f"{AMT}/neu": (None, 1)}


def test_a_withheld_text_has_no_links_here(tmp_path: Path) -> None:
    from pipelines.article import Rights
    from pipelines.storing.links import link_rows, unknown_target

    article = Article(source="a", url="https://a.example/1", links=(BodyLink(url="https://b.example/", text="b"),))
    assert [row["host"] for row in link_rows(article, "metadata-only", unknown_target)] == ["b.example"]
    reserved = replace(article, rights=Rights(reserved=True))
    assert link_rows(reserved, "metadata-only", unknown_target) == []
    assert len(link_rows(reserved, "keep", unknown_target)) == 1
