"""A few mixed-up inputs for each reader in every run of the tests; benchmarks/fuzz.py tries many more."""

import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.readers import READERS, SEEDS, corpus

TOKENS = (
    *(b"<", b">", b"&", b"]]>", b"<!--", b"\x00", b"\xff\xfe", b"\xed\xa0\xbd", b"&#1114112;", b"&#xd800;", b'"', b"{"),
    *(
        b"99999999999999999999",
        b"-1",
        b"1e999",
        b"NaN",
        b"00:60",
        b"31.02.2026",
        b"0000-00-00",
        b"\r\n\r\n",
        b"\x1f\x8b",
    ),
    *("İſßﬁ".encode(), "٣٫٢ Mrd.".encode(), "\u202e".encode(), "½".encode(), b"Content-Length: 9999", b"null", b"[[[["),
)


@pytest.mark.parametrize("name", READERS)
def test_what_once_went_wrong_is_read(name: str) -> None:
    for data in corpus(name):
        READERS[name](data)


MARKS = b'<&;"{[(/#=:,.-*% \n\x00\x1a\xff0aE'


@pytest.mark.parametrize("name", READERS)
def test_no_tiny_input_takes_long(name: str) -> None:
    """Beside other work one of 3 bytes once took 26 s on the wall; of the processor's time it takes 0.1 ms."""
    READERS[name](SEEDS[name][0])  # loads what is loaded with the first input
    for data in (b"&\xff\x1a", b"\xff" * 52 + b"\n", *map(bytes, product(MARKS, MARKS[::4]))):
        began = time.process_time()
        READERS[name](data)
        assert time.process_time() - began < 1, data


def mixed(name: str) -> st.SearchStrategy[bytes]:
    """Pieces of what the reader expects, cut anywhere, beside what it does not."""
    pieces = st.sampled_from(SEEDS[name]).flatmap(
        lambda seed: st.tuples(st.integers(0, len(seed)), st.integers(0, len(seed))).map(
            lambda cut: seed[min(cut) : max(cut)]
        )
    )
    return st.lists(pieces | st.sampled_from(TOKENS) | st.binary(max_size=8), max_size=6).map(b"".join)


@pytest.mark.hypothesis
@pytest.mark.parametrize("name", READERS)
def test_whatever_stands_there_is_read_or_refused(name: str) -> None:
    @settings(database=None)
    @given(mixed(name))
    def reads(data: bytes) -> None:
        READERS[name](data)

    reads()
