"""``GET /api/registry/token``: docker's way in. Security 1."""

from typing import Any
from unittest.mock import ANY

import pytest
from starlette.testclient import TestClient

from codeb.services.actor import Actor
from tests.doors import House
from tests.fakes.registry import opened

SERVICE = "registry.test:5000"
PATH = "/api/registry/token"


def ask(client: TestClient, key: str, *scopes: str, **more: str) -> Any:
    return client.get(PATH, params={"service": SERVICE, "scope": list(scopes), **more}, auth=("anybody", key))


def access(answer: Any) -> list[dict[str, Any]]:
    _, claims = opened(answer.json()["token"])
    found: list[dict[str, Any]] = claims["access"]
    return found


def test_a_member_gets_a_token_to_push_with(house: House, client: TestClient) -> None:
    answer = ask(client, house.key("member"), "repository:blog:pull,push", account="anybody")
    assert answer.status_code == 200, answer.text
    record = answer.json()
    assert record["token"] == record["access_token"]
    assert record == {"token": ANY, "access_token": ANY, "expires_in": 300, "issued_at": ANY}
    assert record["issued_at"].endswith("Z")
    assert access(answer) == [{"type": "repository", "name": "blog", "actions": ["pull", "push"]}]


@pytest.mark.parametrize("path", [PATH, "/registry/token"])
def test_a_login_asks_for_nothing_and_gets_a_token_for_nothing(house: House, client: TestClient, path: str) -> None:
    answer = client.get(path, params={"service": SERVICE, "offline_token": "true"}, auth=("x", house.key("viewer")))
    assert answer.status_code == 200
    assert access(answer) == []


def test_another_teams_repository_is_left_out(house: House, client: TestClient) -> None:
    house.world.init_project("shop", Actor("key_0", "api", "team-b"))
    answer = ask(client, house.key(), "repository:blog:pull,push", "repository:shop:pull")
    assert access(answer) == [{"type": "repository", "name": "blog", "actions": ["pull", "push"]}]


@pytest.mark.parametrize("name", ["my_blog", "blog/blog"])
def test_a_name_that_only_folds_to_a_projects_is_not_its_repository(
    house: House, client: TestClient, name: str
) -> None:
    house.world.init_project("my-blog", Actor("key_0", "api", "team-a"))
    assert access(ask(client, house.key(), f"repository:{name}:push")) == []


@pytest.mark.parametrize("password", ["", "codeb_team-a_owner_guess", "nonsense", "kürbis"])
def test_a_bad_key_is_refused_in_words_that_docker_shows(house: House, client: TestClient, password: str) -> None:
    house.key()
    answer = client.get(PATH, params={"service": SERVICE}, auth=("anybody", password))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    record = answer.json()
    assert record["errors"][0]["code"] == "UNAUTHORIZED"
    assert "API key as the password" in record["errors"][0]["message"] == record["details"]
    assert (record["success"], record["code"]) == (False, "unauthenticated")
    assert "guess" not in answer.text


@pytest.mark.parametrize("header", ["Basic !!!", "Basic", "Bearer abc", "Basic bm9jb2xvbg=="])
def test_an_authorization_that_cannot_be_read_is_a_bad_key(client: TestClient, header: str) -> None:
    assert client.get(PATH, headers={"Authorization": header}).status_code == 401


def test_who_says_nothing_is_asked_for_a_login(client: TestClient) -> None:
    assert client.get(PATH).status_code == 401


def test_a_password_counts_where_both_are_given(house: House, client: TestClient) -> None:
    answer = client.get(PATH, auth=("x", "codeb_team-a_owner_guess"), headers={"X-API-Key": house.key()})
    assert answer.status_code == 401


def test_who_guesses_is_locked_out_and_a_registered_key_is_not(house: House, client: TestClient) -> None:
    key = house.key()
    answers = [ask(client, f"codeb_team-a_owner_guess{number}") for number in range(101)]
    assert [answers[-2].status_code, answers[-1].status_code] == [401, 429]
    assert answers[-1].headers["Retry-After"]
    assert answers[-1].json()["errors"][0]["code"] == "TOOMANYREQUESTS"
    assert ask(client, key).status_code == 200


def test_a_key_spends_its_requests_here_too(house: House, client: TestClient) -> None:
    key = house.key(rateLimit={"requests": 1, "window": 60})
    answer = ask(client, key)
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (200, "0")
    assert ask(client, key).status_code == 429


def test_a_token_for_another_service_is_refused(house: House, client: TestClient) -> None:
    answer = client.get(PATH, params={"service": "evil.test"}, auth=("x", house.key()))
    assert (answer.status_code, answer.json()["field"]) == (400, "service")


def test_it_stands_in_the_audit_once_and_without_a_secret(house: House, client: TestClient) -> None:
    key = house.key("member")
    answer = client.get(
        PATH,
        params={"service": SERVICE, "scope": ["repository:blog:pull,push"], "account": key},
        auth=(key, key),
    )
    (row,) = house.trail.entries
    assert (row.tool, row.project, row.team_id, row.success) == ("registry_token", "blog", "team-a", True)
    assert row.result == {"granted": ["repository:blog:pull,push"]}
    assert key not in repr(row)
    assert answer.json()["token"] not in repr(row)


def test_a_refusal_of_a_known_key_stands_there_too(house: House, client: TestClient) -> None:
    client.get(PATH, params={"service": "evil.test"}, auth=("x", house.key()))
    assert [(row.success, row.code) for row in house.trail.entries] == [(False, "invalid_input")]


def test_without_a_key_to_sign_with_it_says_what_is_missing(house: House, client: TestClient) -> None:
    tokens = house.services.registry_tokens
    assert tokens is not None
    tokens.key_file.unlink()
    answer = ask(client, house.key(), "repository:blog:pull")
    assert answer.status_code == 503
    assert "token-key.pem" in answer.json()["errors"][0]["message"]
