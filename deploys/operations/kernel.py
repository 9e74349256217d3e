"""What a host's kernel is asked, and swap on one whose memory is small."""

import shlex
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from deploys.operations import survey
from deploys.operations.survey import Question

_SMALL = 4 << 20
_MEGABYTES = 1024
_FREE = 8 << 20
"""Kilobytes: memory below which swap is wanted, and disk that has to be free for it."""
_CLOCKS = "chrony chronyd ntp ntpd ntpsec openntpd systemd-timesyncd"


@dataclass(frozen=True, slots=True)
class State:
    """``keeps_time``: some service keeps the clock. Sizes are in kilobytes; ``file_system`` is that of /var."""

    container: bool = False
    keeps_time: bool = False
    swap: int = 0
    memory: int = 0
    free: int = 0
    file_system: str = ""

    @property
    def wants_swap(self) -> bool:
        """Little memory, none to fall back on, room for it, and a file system where a file can be swap."""
        small = 0 < self.memory < _SMALL and self.swap == 0
        return not self.container and small and self.free > _FREE and self.file_system in ("ext2/ext3", "xfs")


class KernelState(FactBase[State]):
    """Asked in one command."""

    default = State

    def command(self) -> str:
        return (
            "systemd-detect-virt --container --quiet && echo container=yes;"
            f" for u in {_CLOCKS}; do systemctl is-active --quiet $u 2>/dev/null && echo keeps_time=yes; done;"
            ' awk \'$1 == "MemTotal:" { print "memory=" $2 } $1 == "SwapTotal:" { print "swap=" $2 }\''
            " /proc/meminfo; df -Pk /var | awk 'NR == 2 { print \"free=\" $4 }'; echo file_system=$(stat -f -c %T /var)"
        )

    def process(self, output: list[str]) -> State:
        return parse(output)


def parse(lines: Sequence[str]) -> State:
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    sizes = {key: int(said.get(key, "0")) for key in ("swap", "memory", "free")}
    return State("container" in said, "keeps_time" in said, file_system=said.get("file_system", ""), **sizes)


def swap_file(path: str, name: str | None = None) -> OperationMeta:
    """
    Have a gigabyte of swap on a host that has little memory and no swap at all.

    + path: below /var; a systemd unit of its name brings it back after a restart
    """
    return _swap_file(name=name, path=path, asked=survey.plan(KernelState))


@operation()
def _swap_file(path: str, asked: Question[State]) -> Generator[StringCommand, None, None]:
    if not asked.answer().wants_swap:
        host.noop("there is swap, or memory enough, or no room for it")
        return
    file, unit = shlex.quote(path), f"/etc/systemd/system/{unit_name(path)}"
    yield StringCommand(
        f"umask 077 && dd if=/dev/zero of={file} bs=1M count={_MEGABYTES} status=none && mkswap {file} >/dev/null"
    )
    text = f"[Unit]\nDescription=Swap of CodeB\n[Swap]\nWhat={path}\n[Install]\nWantedBy=swap.target\n"
    yield StringCommand(f"printf %s {shlex.quote(text)} > {unit} && systemctl daemon-reload")
    yield StringCommand(f"systemctl enable --quiet --now {unit_name(path)}")


def unit_name(path: str) -> str:
    """systemd wants a swap unit named after its file; the path has no character that would have to be escaped."""
    return path.strip("/").replace("/", "-") + ".swap"
