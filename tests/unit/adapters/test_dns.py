"""Questions to a DNS server on loopback: addresses, aliases, proofs, and a server that does not answer."""

from collections.abc import Iterator

import pytest

from codeb.adapters.dns import DnsLookup
from codeb.domain.domains import Found
from tests.fakes.dns_server import DnsServer

HOST, PROOF = "www.example.org", "_codeb.www.example.org"


@pytest.fixture
def server() -> Iterator[DnsServer]:
    server = DnsServer()
    try:
        yield server
    finally:
        server.close()


def look(server: DnsServer, deadline: float = 5.0) -> Found:
    return DnsLookup(server.address, deadline).look(HOST, PROOF)


def test_addresses_of_both_kinds_and_every_text_are_found(server: DnsServer) -> None:
    server.records[HOST, "A"] = ["192.0.2.7", "192.0.2.8"]
    server.records[HOST, "AAAA"] = ["2001:db8::7"]
    server.records[PROOF, "TXT"] = ['"codeb=" "abc"', '"v=spf1 -all"']
    found = look(server)
    assert set(found.addresses) == {"192.0.2.7", "192.0.2.8", "2001:db8::7"}
    assert set(found.proofs) == {"codeb=abc", "v=spf1 -all"}, "the pieces of a long text belong together"
    assert (found.aliases, found.troubles) == ((), ())


def test_an_alias_is_followed_and_told(server: DnsServer) -> None:
    server.records[HOST, "CNAME"] = ["edge.example.net"]
    server.records["edge.example.net", "CNAME"] = ["blog.codeb.test"]
    server.records["blog.codeb.test", "A"] = ["192.0.2.7"]
    found = look(server)
    assert found.addresses == ("192.0.2.7",)
    assert found.aliases == ("edge.example.net", "blog.codeb.test")


def test_an_alias_that_leads_nowhere_is_told(server: DnsServer) -> None:
    server.records[HOST, "CNAME"] = ["gone.example.net"]
    found = look(server)
    assert (found.addresses, found.aliases) == ((), ("gone.example.net",))


def test_a_name_that_is_not_there_yet_is_no_trouble(server: DnsServer) -> None:
    assert look(server) == Found()


def test_a_server_that_fails_is_trouble_and_the_rest_is_found(server: DnsServer) -> None:
    server.broken.add(HOST)
    server.records[PROOF, "TXT"] = ['"codeb=abc"']
    found = look(server)
    assert found.proofs == ("codeb=abc",)
    assert [trouble.partition(":")[0] for trouble in found.troubles] == [
        f"{HOST} could not be looked up (A)",
        f"{HOST} could not be looked up (AAAA)",
    ]
    assert all("\n" not in trouble for trouble in found.troubles)


def test_a_server_that_is_silent_ends_the_look_at_its_deadline(server: DnsServer) -> None:
    server.silent.add(HOST)
    found = look(server, deadline=0.2)
    assert found.addresses == ()
    assert len(found.troubles) == 3
    assert "in time" in found.troubles[-1]


def test_a_text_with_odd_bytes_is_a_text(server: DnsServer) -> None:
    server.records[PROOF, "TXT"] = ['"\\000\\255x"']
    assert look(server).proofs == ("\0\ufffdx",)


def test_a_look_asks_for_the_very_name_only(server: DnsServer) -> None:
    look(server)
    assert server.asked == [(HOST, "A"), (HOST, "AAAA"), (PROOF, "TXT")]
