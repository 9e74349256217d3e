"""Programs out of Debian's packages, without installing these: their services would begin to run here."""

import shutil
import tempfile
from pathlib import Path

from tests.lab.paths import CACHE
from tests.lab.shell import run, succeeds

TREES = CACHE / "debian"
_IN_ITS_TREE = 'mount -t tmpfs share /usr/share && cp -r "$0"/usr/share/. /usr/share/ && exec "$@"'


def debian_program(name: str, package: str) -> Path:
    """Program ``name`` of this machine, or of ``package``, which is fetched once and kept in the cache."""
    if found := shutil.which(name):
        return Path(found)
    usr = _tree(package) / "usr"
    return next(path for path in (usr / "bin" / name, usr / "sbin" / name) if path.exists())


def with_its_files(name: str, package: str) -> list[str]:
    """The beginning of a command line for a program that looks for files of its package below /usr/share."""
    if found := shutil.which(name):
        return [found]
    program = debian_program(name, package)
    return ["unshare", "--mount", "sh", "-c", _IN_ITS_TREE, str(_tree(package)), str(program)]


def with_libraries(*packages: str) -> dict[str, str]:
    """The environment in which a program finds the libraries of these packages."""
    places = [str(path.parent) for package in packages for path in _tree(package).glob("usr/lib/*/*.so*")]
    return {"LD_LIBRARY_PATH": ":".join(dict.fromkeys(places))}


def _tree(package: str) -> Path:
    """The package's files, as they would lie below the root."""
    kept = TREES / package
    if not kept.exists():
        TREES.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=TREES) as directory:
            # The user that apt gives its downloads to has nothing to write here.
            fetch = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package]
            if not succeeds([*fetch, "--print-uris"]):
                run(["apt-get", "-qq", "update"])
            run(fetch, cwd=Path(directory))
            (archive,) = Path(directory).glob("*.deb")
            run(["dpkg-deb", "--extract", archive, Path(directory) / "tree"])
            (Path(directory) / "tree").rename(kept)
    return kept


def debian_libraries(*packages: str) -> str:
    """For LD_LIBRARY_PATH: where the libraries of packages are, which a program out of another package wants."""
    found = (directory for package in packages for directory in _tree(package).glob("**/*-linux-gnu"))
    return ":".join(map(str, found))
