"""Where the public names have to lead."""

from typing import Any

from codeb.domain.host_facts import Finding, Level
from codeb.domain.host_names import judge_names_here, judge_names_there, public_names
from codeb.domain.infra import Infra
from tests.unit.domain.test_host_fitness import infra


def right(declared: Infra) -> dict[str, tuple[str, ...]]:
    return {name: (declared.hosts[declared.host_with(role)].address,) for name, role in public_names(declared).items()}


def here(found: dict[str, tuple[str, ...]], **settings: Any) -> list[Finding]:
    declared = infra(**settings)
    judged = judge_names_here(declared, {**right(declared), **found})
    return [finding for finding in judged if finding.level is not Level.OK]


def test_names_that_lead_to_their_hosts_are_right() -> None:
    assert here({}) == []


def test_a_missing_name_is_a_problem_where_a_certificate_depends_on_it() -> None:
    (found,) = here({"api.example.org": ()})
    assert (found.host, found.level) == ("app", Level.PROBLEM)
    assert "add the DNS record A api.example.org 203.0.113.1" in found.message


def test_with_certificates_of_our_own_it_is_a_warning() -> None:
    (found,) = here({"api.example.org": ()}, tls="internal")
    assert found.level is Level.WARNING


def test_a_name_that_leads_elsewhere_is_said_with_both_addresses() -> None:
    (found,) = here({"ws.example.org": ("198.51.100.7",)})
    assert found.host == "streaming"
    assert "leads to 198.51.100.7: its DNS record is to be A ws.example.org 203.0.113.2" in found.message


def test_a_left_over_record_beside_the_right_one_is_found() -> None:
    (found,) = here({"api.example.org": ("203.0.113.1", "2001:db8::1")})
    assert "leads to 2001:db8::1 too" in found.message


def test_the_wildcards_of_the_projects_are_asked_by_example() -> None:
    found = here({"codeb-check.example.org": (), "codeb-check.preview.example.org": ()})
    assert [each.level for each in found] == [Level.WARNING, Level.WARNING]
    assert "A *.example.org 203.0.113.1" in found[0].message
    assert "A *.preview.example.org 203.0.113.1" in found[1].message


def test_the_app_host_has_to_find_the_registry() -> None:
    (found,) = judge_names_there(infra(), "app", {})
    assert (found.host, found.level) == ("app", Level.PROBLEM)
    assert "from app, db.example.org has no address" in found.message


def test_a_host_may_see_the_private_address() -> None:
    hosts = {"only": {"address": "203.0.113.9", "private_address": "10.0.0.9", "roles": [*"asbt"]}}
    hosts["only"]["roles"] = ["app", "streaming", "storage", "backup"]
    declared = infra(hosts=hosts)
    found = judge_names_there(declared, "only", dict.fromkeys(public_names(declared), ("10.0.0.9",)))
    assert {finding.level for finding in found} == {Level.OK}
