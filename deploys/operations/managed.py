"""Files, programs and services that are wholly ours: compared with one command a call, changed only where they differ.

Nothing here shows a file's content. A file is uploaded into a directory of root's alone and appears at its place
complete, with its owner and mode.
"""

import hashlib
import io
import shlex
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation
from pyinfra.api.operation import OperationMeta

STATE = "/var/lib/codeb-provision"
_INCOMING = f"{STATE}/incoming"
_STAMPS = f"{STATE}/stamps"

Commands = Generator[StringCommand | FileUploadCommand, None, None]


@dataclass(frozen=True, slots=True)
class File:
    """``content`` at ``dest``, wholly ours. It may be secret: nothing shows it."""

    dest: str
    content: str | bytes = field(repr=False)
    mode: str = "0644"
    user: str = "root"
    group: str = "root"

    @property
    def data(self) -> bytes:
        return self.content.encode() if isinstance(self.content, str) else self.content


@dataclass(frozen=True, slots=True)
class Directory:
    path: str
    mode: str = "0755"
    user: str = "root"
    group: str = "root"


def stamp(*parts: object) -> str:
    """A short mark of what a service runs with; see :func:`service`."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode())
    return digest.hexdigest()[:32]


class PathStates(FactBase[dict[str, str]]):
    """``{path: "mode user group sha256-or-directory"}`` of the paths that exist, in one command."""

    default = dict

    def command(self, paths: tuple[str, ...]) -> str:
        listed = " ".join(shlex.quote(path) for path in paths)
        return (
            f'for p in {listed}; do [ -e "$p" ] || continue; '
            'if [ -d "$p" ]; then s=directory; else s=$(sha256sum < "$p" | cut -c1-64); fi; '
            'echo "$p|$(stat -L -c "%04a %U %G" "$p") $s"; done'
        )

    def process(self, output: list[str]) -> dict[str, str]:
        return dict(line.rsplit("|", 1) for line in output if "|" in line)


@operation()
def files(files: Sequence[File] = (), directories: Sequence[Directory] = ()) -> Commands:
    """
    Have these files and directories, exactly.

    + files: each is replaced as a whole, atomically, when content, mode or owner differ
    + directories: made before the files
    """
    paths = (*(directory.path for directory in directories), *(file.dest for file in files))
    states = host.get_fact(PathStates, paths=paths)
    wrong = [each for each in directories if states.get(each.path) != _directory_state(each)]
    for directory in wrong:
        yield StringCommand(
            "install",
            "-d",
            "-m",
            directory.mode,
            "-o",
            directory.user,
            "-g",
            directory.group,
            shlex.quote(directory.path),
        )
    differing = [file for file in files if states.get(file.dest) != _file_state(file)]
    for file in differing:
        yield from _put(file.dest, io.BytesIO(file.data), file.mode, file.user, file.group)
    if not wrong and not differing:
        host.noop("every file is as it should be")


@operation()
def binary(path: str, artifact: Path) -> Commands:
    """
    Have the program at ``path`` be the artifact.

    + path: where on the host
    + artifact: the file on the operator's machine, verified already
    """
    with artifact.open("rb") as file:
        wanted = f"0755 root root {hashlib.file_digest(file, 'sha256').hexdigest()}"
    if host.get_fact(PathStates, paths=(path,)).get(path) == wanted:
        host.noop(f"{path} is {artifact.name}")
        return
    yield from _put(path, str(artifact), "0755", "root", "root")


class ServiceState(FactBase[dict[str, str]]):
    """What systemd says of a service, and with which stamp it was last (re)started by us."""

    default = dict

    def command(self, service: str, aspect: str) -> str:
        name = shlex.quote(service)
        return (
            f"echo active=$(systemctl is-active {name}); echo enabled=$(systemctl is-enabled {name} 2>/dev/null); "
            f"systemctl show -p NeedDaemonReload {name}; "
            f"echo stamp=$(cat {_STAMPS}/{name}{aspect} 2>/dev/null)"
        )

    def process(self, output: list[str]) -> dict[str, str]:
        return dict(line.split("=", 1) for line in output if "=" in line)


@operation()
def service(
    service: str,
    stamp: str,
    changed_by: Sequence[OperationMeta] = (),
    reload: bool = False,
) -> Commands:
    """
    Have the service enabled and running with what the stamp stands for.

    + service: the unit's name
    + stamp: the mark of its configuration; a run that died between file and restart restarts next time
    + changed_by: operations whose change in this run wants a restart, also when the stamp is the same
    + reload: the unit's reload is enough; its stamp is kept apart from that of the restart
    """
    aspect = ".reload" if reload else ""
    state = host.get_fact(ServiceState, service=service, aspect=aspect)
    name = shlex.quote(service)
    changed = any(meta.is_complete() and meta.did_change() for meta in changed_by)
    stale = changed or state.get("stamp") != stamp
    if state.get("NeedDaemonReload") == "yes" or stale:
        yield StringCommand("systemctl daemon-reload")
    if state.get("enabled") not in ("enabled", "static", "alias", "indirect", "generated"):
        yield StringCommand(f"systemctl enable --quiet {name}")
    if state.get("active") != "active":
        yield StringCommand(f"systemctl reset-failed {name} 2>/dev/null; systemctl start {name}")
    elif stale:
        yield StringCommand(f"systemctl {'reload' if reload else 'restart'} {name}")
    if state.get("stamp") != stamp:
        yield StringCommand(
            f"install -d -m 0700 {STATE} {_STAMPS} && echo {shlex.quote(stamp)} > {_STAMPS}/{name}{aspect}"
        )
    if state.get("active") == "active" and not stale:
        host.noop(f"{service} runs with its present configuration")


def _put(dest: str, source: io.BytesIO | str, mode: str, user: str, group: str) -> Commands:
    arrived = f"{_INCOMING}/{hashlib.sha256(dest.encode()).hexdigest()[:16]}"
    new, target = shlex.quote(f"{dest}.codeb-new"), shlex.quote(dest)
    yield StringCommand(f"install -d -m 0700 {STATE} {_INCOMING}")
    yield FileUploadCommand(source, arrived)
    yield StringCommand(
        f"chown {shlex.quote(user)}:{shlex.quote(group)} {arrived} && chmod {mode} {arrived}"
        f" && cp --preserve=mode,ownership {arrived} {new} && mv -fT {new} {target} && rm -f {arrived}"
    )


def _file_state(file: File) -> str:
    return f"{_mode(file.mode)} {file.user} {file.group} {hashlib.sha256(file.data).hexdigest()}"


def _directory_state(directory: Directory) -> str:
    return f"{_mode(directory.mode)} {directory.user} {directory.group} directory"


def _mode(text: str) -> str:
    return f"{int(text, 8):04o}"
