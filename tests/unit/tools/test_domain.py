"""domain_setup, domain_list, domain_delete as clients see them. Spec section 6, lesson 6."""

import json

import pytest

from codeb.domain.access import Role
from codeb.domain.domains import Found, proof_name
from codeb.domain.project import UnknownProject
from codeb.errors import InvalidInput
from codeb.services.actor import Actor
from codeb.tools import registry
from tests.doors import House
from tests.unit.tools.conftest import Tool

HOST = "www.example.org"


def prove(house: House) -> None:
    house.world.dns.texts[proof_name(HOST)] = (house.services.domains.proof(HOST, "team-a"),)
    house.world.dns.found[HOST] = Found(("203.0.113.1",))


def test_a_claim_answers_what_to_set_and_what_is_wrong(tool: Tool, house: House) -> None:
    house.world.dns.found[HOST] = Found(("192.0.2.7",))
    record = tool("domain_setup", projectName="blog", domain="WWW.Example.org", ssl=False)
    proof = house.services.domains.proof(HOST, "team-a")
    assert record["data"] == {
        "domain": HOST,
        "type": "custom",
        "kind": "custom",
        "target": {"projectName": "blog", "environment": "production"},
        "ssl": True,
        "records": [
            {"type": "A", "name": HOST, "content": "203.0.113.1", "ttl": 300},
            {"type": "TXT", "name": "_codeb.www.example.org", "content": proof, "ttl": 300},
        ],
        "status": "pending",
        "createdAt": "2026-11-24T12:00:00.000Z",
    }
    assert record["dns"] == {"addresses": ["192.0.2.7"], "aliases": [], "proven": False}
    assert len(record["problems"]) == 2
    assert "probe-secret" not in json.dumps(record)


def test_a_proven_domain_is_active_and_says_since_when(tool: Tool, house: House) -> None:
    prove(house)
    record = tool("domain_setup", projectName="blog", domain=HOST)
    assert (record["data"]["status"], record["data"]["verifiedAt"]) == ("active", "2026-11-24T12:00:00.000Z")
    assert (record["changed"], record["problems"]) == (True, [])
    again = tool("setup_domain", projectName="blog", domain=HOST)
    assert (again["changed"], again["data"]["status"]) == (False, "active")


def test_the_list_has_the_generated_names_and_ones_own(tool: Tool, house: House) -> None:
    prove(house)
    tool("domain_setup", projectName="blog", domain=HOST)
    house.world.init_project("foreign", Actor("key_9", "api", "team-b"))
    record = tool("domain_list", role=Role.VIEWER)
    kinds = {each["domain"]: (each["type"], each["kind"], each["status"]) for each in record["domains"]}
    assert len(kinds) == record["total"] == 10
    assert kinds[HOST] == ("custom", "custom", "active")
    assert kinds["blog.codeb.test"] == ("subdomain", "production", "active")
    assert kinds["blog-blue.preview.codeb.test"] == ("subdomain", "preview", "active")
    assert not any("foreign" in host for host in kinds)
    staging = tool("domain_list", projectName="blog", environment="staging")
    assert {each["target"]["environment"] for each in staging["domains"]} == {"staging"}
    with pytest.raises(UnknownProject):
        tool("domain_list", projectName="foreign")


def test_a_domain_is_deleted_once(tool: Tool, house: House) -> None:
    prove(house)
    tool("domain_setup", projectName="blog", domain=HOST)
    assert tool("domain_delete", projectName="blog", domain=HOST)["changed"] is True
    assert tool("domain_delete", projectName="blog", domain=HOST)["changed"] is False
    assert house.world.domains.rows == {}


def test_who_may_do_what_is_as_in_the_original() -> None:
    rights = {name: registry.find(name) for name in ("domain_setup", "domain_list", "domain_delete")}
    assert {name: (tool.permission, tool.least_role) for name, tool in rights.items()} == {
        "domain_setup": ("domain.setup", Role.MEMBER),
        "domain_list": ("domain.view", Role.VIEWER),
        "domain_delete": ("domain.delete", Role.ADMIN),
    }


def test_a_foreign_teams_project_has_no_domains(tool: Tool, house: House) -> None:
    house.world.init_project("foreign", Actor("key_9", "api", "team-b"))
    for name in ("domain_setup", "domain_delete"):
        with pytest.raises(UnknownProject):
            tool(name, projectName="foreign", domain=HOST)


@pytest.mark.parametrize("domain", ["api.codeb.test", "registry.test", "x.org\n} evil {", "", "a" * 301, "10.0.0.1"])
def test_names_that_nobody_may_claim_are_bad_input_and_leave_nothing(tool: Tool, house: House, domain: str) -> None:
    for dry_run in (True, False):
        with pytest.raises(InvalidInput, match="domain"):
            tool("domain_setup", projectName="blog", domain=domain, dryRun=dry_run)
    assert house.world.domains.rows == {}


def test_plans_say_what_would_come_of_it(tool: Tool, house: House) -> None:
    plan = ["claim www.example.org", "wait for the TXT record that proves www.example.org"]
    assert tool("domain_setup", projectName="blog", domain=HOST, dryRun=True)["plan"] == plan
    tool("domain_setup", projectName="blog", domain=HOST)
    waits = tool("domain_setup", projectName="blog", domain=HOST, dryRun=True)
    assert waits["plan"] == ["nothing: it waits for its proof"]
    prove(house)
    proven = tool("domain_setup", projectName="blog", domain=HOST, dryRun=True)
    assert proven["plan"] == ["serve www.example.org: it is proven"]
    tool("domain_setup", projectName="blog", domain=HOST)
    served = tool("domain_setup", projectName="blog", domain=HOST, dryRun=True)
    assert served["plan"] == ["nothing: www.example.org is served already"]
    gone = tool("domain_delete", projectName="blog", domain="other.example.org", dryRun=True)
    assert gone["plan"] == ["nothing: it is not there"]


def test_while_the_database_is_away_the_answer_is_503(house: House) -> None:
    key = house.key()
    client = house.client()
    house.world.projects.away = True
    for name, params in (
        ("domain_setup", {"projectName": "blog", "domain": HOST}),
        ("domain_list", {"projectName": "blog"}),
        ("domain_delete", {"projectName": "blog", "domain": HOST}),
    ):
        answer = client.post("/api/tool", json={"tool": name, "params": params}, headers={"X-API-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), name
