"""Bytes from and to a host over SSH, by the files and settings that ``codeb hosts check`` goes by."""

import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

import paramiko

from codeb.adapters.ssh import reached
from codeb.domain.host_facts import Unreached
from codeb.domain.infra import Host, Ssh
from codeb.errors import Refused, Unavailable

_AS_ROOT = 'if [ "$(id -u)" = 0 ]; then exec sh -c "$0"; fi; exec sudo -n sh -c "$0"'
_BLOCK = 1 << 18
_PATIENCE = 12 * 3600
_SAID = 65_536
Answer = TypeVar("Answer")


class RemoteFailed(Refused):
    """A command on a host ended with a failure; its own words are in the sentence."""

    code = "remote_failed"


@dataclass(frozen=True, slots=True)
class SshPipe:
    """Runs scripts as root on one host. Raises Unavailable where it is not reached, RemoteFailed if one fails there."""

    name: str
    host: Host
    ssh: Ssh

    def read(self, script: str) -> str:
        """What it prints."""
        return self._run(script, lambda channel: _all(channel).decode(errors="replace"))

    def pull(self, script: str, into: BinaryIO) -> None:
        """What it prints goes into a file."""

        def copy(channel: paramiko.Channel) -> None:
            while block := channel.recv(_BLOCK):
                into.write(block)

        self._run(script, copy)

    def push(self, script: str, source: BinaryIO) -> str:
        """The script reads ``source`` by its standard input; what it prints on standard error is the answer."""

        def copy(channel: paramiko.Channel) -> str:
            with channel.makefile_stdin("wb") as entry:
                shutil.copyfileobj(source, entry, _BLOCK)
            channel.shutdown_write()
            _all(channel)
            return channel.makefile_stderr("rb").read(_SAID).decode(errors="replace")

        return self._run(script, copy)

    def _run(self, script: str, act: Callable[[paramiko.Channel], Answer]) -> Answer:
        def run(client: paramiko.SSHClient, _: object) -> Answer:
            transport = client.get_transport()
            assert transport is not None  # noqa: S101 - it is connected
            channel = transport.open_session()
            channel.settimeout(_PATIENCE)
            channel.exec_command(f"sh -c {shlex.quote(_AS_ROOT)} {shlex.quote(script)}")
            answer = act(channel)
            if status := channel.recv_exit_status():
                said = answer if isinstance(answer, str) else ""
                said = said or channel.makefile_stderr("rb").read(_SAID).decode(errors="replace")
                raise RemoteFailed(f"{self.name}: {said.strip()[-600:] or f'the command ended with {status}'}")
            return answer

        found = reached(self.host, self.ssh, run)
        if isinstance(found, Unreached):
            raise Unavailable(f"host {self.name}", f"SSH: {found.trouble} {found.detail}".strip())
        return found


def _all(channel: paramiko.Channel) -> bytes:
    parts = []
    while block := channel.recv(_BLOCK):
        parts.append(block)
    return b"".join(parts)
