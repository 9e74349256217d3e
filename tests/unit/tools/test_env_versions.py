"""env_history, env_diff, env_scan, env_restore: names, who, when, and never a value. Lesson 3, issue 5."""

import json
from typing import Any

import pytest

from codeb.domain.access import Role
from codeb.errors import InvalidInput, Unavailable
from codeb.services.errors import NothingToRestore, UnknownEnvVersion
from codeb.tools import registry
from tests.doors import House
from tests.unit.services.conftest import BLOG
from tests.unit.tools.conftest import Tool

FIRST = "DATABASE_URL=postgres://me:hunter2@db/x\nOLD=1\nSAME=s"
SECOND = "DATABASE_URL=postgres://me:hunter3@db/x\nNEW=hunter4\nSAME=s"


@pytest.fixture
def stored(tool: Tool) -> None:
    for content in (FIRST, SECOND):
        tool("env_sync", projectName="blog", content=content, merge=False)


def no_value(record: dict[str, Any]) -> bool:
    return not any(value in json.dumps(record) for value in ("hunter", "postgres"))


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("role", Role)
def test_no_role_is_told_a_value_by_a_history_a_diff_or_a_scan(tool: Tool, role: Role) -> None:
    for name in ("env_history", "env_diff", "env_scan"):
        assert registry.find(name).least_role is Role.VIEWER
        assert no_value(tool(name, role=role, projectName="blog"))
    assert no_value(tool("env_scan", role=role, projectName="blog", localEnvContent=FIRST))
    assert no_value(tool("env_restore", projectName="blog", dryRun=True))
    assert no_value(tool("env_restore", projectName="blog"))


@pytest.mark.usefixtures("stored")
def test_the_history_says_who_when_and_which_names(tool: Tool) -> None:
    tool("env_restore", projectName="blog", version=1)
    record = tool("env_history", projectName="blog")
    assert [each["version"] for each in record["versions"]] == [3, 2, 1]
    assert record["versions"][0] == {
        "version": 3,
        "createdAt": "2026-11-24T12:00:00.000Z",
        "createdBy": "key_1",
        "restoredFrom": 1,
        "keys": 3,
        "names": {"set": ("OLD",), "updated": ("DATABASE_URL",), "removed": ("NEW",)},
        "readable": True,
    }
    assert record["nextBefore"] is None


@pytest.mark.usefixtures("stored")
def test_a_page_of_the_history_says_where_the_next_begins(tool: Tool) -> None:
    first = tool("env_history", projectName="blog", limit=1)
    assert (first["total"], first["nextBefore"]) == (1, 2)
    second = tool("env_history", projectName="blog", limit=1, before=2)
    assert ([each["version"] for each in second["versions"]], second["nextBefore"]) == ([1], None)
    for wrong in ({"limit": 0}, {"limit": 101}, {"before": 0}, {"before": 2**31}):
        with pytest.raises(InvalidInput):
            tool("env_history", projectName="blog", **wrong)


@pytest.mark.usefixtures("stored")
def test_a_version_whose_key_is_missing_is_listed_all_the_same(tool: Tool, house: House) -> None:
    made = house.world.envs.made
    made[BLOG, 1] = type(made[BLOG, 1])(1, None, house.world.clock.now(), "ann", None, "0badc0de")
    newest, oldest = tool("env_history", projectName="blog")["versions"]
    assert (newest["names"], newest["readable"]) == (None, True)
    assert (oldest["keys"], oldest["readable"], oldest["createdBy"]) == (None, False, "ann")


@pytest.mark.usefixtures("stored")
def test_a_diff_names_what_was_added_changed_and_removed(tool: Tool) -> None:
    record = tool("env_diff", projectName="blog")
    assert (record["fromVersion"], record["toVersion"]) == (1, 2)
    assert (record["added"], record["changed"], record["removed"]) == (("NEW",), ("DATABASE_URL",), ("OLD",))
    assert record["differences"] == [
        {"key": "DATABASE_URL", "before": "****", "after": "****", "status": "changed"},
        {"key": "NEW", "after": "****", "status": "added"},
        {"key": "OLD", "before": "****", "status": "removed"},
    ]
    back = tool("env_diff", projectName="blog", fromVersion=2, toVersion=1)
    assert (back["added"], back["removed"]) == (("OLD",), ("NEW",))
    assert tool("env_diff", projectName="blog", fromVersion=0, toVersion=1)["summary"]["added"] == 3
    with pytest.raises(UnknownEnvVersion):
        tool("env_diff", projectName="blog", toVersion=3)


@pytest.mark.usefixtures("stored")
def test_a_scan_compares_the_callers_file_with_the_server(tool: Tool) -> None:
    record = tool("env_scan", projectName="blog", localEnvContent=FIRST + "\nA_NEW=1\nA_NEW=2")
    assert record["differences"] == [
        {"key": "DATABASE_URL", "serverValue": "****", "localValue": "****", "status": "changed"},
        {"key": "A_NEW", "localValue": "****", "status": "added"},
        {"key": "OLD", "localValue": "****", "status": "added"},
        {"key": "NEW", "serverValue": "****", "status": "removed"},
        {"key": "SAME", "serverValue": "****", "localValue": "****", "status": "same"},
    ]
    assert record["summary"] == {"total": 5, "added": 2, "removed": 1, "changed": 1, "same": 1}
    assert (record["duplicates"], record["teamProjects"]) == (("A_NEW",), ["blog"])
    assert [each["version"] for each in record["serverBackups"]] == [2, 1]


@pytest.mark.usefixtures("stored")
def test_a_scan_without_a_file_lists_the_names_on_the_server(tool: Tool) -> None:
    record = tool("env_scan", projectName="blog")
    assert (record["names"], record["differences"]) == (["DATABASE_URL", "NEW", "SAME"], [])
    assert (record["compared"], record["summary"]["total"]) == (False, 3)


def test_an_empty_file_is_compared_too_and_a_wrong_one_is_refused_by_its_line(tool: Tool) -> None:
    tool("env_sync", projectName="blog", content="A=1")
    assert tool("env_scan", projectName="blog", localEnvContent="")["summary"]["removed"] == 1
    with pytest.raises(InvalidInput, match="localEnvContent: line 2"):
        tool("env_scan", projectName="blog", localEnvContent="A=1\nhunter2 hunter2")


@pytest.mark.usefixtures("stored")
def test_while_the_database_is_away_a_scan_serves_and_the_history_says_so(tool: Tool, house: House) -> None:
    house.world.envs.away = True
    record = tool("env_scan", projectName="blog", localEnvContent=SECOND)
    assert (record["summary"]["same"], record["serverBackups"]) == (3, None)
    assert tool("env_get", projectName="blog")["version"] == 2
    for name, params in {"env_history": {}, "env_diff": {}, "env_restore": {}, "env_sync": {"content": "A=1"}}.items():
        with pytest.raises(Unavailable):
            tool(name, projectName="blog", **params)


@pytest.mark.usefixtures("stored")
def test_a_restore_stores_the_version_anew_and_the_second_time_nothing(tool: Tool) -> None:
    planned = tool("env_restore", projectName="blog", version=1, dryRun=True)
    assert planned["plan"] == [
        "store version 3, which holds what version 1 does: 1 new, 1 changed, 1 removed; the next deploy runs with it"
    ]
    done = tool("env_restore", projectName="blog", version=1)
    assert (done["changed"], done["version"], done["restoredFrom"], done["keysRestored"]) == (True, 3, 1, 3)
    assert tool("env_get", projectName="blog")["variables"]["OLD"] == "1"
    for version in (1, "current", "master"):
        again = tool("env_restore", projectName="blog", version=version)
        assert (again["changed"], again["version"]) == (False, 3)


@pytest.mark.usefixtures("stored")
def test_as_the_originals_clients_call_it_the_last_write_is_undone(tool: Tool) -> None:
    assert tool("env_restore", projectName="blog")["restoredFrom"] == 1


@pytest.mark.parametrize("version", ["latest", 0, -1, 1.5, True, 2**31, "../1"])
def test_what_is_no_version_is_refused(tool: Tool, version: object) -> None:
    with pytest.raises(InvalidInput):
        tool("env_restore", projectName="blog", version=version)


def test_where_nothing_was_stored_there_is_nothing_to_restore(tool: Tool) -> None:
    assert tool("env_history", projectName="blog")["versions"] == []
    assert tool("env_diff", projectName="blog")["summary"]["total"] == 0
    with pytest.raises(NothingToRestore):
        tool("env_restore", projectName="blog")


def test_who_may_what() -> None:
    permissions = {name: registry.find(f"env_{name}").permission for name in ("history", "diff", "scan", "restore")}
    assert permissions == {"history": "env.history", "diff": "env.read", "scan": "env.read", "restore": "env.write"}
    assert registry.find("env_restore").least_role is Role.MEMBER
