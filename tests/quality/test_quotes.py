"""The labelled articles with quotations are many, of both languages, and the measure sees what is wrong."""

from tests.quality import gate, places, quotes


def test_articles_are_many_and_of_both_languages() -> None:
    articles = [article for path in quotes.SETS.values() for article in quotes.labelled(path)]
    assert len(articles) >= 54
    assert len({article["id"] for article in articles}) == len(articles)
    assert {article["lang"] for article in articles} >= {"de", "en"}
    assert any(not article["quotes"] for article in articles)
    assert set(quotes.SETS) <= set(gate.floors())
    for article in articles:
        for quote in article["quotes"]:
            assert all(word in article["text"] for word in quote["text"].split())
        assert all(text in article["text"] for _, text in article["places"])


def test_places_are_many_and_of_both_languages() -> None:
    texts = [text for name in places.SETS for text in places.labelled(name)]
    assert sum(len(text["places"]) for text in texts) >= 400
    assert {text["lang"] for text in texts} == {"de", "en"}
    assert any(not text["places"] for text in texts)
    assert all(each in text["text"] for text in texts for _, each in text["places"])
    assert set(places.SETS) <= set(gate.floors())


def test_the_measure_sees_what_is_wrong() -> None:
    article: quotes.LabelledArticle = {
        "id": "x",
        "lang": "de",
        "text": "„Gut so“, sagte Jan Roth in Bedburg. „Schlecht so“, sagte Else Krings.",
        "quotes": [{"text": "Gut so", "speaker": "Jan Roth"}, {"text": "Schlecht so", "speaker": "Jan Roth"}],
        "places": [["Bergheim", "Bedburg"]],
    }
    assert quotes.figures([article]) == {"quotes f1": 0.5, "places f1": 0.0}
    assert any("missed Jan Roth: Schlecht so" in line for line in quotes.report([article]))
    assert quotes.same_speaker("Ein Anwohner", "der Anwohner")
    assert not quotes.same_speaker("Jan Roth", None)
