import pytest

from crawler.discovery.encodings import decoded, is_utf8

TEXTS = {
    "UTF-8": ("Müller".encode(), None, "Müller"),
    "UTF-8 whatever the header says": ("Müller".encode(), "iso-8859-1", "Müller"),
    "Latin-1 without a word": ("Müller – x".encode("cp1252"), None, "Müller – x"),
    "Latin-1 by header": ("Müller".encode("latin-1"), "iso-8859-1", "Müller"),
    "Latin-2 by declaration": (b'<meta charset="iso-8859-2">\xa3', None, '<meta charset="iso-8859-2">Ł'),
    "a stray character": ("Müller ".encode() + b"\x84x\x93", None, "Müller „x“"),
    "byte order mark": (b"\xef\xbb\xbfa", None, "a"),
    "UTF-16 with mark": ("ü".encode("utf-16"), None, "ü"),
    "UTF-16 without": ("<rss>".encode("utf-16-be"), None, "<rss>"),
    "an encoding that is none": (b"a\xfc", "latin-unknown", "aü"),
    "a codec that is no encoding": (b"a\xfc", "unicode_escape", "aü"),
    "nothing": (b"", None, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_decoded(name: str) -> None:
    data, header, text = TEXTS[name]
    assert decoded(data, header) == text


def test_is_utf8() -> None:
    assert is_utf8([b"\xc3", b"\xbc\xc3"])
    assert not is_utf8([b"\xfc "])
