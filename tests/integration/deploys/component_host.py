"""A component's own files and services on this machine, below a directory, with a systemctl that writes down its calls.

Packages, users and whatever asks a running service are left out; everything that decides which service is told of which
file is the component's own.
"""

import grp
import os
import pwd
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import StringCommand, operation
from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.inventory import Inventory
from pyinfra.api.operation import OperationMeta
from pyinfra.api.operations import run_ops
from pyinfra.api.state import State
from pyinfra.connectors.local import LocalConnector
from pyinfra.connectors.util import CommandOutput
from pyinfra.context import ctx_host, ctx_state
from pyinfra.operations import files as pyinfra_files

import deploys.platform
from codeb.domain.infra import Role
from deploys import outcome
from deploys.components import artifacts, packages, postgres
from deploys.operations import (
    caddy,
    certificates,
    debian,
    kernel,
    managed,
    object_storage,
    ready,
    ssh,
    survey,
    users,
    venv,
)
from deploys.operations import postgres as sql
from deploys.operations.managed import Directory, File
from deploys.platform import Platform

SYSTEMCTL = """\
#!/bin/sh
# Units whose state is files beside this program.
here=$(dirname "$0")
for unit; do :; done
case $1 in
  is-active) cat "$here/$unit.active" 2>/dev/null || echo inactive ;;
  is-enabled) echo enabled ;;
  show) echo NeedDaemonReload=no ;;
  start|restart|reload) echo "$1 $unit" >> "$here/calls"; echo active > "$here/$unit.active" ;;
esac
"""
_LEFT_OUT = (
    debian.packages,
    users.system_user,
    ready.answers,
    certificates.renewed,
    venv.installed,
    caddy.recent_enough,
    kernel.swap_file,
    ssh.hardened,
    object_storage.policies,
    object_storage.buckets,
    object_storage.users,
    object_storage.versioned,
    sql.sql,
    pyinfra_files.link,
    pyinfra_files.file,
    pyinfra_files.directory,
)


class Interrupted(Exception):
    """The run ends here, as if the operator's machine had been switched off."""


@operation()
def nothing() -> Generator[StringCommand, None, None]:
    yield from ()


def _nothing(*_: Any, **more: Any) -> OperationMeta:
    meta: OperationMeta = nothing(name=more.get("name"))
    return meta


@dataclass
class ComponentHost:
    """``written`` are the file steps of the last run, ``services`` its service steps and what each is told of."""

    directory: Path
    component: Callable[[], None]
    written: dict[str, str] = field(default_factory=dict)
    services: list[tuple[str, str, set[str]]] = field(default_factory=list)
    paths: set[Path] = field(default_factory=set)

    def prepare(self, monkeypatch: pytest.MonkeyPatch, platform: Platform, role: Role) -> None:
        program = self.directory / "bin" / "systemctl"
        program.parent.mkdir()
        program.write_text(SYSTEMCTL)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        state = self.directory / "state"
        for name, path in (("STATE", state), ("_INCOMING", state / "incoming"), ("_STAMPS", state / "stamps")):
            monkeypatch.setattr(managed, name, str(path))
        monkeypatch.setattr(Platform, "here", lambda self: self.one(role))
        monkeypatch.setattr(outcome, "watch", lambda _: None)
        monkeypatch.setattr(packages, "install", lambda *_: None)
        monkeypatch.setattr(postgres, "distribution_version", lambda: 15)
        monkeypatch.setattr(artifacts, "fetch", lambda _: program)
        monkeypatch.setattr(survey, "ask", lambda fact, **_: _ASKED.get(fact, fact.default)())
        self._replace(monkeypatch, {deploys.platform.current: lambda: platform, **dict.fromkeys(_LEFT_OUT, _nothing)})
        self._reroot(monkeypatch)

    def run(self, *, interrupted_at: int | None = None) -> int:
        """How many steps changed something; raises Interrupted before the service of that number is told."""
        self.written.clear()
        self.services.clear()
        state = State(Inventory((["@local"], {})), Config(), check_for_changes=False)  # type: ignore[no-untyped-call]
        try:
            connect_all(state)
            with ctx_state.use(state), ctx_host.use(next(iter(state.inventory))):
                self.component()
            with pytest.MonkeyPatch.context() as patch:
                if interrupted_at is not None:
                    _interrupt(patch, interrupted_at)
                run_ops(state)
            return sum(data.operation_meta.did_change() for ops in state.ops.values() for data in ops.values())
        finally:
            disconnect_all(state)
            ctx_host.reset()
            ctx_state.reset()

    def damage(self) -> None:
        """Somebody writes into every file by hand."""
        for path in self.paths:
            path.write_text("by hand\n")

    def told(self) -> list[str]:
        """What systemctl was asked since the last time."""
        calls = self.directory / "bin" / "calls"
        found = calls.read_text().splitlines() if calls.exists() else []
        calls.unlink(missing_ok=True)
        return found

    def _replace(self, monkeypatch: pytest.MonkeyPatch, instead: dict[Any, Any]) -> None:
        """Wherever a component has it by name."""
        for name, module in list(sys.modules.items()):
            if name.startswith("deploys.") or module is pyinfra_files:
                for attribute, value in list(vars(module).items()):
                    if callable(value) and getattr(value, "__hash__", None) and value in instead:
                        monkeypatch.setattr(module, attribute, instead[value])

    def _reroot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        me, mine = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        real_files, real_binary, real_service = managed.files, managed.binary, managed.service

        def here(path: str) -> str:
            target = self.directory / "root" / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            return str(target)

        def files(
            files: Sequence[File] = (), directories: Sequence[Directory] = (), name: str | None = None
        ) -> OperationMeta:
            moved = [replace(each, dest=here(each.dest), user=me, group=mine) for each in files]
            self.paths |= {Path(each.dest) for each in moved}
            made = [replace(each, path=here(each.path), user=me, group=mine) for each in directories]
            return self._noted(name, real_files(files=moved, directories=made, name=name))

        def binary(path: str, artifact: Path, name: str | None = None) -> OperationMeta:
            self.paths.add(Path(here(path)))
            return self._noted(name, real_binary(path=here(path), artifact=artifact, name=name))

        def service(
            service: str, stamp: str, changed_by: Sequence[OperationMeta] = (), reload: bool = False, **more: Any
        ) -> OperationMeta:
            by = {self.written[meta._hash] for meta in changed_by if meta._hash in self.written}
            self.services.append((service, "reload" if reload else "restart", by))
            return real_service(service=service, stamp=stamp, changed_by=changed_by, reload=reload, **more)

        for name, instead in (("files", files), ("binary", binary), ("service", service)):
            monkeypatch.setattr(managed, name, instead)

    def _noted(self, name: str | None, meta: OperationMeta) -> OperationMeta:
        self.written[meta._hash] = str(name)
        return meta


_ASKED: dict[Any, Callable[[], Any]] = {kernel.KernelState: lambda: kernel.State(keeps_time=True, memory=4 << 20)}


def _interrupt(patch: pytest.MonkeyPatch, at: int) -> None:
    """Every service that is to be told begins with a daemon-reload."""
    real, seen = LocalConnector.run_shell_command, 0

    def run(self: LocalConnector, command: StringCommand, *rest: Any, **more: Any) -> tuple[bool, CommandOutput]:
        nonlocal seen
        if str(command) == "systemctl daemon-reload":
            if seen == at:
                raise Interrupted
            seen += 1
        return real(self, command, *rest, **more)

    patch.setattr(LocalConnector, "run_shell_command", run)
