"""Tasks and the files they hold, as clients see them. Spec section 6; lessons 8 and 19."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from codeb.domain.access import AuthContext, Role
from codeb.domain.project import UnknownProject
from codeb.domain.tasks import TaskClosed, TaskConflict, UnknownTask
from codeb.errors import InvalidInput, Unavailable
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.call import Call
from tests.doors import House
from tests.unit.tools.conftest import Tool

TASK_KEYS = {
    "id",
    "teamId",
    "projectName",
    "title",
    "description",
    "author",
    "branch",
    "prNumber",
    "status",
    "priority",
    "affectedFiles",
    "affectedAreas",
    "progressNotes",
    "deployId",
    "createdAt",
    "updatedAt",
}


def files(*paths: str) -> list[dict[str, str]]:
    return [{"path": path} for path in paths]


def make(tool: Tool, *paths: str, branch: str | None = "a", project: str = "blog", **more: Any) -> dict[str, Any]:
    given = {"projectName": project, "title": "work", "author": "ann", "files": files(*paths), **more}
    return tool("task_create", **given, branch=branch)


@pytest.fixture
def as_key(house: House) -> Tool:
    """A call with the rights of ``auth``."""

    def call(name: str, auth: AuthContext, **params: Any) -> dict[str, Any]:
        handle, _ = registry.find(name).prepare(params)
        return handle(Call(house.services, auth, Actor(auth.key_id, "cli", auth.team_id)))

    return call


def test_a_new_task_is_in_progress_and_holds_its_files(tool: Tool) -> None:
    record = make(tool, "./src/a.py", "b.py", areas=["api"], priority="high")
    assert record["task"].keys() == TASK_KEYS
    assert (record["lockedFiles"], record["worktreeBranch"], record["changed"]) == (2, "a", True)
    assert record["task"]["affectedFiles"] == ["src/a.py", "b.py"]
    assert (record["task"]["status"], record["task"]["priority"], record["task"]["teamId"]) == (
        "in_progress",
        "high",
        "team-a",
    )
    shown = tool("task_get", taskId=record["task"]["id"])
    assert shown["task"] == record["task"]
    assert [(each["path"], each["status"]) for each in shown["files"]] == [("src/a.py", "locked"), ("b.py", "locked")]


def test_files_that_another_branch_holds_are_refused_and_nothing_is_stored(tool: Tool, house: House) -> None:
    first = make(tool, "x", "y")["task"]
    with pytest.raises(TaskConflict, match=r"x: held by task 1 \(branch a\)") as refused:
        make(tool, "./x", "z", branch="b")
    facts = refused.value.facts()
    assert (refused.value.code, facts["blocked"]) == ("task_conflict", True)
    assert facts["conflicts"] == [
        {
            "taskId": first["id"],
            "title": "work",
            "author": "ann",
            "status": "in_progress",
            "projectName": "blog",
            "branch": "a",
            "conflictingFiles": ["x"],
            "severity": "medium",
        }
    ]
    assert list(house.world.tasks.known) == [1]


def test_tasks_on_one_branch_share_a_file_until_the_last_of_them_ends(tool: Tool) -> None:
    make(tool, "x")
    make(tool, "x", title="more")
    tool("task_complete", taskId=1)
    with pytest.raises(TaskConflict, match="task 2"):
        make(tool, "x", branch="b")
    tool("task_update", taskId=2, status="cancelled")
    assert make(tool, "x", branch="b")["changed"]


def test_nothing_is_held_across_projects(tool: Tool, house: House) -> None:
    house.world.init_project("shop", Actor("key_0", "api", "team-a"))
    house.world.init_project("other", Actor("key_0", "api", "team-b"))
    make(tool, "x")
    assert make(tool, "x", project="shop", branch="b")["changed"]
    with pytest.raises(UnknownProject):
        make(tool, "x", project="other")


def test_tasks_without_a_branch_never_share_one_even_in_the_same_moment(tool: Tool) -> None:
    branch = make(tool, "x", branch=None)["worktreeBranch"]
    assert branch.startswith("worktree-task-1795521600000-")
    with pytest.raises(TaskConflict):
        make(tool, "x", branch=None)


def test_a_client_that_asks_again_makes_no_second_task(tool: Tool) -> None:
    first = make(tool, "x")
    again = make(tool, "x")
    assert (again["changed"], again["task"]) == (False, first["task"])
    assert make(tool, "x", dryRun=True)["plan"] == ["nothing: task 1 is so already"]
    assert make(tool, "x", title="other work")["task"]["id"] == 2


def test_of_ten_at_once_one_has_the_file(tool: Tool) -> None:
    def one(number: int) -> bool:
        try:
            return bool(make(tool, "x", branch=f"b{number}")["changed"])
        except TaskConflict:
            return False

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(one, range(10))) == [False] * 9 + [True]


def test_an_update_locks_further_files_or_is_refused_whole(tool: Tool) -> None:
    make(tool, "x")
    make(tool, "y", branch="b")
    with pytest.raises(TaskConflict, match="y"):
        tool("task_update", taskId=1, title="renamed", addFiles=files("y", "z"))
    assert tool("task_get", taskId=1)["task"]["title"] == "work"
    record = tool("task_update", taskId=1, addFiles=files("x", "z"), note="half", filesChanged=["x"], prNumber=7)
    assert (record["newLocksAdded"], record["changed"], record["task"]["prNumber"]) == (1, True, 7)
    assert record["task"]["progressNotes"] == [
        {"timestamp": "2026-11-24T12:00:00.000Z", "note": "half", "filesChanged": ["x"]}
    ]


def test_an_update_with_nothing_new_changes_nothing(tool: Tool, house: House) -> None:
    make(tool, "x")
    change = {"taskId": 1, "note": "half", "addFiles": files("x"), "priority": "low"}
    tool("task_update", **change)
    before = dict(house.world.tasks.known)
    assert tool("task_update", **change)["changed"] is False
    assert tool("task_update", taskId=1)["changed"] is False
    assert tool("task_update", **change, dryRun=True)["plan"] == ["nothing: task 1 is so already"]
    assert house.world.tasks.known == before


def test_neither_a_new_branch_nor_opening_again_takes_what_another_holds(tool: Tool) -> None:
    make(tool, "x")
    make(tool, "x", title="shares it")
    with pytest.raises(TaskConflict):
        tool("task_update", taskId=1, branch="b")
    tool("task_complete", taskId=1)
    tool("task_complete", taskId=2)
    make(tool, "x", branch="b")
    with pytest.raises(TaskConflict, match="task 3"):
        tool("task_update", taskId=1, status="in_progress")
    assert tool("task_update", taskId=1, status="in_progress", branch="b")["newLocksAdded"] == 1


def test_a_completed_task_is_deployed_and_twice_is_once(tool: Tool) -> None:
    make(tool, "x", "y")
    done = tool("task_complete", taskId=1, deployId="dep_1", prNumber=3)
    assert (done["releasedFiles"], done["changed"]) == (2, True)
    assert [done["task"][key] for key in ("status", "deployId", "prNumber")] == ["deployed", "dep_1", 3]
    again = tool("task_complete", taskId=1, deployId="dep_1", prNumber=3)
    assert (again["releasedFiles"], again["changed"]) == (0, False)
    with pytest.raises(TaskClosed, match="open status"):
        tool("task_update", taskId=1, addFiles=files("z"))


def test_a_check_looks_at_every_project_that_the_key_sees(tool: Tool, house: House, as_key: Tool) -> None:
    house.world.init_project("shop", Actor("key_0", "api", "team-a"))
    make(tool, "x", project="shop")
    found = tool("task_check", files=["./x", "x", "y"])
    assert (found["hasConflicts"], found["checkedFiles"], found["conflicts"][0]["taskId"]) == (True, 2, 1)
    assert tool("task_check", files=["x"], excludeTaskId=1)["hasConflicts"] is False
    assert tool("task_check", files=["x"], branch="a")["hasConflicts"] is False
    assert tool("task_check", files=["x"], projectName="blog")["hasConflicts"] is False
    narrowed = AuthContext("key_2", "team-a", Role.VIEWER, projects=frozenset({"blog"}))
    stranger = AuthContext("key_3", "team-b", Role.OWNER)
    for auth in (narrowed, stranger):
        assert as_key("task_check", auth, files=["x"])["conflicts"] == []
        assert as_key("task_list", auth)["total"] == 0


@pytest.mark.parametrize("name", ["task_get", "task_update", "task_complete"])
def test_a_task_of_another_team_or_beyond_the_keys_projects_does_not_exist(
    tool: Tool, as_key: Tool, house: House, name: str
) -> None:
    make(tool, "x")
    before = dict(house.world.tasks.known)
    narrowed = AuthContext("key_2", "team-a", Role.OWNER, projects=frozenset({"shop"}))
    stranger = AuthContext("key_3", "team-b", Role.OWNER)
    for auth in (narrowed, stranger):
        with pytest.raises(UnknownTask, match="no task 1"):
            as_key(name, auth, taskId=1)
    with pytest.raises(UnknownTask, match="no task 9"):
        tool(name, taskId=9)
    assert house.world.tasks.known == before
    platform = AuthContext("key_4", "ops", Role.OWNER, platform=True)
    assert as_key(name, platform, taskId=1)["task"]["id"] == 1


def test_a_list_shows_open_tasks_newest_first_unless_asked_otherwise(tool: Tool) -> None:
    for number in range(3):
        make(tool, f"{number}", title=f"t{number}", author="ann" if number else "bob")
    tool("task_complete", taskId=2)

    def ids(**params: Any) -> list[int]:
        return [each["id"] for each in tool("task_list", **params)["tasks"]]

    assert ids() == [3, 1]
    assert ids(activeOnly=False) == [3, 2, 1]
    assert ids(status="deployed") == [2]
    assert ids(author="bob") == [1]
    assert ids(projectName="blog", limit=1) == [3]
    record = tool("task_list", limit=1)
    assert (record["total"], record["tasks"][0]["filesLocked"]) == (2, 1)


@pytest.mark.parametrize(
    ("name", "params", "field"),
    [
        ("task_create", {"title": ""}, "title"),
        ("task_create", {"title": "x" * 501}, "title"),
        ("task_create", {"files": files("../../etc")}, "files"),
        ("task_create", {"files": files(*map(str, range(501)))}, "files"),
        ("task_create", {"branch": "-rf"}, "branch"),
        ("task_create", {"branch": "a b"}, "branch"),
        ("task_create", {"priority": "urgent"}, "priority"),
        ("task_update", {"taskId": 0}, "taskId"),
        ("task_update", {"status": "gone"}, "status"),
        ("task_update", {"note": "x" * 5001}, "note"),
        ("task_check", {"files": []}, "files"),
        ("task_check", {"files": ["/x"]}, "files"),
        ("task_list", {"limit": 1001}, "limit"),
    ],
)
def test_every_input_has_its_bounds(tool: Tool, name: str, params: dict[str, Any], field: str) -> None:
    whole: dict[str, dict[str, Any]] = {
        "task_create": {"projectName": "blog", "title": "x", "author": "ann"},
        "task_update": {"taskId": 1},
        "task_check": {"files": ["x"]},
        "task_list": {},
    }
    with pytest.raises(InvalidInput) as refused:
        tool(name, **{**whole[name], **params})
    assert refused.value.field.startswith(field)


def test_without_the_database_there_are_no_tasks_and_that_is_said(tool: Tool, house: House) -> None:
    house.world.tasks.away = True
    calls: list[Callable[[], object]] = [
        lambda: make(tool, "x"),
        lambda: tool("task_list"),
        lambda: tool("task_check", files=["x"]),
    ]
    for call in calls:
        with pytest.raises(Unavailable, match="the database"):
            call()


def test_a_conflict_reaches_clients_as_a_refusal(house: House) -> None:
    client, key = house.client(), house.key("member")
    for branch in ("a", "b"):
        params = {"projectName": "blog", "title": "t", "author": "ann", "branch": branch, "files": files("x")}
        answer = client.post("/api/tool", json={"tool": "task_create", "params": params}, headers={"X-API-Key": key})
    body = answer.json()
    assert (answer.status_code, body["success"], body["blocked"], body["code"]) == (200, False, True, "task_conflict")
    assert body["conflicts"][0]["conflictingFiles"] == ["x"]
