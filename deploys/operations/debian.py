"""Debian packages by one look at what is installed."""

import shlex
from collections.abc import Generator, Sequence

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from deploys.operations import survey
from deploys.operations.survey import Question

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


def packages(packages: Sequence[str], name: str | None = None) -> OperationMeta:
    """Have packages installed, by Debian's names; the lists are read again only when something is missing."""
    return _packages(name=name, packages=packages, asked=survey.plan(Installed, packages=tuple(packages)))


@operation()
def _packages(packages: Sequence[str], asked: Question[dict[str, str]]) -> Generator[StringCommand, None, None]:
    missing = sorted(set(packages) - asked.answer().keys())
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
