"""Hosts and containers as network namespaces of this machine, without an engine: who reaches whom, really."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_LISTEN = """
import selectors, socket, sys
wanted = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    wanted.register(socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True), 1)
print("listening", flush=True)
while True:
    for key, _ in wanted.select():
        key.fileobj.accept()[0].close()
"""
_KNOCK = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def opens(target):
    try:
        socket.create_connection(target, timeout=1).close()
    except OSError:
        return False
    return True
targets = [(address, int(port)) for address, port in json.load(sys.stdin)]
with ThreadPoolExecutor(len(targets)) as pool:
    print(json.dumps([target for target, found in zip(targets, pool.map(opens, targets)) if found]))
"""

Target = tuple[str, int]


@dataclass
class Namespaces:
    """``prefix`` tells them from everybody else's."""

    prefix: str
    listeners: list[subprocess.Popen[str]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        _run("ip", "netns", "add", self.prefix + name)
        self.made.append(name)
        # An address counts at once, also the link-local one that a bridge gives itself.
        self.run(
            name, "sh", "-c", "for each in all default; do echo 0 > /proc/sys/net/ipv6/conf/$each/accept_dad; done"
        )
        self.ip(name, "link set lo up")

    def run(self, name: str, *command: str, stdin: str = "") -> str:
        return _run("ip", "netns", "exec", self.prefix + name, *command, stdin=stdin)

    def ip(self, name: str, *words: str) -> None:
        for each in words:
            self.run(name, "ip", *each.split())

    def cable(self, left: Target | tuple[str, str], right: tuple[str, str]) -> None:
        """A link between two namespaces, each named with its interface."""
        (one, first), (other, second) = left, right
        self.ip(one, f"link add {first} type veth peer name {second} netns {self.prefix}{other}")
        self.ip(one, f"link set {first} up")
        self.ip(other, f"link set {second} up")

    def listen(self, name: str, ports: Iterable[int]) -> None:
        command = ["ip", "netns", "exec", self.prefix + name, sys.executable, "-c", _LISTEN, *map(str, ports)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.listeners.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"

    def opened(self, name: str, targets: Sequence[Target]) -> set[Target]:
        """Those of the targets that answer to ``name``. All are tried at once: a drop is only known by waiting."""
        found = json.loads(self.run(name, sys.executable, "-c", _KNOCK, stdin=json.dumps(targets)))
        return {(address, port) for address, port in found}

    def nft(self, name: str, text: str) -> None:
        self.run(name, program(), "-f", "-", stdin=text)

    def listed(self, name: str) -> str:
        return self.run(name, program(), "list", "ruleset")

    def remove(self) -> None:
        for process in self.listeners:
            process.kill()
            process.communicate()
        for name in self.made:
            _run("ip", "netns", "del", self.prefix + name)


def program() -> str:
    found = shutil.which("nft") or shutil.which("nft", path="/usr/sbin:/sbin")
    assert found, "nft is missing on this machine: install the package nftables"
    return found


def _run(*command: str, stdin: str = "") -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
