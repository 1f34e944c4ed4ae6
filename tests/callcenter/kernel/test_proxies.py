"""Whose address counts behind a proxy, and that nobody can choose their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kernel.proxies import client_address, read_network

PROXIES = (read_network("127.0.0.1"), read_network("10.0.0.0/8"), read_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "known"),
    [
        pytest.param("203.0.113.7", (), "203.0.113.7", id="without a proxy"),
        pytest.param("203.0.113.7", ("192.0.2.1",), "203.0.113.7", id="a stranger's header"),
        pytest.param("127.0.0.1", (), "127.0.0.1", id="a proxy that tells nothing"),
        pytest.param("127.0.0.1", ("203.0.113.7",), "203.0.113.7", id="one proxy"),
        pytest.param("127.0.0.1", ("192.0.2.1, 203.0.113.7",), "203.0.113.7", id="a forged beginning"),
        pytest.param("127.0.0.1", ("203.0.113.7, 10.1.2.3",), "203.0.113.7", id="two proxies"),
        pytest.param("127.0.0.1", ("203.0.113.7", "10.1.2.3"), "203.0.113.7", id="a header from each"),
        pytest.param("127.0.0.1", ("10.9.9.9",), "10.9.9.9", id="asked from the proxies' own network"),
        pytest.param("127.0.0.1", ("unknown",), "127.0.0.1", id="no address"),
        pytest.param("127.0.0.1", ("192.0.2.1, x, 10.1.2.3",), "10.1.2.3", id="nonsense in the middle"),
        pytest.param("127.0.0.1", ("203.0.113.7:4711",), "203.0.113.7", id="with a port"),
        pytest.param("fd00::1", ("[2001:db8::7]:4711",), "2001:db8::7", id="IPv6 with a port"),
        pytest.param("::ffff:127.0.0.1", ("2001:DB8:0::7",), "2001:db8::7", id="IPv4 dressed as IPv6"),
        pytest.param("", ("192.0.2.1",), "", id="a Unix socket"),
    ],
)
def test_only_what_our_own_proxies_wrote_counts(peer: str, forwarded: tuple[str, ...], known: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == known


@given(st.lists(st.text(max_size=40), max_size=5))
def test_without_trusted_proxies_no_header_changes_the_address(forwarded: list[str]) -> None:
    assert client_address("203.0.113.7", forwarded, ()) == "203.0.113.7"


@given(st.text(max_size=80).filter(lambda t: "\x00" not in t))
def test_whatever_a_client_writes_the_proxys_word_is_the_last(written: str) -> None:
    assert client_address("127.0.0.1", (written, "203.0.113.7"), PROXIES) == "203.0.113.7"
