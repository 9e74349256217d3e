"""The Docker Engine of this machine: used when it runs, started when it does not."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from tests.lab import machine
from tests.lab.shell import CommandFailed, run, succeeds

_PID = Path("/run/codeb-lab-dockerd.pid")
_LOG = Path("/var/log/codeb-lab-dockerd.log")
_PID_FILES = (_PID, Path("/var/run/docker.pid"), Path("/run/docker/containerd/containerd.pid"))


def ensure() -> None:
    """An engine that answers. Left-over pid files of a killed one are no obstacle."""
    machine.install(machine.ENGINE)
    machine.install(machine.ENGINE_CLIENT)
    if answers():
        return
    if Path("/run/systemd/system").exists():
        run(["systemctl", "start", "docker"])
    else:
        _start()
    deadline = time.monotonic() + 60
    while not answers():
        if time.monotonic() > deadline:
            raise CommandFailed(f"the Docker Engine did not start within 60 s; see {_LOG}")
        time.sleep(0.2)


def answers() -> bool:
    return succeeds(["docker", "info"])


def stop() -> None:
    """Stop the engine if it was started by :func:`ensure`."""
    pid = _alive(_PID)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 60
    while _alive(_PID) and time.monotonic() < deadline:
        time.sleep(0.2)
    for path in (_PID, _LOG):
        path.unlink(missing_ok=True)


def _start() -> None:
    """Start it as nobody's child: it outlives the command that wanted it."""
    for path in _PID_FILES:
        if _alive(path) is None:
            path.unlink(missing_ok=True)
    with _LOG.open("ab") as log:
        command = ["setsid", "--fork", "/usr/sbin/dockerd", "--pidfile", str(_PID)]
        subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=True)


def _alive(pid_file: Path) -> int | None:
    """The pid in the file, if a process of that number is an engine's."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"dockerd" in command or b"containerd" in command:
            return pid
    return None
