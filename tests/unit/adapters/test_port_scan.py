"""The scripts that try ports, and what their answers mean; the knocking is real, on loopback."""

import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from codeb.adapters import host_script, ssh
from codeb.adapters.port_scan import SshPortLook, knocks, opened
from codeb.domain.host_facts import Trouble, Unreached
from codeb.domain.infra import Host, Role, Ssh
from codeb.services.protocols.port_look import Listening

HOST = Host(address="203.0.113.1", roles=(Role.APP,))


@dataclass
class Answers:
    answer: str | Unreached
    script: str = ""

    def ask(self, host: Host, ssh: Ssh, script: str) -> str | Unreached:
        self.script = script
        return self.answer


def look(answer: str | Unreached) -> SshPortLook:
    return SshPortLook(Answers(answer))  # type: ignore[arg-type]


@pytest.fixture
def door() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_script_finds_what_answers_and_nothing_else(door: int) -> None:
    with socket.socket() as bound:  # taken, and nobody listens
        bound.bind(("127.0.0.1", 0))
        shut = bound.getsockname()[1]
        script = knocks({("127.0.0.1", door), ("127.0.0.1", shut)})
        done = subprocess.run(["sh", "-s"], input=script, capture_output=True, text=True, timeout=30, check=True)
    assert opened(done.stdout) == {("127.0.0.1", door)}


def test_from_here_the_same(door: int) -> None:
    assert look("").from_here([("127.0.0.1", door), ("127.0.0.1", 1)]) == {("127.0.0.1", door)}


def test_what_listens_comes_with_its_program_and_with_our_own_address() -> None:
    answer = (
        "client=198.51.100.5\n"
        'listener=LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n'
        "listener=LISTEN 0 511 [::]:443 [::]:*\nscan=done\n"
    )
    assert look(answer).listening(HOST, Ssh()) == Listening({22: "sshd", 443: ""}, "198.51.100.5")


def test_of_many_slots_on_loopback_some_are_tried_and_any_that_listens_elsewhere() -> None:
    slots = "".join(f"listener=LISTEN 0 4096 127.0.0.1:{port} 0.0.0.0:*\n" for port in range(4100, 4200))
    wide = "listener=LISTEN 0 4096 0.0.0.0:4499 0.0.0.0:*\nlistener=LISTEN 0 4096 127.0.0.1:9100 0.0.0.0:*\n"
    found = look(f"client=198.51.100.5\n{slots}{wide}scan=done\n").listening(HOST, Ssh())
    assert isinstance(found, Listening)
    assert found.ports.keys() == {*range(4100, 4108), 4499, 9100}


def test_a_host_that_cannot_tell_our_address_takes_us_for_a_stranger() -> None:
    found = look("client=UNKNOWN\nscan=done\n").listening(HOST, Ssh())
    assert isinstance(found, Listening)
    assert found.client == ""


def test_our_address_is_asked_before_a_shell_reads_the_script() -> None:
    environment = {**os.environ, "SSH_CONNECTION": "198.51.100.5 50000 203.0.113.1 22"}
    command = ["sh", "-c", ssh._FROM + host_script.SHELL]
    done = subprocess.run(command, input="echo said\n", env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["client=198.51.100.5", "said"]


def test_an_answer_that_is_cut_short_is_no_answer() -> None:
    found = look("open=10.0.0.3 5432\nsh: 3: docker: not found\n").from_container(HOST, Ssh(), {("10.0.0.3", 5432)})
    assert isinstance(found, Unreached)
    assert "docker: not found" in found.detail


def test_a_host_that_is_away_stays_away() -> None:
    away = Unreached(Trouble.NO_ANSWER)
    assert look(away).from_host(HOST, Ssh(), {("10.0.0.3", 22)}) is away
    assert look(away).listening(HOST, Ssh()) is away


def test_the_look_from_a_container_is_one_script_that_a_shell_accepts_and_that_tidies_up() -> None:
    asked = Answers("open=10.0.0.3 5432\nscan=done\n")
    found = SshPortLook(asked).from_container(HOST, Ssh(), {("10.0.0.3", 5432)})  # type: ignore[arg-type]
    assert found == {("10.0.0.3", 5432)}
    assert "trap tidy EXIT" in asked.script
    assert subprocess.run(["sh", "-n"], input=asked.script, text=True, timeout=10, check=False).returncode == 0
