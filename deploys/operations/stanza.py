"""pgBackRest's repository of one PostgreSQL server, known to it by the number that a cluster gets when it is made."""

import shlex
from collections.abc import Generator, Mapping

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from deploys.operations import survey
from deploys.operations.survey import Question

_AS_POSTGRES = "cd / && runuser -u postgres --"
_CLUSTER = "SELECT system_identifier FROM pg_control_system()"


class Identifiers(FactBase[dict[str, str]]):
    """The number of the ``cluster`` that runs, and that for which each half of the repository was last made."""

    default = dict

    def command(self, repository: str, stanza: str) -> str:
        parts = [f'echo "cluster=$({_AS_POSTGRES} psql -XAtq -d postgres -c {shlex.quote(_CLUSTER)} 2>/dev/null)"']
        for part in ("archive", "backup"):
            info = shlex.quote(f"{repository}/{part}/{stanza}/{part}.info")
            parts.append(f'echo "{part}=$(sed -n s/^db-system-id=//p {info} 2>/dev/null)"')
        return "; ".join(parts)

    def process(self, output: list[str]) -> dict[str, str]:
        return {key: value for key, equals, value in (line.partition("=") for line in output) if equals and value}


def lacking(found: Mapping[str, str]) -> str:
    """pgBackRest's command that makes the repository fit the cluster; nothing where it fits."""
    cluster, archive, backup = (found.get(part) for part in ("cluster", "archive", "backup"))
    if not (archive and backup):
        return "stanza-create"
    return "" if cluster == archive == backup else "stanza-upgrade"


def stanza(repository: str, stanza: str, first: str, name: str | None = None) -> OperationMeta:
    """
    Have a repository that takes this server's changes, and that was seen to take them.

    + repository: its directory
    + stanza: what pgBackRest calls the server
    + first: the unit that makes a base backup, started when there is none of this cluster
    """
    asked = survey.plan(Identifiers, repository=repository, stanza=stanza)
    return _stanza(name=name, repository=repository, stanza=stanza, first=first, asked=asked)


@operation()
def _stanza(
    repository: str, stanza: str, first: str, asked: Question[dict[str, str]]
) -> Generator[StringCommand, None, None]:
    command = lacking(asked.answer())
    if not command:
        host.noop("the repository is of this server")
        return
    program = f"{_AS_POSTGRES} pgbackrest --stanza={shlex.quote(stanza)}"
    if command == "stanza-create":
        halves = " ".join(shlex.quote(f"{repository}/{part}/{stanza}") for part in ("archive", "backup"))
        bases = shlex.quote(f"{repository}/backup/{stanza}")
        # What a run that was cut off left is in the way, and of no use without a base backup.
        yield StringCommand(f"ls -d {bases}/2* >/dev/null 2>&1 || rm -rf {halves}")
    yield StringCommand(f"{program} {command}")
    yield StringCommand(f"{program} check")
    yield StringCommand(f"systemctl start --no-block {shlex.quote(first)}")
