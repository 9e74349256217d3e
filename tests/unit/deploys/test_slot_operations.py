"""Declared releases, played against the real codeb command on a world of fakes. Spec section 10."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from pyinfra.api import StringCommand

from codeb.cli.host import session
from codeb.cli.host.main import main
from codeb.errors import ConfigError
from codeb.services.actor import Actor
from codeb.services.errors import Unhealthy
from deploys.operations import slot
from deploys.slots import Slots
from tests.doors import House
from tests.fakes.records import REGISTRY
from tests.unit.services.conftest import BLOG


@dataclass
class Host:
    """Where facts and commands are run, and what an operation told of itself."""

    house: House
    executed: list[str] = field(default_factory=list)
    noops: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    def get_fact(self, fact: type[slot.SlotStatus], **arguments: str) -> Slots:
        command = fact().command(**arguments)
        assert command.startswith("CODEB_SOURCE=pyinfra codeb status ")
        return fact().process(self._run(command.removesuffix(" 2>&1 || true")).output.splitlines())

    def noop(self, description: str) -> None:
        self.noops.append(description)

    def log(self, message: str, log_func: Any) -> None:
        self.logged.append(message)

    def execute(self, command: StringCommand) -> str:
        """What it printed where it failed, else nothing."""
        text = str(command)
        if not text.startswith("CODEB_SOURCE="):
            done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=False)
            return done.stderr if done.returncode else ""
        self.executed.append(text.removeprefix("CODEB_SOURCE=pyinfra codeb "))
        result = self._run(text)
        return result.stderr if result.exit_code else ""

    def _run(self, text: str) -> Any:
        source, command, *arguments = shlex.split(text)
        assert (source, command) == ("CODEB_SOURCE=pyinfra", "codeb")
        return CliRunner().invoke(main, arguments, env={"CODEB_SOURCE": "pyinfra"}, catch_exceptions=False)

    def apply(self, operation: Any, **arguments: Any) -> str:
        """Until a command fails; the sentence of that one, or nothing."""
        failures = (self.execute(command) for command in operation._inner(project="blog", **arguments))
        return next((failure for failure in failures if failure), "")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    house = House(tmp_path)
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))

    @contextmanager
    def opened() -> Iterator[tuple[Any, str]]:
        yield house.services, "kim"

    monkeypatch.setattr(session, "opened", opened)
    host = Host(house)
    monkeypatch.setattr(slot, "host", host)
    monkeypatch.setattr(slot, "state", SimpleNamespace(is_executing=True))
    return host


def deployment_of(host: Host, version: str) -> str:
    pair = host.house.world.slots.get(BLOG)
    return next(s.release.deployment_id for s in (pair.blue, pair.green) if s.release and s.release.version == version)


def arrange(host: Host, *steps: str) -> None:
    for step in steps:
        result = CliRunner().invoke(main, shlex.split(step), catch_exceptions=False)
        assert result.exit_code == 0, result.output
    host.executed.clear()


V1 = ("deploy blog -v v1", "promote blog")
V2 = ("deploy blog -v v2", "promote blog")
DEPLOY = "deploy blog --environment production --version {}"
PROMOTE = "promote blog --environment production --deployment {}"
ROLLBACK = "rollback blog --environment production --deployment {} --reason 'declared with pyinfra'"


@pytest.mark.parametrize(
    ("before", "operation", "version", "commands"),
    [
        pytest.param((), slot.deployed, "v1", [DEPLOY], id="nothing yet"),
        pytest.param(V1[:1], slot.deployed, "v1", [], id="a candidate is deployed"),
        pytest.param(V1[:1], slot.deployed, "v2", [DEPLOY], id="another candidate"),
        pytest.param(V1, slot.deployed, "v1", [], id="what serves is deployed"),
        pytest.param((*V1, *V2), slot.deployed, "v1", [], id="a grace slot is deployed"),
        pytest.param((), slot.active, "v1", [DEPLOY, PROMOTE], id="nothing serves yet"),
        pytest.param(V1[:1], slot.active, "v1", [PROMOTE], id="the candidate is promoted"),
        pytest.param(V1, slot.active, "v1", [], id="it serves already"),
        pytest.param((*V1, "deploy blog -v v2"), slot.active, "v1", [], id="it serves beside a candidate"),
        pytest.param(V1, slot.active, "v2", [DEPLOY, PROMOTE], id="another one serves"),
        pytest.param((*V1, "deploy blog -v v2"), slot.active, "v3", [DEPLOY, PROMOTE], id="over another candidate"),
        pytest.param((*V1, *V2), slot.active, "v1", [ROLLBACK], id="back to the grace slot"),
        pytest.param((*V1, *V2, "rollback blog"), slot.active, "v2", [PROMOTE], id="forward again"),
    ],
)
def test_what_is_run_for_what_is_there_and_a_second_run_does_nothing(
    host: Host, before: tuple[str, ...], operation: Any, version: str, commands: list[str]
) -> None:
    arrange(host, *before)
    assert host.apply(operation, version=version) == ""
    identity = deployment_of(host, version)
    assert host.executed == [command.format(version if command is DEPLOY else identity) for command in commands]
    host.executed.clear()
    assert host.apply(operation, version=version) == ""
    assert host.executed == []
    assert version in host.noops[-1]
    serves = host.house.world.slots.get(BLOG).active
    if operation is slot.active:
        assert serves is not None
        assert serves.release is not None
        assert serves.release.version == version


def test_an_image_is_named_by_its_tag_or_by_its_digest(host: Host) -> None:
    arrange(host, *V1)
    pair = host.house.world.slots.get(BLOG)
    assert pair.active is not None
    assert pair.active.release is not None
    for image in (f"{REGISTRY}/blog:v1", pair.active.release.digest):
        assert host.apply(slot.active, image=image) == ""
    assert host.executed == []
    assert host.apply(slot.deployed, image=f"{REGISTRY}/blog:v2", timeout=30) == ""
    assert host.executed == [f"deploy blog --environment production --image {REGISTRY}/blog:v2 --timeout 30"]


def test_another_environment_is_another_declaration(host: Host) -> None:
    arrange(host, *V1)
    assert host.apply(slot.deployed, version="v1", environment="staging") == ""
    assert host.executed == ["deploy blog --environment staging --version v1"]


def test_the_records_say_that_pyinfra_did_it(host: Host) -> None:
    host.apply(slot.active, version="v1")
    (deployment,) = host.house.world.history.deployments("blog", None, 5)
    assert (deployment.deployed_by, deployment.source) == ("kim", "pyinfra")


def test_an_unhealthy_image_fails_with_codebs_sentence_and_is_not_promoted(host: Host) -> None:
    arrange(host, *V1)
    host.house.world.runtime.fails = Unhealthy("blog-production-green", "it ended with exit code 1")
    assert "it ended with exit code 1" in host.apply(slot.active, version="v2")
    assert host.executed == [DEPLOY.format("v2")]
    serves = host.house.world.slots.get(BLOG).active
    assert serves is not None
    assert serves.release is not None
    assert serves.release.version == "v1"


def test_a_candidate_whose_container_is_gone_is_deployed_again(host: Host) -> None:
    arrange(host, "deploy blog -v v1")
    host.house.world.runtime.containers.clear()
    assert host.apply(slot.deployed, version="v1") == ""
    assert host.executed == [DEPLOY.format("v1")]


def test_another_deploy_in_between_is_not_promoted(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = host.execute

    def disturbed(command: StringCommand) -> str:
        failure = plain(command)
        if host.executed == [DEPLOY.format("v1")]:
            arrange(host, "deploy blog -v v9")
        return failure

    monkeypatch.setattr(host, "execute", disturbed)
    assert "another release came in between" in host.apply(slot.active, version="v1")
    assert host.house.world.slots.get(BLOG).active is None


def test_an_unknown_project_fails_with_the_sentence_of_codeb(host: Host) -> None:
    commands = list(slot.active._inner(project="bolg", version="v1"))
    assert [host.execute(each) for each in commands] == ["no project 'bolg'; workflow_init makes it\n"]


def test_a_dry_run_says_which_way_it_would_go(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    arrange(host, *V1, *V2)
    monkeypatch.setattr(slot, "state", SimpleNamespace(is_executing=False))
    next(iter(slot.active._inner(project="blog", version="v1")))
    next(iter(slot.active._inner(project="nope", version="v1")))
    assert host.logged[0].startswith("would run: codeb rollback blog --environment production --deployment dep_")
    assert host.logged[1].startswith("would fail: no project 'nope'")


def test_a_host_without_codeb_is_asked_again_when_the_run_comes_to_it() -> None:
    assert slot.SlotStatus().requires_command("blog", "production") == "codeb"
    assert slot.SlotStatus.default() == Slots()


@pytest.mark.parametrize("wrong", [{}, {"version": "latest"}, {"version": "v1", "image": "r/blog:v1"}])
def test_a_declaration_says_which_release_it_means(host: Host, wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        host.apply(slot.active, **wrong)
