"""What a host is asked: one script that changes nothing, and what its answer means."""

import contextlib
import re
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence

from codeb.domain.host_facts import HostFacts, Listener

SHELL = (
    'sh -c \'if [ "$(id -u)" = 0 ]; then exec sh -s; fi;'
    " if sudo -n true 2>/dev/null; then exec sudo -n sh -s; fi; exec sh -s'"
)
"""Reads the script from standard input, as root where that is possible."""

_SCRIPT = """\
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
echo "root=$([ "$(id -u)" = 0 ] && echo yes)"
(. /etc/os-release 2>/dev/null && echo "system=$ID" && echo "version=$VERSION_ID")
echo "architecture=$(uname -m)"
df -Pk / /var | awk 'NR > 1 { print "free=" $4 " " $6 }'
awk '$1 == "MemTotal:" { print "memory=" $2 }' /proc/meminfo
if command -v ip >/dev/null; then
  ip -o addr show | awk '{ sub("/.*", "", $4); print "address=" $4 }'
else
  for address in $(hostname -I 2>/dev/null); do echo "address=$address"; done
fi
if command -v ss >/dev/null; then echo "ss=yes"; ss -Hltnp | sed 's/^/listener=/'; fi
if [ -d /run/systemd/system ]; then
  echo "systemd=$(timeout 5 systemctl is-system-running 2>/dev/null)"
  timeout 5 systemctl --failed --no-legend --plain 2>/dev/null | awk '{ print "failed=" $1 }'
fi
echo "python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)"
echo "available=$(apt-cache policy python3 2>/dev/null | awk '$1 == "Candidate:" { print $2 }')"
"""
_LISTENER = re.compile(r":(?P<port>\d+)\s+\S+:\S+(?:\s+users:\(\(\"(?P<program>[^\"]*)\",pid=(?P<pid>\d+))?")


def script(names: Sequence[str]) -> str:
    """The whole script; ``names`` are looked up as the host's own programs would, at most five seconds each."""
    lookup = '(timeout 5 getent ahosts {0} | awk -v name={0} \'{{ print "name=" name " " $1 }}\' | sort -u) &\n'
    return _SCRIPT + "".join(lookup.format(shlex.quote(name)) for name in names) + "wait\n"


def parse(answer: str, *, fingerprint: str, host_key_known: bool, clock_ahead: float) -> HostFacts:
    """What the script said, with what the connection itself showed."""
    said = _lines(answer)
    return HostFacts(
        fingerprint=fingerprint,
        host_key_known=host_key_known,
        root=_one(said, "root") == "yes",
        system=_one(said, "system"),
        system_version=_one(said, "version"),
        architecture=_one(said, "architecture"),
        free={path: size * 1024 for path, size in _free(said).items()},
        memory=_number(_one(said, "memory")) * 1024,
        clock_ahead=clock_ahead,
        addresses=tuple(dict.fromkeys(said["address"])),
        listeners=_listeners(said["listener"]) if said["ss"] else None,
        names=_names(said["name"]),
        systemd=_one(said, "systemd"),
        failed_units=tuple(said["failed"]),
        python=_version(_one(said, "python")),
        python_available=_version(_one(said, "available")),
    )


def _lines(answer: str) -> defaultdict[str, list[str]]:
    said: defaultdict[str, list[str]] = defaultdict(list)
    for line in answer.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            said[key].append(value.strip())
    return said


def _one(said: Mapping[str, list[str]], key: str) -> str:
    return next(iter(said.get(key, ())), "")


def _number(text: str) -> int:
    with contextlib.suppress(ValueError):
        return int(text)
    return 0


def _free(said: Mapping[str, list[str]]) -> dict[str, int]:
    """Kilobytes by mount point; / and /var are one where they are one file system."""
    pairs = (line.partition(" ") for line in said.get("free", ()))
    return {path: int(size) for size, _, path in pairs if path and size.isdigit()}


def _listeners(lines: Sequence[str]) -> tuple[Listener, ...]:
    found = (_LISTENER.search(line) for line in lines)
    return tuple(Listener(int(each["port"]), each["program"] or "", each["pid"] or "") for each in found if each)


def _names(lines: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        name, _, address = line.partition(" ")
        if name and address:
            found[name].append(address)
    return {name: tuple(addresses) for name, addresses in found.items()}


def _version(text: str) -> tuple[int, int] | None:
    match = re.match(r"(?:\d+:)?(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None
