"""A copy of the tree of site files with a change made to it, for Caddy to try. Design section 4."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codeb.adapters.caddy.gathering import Change
from codeb.adapters.files import write_atomically
from codeb.errors import ConfigError

_SITES_IMPORT = re.compile(r"^(?P<before>\s*import\s+)\S*sites/\*\.caddy[ \t]*$", re.MULTILINE)
_RELATIVE_IMPORT = re.compile(r"^(?P<before>\s*import\s+)(?P<path>[^/\s]+/\S+)[ \t]*$", re.MULTILINE)
_MODE = 0o640


@contextmanager
def staged(sites: Path, change: Change) -> Iterator[Path]:
    """Links to the files that stay, and beside them the changed ones; gone after the block."""
    directory = Path(tempfile.mkdtemp(dir=sites, prefix=".staged-"))
    try:
        directory.chmod(0o750)
        os.chown(directory, -1, sites.stat().st_gid)
        for path in sites.glob("*.caddy"):
            if path.name not in change:
                (directory / path.name).symlink_to(path)
        for name, text in change.items():
            if text is not None:
                write_site(directory, name, text)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def importing(caddyfile: Path, directory: Path) -> str:
    """The main file with the sites of ``directory``; what it imports relative to itself is named absolutely."""
    text, count = _SITES_IMPORT.subn(rf"\g<before>{directory}/*.caddy", caddyfile.read_text())
    if count != 1:
        raise ConfigError(f"{caddyfile} must have exactly one line `import sites/*.caddy`; it has {count}")
    return _RELATIVE_IMPORT.sub(rf"\g<before>{caddyfile.parent}/\g<path>", text)


def site_texts(sites: Path) -> dict[str, str]:
    """What is on disk, by file name."""
    return {path.name: path.read_text(errors="replace") for path in sites.glob("*.caddy") if path.is_file()}


def write_site(directory: Path, name: str, text: str) -> None:
    write_atomically(directory / name, text, mode=_MODE)
