import pytest

from crawler.manners import in_words, is_public


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "[2606:2800::1]"])
def test_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
        ),
        *("::1", "[::1]", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::"),
    ],
)
def test_addresses_that_are_nobodys_business(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIERSPIEGEL_ALLOW_LOOPBACK", raising=False)
    assert not is_public(address)


def test_loopback_only_where_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_ALLOW_LOOPBACK", "1")
    assert is_public("127.0.0.1")
    assert is_public("::1")
    assert not is_public("10.0.0.1")


def test_a_name_is_no_address() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        is_public("localhost")


def test_errors_are_told_in_words() -> None:
    assert in_words(TimeoutError("x")) == "no answer in time"
    assert in_words(KeyError("x")) == "KeyError: 'x'"
