"""The operator's command, run on the lab."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.lab.paths import INFRA, LAB, PASSPHRASE, ROOT
from tests.lab.progress import say
from tests.lab.shell import CommandFailed

LOG = LAB / "bootstrap.log"
_TELL_EVERY = 10.0
_OPERATION = re.compile(r"--> Starting operation: (.*)")


@dataclass(frozen=True, slots=True)
class Totals:
    """What pyinfra counted: operations that changed something, that failed, that found all as it should be."""

    success: int
    error: int
    no_change: int


def command(deploy: str = "deploys/bootstrap.py", *arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "pyinfra"), "inventory.py", deploy, *arguments, "-y"]


def environment() -> dict[str, str]:
    return {**os.environ, "CODEB_INFRA": str(INFRA), "CODEB_SECRETS_PASSPHRASE_FILE": str(passphrase_file())}


def passphrase_file() -> Path:
    """Of the lab's own store, made once."""
    if not PASSPHRASE.exists():
        handle = os.open(PASSPHRASE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return PASSPHRASE


def run() -> None:
    """Run it, and tell now and then where it is; its whole output is in the log."""
    operation, told, done = "looking at the hosts", time.monotonic(), 0
    with subprocess.Popen(
        command(), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        with LOG.open("w") as log:
            for line in process.stdout:
                log.write(line)
                log.flush()
                if match := _OPERATION.search(line):
                    operation, done = match[1], done + 1
                if time.monotonic() - told > _TELL_EVERY:
                    say(f"         {operation} (operation {done})")
                    told = time.monotonic()
    if process.returncode:
        raise CommandFailed(f"provisioning ended with {process.returncode}; all of it is in {LOG}:\n{_failure()}")


def _failure() -> str:
    """The first operation that failed, and what it said; else the last lines."""
    lines = LOG.read_text().splitlines()
    failed = next((number for number, line in enumerate(lines) if "Error: " in line), len(lines) - 1)
    return "\n".join(lines[max(0, failed - 15) : failed + 5])


def counted() -> Totals:
    """Run it once more and count; raises CommandFailed."""
    return totals("deploys/bootstrap.py")


def totals(deploy: str, *arguments: str) -> Totals:
    """Run a deploy with its ``--data`` and count; raises CommandFailed with what it said."""
    done = subprocess.run(
        [*command(deploy, *arguments), "--json"], cwd=ROOT, env=environment(), capture_output=True, check=False
    )
    if done.returncode:
        said = (done.stdout[-2000:] + done.stderr[-2000:]).decode(errors="replace")
        raise CommandFailed(f"provisioning ended with {done.returncode}: {said}")
    counts = json.loads(done.stdout)["results"]["totals"]
    return Totals(counts["success"], counts["error"], counts["no_change"])
