"""The tree of site files: a change is staged, loaded by Caddy, and only then put in place. Design section 4."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.caddy.site_file import SiteFile
from codeb.adapters.files import write_atomically
from codeb.errors import ConfigError

_SITES_IMPORT = re.compile(r"^(?P<before>\s*import\s+)\S*sites/\*\.caddy[ \t]*$", re.MULTILINE)
_RELATIVE_IMPORT = re.compile(r"^(?P<before>\s*import\s+)(?P<path>[^/\s]+/\S+)[ \t]*$", re.MULTILINE)
_MODE = 0o640


@dataclass(frozen=True, slots=True)
class SiteTree:
    """``sites`` is the directory that ``caddyfile`` imports; ``lock`` serialises its writers on this host."""

    sites: Path
    caddyfile: Path
    lock: Path
    admin: CaddyAdmin

    def put(self, files: Sequence[SiteFile]) -> bool:
        """Serve these files; False when they are there already. Raises SiteRefused with nothing changed."""
        with self._locked():
            changed = [file for file in files if self.text(file.name) != file.text]
            if not changed:
                return False
            self._load(lambda staged: _write(staged, changed))
            _write(self.sites, changed)
        return True

    def remove(self, name: str) -> bool:
        with self._locked():
            if not (self.sites / name).exists():
                return False
            self._load(lambda staged: (staged / name).unlink())
            (self.sites / name).unlink()
        return True

    def reload(self) -> None:
        """Load what is on disk."""
        with self._locked():
            self.admin.load(self._importing(self.sites))

    def text(self, name: str) -> str | None:
        try:
            return (self.sites / name).read_text()
        except FileNotFoundError:
            return None

    def _load(self, change: Callable[[Path], None]) -> None:
        """Load a staged copy of the tree (links to the files that stay) with ``change`` made to it."""
        staged = Path(tempfile.mkdtemp(dir=self.sites, prefix=".staged-"))
        try:
            staged.chmod(0o750)
            os.chown(staged, -1, self.sites.stat().st_gid)
            for path in self.sites.glob("*.caddy"):
                (staged / path.name).symlink_to(path)
            change(staged)
            self.admin.load(self._importing(staged))
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def _importing(self, directory: Path) -> str:
        """The main file with the sites of ``directory``; what it imports relative to itself is named absolutely."""
        text, count = _SITES_IMPORT.subn(rf"\g<before>{directory}/*.caddy", self.caddyfile.read_text())
        if count != 1:
            raise ConfigError(f"{self.caddyfile} must have exactly one line `import sites/*.caddy`; it has {count}")
        return _RELATIVE_IMPORT.sub(rf"\g<before>{self.caddyfile.parent}/\g<path>", text)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _write(directory: Path, files: Sequence[SiteFile]) -> None:
    for file in files:
        write_atomically(directory / file.name, file.text, mode=_MODE)
