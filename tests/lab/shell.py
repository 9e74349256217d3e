"""Commands on this machine, with an error that shows what they said."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class CommandFailed(Exception):
    """A command ended badly; the message has its last lines."""


def run(
    command: Sequence[str | Path],
    *,
    stdin: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 1200,
) -> str:
    """The command's standard output; raises CommandFailed."""
    done = subprocess.run(
        [str(part) for part in command],
        input=stdin,
        capture_output=True,
        env=environment,
        cwd=cwd,
        timeout=timeout,
        check=False,
    )
    if done.returncode:
        said = (done.stderr + done.stdout).decode(errors="replace").strip().splitlines()[-15:]
        raise CommandFailed(f"`{' '.join(map(str, command))[:200]}` ended with {done.returncode}:\n" + "\n".join(said))
    return done.stdout.decode()


def succeeds(command: Sequence[str | Path]) -> bool:
    return subprocess.run([str(part) for part in command], capture_output=True, check=False).returncode == 0
