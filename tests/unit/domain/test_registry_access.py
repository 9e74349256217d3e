"""What a key may do in the registry. Security 1."""

from datetime import UTC, datetime

import pytest

from codeb.domain.access import AuthContext, Role
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.registry_access import Access, granted, wanted

TEAMS = {"blog": "team-a", "wiki": "team-a", "shop": "team-b"}


def project(name: str) -> Project | None:
    if name not in TEAMS:
        return None
    return Project(name, TEAMS[name], "go", ProjectSettings(), {}, {}, datetime(2026, 1, 1, tzinfo=UTC))


def key(role: Role = Role.MEMBER, **rest: object) -> AuthContext:
    return AuthContext("key_1", "team-a", role, **rest)  # type: ignore[arg-type]


PLATFORM = AuthContext("key_2", "ops", Role.OWNER, platform=True)


def given(auth: AuthContext, *scopes: str) -> list[str]:
    return [str(each) for each in granted(auth, wanted(scopes), project)]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.ADMIN, Role.OWNER])
def test_a_key_pushes_to_its_own_teams_repositories(role: Role) -> None:
    assert given(key(role), "repository:blog:pull,push") == ["repository:blog:pull,push"]


@pytest.mark.parametrize(
    "name", ["shop", "blog-two", "blog/evil", "library/blog", "docker-cache/shop", "_catalog", "nothing"]
)
def test_it_gets_nothing_of_any_other(name: str) -> None:
    assert given(key(Role.OWNER), f"repository:{name}:pull,push,delete") == []


def test_a_mount_gets_its_own_half_only() -> None:
    assert given(key(), "repository:blog:pull,push", "repository:shop:pull") == ["repository:blog:pull,push"]


def test_several_scopes_may_come_in_one() -> None:
    found = given(key(), "repository:blog:pull,push repository:wiki:pull")
    assert found == ["repository:blog:pull,push", "repository:wiki:pull"]


def test_a_viewer_pulls_only() -> None:
    assert given(key(Role.VIEWER), "repository:blog:pull,push") == ["repository:blog:pull"]


def test_a_key_for_one_project_reaches_that_one() -> None:
    narrow = key(projects=frozenset({"wiki"}))
    assert given(narrow, "repository:blog:pull", "repository:wiki:push") == ["repository:wiki:push"]


@pytest.mark.parametrize(
    ("scopes", "found"),
    [
        ({"deploy.create"}, ["repository:blog:pull,push"]),
        ({"project.view"}, ["repository:blog:pull"]),
        ({"env.view"}, []),
    ],
)
def test_a_key_for_some_scopes_does_what_they_are_for(scopes: set[str], found: list[str]) -> None:
    assert given(key(scopes=frozenset(scopes)), "repository:blog:pull,push") == found


@pytest.mark.parametrize("scope", ["repository:blog:delete", "repository:blog:*", "registry:catalog:*"])
def test_no_team_deletes_or_lists(scope: str) -> None:
    assert given(key(Role.OWNER), scope) == []


def test_the_platform_does() -> None:
    asked = ["repository:shop:pull,push,delete", "repository:left-over:delete", "registry:catalog:*"]
    assert given(PLATFORM, *asked) == asked


def test_a_platform_key_for_one_project_manages_nothing() -> None:
    narrow = AuthContext("key_2", "ops", Role.OWNER, projects=frozenset({"blog"}), platform=True)
    assert given(narrow, "repository:blog:push,delete", "registry:catalog:*", "repository:shop:pull") == [
        "repository:blog:push"
    ]


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "blog",
        "repository:blog",
        "repository(plugin):blog:pull",
        "repository:Blog:pull",
        "repository:../blog:pull",
        "repository:blog:",
        "repository:blog:pull,",
        "repository:registry.test:5000/blog:pull",
        "repository:blog%2f:pull",
        f"repository:{'a' * 400}:pull",
    ],
)
def test_what_is_no_scope_of_ours_grants_nothing(scope: str) -> None:
    assert wanted([scope]) == []


def test_an_access_is_written_as_the_registry_reads_it() -> None:
    record = Access.repository("blog", "pull", "push").record()
    assert record == {"type": "repository", "name": "blog", "actions": ["pull", "push"]}
