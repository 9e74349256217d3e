"""Debian packages by one look at what is installed."""

import shlex
from collections.abc import Generator, Sequence

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

_FRESH = 60
"""Minutes for which package lists count as fresh when something has to be installed."""


class Installed(FactBase[dict[str, str]]):
    """Those of the given packages that are installed, with their state."""

    default = dict

    def command(self, packages: tuple[str, ...]) -> str:
        names = " ".join(shlex.quote(name) for name in packages)
        return f"dpkg-query --show --showformat '${{Package}} ${{db:Status-Status}}\\n' {names} 2>/dev/null || true"

    def process(self, output: list[str]) -> dict[str, str]:
        return {line.split()[0]: "installed" for line in output if line.endswith(" installed")}


@operation()
def packages(packages: Sequence[str]) -> Generator[StringCommand, None, None]:
    """
    Have packages installed; the lists are read again only when something is missing.

    + packages: Debian's names
    """
    missing = sorted(set(packages) - host.get_fact(Installed, packages=tuple(packages)).keys())
    if not missing:
        host.noop("every package is installed")
        return
    names = " ".join(shlex.quote(name) for name in missing)
    yield StringCommand(
        f"find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mmin -{_FRESH} | grep -q . || apt-get -qq update"
    )
    # A run that was killed may have left dpkg in the middle; apt then refuses everything until dpkg has ended it.
    yield StringCommand(
        'test -z "$(ls -A /var/lib/dpkg/updates)" ||'
        " DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a"
    )
    yield StringCommand(
        "DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends"
        f" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold {names}"
    )
