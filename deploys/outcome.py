"""What a run that failed says at its end: on which host, at which step, and what to do."""

import atexit
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyinfra.api.host import Host
from pyinfra.api.state import BaseStateCallback, State

AGAIN = (
    "Mend what is named and run the same command again: what is done already stays, what was cut off is made up for."
)


_LAST = 5
"""Lines of what a step said last. All of it stands above; with four hosts that is far above."""


@dataclass
class Outcome(BaseStateCallback):
    """Where each host is, and where it failed. pyinfra goes on with the other hosts, whose output follows the error."""

    again: str = AGAIN
    """What to do, said last."""
    at: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def operation_host_start(self, state: State, host: Host, op_hash: str) -> None:  # type: ignore[override]
        """A step begins; its name starts with the component's."""
        del state
        self.at[host.name] = op_hash

    def operation_host_error(  # type: ignore[override]
        self, state: State, host: Host, op_hash: str, retry_count: int = 0, max_retries: int = 0
    ) -> None:
        """A step failed."""
        del state, retry_count, max_retries
        self.failed.setdefault(host.name, op_hash)

    def lines(self, state: State) -> Iterator[str]:
        """Nothing when every host is done with every step."""
        names = sorted({host.name for host in state.failed_hosts} | self.failed.keys())
        if not names:
            return
        yield f"The platform is not complete: {len(names)} of {len(state.inventory.hosts)} hosts failed."
        for name in names:
            if op_hash := self.failed.get(name):
                yield f"  {name}: at step {_step(state, op_hash)!r}. It said last (all of it stands above):"
                yield from (f"    {line}" for line in _last_words(state, name, op_hash))
            elif op_hash := self.at.get(name):
                yield f"  {name}: before step {_step(state, op_hash)!r}: it could not be looked at any more."
                yield f"    `codeb hosts check` says whether {name} is reached."
            else:
                yield f"  {name}: it was not reached, or could not be looked at; `codeb hosts check` says why."
        yield f"  {self.again}"


def _step(state: State, op_hash: str) -> str:
    return " and ".join(sorted(state.op_meta[op_hash].names))


def _last_words(state: State, name: str, op_hash: str) -> list[str]:
    """Of the step's commands; what is not a command's (an upload) says itself above alone."""
    (meta,) = (ops[op_hash].operation_meta for host, ops in state.ops.items() if host.name == name)
    if not meta.is_complete():
        return []
    said = [line for line in meta.stderr_lines or meta.stdout_lines if line.strip()]
    return said[-_LAST:]


def watch(state: State, again: str = AGAIN) -> None:
    """Once a run, however many hosts it has. ``again`` is what to do when it failed."""
    if any(isinstance(handler, Outcome) for handler in state.callback_handlers):
        return
    outcome = Outcome(again)
    state.add_callback_handler(outcome)  # type: ignore[no-untyped-call]
    atexit.register(_tell, outcome, state)


def _tell(outcome: Outcome, state: State) -> None:
    for line in outcome.lines(state):
        print(line, file=sys.stderr)
