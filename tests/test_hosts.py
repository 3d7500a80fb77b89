import pytest
from scrapy import Request

from crawler.policy.answers import NotAllowed
from crawler.policy.hosts import OwnHostsMiddleware, is_public
from pipelines.identity import bare_host

OPEN = (
    "93.184.215.14",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "[2606:2800::1]",
    "0x5db8d70e",  # 93.184.215.14 as some libraries understand it
    "::ffff:93.184.215.14",
    "64:ff9b::5db8:d70e",  # the same by NAT64
    "2002:5db8:d70e::1",  # by 6to4
)
SPELLINGS = (  # 127.0.0.1, or 0.0.0.0, as the C library understands it
    *("0x7f000001", "2130706433", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.1.", "0", "0x0"),
)
NETWORKS = (
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.9"),  # clouds, carriers, tests, examples
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),  # to many
    *("::", "::1", "[::1]", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "::1%lo", "fec0::1"),
    *("ff02::1", "ff0e::1", "2001:db8::1", "100::1", "5f00::1", "4000::1"),  # the last is nobody's yet
)
WRAPPED = (  # an address of IPv4 in one of IPv6
    *("::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:224.0.0.1"),
    *("::127.0.0.1", "::10.0.0.1", "::ffff:0:127.0.0.1"),  # compatible, translated
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "64:ff9b:1:7f00:0:100:808:808"),  # NAT64
    *("2002:7f00:1::", "2002:a00:1::", "2002:a9fe:a9fe::1"),  # 6to4
    *("2001:0:7f00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe"),  # Teredo: server, client
)


@pytest.mark.parametrize("address", OPEN)
def test_the_open_internet(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIERSPIEGEL_ALLOW_LOOPBACK", raising=False)
    assert is_public(address)


@pytest.mark.parametrize("address", [*SPELLINGS, *NETWORKS, *WRAPPED])
def test_addresses_that_are_nobodys_business(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIERSPIEGEL_ALLOW_LOOPBACK", raising=False)
    assert not is_public(address)


def test_loopback_only_where_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_ALLOW_LOOPBACK", "1")
    assert is_public("127.0.0.1")
    assert is_public("::1")
    assert is_public("127.1")
    for address in ("10.0.0.1", "169.254.169.254", "0.0.0.0", "64:ff9b::a00:1", "fe80::1"):
        assert not is_public(address)


def test_a_name_is_no_address() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        is_public("localhost")


def asked(url: str, *hosts: str, **meta: object) -> str:
    """What is said of a request, '' where it may be made."""
    try:
        OwnHostsMiddleware().process_request(Request(url, meta={"hosts": frozenset(hosts)} | meta))
    except NotAllowed as error:
        return str(error.outcome)
    return ""


@pytest.mark.parametrize("ip", ["100.64.0.0", "100.64.0.1", "100.100.100.200", "100.127.255.255", "::ffff:100.64.0.1"])
def test_carriers_networks_are_nobodys_business(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """100.64.0.0/10 (RFC 6598) is not private by the letter, and one cloud answers there for its machines."""
    monkeypatch.delenv("REVIERSPIEGEL_ALLOW_LOOPBACK", raising=False)
    host = f"[{ip}]" if ":" in ip else ip
    assert not is_public(ip)
    assert "no address of the open internet" in asked(f"http://{host}/", bare_host(f"http://{host}/"))
    assert is_public("100.63.255.255") and is_public("100.128.0.0")  # its neighbours are the internet's


def test_only_the_usual_ports_also_on_own_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIERSPIEGEL_ALLOW_LOOPBACK", raising=False)
    for url in ("http://blatt.example/a", "https://blatt.example:443/a", "http://www.blatt.example.:80/a"):
        assert asked(url, "blatt.example") == ""
    for port in (22, 8080, 8443, 6379):
        said = asked(f"http://blatt.example:{port}/a", "blatt.example")
        assert said == f"port {port} of blatt.example: only 80 and 443 are asked"


def test_own_hosts_and_for_robots_txt_any_public_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIERSPIEGEL_ALLOW_LOOPBACK", raising=False)
    assert asked("http://cdn.example/robots.txt", "blatt.example") == "leads to cdn.example"
    assert asked("http://cdn.example/robots.txt", "blatt.example", any_host=True) == ""
    for inside in ("127.0.0.1", "10.0.0.1", "localhost", "[::1]", "drucker.local", "169.254.169.254"):
        said = asked(f"http://{inside}/robots.txt", "blatt.example", any_host=True)
        assert said.startswith("leads to ") and said.endswith(", which is no address of the open internet")
