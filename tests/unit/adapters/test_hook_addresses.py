"""Where a webhook may lead, and where not. Security 9."""

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses

from codeb.adapters.hooks.addresses import AddressRefused, PublicAddresses, reachable, system_addresses

PLATFORM = frozenset({"203.0.114.9", "2a01:4f8::9", "10.0.0.3"})
ALLOWED = PublicAddresses(PLATFORM)
PUBLIC = ["8.8.8.8", "2606:4700::1111"]


@pytest.mark.parametrize("address", [*PUBLIC, "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"])
def test_what_the_whole_internet_reaches_is_allowed(address: str) -> None:
    assert ALLOWED(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.1.2.3",
        "10.0.0.1",
        "172.17.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "::",
        "::1",
        "::7f00:1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
        "2001:0:53aa:64c:0:0:f5ff:fffe",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:0:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::1",
        "2002:7f00:1::",
        "",
        "localhost",
        "2130706433",
    ],
)
def test_what_is_private_special_or_carries_such_an_address_inside_is_refused(address: str) -> None:
    assert not ALLOWED(address)


@pytest.mark.parametrize(
    "address",
    ["203.0.114.9", "::ffff:203.0.114.9", "64:ff9b::cb00:7209", "2002:cb00:7209::1", "2a01:4f8::9", "2a01:4f8:0:0::9"],
)
def test_a_host_of_the_platform_is_refused_however_it_is_written(address: str) -> None:
    assert PublicAddresses()(address)
    assert not ALLOWED(address)


@given(ip_addresses(v=4))
def test_no_private_address_gets_through_in_a_wrapping(address: object) -> None:
    inner = str(address)
    for wrapped in (f"::ffff:{inner}", f"64:ff9b::{inner}", f"::{inner}"):
        assert not ALLOWED(wrapped) or ALLOWED(inner)


@pytest.mark.parametrize("bad", ["10.0.0.1", "::1", "203.0.114.9"])
def test_one_address_that_is_not_allowed_spoils_the_others(bad: str) -> None:
    for answer in ([*PUBLIC, bad], [bad, *PUBLIC]):
        with pytest.raises(AddressRefused, match="not a public address"):
            reachable("hooks.example.org", lambda host, answer=answer: answer, ALLOWED)  # type: ignore[misc]
    assert reachable("hooks.example.org", lambda host: PUBLIC, ALLOWED) == PUBLIC


def test_a_name_without_an_address_is_said() -> None:
    with pytest.raises(AddressRefused, match="no address"):
        reachable("hooks.example.org", lambda host: (), ALLOWED)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "localhost"])
def test_other_ways_to_write_loopback_lead_there_and_are_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        reachable(host, system_addresses, ALLOWED)


@pytest.mark.parametrize("host", ["a..b", "x" * 64, ".", "-"])
def test_what_cannot_be_a_name_has_no_address(host: str) -> None:
    assert system_addresses(host) == ()
