"""Commands out of docs/operations.md, run on the lab as they stand there."""

import subprocess
import sys
from pathlib import Path

from tests.lab import keys, provisioning
from tests.lab.paths import ROOT

PAGE = ROOT / "docs" / "operations.md"
_MARK = "```console\n"


def commands(heading: str, text: str = "") -> list[str]:
    """Those of the first block of commands below ``heading``, without what is said about them. Raises ValueError."""
    below = (text or PAGE.read_text()).partition(f"\n{heading}\n")[2]
    section = below.partition("\n## ")[0].partition("\n### ")[0]
    block = section.partition(_MARK)[2].partition("```")[0]
    found = [line[2:].partition("  #")[0].rstrip() for line in block.splitlines() if line.startswith("$ ")]
    if not found:
        raise ValueError(f"{PAGE.name} has no commands below {heading!r}")
    return found


def run(command: str, seconds: float = 600) -> str:
    """What it said; fails with that when it ends badly. `ssh` goes by the lab's own configuration."""
    done = _ended(command, seconds)
    assert done.returncode == 0, f"`{command}` ended with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


def fails(command: str, seconds: float = 60) -> str:
    """What it said when it ended badly, which it has to."""
    done = _ended(command, seconds)
    assert done.returncode != 0, f"`{command}` went well:\n{done.stdout[-4000:]}"
    return done.stdout + done.stderr


def _ended(command: str, seconds: float) -> subprocess.CompletedProcess[str]:
    programs = Path(sys.executable).parent
    lab = command.replace(".venv/bin/", f"{programs}/").replace("ssh app ", f"ssh -F {keys.CONFIG} app ")
    return subprocess.run(
        ["sh", "-c", lab],
        cwd=ROOT,
        env=provisioning.environment(),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
