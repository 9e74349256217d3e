"""A deploy from afar: its steps as they happen, and an answer that gets lost. Design section 8."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codeb.client import CallFailed, Client, Event, Unreachable
from codeb.services.actor import Actor
from codeb.services.errors import Unhealthy
from tests.doors import House
from tests.served import served
from tests.unit.client.scripted import CUT, Heard, Said, Scripted, scripted

KEY = "codeb_team-a_member_secret"
GIVEN = {"projectName": "blog", "version": "v1"}
STEPS = [
    *("verify_project", "get_slot_status", "select_slot", "record_deployment", "pull_image"),
    *("cleanup_container", "sync_env", "start_container", "health_check", "update_registry"),
]


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))
    return house


def ended(heard: list[Event]) -> list[str]:
    steps = [each.data["step"] for each in heard]
    return [each["name"] for each in steps if each["status"] != "running"]


def test_every_step_is_told_while_the_call_goes_on(house: House) -> None:
    heard: list[Event] = []
    with served(house) as url:
        record = Client(url, house.key()).deploy(GIVEN, on_event=heard.append)
    assert (record["slot"], record["changed"]) == ("blue", True)
    assert ended(heard) == [each["name"] for each in record["steps"]] == STEPS


def test_a_key_that_may_not_follow_deploys_all_the_same(house: House) -> None:
    heard: list[Event] = []
    with served(house) as url:
        key = house.key("member", scopes=["deploy.create"])
        record = Client(url, key).deploy(GIVEN, on_event=heard.append)
    assert record["changed"]
    assert ended(heard) == STEPS, "from the answer"
    assert not [each for each in heard if each.id]


def test_a_deploy_that_fails_says_why_and_tells_the_step(house: House) -> None:
    heard: list[Event] = []
    house.world.runtime.fails = Unhealthy("blog-production-blue", "it ended", exit_code=1, logs="no such table")
    with served(house) as url, pytest.raises(CallFailed) as caught:
        Client(url, house.key()).deploy(GIVEN, on_event=heard.append)
    assert (caught.value.code, caught.value.answer["logs"]) == ("unhealthy", "no such table")
    assert heard[-1].data["step"]["status"] == "failed"
    assert ended(heard) == [each["name"] for each in caught.value.answer["steps"]]


def test_what_a_listener_raises_ends_the_wait_and_not_the_deploy(house: House) -> None:
    def impatient(event: Event) -> None:
        raise KeyboardInterrupt

    with served(house) as url:
        client = Client(url, house.key())
        with pytest.raises(KeyboardInterrupt):
            client.deploy(GIVEN, on_event=impatient)
        done = threading.Event()
        for _ in range(200):
            if client.call("slot_status", {"projectName": "blog"})["slots"]["blue"]["status"] == "deployed":
                break
            done.wait(0.02)
        else:
            pytest.fail("the deploy did not go on")


class Lossy(Scripted):
    """The API whose answer to a deploy gets lost; ``then`` are its lists of deployments, one after the other."""

    then: list[list[dict[str, Any]] | None]

    def answer(self, heard: Heard) -> Said:
        said = super().answer(heard)
        if not heard.body:
            return said
        if heard.body["tool"] == "deploy":
            return CUT
        listed = self.then.pop(0) if len(self.then) > 1 else self.then[0]
        return CUT if listed is None else Said({"success": True, "deployments": listed})


def deployment(identity: str, status: str = "success", **facts: Any) -> dict[str, Any]:
    named = {"id": identity, "projectName": "blog", "environment": "production", "slot": "blue", "image": "r/blog:v1"}
    return {**named, "version": "v1", "status": status, "error": None, "steps": [], **facts}


OLD = deployment("dep_old")


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def lossy(slept: list[float]) -> Iterator[tuple[Client, list[list[dict[str, Any]] | None], Lossy]]:
    losing = Lossy([Said()])
    losing.then = [[OLD]]
    with scripted(plot=losing):
        yield Client(losing.url, KEY, sleep=slept.append), losing.then, losing


def test_a_lost_answer_is_looked_up_until_the_deployment_has_ended(lossy: Any, slept: list[float]) -> None:
    client, then, plot = lossy
    then += [[OLD], [deployment("dep_new", "running"), OLD], [deployment("dep_new"), OLD]]
    record = client.deploy(GIVEN)
    assert (record["deploymentId"], record["changed"], record["slot"]) == ("dep_new", True, "blue")
    assert len(plot.calls("deploy")) == 1
    assert slept.count(2.0) >= 2


def test_the_api_may_be_away_for_a_while_meanwhile(lossy: Any) -> None:
    client, then, _ = lossy
    then += [*[None] * 30, [deployment("dep_new"), OLD]]
    assert client.deploy(GIVEN)["deploymentId"] == "dep_new"


def test_an_api_that_does_not_come_back_is_given_up(lossy: Any, slept: list[float]) -> None:
    client, then, _ = lossy
    then += [None]
    with pytest.raises(Unreachable) as caught:
        client.deploy(GIVEN)
    assert caught.value.sent
    assert 100 < sum(slept) < 600


def test_a_lost_failure_is_a_failure(lossy: Any) -> None:
    client, then, _ = lossy
    then += [[deployment("dep_new", "failed", error="it did not become healthy"), OLD]]
    with pytest.raises(CallFailed, match="did not become healthy") as caught:
        client.deploy(GIVEN)
    assert (caught.value.code, caught.value.answer["deploymentId"]) == ("deploy_failed", "dep_new")


@pytest.mark.parametrize("other", [[OLD], [deployment("dep_other", version="v9"), OLD]])
def test_somebody_elses_deployment_is_not_taken_for_ours(lossy: Any, other: list[dict[str, Any]]) -> None:
    client, then, plot = lossy
    then += [other]
    with pytest.raises(Unreachable) as caught:
        client.deploy(GIVEN)
    assert caught.value.sent
    assert len(plot.calls("deploy")) == 1


def test_an_image_is_told_by_its_reference(lossy: Any) -> None:
    client, then, _ = lossy
    then += [[deployment("dep_new", version="v9", image="r/blog@sha256:1"), deployment("dep_mine"), OLD]]
    record = client.deploy({"projectName": "blog", "image": "r/blog:v1"})
    assert record["deploymentId"] == "dep_mine"
