"""Waiting for a service to be ready, which is more than to be running."""

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.command import QuoteString
from pyinfra.api.operation import OperationMeta

from deploys.operations import survey
from deploys.operations.survey import Question

_CURL = "curl --silent --show-error --fail --output /dev/null --max-time 3"


class Answers(FactBase[bool]):
    """Whether ``url`` answers with a success now."""

    default = bool

    def command(self, url: str, options: str = "") -> str:
        return f"{_CURL} {options} '{url}' 2>/dev/null && echo yes || echo no"

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]


def answers(url: str, unit: str, seconds: int = 60, options: str = "", name: str | None = None) -> OperationMeta:
    """
    Wait until ``url`` answers with a success; fail with the unit's last words when it does not.

    + url: what to ask, on the host itself
    + unit: whose journal explains a failure
    + seconds: how long to wait
    + options: further options for curl
    """
    asked = survey.plan(Answers, url=url, options=options)
    return _answers(name=name, url=url, unit=unit, seconds=seconds, options=options, asked=asked)


@operation()
def _answers(
    url: str, unit: str, seconds: int, options: str, asked: Question[bool]
) -> Generator[StringCommand, None, None]:
    if asked.answer():
        host.noop(f"{url} answers")
        return
    poll = f"for _ in $(seq {int(seconds)}); do {_CURL} {options} '{url}' 2>/dev/null && exit 0; sleep 1; done"
    words = f"journalctl --no-pager --lines 20 --unit {unit} >&2"
    said = f"echo '{unit} runs but {url} did not answer within {int(seconds)} s; its last words are above' >&2"
    yield StringCommand("sh", "-c", QuoteString(f"{poll}; {words}; {said}; exit 1"))
