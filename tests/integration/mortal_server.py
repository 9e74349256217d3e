"""``codeb serve`` as a process of its own; armed, it dies by SIGKILL in the middle of the next tool's work."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from codeb.api import envelope
from codeb.cli.host.main import main
from tests.integration.mortal import EFFECTS, Countdown, mortal
from tests.integration.platform import Platform
from tests.integration.waiting import free_port, until
from tests.lab.paths import ROOT

COUNT_ONLY = 0
AT_THE_ANSWER = 10_000
"""More effects than any tool has: it dies when all is done and nobody has been told."""
_TRIGGER = "CODEB_TEST_TRIGGER"


@dataclass
class Server:
    """What a client of the API, and whoever kills it, see of it. ``module`` is what runs, with ``settings`` besides."""

    platform: Platform
    key: str
    module: str = "tests.integration.mortal_server"
    settings: dict[str, str] = field(default_factory=dict)
    address: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    internal: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Returns when it listens: what it mends at its start is mended."""
        self._trigger.unlink(missing_ok=True)
        environ = {
            **self.platform.environ,
            "PATH": os.environ["PATH"],
            "CODEB_LISTEN": self.address,
            "CODEB_INTERNAL_LISTEN": self.internal,
            "CODEB_ENV_FILE": str(self.platform.caddy.directory / "absent.env"),
            _TRIGGER: str(self._trigger),
            **self.settings,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                env=environ,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        until(self._healthy, "the server is healthy", 60)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)

    def tool(self, name: str, **params: Any) -> dict[str, Any]:
        call = {"tool": name, "params": {"projectName": "blog", **params}}
        answer = requests.post(
            f"http://{self.address}/api/tool", json=call, headers={"X-API-Key": self.key}, timeout=60
        )
        record: dict[str, Any] = answer.json()
        assert record["success"], record
        return record

    def effects_of(self, name: str, **params: Any) -> int:
        """Carry it out, and say at how many places it could have died."""
        self._arm(COUNT_ONLY)
        self.tool(name, **params)
        passed = int(self._trigger.read_text().split()[1])
        self._trigger.unlink()
        return passed

    def dies_of(self, name: str, at: int, **params: Any) -> bool:
        """Whether it was killed in the middle of it, and the client was told nothing."""
        assert self.process is not None
        self._arm(at)
        try:
            self.tool(name, **params)
        except requests.ConnectionError:
            return self.process.wait(60) == -signal.SIGKILL
        return False

    def _arm(self, at: int) -> None:
        self._trigger.write_text(f"{at} 0")

    def _healthy(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return bool(requests.get(f"http://{self.address}/health", timeout=5).json()["status"] == "healthy")
        except requests.ConnectionError:
            return False

    @property
    def _trigger(self) -> Path:
        return self.platform.caddy.directory / "trigger"

    @property
    def log(self) -> Path:
        """What the process says, on either stream."""
        return self.platform.caddy.directory / "server.log"


class Trigger(Countdown):
    """Counts while its file is there. The server's own rounds go on beside the tool and do not count."""

    def __init__(self, file: Path) -> None:
        super().__init__(None)
        self.file = file

    def tick(self) -> None:
        if not self.file.exists() or threading.current_thread().name.startswith("rounds-"):
            return
        self.after, self.passed = map(int, self.file.read_text().split())
        self.file.write_text(f"{self.after} {self.passed + 1}")
        super().tick()

    def answer(self, *args: Any) -> Any:
        """In place of the answer to a tool: whoever came by all its effects alive ends here. A look has none."""
        if self.file.exists():
            after, passed = map(int, self.file.read_text().split())
            if passed and after != COUNT_ONLY:
                os.kill(os.getpid(), signal.SIGKILL)
        return _success(*args)


_success = envelope.success


def live() -> None:
    trigger = Trigger(Path(os.environ[_TRIGGER]))
    for owner, name in EFFECTS:
        setattr(owner, name, mortal(getattr(owner, name), trigger))
    setattr(envelope, "success", trigger.answer)  # noqa: B010
    main(["serve"])


if __name__ == "__main__":
    live()
