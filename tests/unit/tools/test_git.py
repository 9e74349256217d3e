"""Pull requests of the bound repository, and who binds it. Lesson 7; security 4 and 6."""

from typing import Any

import pytest

from codeb.domain.access import AuthContext, Forbidden, Role
from codeb.domain.git import GitRemote, NoRepository, PullClosed, RepositoryTaken, neutral
from codeb.domain.project import UnknownProject
from codeb.errors import InvalidInput
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.call import Call
from tests.doors import House
from tests.fakes.git import MERGED, FakeHosting
from tests.unit.tools.conftest import Tool

CALLS: dict[str, dict[str, Any]] = {
    "pr_list": {},
    "pr_create": {"title": "t", "headBranch": "topic"},
    "pr_review": {"prNumber": 1, "action": "approve"},
    "pr_merge": {"prNumber": 1},
    "git_sync": {},
}


@pytest.fixture
def hosting(house: House) -> FakeHosting:
    """With pull request 1, of the repository that blog is bound to."""
    house.world.repositories.bind("blog", "acme/blog", "me")
    house.world.hosting.open("first")
    return house.world.hosting


@pytest.fixture
def operator(house: House) -> Tool:
    def call(name: str, **params: Any) -> dict[str, Any]:
        handle, _ = registry.find(name).prepare(params)
        auth = AuthContext("key_9", "ops", Role.OWNER, platform=True)
        return handle(Call(house.services, auth, Actor("key_9", "cli", "ops")))

    return call


@pytest.mark.parametrize("name", CALLS)
def test_only_the_bound_repository_is_touched(tool: Tool, hosting: FakeHosting, name: str) -> None:
    tool(name, projectName="blog", **CALLS[name])
    assert hosting.asked == {"acme/blog"}


@pytest.mark.parametrize("name", CALLS)
def test_an_unbound_project_has_no_repository_and_a_foreign_one_does_not_exist(
    tool: Tool, house: House, name: str
) -> None:
    with pytest.raises(NoRepository, match="repository_bind"):
        tool(name, projectName="blog", **CALLS[name])
    house.world.init_project("other", Actor("key_0", "api", "team-b"))
    house.world.repositories.bind("other", "acme/other", "me")
    with pytest.raises(UnknownProject):
        tool(name, projectName="other", **CALLS[name])
    assert house.world.hosting.asked == set()


def test_what_others_wrote_is_marked_as_untrusted(tool: Tool, hosting: FakeHosting) -> None:
    record = tool("pr_list", projectName="blog")
    assert (record["count"], record["untrusted"], record["prs"][0]["untrusted"]) == (1, True, True)
    assert record["prs"][0] == {
        "number": 1,
        "title": "a change",
        "author": "ann",
        "branch": "first",
        "baseBranch": "main",
        "state": "open",
        "merged": False,
        "url": "https://git.test/1",
        "createdAt": "2026",
        "updatedAt": "2026",
        "draft": False,
        "untrusted": True,
    }
    assert tool("git_sync", projectName="blog")["untrusted"] is True


def test_nothing_of_a_text_acts_on_a_terminal() -> None:
    assert neutral("a\x1b[2Jb\r\nc\u202ed\ttab") == "a?[2Jb  c?d tab"
    assert len(neutral("x" * 5000)) == 2000


def test_a_pull_request_is_opened_once(tool: Tool, hosting: FakeHosting) -> None:
    first = tool("pr_create", projectName="blog", title="t", headBranch="topic")
    again = tool("pr_create", projectName="blog", title="t", headBranch="topic")
    assert tool("pr_create", projectName="blog", title="t", headBranch="기능/검색")["prNumber"] == 3
    assert (first["prNumber"], first["changed"]) == (2, True)
    assert (again["prNumber"], again["changed"], again["url"]) == (2, False, first["url"])
    planned = tool("pr_create", projectName="blog", title="t", headBranch="topic", dryRun=True)
    assert planned["plan"] == ["nothing: pull request 2 from topic to main is open already"]


def test_one_that_somebody_opened_in_between_is_the_one(tool: Tool, hosting: FakeHosting) -> None:
    def overtaken(repository: str, *, title: str, body: str, base: str, head: str) -> Any:
        hosting.open(head, base)
        raise GitRemote("A pull request already exists", 422)

    hosting.create_pull = overtaken  # type: ignore[method-assign]
    record = tool("pr_create", projectName="blog", title="t", headBranch="topic")
    assert (record["prNumber"], record["changed"]) == (2, False)


def test_a_refused_one_says_what_the_service_said(tool: Tool, hosting: FakeHosting) -> None:
    hosting.fails = GitRemote("head is invalid", 422)
    with pytest.raises(GitRemote, match="head is invalid"):
        tool("pr_create", projectName="blog", title="t", headBranch="topic")


def test_a_merge_twice_is_once(tool: Tool, hosting: FakeHosting) -> None:
    record = tool("pr_merge", projectName="blog", prNumber=1, method="squash")
    assert (record["mergedSha"], record["method"], record["changed"]) == (MERGED, "squash", True)
    again = tool("pr_merge", projectName="blog", prNumber=1)
    assert (again["mergedSha"], again["changed"]) == (MERGED, False)
    assert tool("pr_merge", projectName="blog", prNumber=1, dryRun=True)["plan"][0].startswith("nothing")


def test_who_loses_the_race_to_merge_is_told_that_it_is_merged(tool: Tool, hosting: FakeHosting) -> None:
    def overtaken(repository: str, pull: Any, method: str) -> str:
        hosting.merged(pull.number)
        raise GitRemote("not mergeable", 405)

    hosting.merge = overtaken  # type: ignore[method-assign]
    record = tool("pr_merge", projectName="blog", prNumber=1)
    assert (record["mergedSha"], record["changed"]) == (MERGED, False)


def test_what_cannot_be_merged_is_refused(tool: Tool, hosting: FakeHosting) -> None:
    hosting.fails = GitRemote("not mergeable", 405)
    with pytest.raises(GitRemote, match="not mergeable"):
        tool("pr_merge", projectName="blog", prNumber=1)
    hosting.merged(1)
    object.__setattr__(hosting.there[1], "merged", False)
    with pytest.raises(PullClosed):
        tool("pr_merge", projectName="blog", prNumber=1)


def test_a_review_is_said_once_and_needs_a_text_unless_it_approves(tool: Tool, hosting: FakeHosting) -> None:
    for action in ("comment", "request_changes"):
        with pytest.raises(InvalidInput, match="body"):
            tool("pr_review", projectName="blog", prNumber=1, action=action)
        review = {"projectName": "blog", "prNumber": 1, "action": action, "body": "why?"}
        assert tool("pr_review", **review)["changed"] is True
        assert tool("pr_review", **review)["changed"] is False
    assert len(hosting.reviews) == 2


@pytest.mark.parametrize(
    ("name", "params", "field"),
    [
        ("pr_list", {"state": "merged"}, "state"),
        ("pr_create", {"title": "", "headBranch": "x"}, "title"),
        ("pr_create", {"title": "x" * 201, "headBranch": "x"}, "title"),
        ("pr_create", {"title": "x", "headBranch": "other:x"}, "headBranch"),
        ("pr_create", {"title": "x", "headBranch": "-x"}, "headBranch"),
        ("pr_review", {"prNumber": 1, "action": "delete"}, "action"),
        ("pr_review", {"prNumber": 1, "action": "approve", "body": "x" * 60_001}, "body"),
        ("pr_merge", {"prNumber": 1, "method": "force"}, "method"),
        ("pr_merge", {"prNumber": 0}, "prNumber"),
        ("pr_merge", {"prNumber": "1/../../2"}, "prNumber"),
    ],
)
def test_every_input_has_its_bounds(tool: Tool, name: str, params: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        tool(name, projectName="blog", **params)
    assert refused.value.field == field


def test_only_a_platform_key_binds(tool: Tool, operator: Tool, house: House) -> None:
    with pytest.raises(Forbidden, match="only a platform key"):
        tool("repository_bind", projectName="blog", repository="acme/blog")
    assert house.world.repositories.bound == {}
    record = operator("repository_bind", projectName="blog", repository="acme/blog")
    assert (record["repository"], record["previousRepository"], record["changed"]) == ("acme/blog", None, True)
    assert operator("repository_bind", projectName="blog", repository="acme/blog")["changed"] is False


def test_a_repository_belongs_to_one_team(operator: Tool, house: House) -> None:
    for name, team in (("shop", "team-a"), ("other", "team-b")):
        house.world.init_project(name, Actor("key_0", "api", team))
    operator("repository_bind", projectName="blog", repository="acme/blog")
    assert operator("repository_bind", projectName="shop", repository="acme/blog")["changed"]
    for dry_run in (True, False):
        with pytest.raises(RepositoryTaken, match="team-a"):
            operator("repository_bind", projectName="other", repository="Acme/Blog", dryRun=dry_run)


def test_a_binding_is_planned_and_ended(operator: Tool, house: House) -> None:
    planned = operator("repository_bind", projectName="blog", repository="acme/blog", dryRun=True)
    assert (planned["plan"], house.world.repositories.bound) == (["bind blog to acme/blog"], {})
    operator("repository_bind", projectName="blog", repository="acme/blog")
    ended = operator("repository_bind", projectName="blog", repository="")
    assert (ended["repository"], ended["previousRepository"], ended["changed"]) == (None, "acme/blog", True)
    assert operator("repository_bind", projectName="blog")["changed"] is False
    assert house.world.repositories.bound == {}


@pytest.mark.parametrize(
    "text", ["blog", "a/b/c", "../blog", "acme/..", "a..b/c", "acme/.", "a b/c", "a/b?x=1", "/b", "a/", "a/b\n"]
)
def test_what_is_no_repository_is_bound_to_nothing(operator: Tool, text: str) -> None:
    with pytest.raises(InvalidInput, match="owner/name"):
        operator("repository_bind", projectName="blog", repository=text)
