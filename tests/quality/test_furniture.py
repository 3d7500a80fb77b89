"""Teasers with other headlines make no new version of an article."""

from pathlib import Path

from tests.quality import furniture


def test_a_link_in_a_sentence_is_no_teaser(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<p>Der Rat hat <a href="/a">den Plan vom Montag</a> noch einmal vertagt, sagte die Stadt.</p>'
        '<ul><li><a href="/b">Wie der Rat zu seinem Plan kam</a></li></ul>',
        "utf-8",
    )
    (page,) = furniture.pages_of(tmp_path)
    sides = furniture.swapped(page, ["Was morgen kommt"])
    assert sides is not None
    assert "den Plan vom Montag" in sides[1].decode()
    assert "Was morgen kommt" in sides[1].decode()
    assert "Wie der Rat" not in sides[1].decode()
