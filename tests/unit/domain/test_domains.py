"""Which names may be claimed, and what is said of their DNS. Lessons 6 and 13, security 7."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.domain.domains import Found as Says
from codeb.domain.domains import allows, custom_host, explained, host_name, next_look, wanted_records
from codeb.errors import InvalidInput

STRICT = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOST, HERE, PROOF = "www.example.org", "203.0.113.1", "codeb=abc"


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("www.example.org", "www.example.org"),
        ("WWW.Example.ORG.", "www.example.org"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("www。example.org", "www.example.org"),
        ("a.xn--p1ai", "a.xn--p1ai"),
    ],
)
def test_a_name_is_folded_as_dns_writes_it(text: str, host: str) -> None:
    assert custom_host(text, "codeb.test") == host


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("org", "top-level"),
        ("localhost", "top-level"),
        ("192.0.2.7", "IP address"),
        ("[2001:db8::1]", "IP address"),
        ("2001:db8::1", "IP address"),
        ("1.2.3", "not a host name"),
        ("0x7f.1", "not a host name"),
        ("*.example.org", "wildcard"),
        ("www.example.org\n}\nevil.example {", "control"),
        ("www.example.org\r", "control"),
        ("www example.org", "space"),
        ("www.exam\u200bple.org", "control"),
        ("www.example.org:8080", "not a host name"),
        ("https://www.example.org", "not a host name"),
        ("user@example.org", "not a host name"),
        ("www.example.org, evil.example", "space"),
        ("{env.SECRET}.example.org", "not a host name"),
        ("a_b.example.org", "not a host name"),
        ("-a.example.org", "not a host name"),
        ("a..example.org", "not a host name"),
        (".example.org", "not a host name"),
        ("xn--zzzzzz.example", "not a host name"),
        (f"{'a' * 64}.org", "not a host name"),
        (".".join(["a" * 60] * 4) + ".org", "not a host name"),
        ("", "not a host name"),
    ],
)
def test_what_is_no_name_of_a_host_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        host_name(text)
    assert refused.value.field == "domain"
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "codeb.test",
        "api.codeb.test",
        "db.CODEB.test.",
        "blog.codeb.test",
        "a.b.preview.codeb.test",
        "ap\uff49.codeb.test",
    ],
)
def test_names_of_the_platform_are_made_by_itself_only(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"under codeb\.test"):
        custom_host(text, "codeb.test")


def test_a_reserved_name_outside_the_platforms_domain_is_its_own_too() -> None:
    with pytest.raises(InvalidInput, match="name of the platform"):
        custom_host("registry.example.org", "codeb.test", ("registry.example.org",))
    assert custom_host("notcodeb.test", "codeb.test") == "notcodeb.test"


@given(st.text(max_size=300) | st.from_regex(r"[a-zA-Z0-9*_:{}\n\r. -]{1,60}\.(org|test)\.?\n?", fullmatch=True))
def test_whatever_is_asked_for_is_refused_or_a_strict_host_name(text: str) -> None:
    try:
        host = custom_host(text, "codeb.test")
    except InvalidInput:
        return
    assert STRICT.fullmatch(host)
    assert len(f"_codeb.{host}") <= 253
    assert host_name(host) == host, "folding it again changes nothing"


def test_a_teams_domains_may_be_narrowed() -> None:
    assert allows([], HOST)
    assert allows(["example.org"], HOST)
    assert allows(["*.Example.org."], HOST)
    assert not allows(["ample.org"], HOST)
    assert not allows(["example.com"], HOST)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (Says(), [f"{HOST} has no address: make it an A record to {HERE}"]),
        (Says(("192.0.2.7",)), ["points to 192.0.2.7, which is not this platform; make it an A record to"]),
        (Says((HERE, "192.0.2.7")), [f"points to 192.0.2.7 too; leave {HERE} alone"]),
        (Says((), ("old.example.net",)), ["is an alias of old.example.net, which has no address"]),
        (Says((HERE,)), []),
        (Says((HERE,), ("blog.codeb.test",)), []),
        (Says(troubles=(f"{HOST} could not be looked up (A): refused",)), ["could not be looked up (A): refused"]),
    ],
)
def test_what_is_wrong_with_the_way_to_the_site_is_said(found: Says, says: list[str]) -> None:
    records = wanted_records(HOST, address=HERE, site="blog.codeb.test", proof=PROOF)
    proven = Says(found.addresses, found.aliases, (PROOF,), found.troubles)
    told = explained(HOST, proven, records)
    assert len(told) == len(says)
    assert all(part in sentence for part, sentence in zip(says, told, strict=True))


def test_without_a_public_address_the_way_is_by_name() -> None:
    records = wanted_records(HOST, address="", site="blog.codeb.test", proof=PROOF)
    assert (records[0].type, records[0].content) == ("CNAME", "blog.codeb.test")
    assert explained(HOST, Says((HERE,), ("blog.codeb.test",), (PROOF,)), records) == []
    (told,) = explained(HOST, Says(("192.0.2.7",), (), (PROOF,)), records)
    assert (
        told == f"{HOST} points to 192.0.2.7, not to this platform by name; make it a CNAME record to blog.codeb.test"
    )


def test_an_ipv6_platform_wants_an_aaaa_record() -> None:
    assert wanted_records(HOST, address="2001:db8::1", site="x", proof=PROOF)[0].type == "AAAA"


def test_a_missing_proof_and_a_strange_one_are_told_apart() -> None:
    records = wanted_records(HOST, address=HERE, site="x", proof=PROOF)
    (missing,) = explained(HOST, Says((HERE,)), records)
    (strange,) = explained(HOST, Says((HERE,), (), ("codeb=other",)), records)
    assert missing.startswith("_codeb.www.example.org has no TXT record: add one with codeb=abc")
    assert "none of them your team's" in strange
    assert "codeb=other" not in strange


def test_looks_become_rarer_and_end_after_a_week() -> None:
    waits, now = [], NOW
    while (at := next_look(NOW, now)) is not None:
        waits.append(at - now)
        now = at
    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(waits)
    assert max(waits) == timedelta(hours=1)
    assert now - NOW >= timedelta(days=7)
    assert len(waits) < 200
