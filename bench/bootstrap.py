"""What a run of the bootstrap costs where nothing has to change, beside one `true` over SSH to each host."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.report import Report, finish, say
from tests.lab import hosts, keys, provisioning, record
from tests.lab.lock import held
from tests.lab.paths import ROOT
from tests.lab.shell import CommandFailed

_TIMES = 3
COMMANDS = 8
"""As many as a host may be sent: one for all that its steps ask, and a few that cannot be asked together."""


@dataclass(frozen=True, slots=True)
class Run:
    """``sent`` are commands and uploads by host, ``changed`` the steps that changed something."""

    seconds: float
    sent: Mapping[str, int]
    changed: int


def main(report: Report) -> None:
    """Raises CommandFailed where there is no lab."""
    if record.load() is None:
        raise CommandFailed("there is no lab: `make lab` builds it")
    report.heading("a second run of the bootstrap")
    with held():
        if bootstrap().changed:
            say("  the first run brought the lab up to this checkout")
        floor = min(_floor() for _ in range(_TIMES))
        runs = [bootstrap() for _ in range(_TIMES)]
    told(report, floor, runs)


def told(report: Report, floor: float, runs: Sequence[Run]) -> None:
    best = min(runs, key=lambda run: run.seconds)
    most = max(max(run.sent.values(), default=0) for run in runs)
    report.timed("a second bootstrap", best.seconds, **best.sent)
    report.timed("true on every host", floor)
    say(f"  {best.seconds:.1f} s; commands: {', '.join(f'{host} {n}' for host, n in sorted(best.sent.items()))}")
    report.ratio(
        "a second bootstrap", best.seconds / floor, "a second bootstrap / `true` over SSH on every host at once"
    )
    report.goal("a second bootstrap changes nothing", not any(run.changed for run in runs), f"{best.changed} steps")
    report.goal(f"a second bootstrap: {COMMANDS} commands for a host", most <= COMMANDS, f"{most} at most")


def bootstrap() -> Run:
    """Raises CommandFailed with what it said."""
    with tempfile.NamedTemporaryFile() as counts:
        _, *arguments = provisioning.command("deploys/bootstrap.py", "--json")
        command = [sys.executable, "-m", "bench.commands", counts.name, *arguments]
        begun = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, env=provisioning.environment(), capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - begun
        if done.returncode:
            raise CommandFailed(f"the bootstrap ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
        totals = json.loads(done.stdout)["results"]["totals"]
        return Run(seconds, json.loads(Path(counts.name).read_text()), totals["success"])


def _floor() -> float:
    """Seconds for one ``true`` on every host, all at once."""
    begun = time.monotonic()
    asked = [subprocess.Popen(["ssh", "-F", keys.CONFIG, role, "true"]) for role in hosts.ROLES]
    if any([process.wait(60) for process in asked]):
        raise CommandFailed("a host of the lab does not answer over SSH; `make lab` brings it up")
    return time.monotonic() - begun


if __name__ == "__main__":
    figures = Report()
    main(figures)
    finish(figures)
