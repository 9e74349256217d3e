"""``we`` as a process against ``codeb serve`` as a process, with a real engine, Caddy and database. Spec section 10."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.domain.access import Role
from tests.integration.mortal_server import AT_THE_ANSWER, Server
from tests.integration.platform import DOMAIN, Platform
from tests.integration.waiting import until
from tests.lab.paths import ROOT

pytestmark = pytest.mark.integration

SITE = f"blog.{DOMAIN}"


@dataclass
class Person:
    """A home with a login in it, and nothing in the environment."""

    home: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "codeb.cli.we", *arguments],
            env={"HOME": str(self.home), "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def we(self, *arguments: str, given: str = "", code: int = 0) -> tuple[str, str]:
        """What it says on stdout and on stderr."""
        process = self.begin(*arguments)
        told = process.communicate(given, timeout=120)
        assert process.returncode == code, told
        return told

    def answer(self, *arguments: str) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.we(*arguments, "--json")[0])
        return record


@pytest.fixture
def server(platform: Platform) -> Iterator[Server]:
    maker = KeyMaker(platform.caddy.directory / "registry", SystemClock())
    server = Server(platform, maker.create("team-a", Role.OWNER, name="test", by="me").text)
    server.start()
    try:
        server.tool("workflow_init")
        yield server
    finally:
        server.stop()


@pytest.fixture
def person(tmp_path: Path, server: Server) -> Iterator[Person]:
    person = Person(tmp_path)
    said, _ = person.we("login", "--url", f"http://{server.address}/api", given=f"{server.key}\n")
    assert "one of team team-a" in said
    try:
        yield person
    finally:
        for process in person.running:
            if process.poll() is None:
                process.kill()
            process.communicate()


def test_a_release_goes_forth_and_back_by_we_alone(person: Person, platform: Platform) -> None:
    follower = person.begin("logs", "blog", "-f")
    heard = Heard(follower)
    said, steps = person.we("deploy", "blog", "--image", platform.image("v1"))
    assert "is deployed in blue" in said
    assert [line.split()[0] for line in steps.splitlines()] == ["ok"] * 10
    assert "answers at" in person.we("promote", "blog", "--yes")[0]
    assert "is deployed in green" in person.we("deploy", "blog", "--image", platform.image("v2"))[0]
    assert platform.ask(SITE).body == "hello v1\n"
    person.we("promote", "blog", code=2)
    assert platform.ask(SITE).body == "hello v1\n", "nobody said yes"
    assert "stays warm for 48 h" in person.we("promote", "blog", "--yes")[0]
    assert platform.ask(SITE).body == "hello v2\n"
    shown = person.we("status", "blog")[0].splitlines()
    assert [line.split()[:3] for line in shown[2:4]] == [["blue", "grace", "v1"], ["*", "green", "active"]]
    assert "from blue" in person.we("rollback", "blog", "--yes", "--reason", "it is slow")[0]
    assert platform.ask(SITE).body == "hello v1\n"
    assert person.answer("status", "blog")["activeSlot"] == "blue"
    until(lambda: heard.has("hello v2 listens") and heard.has("deploy health check: success"), "lines arrive", 30)
    follower.send_signal(signal.SIGINT)
    assert follower.wait(30) == 130
    assert "hello v1 listens" in person.we("logs", "blog", "-n", "5")[0]


def test_a_release_that_does_not_start_says_why_and_changes_nothing(person: Person, platform: Platform) -> None:
    said, steps = person.we("deploy", "blog", "--image", platform.image("crash"), code=1)
    assert said == ""
    assert "!! health check" in steps
    assert "no database at db.internal" in steps
    assert person.answer("status", "blog")["slots"]["blue"]["status"] == "empty"


def test_an_answer_that_is_lost_is_found_and_the_deploy_is_not_sent_again(
    person: Person, platform: Platform, server: Server
) -> None:
    """The API dies when all is done and nobody was told; it comes back, and tells what became of it."""
    server._arm(AT_THE_ANSWER)
    process = person.begin("deploy", "blog", "--image", platform.image("v1"), "--json")
    assert server.process is not None
    assert server.process.wait(60) == -signal.SIGKILL
    server.start()
    told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    record = json.loads(told[0])
    assert (record["slot"], record["status"]) == ("blue", "success")
    made = server.tool("deployment_list")["deployments"]
    assert [each["id"] for each in made] == [record["deploymentId"]]


class Heard:
    """What a process has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: list[str] = []
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def has(self, words: str) -> bool:
        return any(words in line for line in self._lines)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._lines.append(line)
