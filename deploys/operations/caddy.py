"""The Caddy on a host is new enough."""

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.command import QuoteString
from pyinfra.api.operation import OperationMeta

from codeb.domain.caddy_version import numbers, too_old
from deploys.operations import survey
from deploys.operations.survey import Question


class CaddyVersion(FactBase[tuple[int, ...]]):
    """The version of the Caddy at ``path`` as numbers; empty when there is none."""

    default = tuple

    def command(self, path: str) -> str:
        return f"{path} version 2>/dev/null || true"

    def process(self, output: list[str]) -> tuple[int, ...]:
        return numbers(output[0]) if output else ()


def recent_enough(path: str, name: str | None = None) -> OperationMeta:
    """
    Fail when the Caddy at ``path`` is too old for the pointer file.

    + path: the binary
    """
    return _recent_enough(name=name, asked=survey.plan(CaddyVersion, path=path))


@operation()
def _recent_enough(asked: Question[tuple[int, ...]]) -> Generator[StringCommand, None, None]:
    found = asked.answer()
    refusal = too_old(found)
    if refusal is None:
        host.noop(f"Caddy is {'.'.join(map(str, found))}")
        return
    yield StringCommand("echo", QuoteString(refusal), ">&2", "&&", "false")
