"""The tutorial as a reader follows it: its lines in one shell, and what each of them said."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.shell import CommandFailed

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "end-of-this-line"


@dataclass(frozen=True, slots=True)
class Line:
    """What is typed, and the lines that the page shows below it; ``…`` in them is anything."""

    command: str
    shown: tuple[str, ...] = ()


def lines(page: str) -> list[Line]:
    """Of every console block of a page, in its order. Raises ValueError for a block that begins with no command."""
    found: list[Line] = []
    for block in _BLOCK.findall(page):
        first, *rest = block.splitlines()
        if not first.startswith("$ "):
            raise ValueError(f"a block begins with {first!r}, which nobody can type")
        for text in (first, *rest):
            if text.startswith("$ "):
                found.append(Line(text[2:]))
            else:
                found[-1] = Line(found[-1].command, (*found[-1].shown, text))
    return found


def missing(shown: Sequence[str], said: str) -> list[str]:
    """The shown lines that are in nothing of what was said, one after the other."""
    left = said.splitlines()
    absent = []
    for text in shown:
        wanted = re.compile(".*".join(map(re.escape, text.split("…"))), re.IGNORECASE)
        place = next((at for at, line in enumerate(left) if wanted.fullmatch(line.strip())), None)
        if text == "…":
            continue
        if place is None:
            absent.append(text)
        else:
            left = left[place + 1 :]
    return absent


@dataclass
class Shell:
    """One bash for all lines, so that a ``cd`` holds. ``instead`` are the reader's words and the lab's.

    ``typed`` is what goes to a command's standard input, by the beginning of the command.
    """

    environment: Mapping[str, str]
    cwd: Path
    instead: Mapping[str, str]
    typed: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.cwd,
            env=dict(self.environment),
        )

    def run(self, command: str) -> str:
        """What it said, on either stream. Raises CommandFailed."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        for word, other in self.instead.items():
            command = command.replace(word, other)
        given = next((path for start, path in self.typed.items() if command.startswith(start)), Path(os.devnull))
        self._bash.stdin.write(f"{{ {command}\n}} < {shlex.quote(str(given))}; printf '\\n{_END} %s\\n' $?\n")
        self._bash.stdin.flush()
        said: list[str] = []
        for text in self._bash.stdout:
            if text.startswith(_END):
                break
            said.append(text)
        else:
            raise CommandFailed(f"the shell ended at {command!r}")
        if text.split()[1] != "0":
            raise CommandFailed(f"`{command}` ended with {text.split()[1]}:\n{''.join(said)[-2000:]}")
        return "".join(said)

    def close(self) -> None:
        self._bash.kill()
        self._bash.communicate()
