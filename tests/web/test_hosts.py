"""The names under which a server answers: those that it was given, and no other by way of them."""

from __future__ import annotations

import pytest
from genesis.web.requests import allowed_hosts, refuse_host, written_host


def answers(hosts: tuple[str, ...], host: str, port: int = 3030) -> bool:
    scope = {"headers": [(b"host", host.encode())]}
    return refuse_host(scope, allowed_hosts(hosts, port)) is None


@pytest.mark.parametrize("host", ["*", "0.0.0.0", "::", "0.0.0.0/0", ""])
def test_no_name_stands_for_others(host: str) -> None:
    for asked in ("evil.example", "evil.example:3030", "192.0.2.1:3030", "[2001:db8::1]:3030"):
        assert not answers((host,), asked)
    assert answers((host,), "127.0.0.1:3030")
    assert not answers((host,), "127.0.0.1")


@pytest.mark.parametrize("host", ["2001:db8::1", "2001:DB8:0::1", "[2001:db8::1]", "[2001:DB8::1]"])
def test_an_address_of_ipv6_is_asked_in_brackets_however_it_was_given(host: str) -> None:
    assert answers((host,), "[2001:db8::1]:3030")
    assert answers((host,), "[2001:db8::1]")
    assert not answers((host,), "2001:db8::1:3030")
    assert not answers((host,), "[2001:db8::2]:3030")


@pytest.mark.parametrize(
    ("host", "written"),
    [
        ("box.example", "box.example"), ("proxy.example:8443", "proxy.example:8443"),
        ("192.0.2.1", "192.0.2.1"), ("[::1]:8443", "[::1]:8443"), ("::1", "[::1]"),
        ("fe80::1%eth0", "[fe80::1]"), ("not:an:address", "not:an:address"),
    ],
)  # fmt: skip
def test_only_addresses_of_ipv6_are_put_in_brackets(host: str, written: str) -> None:
    assert written_host(host) == written
