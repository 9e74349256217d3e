"""Connections tried from this machine, and over SSH from hosts and from a network like that of a project."""

import contextlib
import ipaddress
import re
import socket
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor

from codeb.adapters import host_script
from codeb.adapters.ssh import SshLook
from codeb.domain.host_facts import Trouble, Unreached
from codeb.domain.infra import Host, Ssh
from codeb.domain.ports import RANGES
from codeb.services.protocols.port_look import Listening, Target

_SECONDS = 2
_AT_ONCE = 96
_SAMPLE = 8
"""Of the ports of slots so many are tried: there may be hundreds, and one rule holds for all."""
_DONE = "scan=done"
_LOCAL = re.compile(r"listener=\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s")
_LISTENING = "export LC_ALL=C PATH=\"$PATH:/usr/sbin:/sbin\"; ss -Hltnp | sed 's/^/listener=/'\necho {done}\n"
_KNOCK = f'knock() {{ timeout {_SECONDS} bash -c ": </dev/tcp/$1/$2" 2>/dev/null && echo "open=$1 $2"; }}\n'
_CONTAINER = """\
exec 2>&1
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
network=codeb-ports-$$ link=cbp$$ pid=
tidy() {
  if [ -n "$pid" ]; then kill "$pid" || true; fi
  ip link del "$link" 2>/dev/null || true
  docker network rm "$network" >/dev/null || true
}
trap tidy EXIT
trap 'exit 1' HUP INT PIPE TERM
docker network create --label codeb.ports=scan "$network" >/dev/null
set -- $(docker network inspect --format '{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}} {{.Id}}' "$network")
subnet=$1 gateway=$2 bridge=br-$(printf %.12s "$3")
unshare --net sleep 120 </dev/null >/dev/null 2>&1 &
pid=$!
until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link add "$link" type veth peer name eth0 netns "$pid"
ip link set "$link" master "$bridge" up
inside() { nsenter --target "$pid" --net "$@"; }
inside ip link set lo up
inside ip addr add "${gateway%.*}.$((${gateway##*.} + 1))/${subnet#*/}" dev eth0
inside ip link set eth0 up
inside ip route add default via "$gateway"
inside sh -s <<'KNOCK'
"""
"""No image is needed: a network of the engine's, and a namespace that hangs on it like a container."""


class SshPortLook:
    """One connection a question; safe to use from several threads."""

    def __init__(self, ssh: SshLook) -> None:
        self._ssh = ssh

    def listening(self, host: Host, ssh: Ssh) -> Listening | Unreached:
        answer = self._asked(host, ssh, _LISTENING.format(done=_DONE))
        if isinstance(answer, Unreached):
            return answer
        facts = host_script.parse("ss=yes\n" + answer, fingerprint="", host_key_known=True, clock_ahead=0)
        programs = {each.port: each.program for each in facts.listeners or ()}
        hidden = set(sorted(_slots(answer))[_SAMPLE:])
        return Listening({port: program for port, program in programs.items() if port not in hidden}, _client(answer))

    def from_here(self, targets: Collection[Target]) -> set[Target]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return {target for target, opened in zip(targets, pool.map(_opens, targets), strict=True) if opened}

    def from_host(self, host: Host, ssh: Ssh, targets: Collection[Target]) -> set[Target] | Unreached:
        return self._open(host, ssh, f"{knocks(targets)}echo {_DONE}\n")

    def from_container(self, host: Host, ssh: Ssh, targets: Collection[Target]) -> set[Target] | Unreached:
        return self._open(host, ssh, f"{_CONTAINER}{knocks(targets)}KNOCK\necho {_DONE}\n")

    def _open(self, host: Host, ssh: Ssh, script: str) -> set[Target] | Unreached:
        answer = self._asked(host, ssh, script)
        return answer if isinstance(answer, Unreached) else opened(answer)

    def _asked(self, host: Host, ssh: Ssh, script: str) -> str | Unreached:
        answer = self._ssh.ask(host, ssh, script)
        if isinstance(answer, str) and _DONE not in answer.splitlines():
            last = next(reversed(answer.strip().splitlines()), "nothing was said")
            return Unreached(Trouble.OTHER, f"the look there was cut short: {last[:200]}")
        return answer


def knocks(targets: Collection[Target]) -> str:
    """A shell script that prints a line for each target that answers."""
    return _KNOCK + "".join(_lines(targets)) + "wait\n"


def _lines(targets: Collection[Target]) -> Iterator[str]:
    for number, (address, port) in enumerate(sorted(targets), 1):
        yield f"knock {address} {port} &\n"
        if number % _AT_ONCE == 0:
            yield "wait\n"


def opened(answer: str) -> set[Target]:
    """The targets of the lines that :func:`knocks` prints."""
    words = (line.removeprefix("open=").split() for line in answer.splitlines() if line.startswith("open="))
    return {(address, int(port)) for address, port in words}


def _slots(answer: str) -> set[int]:
    """Ports of projects that listen on loopback alone, as they should."""
    found = [(match[1], int(match[2])) for match in map(_LOCAL.match, answer.splitlines()) if match]
    wide = {port for address, port in found if not address.startswith(("127.", "[::1]"))}
    return {port for _, port in found if any(port in ports for ports in RANGES.values())} - wide


def _client(answer: str) -> str:
    """Behind a proxy command sshd may know no address of ours."""
    for line in answer.splitlines():
        with contextlib.suppress(ValueError):
            return str(ipaddress.ip_address(line.removeprefix("client=")))
    return ""


def _opens(target: Target) -> bool:
    try:
        socket.create_connection(target, timeout=_SECONDS).close()
    except OSError:
        return False
    return True
