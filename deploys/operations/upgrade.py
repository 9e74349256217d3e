"""The steps of an upgrade: looking before, newer Debian packages, and looking after. Nothing newer is no change."""

import shlex
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from pyinfra import host, logger, state
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.command import QuoteString

from codeb.domain.infra import Role

Commands = Generator[StringCommand, None, None]

UNHEALTHY = "it is not healthy now: mend that first"
_APT = "DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120"
_KEEP = "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
_ROOM = 1024
"""Megabytes that have to be free on / and /var."""
_DAY = 86400
_AGE = (
    "import json, sys, time; old = [name for path in sys.argv[2:] for name, made in json.load(open(path)).items()"
    " if made < time.time() - int(sys.argv[1])]; print(', '.join(old))"
)


PACKAGE_BACK = (
    "`apt-get install --allow-downgrades PACKAGE=VERSION` with the version that is named above, out of"
    " /var/cache/apt/archives or the distribution's archive"
)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """``healthy`` is a shell command that ends with 0 when the component does its work, which is more than to run; it
    may say ``$PRIVATE``, the host's private address.

    ``packages`` are those that Debian has of it; ``backed_up`` is a directory whose copies must be younger than a day;
    ``version`` prints one line; ``back`` says what a person does, ``undo`` is what can be done at once.
    ``expected`` is a text that the version has after the upgrade; ``seconds`` is how long it may take to get well.
    """

    deploy: Callable[..., object]
    roles: tuple[Role, ...]
    version: str
    healthy: str
    packages: Sequence[str] = ()
    backed_up: str = ""
    back: str = PACKAGE_BACK
    undo: str = ""
    expected: Callable[[], str] = str
    seconds: int = 60

    def healthy_on(self, private: str) -> str:
        return f"PRIVATE={shlex.quote(private)}; {self.healthy}"


class Obstacles(FactBase[list[str]]):
    """Why the upgrade should not begin now, a sentence a line; none when all is well."""

    default = list

    def command(self, healthy: str, backed_up: str = "") -> str:
        return "; ".join(
            [
                f"{{ {healthy}; }} >/dev/null 2>&1 || echo '{UNHEALTHY}'",
                f"for d in / /var; do free=$(df -Pm $d | awk 'NR==2 {{print $4}}'); [ $free -ge {_ROOM} ] ||"
                f' echo "$d has $free MB free, {_ROOM} are needed"; done',
                "for l in /opt/codeb/locks/*.lock; do [ ! -e $l ] || flock --nonblock $l true ||"
                ' echo "a release is running: $(basename $l .lock)"; done',
                *([_backup(backed_up)] if backed_up else []),
            ]
        )

    def process(self, output: list[str]) -> list[str]:
        return [line.strip() for line in output if line.strip()]


def _backup(directory: str) -> str:
    """Both records: what was dumped here, and what the backup host has taken."""
    files = " ".join(shlex.quote(f"{directory}/{name}.json") for name in ("backup", "copies"))
    return (
        f'there=$(ls {files} 2>/dev/null); case "$there" in *copies.json*) old=$(python3 -c {shlex.quote(_AGE)} {_DAY}'
        ' $there 2>&1);; *) old="everything";; esac; [ -z "$old" ] ||'
        ' echo "no backup younger than a day of: $old"'
    )


class Version(FactBase[str]):
    """What the component says it is, in one line; nothing where it is not there."""

    default = str

    def command(self, version: str) -> str:
        return f"{{ {version}; }} 2>/dev/null | tr '\\n' ' ' || true"

    def process(self, output: list[str]) -> str:
        return " ".join(" ".join(output).split())


class Newer(FactBase[dict[str, str]]):
    """Installed packages among the given patterns that the host's sources have newer: ``{name: "old -> new"}``."""

    default = dict

    def command(self, packages: tuple[str, ...]) -> str:
        return f"{_APT} update && {{ {_upgrade(packages, '--simulate')}; }} | grep '^Inst ' || true"

    def process(self, output: list[str]) -> dict[str, str]:
        found = {}
        for line in output:
            words = line.split()
            if len(words) > 3 and words[2].startswith("["):  # noqa: PLR2004 - Inst NAME [OLD] (NEW SOURCE [ARCH])
                found[words[1]] = f"{words[2].strip('[]')} -> {words[3].strip('(')}"
        return found


def _upgrade(packages: Sequence[str], option: str) -> str:
    """``*`` stands for all. Nothing that is not installed is installed, nothing is removed."""
    if "*" in packages:
        return f"{_APT} {option} {_KEEP} upgrade"
    patterns = " ".join(shlex.quote(each) for each in packages)
    listed = f"dpkg-query --show --showformat '${{Package}} ${{db:Status-Status}}\\n' {patterns} 2>/dev/null"
    names = f"$({listed} | sed -n 's/ installed$//p')"
    return f'names="{names}"; [ -z "$names" ] || {_APT} {option} {_KEEP} install --only-upgrade --no-remove $names'


@operation()
def packages(packages: Sequence[str]) -> Commands:
    """
    Have the newest of these packages that the host's own sources have, where they are installed.

    + packages: Debian's names, or patterns of them; ``*`` is every package
    """
    newer = host.get_fact(Newer, packages=tuple(packages))
    if not newer:
        host.noop("the distribution has nothing newer")
        return
    yield StringCommand("sh", "-c", QuoteString(_upgrade(packages, "--yes")))


@operation()
def well(component: str, upgrade: Upgrade, before: str, private: str) -> Commands:
    """
    Have the component do its work after the upgrade, and say from which version to which it went.

    + component: its name
    + upgrade: how its version and its health are read, and what is done when it does not get well
    + before: its version of before
    + private: the host's private address
    """
    healthy = upgrade.healthy_on(private)
    now = host.get_fact(Version, version=upgrade.version)
    installed = upgrade.expected() in now
    if not installed or UNHEALTHY in host.get_fact(Obstacles, healthy=healthy):
        poll = f"for _ in $(seq {upgrade.seconds}); do {{ {healthy}; }} >/dev/null 2>&1 && exit 0; sleep 1; done; "
        said = f"{component} is not well within {upgrade.seconds} s after {before} -> {now}. To go back: {upgrade.back}"
        missing = f"the new {component} was not installed, see the failed steps above; {before} goes on"
        undo = f"{{ {upgrade.undo}; }} >&2; " if upgrade.undo and now != before else ""
        words = f"echo {shlex.quote(said if installed else missing)} >&2; exit 1"
        yield StringCommand("sh", "-c", QuoteString(f"{poll if installed else ''}{undo}{words}"))
    else:
        host.noop(f"{component} is well")
    if state.is_executing:
        host.log(f"{component}: {before} -> {now}" if now != before else f"{component}: {now}, as before", logger.info)
