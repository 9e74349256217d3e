"""The directories whose files may be touched, and no way out of them by links. Spec section 8."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codeb.errors import CodebError, Refused

_REFUSED_BY_KERNEL = {errno.ELOOP: "its links lead in a circle", errno.ENAMETOOLONG: "it is too long"}


class PathRefused(Refused):
    """Outside the allowed directories, or led out of them by a link."""

    code = "path_refused"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path!r} is refused: {reason}")


class FileFailed(CodebError):
    """The file system said no."""

    code = "file_failed"

    def __init__(self, path: str, verb: str, error: OSError) -> None:
        super().__init__(f"{path!r} cannot be {verb}: {error.strerror or error}")


@dataclass(frozen=True, slots=True)
class Fence:
    """What a path leads to is asked of the open file, never of its name a moment before: a link that is exchanged
    meanwhile changes nothing. Hard links cannot be told from files; the kernel forbids making them to others' files.
    """

    roots: tuple[str, ...]

    def inside(self, path: str | Path, shown: str | None = None) -> str:
        """The path, when it is meant to lead to an allowed place. Says the same of what is there and what is not.

        Raises PathRefused.
        """
        name = plain(path)
        if self._root_of(name) is None or not self._holds(os.path.realpath(name)):
            raise PathRefused(shown or name, f"it does not lead to a place in {', '.join(self.roots)}")
        return name

    @contextmanager
    def opened(self, name: str, flags: int = os.O_PATH) -> Iterator[int]:
        """Opened where it is allowed. Raises PathRefused, OSError."""
        found = self._open(name, flags)
        try:
            yield found
        finally:
            os.close(found)

    def descend(self, name: str, mode: int) -> None:
        """Make the missing directories of a path that is inside. Raises PathRefused, OSError."""
        root = self._root_of(name) or name
        here = self._open(root, os.O_PATH | os.O_DIRECTORY)
        try:
            for part in Path(name).relative_to(root).parts:
                below = self._step(part, mode, here)
                os.close(here)
                here = below
        finally:
            os.close(here)

    def _step(self, name: str, mode: int, parent: int) -> int:
        try:
            os.mkdir(name, mode, dir_fd=parent)
        except FileExistsError:
            return self._open(name, os.O_PATH | os.O_DIRECTORY, parent)
        made = self._open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, parent)
        Path(handle(made)).chmod(mode)
        return made

    def _open(self, name: str, flags: int, parent: int | None = None) -> int:
        found = os.open(name, flags | os.O_CLOEXEC, dir_fd=parent)
        if self._holds(str(Path(handle(found)).readlink())):
            return found
        os.close(found)
        raise PathRefused(name, "a link leads out of the allowed directories")

    def _root_of(self, name: str) -> str | None:
        return next((root for root in self.roots if Path(name).is_relative_to(root)), None)

    def _holds(self, real: str) -> bool:
        return any(Path(real).is_relative_to(os.path.realpath(root)) for root in self.roots)


def plain(path: str | Path) -> str:
    """An absolute path that says where it leads. Raises PathRefused."""
    name = os.fspath(path)
    if "\0" in name:
        raise PathRefused(name, "it holds a NUL")
    if not name.startswith("/"):
        raise PathRefused(name, "it is not absolute")
    if ".." in name.split("/"):
        raise PathRefused(name, "it goes up with '..'")
    return os.path.normpath(name)


def handle(opened: int) -> str:
    """A name for exactly what is open, whatever happens to the path that led there."""
    return f"/proc/self/fd/{opened}"


@contextmanager
def failing(name: str, verb: str) -> Iterator[None]:
    """Turn what the file system says into a sentence."""
    try:
        yield
    except OSError as error:
        if reason := _REFUSED_BY_KERNEL.get(error.errno or 0):
            raise PathRefused(name, reason) from None
        raise FileFailed(name, verb, error) from None
