"""Files, programs and services that are wholly ours: looked at together, changed only where they differ.

Nothing here shows a file's content. A file is uploaded into a directory of root's alone and appears at its place
complete, with its owner and mode.
"""

import hashlib
import io
import shlex
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from deploys.operations import survey
from deploys.operations.survey import Question

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


def files(files: Sequence[File] = (), directories: Sequence[Directory] = (), name: str | None = None) -> OperationMeta:
    """Have these directories, then these files, exactly; each file is replaced as a whole, atomically."""
    paths = (*(directory.path for directory in directories), *(file.dest for file in files))
    return _files(name=name, files=files, directories=directories, asked=survey.plan(PathStates, paths=paths))


@operation()
def _files(files: Sequence[File], directories: Sequence[Directory], asked: Question[dict[str, str]]) -> Commands:
    states = asked.answer()
    wrong = [each for each in directories if states.get(each.path) != _directory_state(each)]
    differing = [file for file in files if states.get(file.dest) != _file_state(file)]
    if not wrong and not differing:
        host.noop("every file is as it should be")
        return
    yield changing()
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
    for file in differing:
        yield from _put(file.dest, io.BytesIO(file.data), file.mode, file.user, file.group)


def binary(path: str, artifact: Path, name: str | None = None) -> OperationMeta:
    """Have the program at ``path`` be the artifact, a verified file on the operator's machine."""
    return _binary(name=name, path=path, artifact=artifact, asked=survey.plan(PathStates, paths=(path,)))


@operation()
def _binary(path: str, artifact: Path, asked: Question[dict[str, str]]) -> Commands:
    with artifact.open("rb") as file:
        wanted = f"0755 root root {hashlib.file_digest(file, 'sha256').hexdigest()}"
    if asked.answer().get(path) == wanted:
        host.noop(f"{path} is {artifact.name}")
        return
    yield changing()
    yield from _put(path, str(artifact), "0755", "root", "root")


class ServiceState(FactBase[dict[str, str]]):
    """What systemd says of a service, with which stamp we last (re)started it, and whether something changed since."""

    default = dict

    def command(self, service: str, aspect: str, marks: tuple[str, ...] = ()) -> str:
        name = shlex.quote(service)
        newer = (f"[ {_STAMPS}/{mark} -nt {_STAMPS}/{name}{aspect} ] && echo changed=yes; " for mark in marks)
        return (
            f"echo active=$(systemctl is-active {name}); echo enabled=$(systemctl is-enabled {name} 2>/dev/null); "
            f"systemctl show -p NeedDaemonReload {name}; {''.join(newer)}"
            f"echo stamp=$(cat {_STAMPS}/{name}{aspect} 2>/dev/null)"
        )

    def process(self, output: list[str]) -> dict[str, str]:
        return dict(line.split("=", 1) for line in output if "=" in line)


def service(
    service: str,
    stamp: str,
    changed_by: Sequence[OperationMeta] = (),
    reload: bool = False,
    name: str | None = None,
) -> OperationMeta:
    """
    Have the service enabled and running with what the stamp stands for.

    + service: the unit's name
    + stamp: the mark of its configuration
    + changed_by: operations whose change wants a restart, also when the stamp is the same, and also when the run that
      made the change died before the restart
    + reload: the unit's reload is enough; its stamp is kept apart from that of the restart
    """
    aspect = ".reload" if reload else ""
    marks = tuple(_mark(host.state.op_meta[meta._hash].names) for meta in changed_by)
    asked = survey.plan(ServiceState, service=service, aspect=aspect, marks=marks)
    return _service(name=name, service=service, stamp=stamp, changed_by=changed_by, aspect=aspect, asked=asked)


@operation()
def _service(
    service: str, stamp: str, changed_by: Sequence[OperationMeta], aspect: str, asked: Question[dict[str, str]]
) -> Commands:
    state = asked.answer()
    name = shlex.quote(service)
    changed = any(meta.is_complete() and meta.did_change() for meta in changed_by)
    stale = changed or "changed" in state or state.get("stamp") != stamp
    if state.get("NeedDaemonReload") == "yes" or stale:
        yield StringCommand("systemctl daemon-reload")
    if state.get("enabled") not in ("enabled", "static", "alias", "indirect", "generated"):
        yield StringCommand(f"systemctl enable --quiet {name}")
    if state.get("active") != "active":
        yield StringCommand(
            f"systemctl reset-failed {name} 2>/dev/null; systemctl start {name} || {_last_words(service)}"
        )
    elif stale:
        yield StringCommand(f"systemctl {'reload' if aspect else 'restart'} {name} || {_last_words(service)}")
    if stale:
        yield StringCommand(
            f"install -d -m 0700 {STATE} {_STAMPS} && echo {shlex.quote(stamp)} > {_STAMPS}/{name}{aspect}"
        )
    if state.get("active") == "active" and not stale:
        host.noop(f"{service} runs with its present configuration")


def changing() -> StringCommand:
    """The first command of a step that changes something: its time stays, whatever becomes of the run."""
    current = host.executing_op_hash
    names = host.state.op_meta[current].names if current else ()
    return StringCommand(f"install -d -m 0700 {STATE} {_INCOMING} {_STAMPS} && touch {_STAMPS}/{_mark(names)}")


def _mark(names: Collection[str]) -> str:
    return f"changed-{stamp(*sorted(names))}"


def _last_words(service: str) -> str:
    said = f"{service} did not take its new configuration; its last words are above. The next run tries again."
    journal = f"journalctl --no-pager --lines 20 --unit {shlex.quote(service)}"
    return f"{{ {journal} >&2; echo {shlex.quote(said)} >&2; exit 1; }}"


def _put(dest: str, source: io.BytesIO | str, mode: str, user: str, group: str) -> Commands:
    arrived = f"{_INCOMING}/{hashlib.sha256(dest.encode()).hexdigest()[:16]}"
    new, target = shlex.quote(f"{dest}.codeb-new"), shlex.quote(dest)
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
