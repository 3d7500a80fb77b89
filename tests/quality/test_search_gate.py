"""What the gate of the search itself promises; `make quality` has it measure."""

from db.search import search
from tests.quality import search_gate
from tests.quality.gate import lines


def test_every_set_has_floors() -> None:
    assert set(search_gate.floors()) == set(search_gate.SETS)


def test_floors_are_high() -> None:
    for name, measures in search_gate.floors().items():
        assert measures["recall"] >= (0.75 if name in ("realistic", "researchers 3") else 0.95)
        assert measures["precision at 10"] >= (0.85 if name in ("realistic", "researchers 3") else 0.9)


def test_queries_name_articles_that_there_are() -> None:
    for name in search_gate.SETS.values():
        articles = lines(search_gate.HERE / f"{name}_articles.jsonl")
        known = {each["id"] for each in articles}
        assert len(known) == len(articles) >= (60 if name in ("own_search", "search") else 40)
        queries = lines(search_gate.HERE / f"{name}_queries.jsonl")
        assert len({each["query"] for each in queries}) == len(queries) >= 40
        for each in queries:
            assert {*each["must"], *each["may"], *each["must_not"]} <= known
            assert not {*each["must"], *each["may"]} & set(each["must_not"])
            assert not set(each["must"]) & set(each["may"])


def test_a_rare_compound_is_found_in_other_words() -> None:
    said = {
        "Kupferdiebstahl": "Kupferdiebe kamen in der Nacht.",
        "Handwerkermangel": "Im Kreis fehlen 700 Elektriker.",
        "Erftbahn": "Die Erft-Bahn fährt wieder.",
        "Datenschutzbeauftragte": "Die Datenschützerin warnt.",
    }
    facts = {"title": "", "lang": "de", "source": "bote.example", "published": "2025-01-01"}
    with search_gate.archive([{"id": word, "text": text, **facts} for word, text in said.items()]) as (
        connection,
        called,
    ):
        for word in said:
            assert [called[row["id"]] for row in search.search(connection, word).rows] == [word]


def test_a_topic_is_found_by_two_things_that_articles_about_it_say() -> None:
    said = {
        "named": "Der Wasserverbrauch ist hoch.",
        "two": "Im Jahr sind es 300.000 Kubikmeter, so viel Wasser wie in einer Kleinstadt.",
        "one and its context": "Der Bau schluckt im Sommer viel Wasser, vor allem für die Kühlung.",
        "one": "Die Feuerwehr pumpte so viel Wasser wie nie.",
        "context alone": "Die Kühlung fiel aus.",
    }
    facts = {"title": "", "lang": "de", "source": "bote.example", "published": "2025-01-01"}
    articles = [{"id": name, "text": text, **facts} for name, text in said.items()]
    with search_gate.archive(articles) as (connection, called):

        def found(query: str) -> list[str]:
            hits = search.search(connection, query)
            assert search.count(connection, query) == hits.total == len(hits.rows)
            return [called[row["id"]] for row in hits.rows]

        assert found("Wasserverbrauch")[0] == "named"
        assert set(found("Wasserverbrauch")) == {"named", "two", "one and its context"}
        expanded = search.search(connection, "Wasserverbrauch").expanded
        assert [each.word for each in expanded if "two of these" in each.why] == ["Wasserverbrauch"]
        assert found('"Wasserverbrauch"') == ["named"]
        assert found("title:Wasserverbrauch") == []
        strict = search.search(connection, search.ask(connection, "Wasserverbrauch", widely=False))
        assert [called[row["id"]] for row in strict.rows] == ["named"]
    with search_gate.archive(articles[1:]) as (connection, called):
        assert set(found("Wasserverbrauch")) == {"two", "one and its context"}
    with search_gate.archive(articles[3:]) as (connection, called):  # nor is one enough where nothing has more
        assert found("Wasserverbrauch") == []
