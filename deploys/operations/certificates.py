"""The certificate that a host makes itself."""

import shlex
from collections.abc import Generator, Sequence

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from deploys.operations import survey
from deploys.operations.survey import Question


class Verdict(FactBase[str]):
    """What the host's own program says of its certificate: "good", or why there has to be another one."""

    default = str

    def command(self, script: str, directory: str) -> str:
        return f"/usr/bin/python3 -B {shlex.quote(script)} {shlex.quote(directory)} --check 2>/dev/null || true"

    def process(self, output: list[str]) -> str:
        return output[0] if output else "the program is not there yet"


def renewed(
    script: str, directory: str, changed_by: Sequence[OperationMeta] = (), name: str | None = None
) -> OperationMeta:
    """
    Have a certificate that the host's program calls good, and the services told of it.

    + script: the program; it changes nothing where nothing is to be done
    + directory: where the certificate is
    + changed_by: operations whose change in this run may want another certificate
    """
    asked = survey.plan(Verdict, script=script, directory=directory)
    return _renewed(name=name, script=script, directory=directory, changed_by=changed_by, asked=asked)


@operation()
def _renewed(
    script: str, directory: str, changed_by: Sequence[OperationMeta], asked: Question[str]
) -> Generator[StringCommand, None, None]:
    changed = any(meta.is_complete() and meta.did_change() for meta in changed_by)
    if asked.answer() == "good" and not changed:
        host.noop("the certificate is good")
        return
    yield StringCommand(f"/usr/bin/python3 -B {shlex.quote(script)} {shlex.quote(directory)}")
