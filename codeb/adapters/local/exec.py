"""Programs and files of this host, and nothing but those that are allowed. Spec section 8.

CodebError
  +- CommandNotFound      no such program on the path
  +- CommandTimedOut      it took too long, and is gone with everything it started
  +- PathRefused          outside the allowed directories, or led out of them by a link
  +- TooLarge             more bytes than the caller wants
  +- FileFailed           the file system said no
"""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codeb.adapters.files import write_atomically
from codeb.adapters.local.fence import Fence, FileFailed, PathRefused, failing, handle, plain
from codeb.adapters.local.processes import Bounds, Completed, completed
from codeb.errors import CodebError, InvalidInput, Refused

__all__ = [
    "CommandNotFound",
    "CommandTimedOut",
    "Completed",
    "FileFailed",
    "LocalExec",
    "PathRefused",
    "TooLarge",
]

ROOTS = ("/opt/codeb", "/etc/caddy", "/etc/containers", "/var/log", "/tmp")  # noqa: S108 - spec section 8
PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OUTPUT_LIMIT = 1024**2
FILE_LIMIT = 10 * 1024**2


class CommandNotFound(CodebError):
    code = "command_not_found"

    def __init__(self, program: str, reason: str = "it is not installed where this host keeps its programs") -> None:
        super().__init__(f"{program!r} cannot be run: {reason}")


class CommandTimedOut(CodebError):
    code = "command_timed_out"

    def __init__(self, program: str, timeout: float) -> None:
        super().__init__(f"{program!r} had not ended after {timeout:g} s and was stopped with all that it had started")


class TooLarge(Refused):
    code = "too_large"

    def __init__(self, path: str, limit: int) -> None:
        super().__init__(f"{path!r} is more than the {limit} bytes that are accepted")


@dataclass(frozen=True, slots=True)
class LocalExec:
    """Five verbs: run, read, write, exists, mkdir."""

    fence: Fence = field(default=Fence(ROOTS))
    programs: str = PROGRAMS

    def run(
        self,
        arguments: Sequence[str],
        *,
        timeout: float,
        environ: Mapping[str, str] | None = None,
        input: bytes | None = None,
        limit: int = OUTPUT_LIMIT,
        file_limit: int | None = None,
    ) -> Completed:
        """Run a program to its end, without a shell.

        ``limit`` bounds what is kept of each of its two outputs, ``file_limit`` each file that it writes.
        It sees PATH, HOME, LANG and ``environ``. Whatever it started is gone when this returns.
        Raises TypeError for a string, InvalidInput, CommandNotFound, CommandTimedOut.
        """
        command = _checked(arguments)
        variables = {"PATH": self.programs, "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8", **(environ or {})}
        if any("\0" in part for pair in variables.items() for part in pair):
            raise InvalidInput("environ", "a variable holds a NUL")
        program = self._program(command[0])
        try:
            return completed([program, *command[1:]], variables, input, Bounds(timeout, limit, file_limit))
        except TimeoutError:
            raise CommandTimedOut(command[0], timeout) from None
        except OSError as error:
            raise CommandNotFound(command[0], error.strerror or str(error)) from None

    def read(self, path: str | Path, *, limit: int = FILE_LIMIT) -> bytes:
        """Raises PathRefused, TooLarge, FileFailed."""
        name = self.fence.inside(path)
        with failing(name, "read"), self.fence.opened(name) as found:
            if not stat.S_ISREG(os.fstat(found).st_mode):
                raise PathRefused(name, "it is not a regular file")
            with Path(handle(found)).open("rb") as file:
                content = file.read(limit + 1)
        if len(content) > limit:
            raise TooLarge(name, limit)
        return content

    def write(self, path: str | Path, content: bytes | str, *, mode: int, limit: int = FILE_LIMIT) -> None:
        """Replace the file whole; a link of that name is replaced, not followed.

        Raises PathRefused, TooLarge, FileFailed.
        """
        name = plain(path)
        parent = self.fence.inside(Path(name).parent, name)
        data = content.encode() if isinstance(content, str) else content
        if len(data) > limit:
            raise TooLarge(name, limit)
        with failing(name, "written"), self.fence.opened(parent, os.O_PATH | os.O_DIRECTORY) as directory:
            write_atomically(Path(handle(directory)) / Path(name).name, data, mode=mode)

    def exists(self, path: str | Path) -> bool:
        """Whether there is something, of any kind, at the end of all links. Raises PathRefused, FileFailed."""
        name = self.fence.inside(path)
        with failing(name, "looked up"):
            try:
                with self.fence.opened(name):
                    return True
            except (FileNotFoundError, NotADirectoryError):
                return False

    def mkdir(self, path: str | Path, *, mode: int = 0o700) -> None:
        """Make the directory and those above it that are missing, each with ``mode``; being there already is fine.

        Raises PathRefused, FileFailed.
        """
        name = self.fence.inside(path)
        with failing(name, "made"):
            self.fence.descend(name, mode)

    def _program(self, name: str) -> str:
        """The program's file; looked for in our directories only."""
        if name.startswith("/"):
            return name
        if "/" in name:
            raise CommandNotFound(name, "a program is given by its name or its absolute path")
        candidates = (f"{directory}/{name}" for directory in self.programs.split(":"))
        found = next((each for each in candidates if Path(each).is_file() and os.access(each, os.X_OK)), None)
        if found is None:
            raise CommandNotFound(name)
        return found


def _checked(arguments: Sequence[str]) -> list[str]:
    if isinstance(arguments, str | bytes) or not all(isinstance(each, str) for each in arguments):
        raise TypeError("arguments are a list of strings: there is no shell to take a line apart")
    command = list(arguments)
    if not command or not command[0]:
        raise InvalidInput("arguments", "no program is named")
    if any("\0" in each for each in command):
        raise InvalidInput("arguments", "an argument holds a NUL")
    return command
