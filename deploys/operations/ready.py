"""Waiting for a service to be ready, which is more than to be running."""

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.command import QuoteString

_CURL = "curl --silent --show-error --fail --output /dev/null --max-time 3"


class Answers(FactBase[bool]):
    """Whether ``url`` answers with a success now."""

    default = bool

    def command(self, url: str, options: str = "") -> str:
        return f"{_CURL} {options} '{url}' 2>/dev/null && echo yes || echo no"

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]


@operation()
def answers(url: str, unit: str, seconds: int = 60, options: str = "") -> Generator[StringCommand, None, None]:
    """
    Wait until ``url`` answers with a success; fail with the unit's last words when it does not.

    + url: what to ask, on the host itself
    + unit: whose journal explains a failure
    + seconds: how long to wait
    + options: further options for curl
    """
    if host.get_fact(Answers, url=url, options=options):
        host.noop(f"{url} answers")
        return
    poll = f"for _ in $(seq {int(seconds)}); do {_CURL} {options} '{url}' 2>/dev/null && exit 0; sleep 1; done"
    words = f"journalctl --no-pager --lines 20 --unit {unit} >&2"
    said = f"echo '{unit} runs but {url} did not answer within {int(seconds)} s; its last words are above' >&2"
    yield StringCommand("sh", "-c", QuoteString(f"{poll}; {words}; {said}; exit 1"))
