"""What hosts are asked before their own settings are touched: the questions run on this machine."""

import subprocess

from deploys.operations.interfaces import DefaultInterfaces
from deploys.operations.kernel import KernelState


def answer(command: str) -> list[str]:
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=30, check=True
    ).stdout.splitlines()


def test_a_machine_says_how_much_memory_it_has() -> None:
    fact = KernelState()
    state = fact.process(answer(fact.command()))
    assert state.memory > 0
    assert state.file_system


def test_the_ways_out_are_those_of_default_routes() -> None:
    lines = [
        "4 Iface Destination Gateway",
        "4 eth0 00000000 010200C0",
        "4 docker0 000011AC 00000000",
        "6 fd000000000000000000000000000000 40 00 eth1",
        "6 00000000000000000000000000000000 00 00 br-lan",
        "6 00000000000000000000000000000000 00 00 lo",
    ]
    assert DefaultInterfaces().process(lines) == ["br-lan", "eth0"]
