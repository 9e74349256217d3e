"""audit_list: one's own team's calls, never more than the key may see. Spec section 6; lesson 4."""

from typing import Any

import pytest

from codeb.domain.access import AuthContext, Forbidden, Role
from codeb.errors import InvalidInput, Unavailable
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.call import Call
from tests.doors import House
from tests.fakes.audit import entry
from tests.unit.tools.conftest import Tool

VIEWER = AuthContext("key_1", "team-a", Role.VIEWER)
PLATFORM = AuthContext("key_9", "ops", Role.OWNER, platform=True)
NARROW = AuthContext("key_2", "team-a", Role.VIEWER, projects=frozenset({"blog"}))


@pytest.fixture
def house(house: House) -> House:
    house.world.audit_log.entries = [
        entry(1, project="blog", tool="deploy"),
        entry(2, project="shop", success=False, error="no", code="refused"),
        entry(3, project="shop", key_id="key_2"),
        entry(4, project="blog", team_id="team-b", key_id="key_3"),
        entry(5, team_id="", key_id="host"),
    ]
    return house


def listed(house: House, auth: AuthContext, **given: Any) -> list[int]:
    handle, _ = registry.find("audit_list").prepare(given)
    record = handle(Call(house.services, auth, Actor(auth.key_id)))
    assert record["count"] == len(record["entries"])
    return [int(each["id"][4:]) for each in record["entries"]]


@pytest.mark.parametrize(
    ("auth", "given", "found"),
    [
        (VIEWER, {}, [3, 2, 1]),
        (VIEWER, {"projectName": "blog"}, [1]),
        (VIEWER, {"projectName": "gone"}, []),
        (VIEWER, {"tool": "deploy"}, [1]),
        (VIEWER, {"keyId": "key_2"}, [3]),
        (VIEWER, {"keyId": "key_3"}, []),
        (VIEWER, {"success": False}, [2]),
        (VIEWER, {"since": "2026-11-24T12:00:02Z"}, [3, 2]),
        (VIEWER, {"until": "2026-11-24T12:00:02Z"}, [1]),
        (VIEWER, {"teamId": "team-a", "limit": 1}, [3]),
        (NARROW, {}, [3, 1]),
        (NARROW, {"projectName": "blog"}, [1]),
        (PLATFORM, {}, [5, 4, 3, 2, 1]),
        (PLATFORM, {"teamId": "team-b"}, [4]),
    ],
)
def test_who_sees_what(house: House, auth: AuthContext, given: dict[str, Any], found: list[int]) -> None:
    assert listed(house, auth, **given) == found


@pytest.mark.parametrize(("auth", "given"), [(VIEWER, {"teamId": "team-b"}), (NARROW, {"projectName": "shop"})])
def test_what_a_key_may_not_ask(house: House, auth: AuthContext, given: dict[str, Any]) -> None:
    with pytest.raises(Forbidden):
        listed(house, auth, **given)


@pytest.mark.parametrize(
    "given",
    [
        {"limit": 0},
        {"limit": 1001},
        {"after": "x"},
        {"since": "yesterday"},
        {"since": "2026-11-24T12:00:00"},
        {"tool": ""},
    ],
)
def test_what_makes_no_sense(house: House, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        listed(house, VIEWER, **given)


def test_a_page_leads_to_the_next(house: House, tool: Tool) -> None:
    first = tool("audit_list", limit=2)
    rest = tool("audit_list", limit=2, after=first["nextCursor"])
    assert [each["id"][-1] for each in first["entries"] + rest["entries"]] == ["3", "2", "1"]
    assert rest["nextCursor"] is None


def test_a_row_has_the_originals_keys(house: House, tool: Tool) -> None:
    (row,) = tool("audit_list", success=False)["entries"]
    assert {
        *("id", "timestamp", "teamId", "userId", "action", "resource", "resourceId", "details", "ip", "userAgent"),
        *("duration", "success", "error"),
    } <= row.keys()
    assert (row["resource"], row["action"], row["resourceId"], row["code"]) == ("tool", "slot_list", "shop", "refused")
    assert row["timestamp"] == "2026-11-24T12:00:02.000Z"


def test_it_says_so_while_the_database_is_away(house: House, tool: Tool) -> None:
    house.world.audit_log.away = True
    with pytest.raises(Unavailable):
        tool("audit_list")
