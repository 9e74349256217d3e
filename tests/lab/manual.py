"""Commands out of docs/operations.md, run on the lab as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

from tests.lab import keys, provisioning
from tests.lab.hosts import ROLES
from tests.lab.paths import ROOT

PAGE = ROOT / "docs" / "operations.md"
_MARK = "```console\n"
_SSH = re.compile(rf"\bssh (?=(?:{'|'.join(ROLES)}) )")


def commands(heading: str, text: str = "") -> list[str]:
    """Those of the first block of commands below ``heading``, without what is said about them. Raises ValueError."""
    below = (text or PAGE.read_text()).partition(f"\n{heading}\n")[2]
    section = below.partition("\n## ")[0].partition("\n### ")[0]
    block = section.partition(_MARK)[2].partition("```")[0]
    found = [line[2:].partition("  #")[0].rstrip() for line in block.splitlines() if line.startswith("$ ")]
    if not found:
        raise ValueError(f"{PAGE.name} has no commands below {heading!r}")
    return found


def run(command: str, seconds: float = 600, checkout: Path = ROOT) -> str:
    """What it said; fails with that when it ends badly. `ssh` goes by the lab's own configuration.

    ``checkout`` is the directory it is typed in, whose code is run.
    """
    done = _ended(command, seconds, checkout)
    assert done.returncode == 0, f"`{command}` ended with {done.returncode}:\n{_said(done)[-4000:]}"
    return _said(done)


def fails(command: str, seconds: float = 60, checkout: Path = ROOT) -> str:
    """What it said when it ended badly, which it has to."""
    done = _ended(command, seconds, checkout)
    assert done.returncode != 0, f"`{command}` went well:\n{_said(done)[-4000:]}"
    return _said(done)


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def _ended(command: str, seconds: float, checkout: Path) -> subprocess.CompletedProcess[str]:
    programs = Path(sys.executable).parent
    lab = _SSH.sub(f"ssh -F {keys.CONFIG} ", command.replace(".venv/bin/", f"{programs}/"))
    return subprocess.run(
        ["sh", "-c", lab],
        cwd=checkout,
        env={**provisioning.environment(), "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
