"""The log of a deploy's steps, with their durations."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from codeb.domain.deployment import Step, StepListener, StepName, StepStatus


def ignore(step: Step) -> None:
    """The listener of whoever only wants the result."""


@dataclass(slots=True)
class StepLog:
    """Collects steps and tells a listener of each change as it happens."""

    listener: StepListener
    done: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, name: StepName) -> Iterator[None]:
        """Run the block as the step ``name``: running, then success or failed."""
        self._tell(Step(name, StepStatus.RUNNING))
        begun = time.perf_counter()
        try:
            yield
        except Exception as error:
            self._end(Step(name, StepStatus.FAILED, _ms(begun), str(error)))
            raise
        self._end(Step(name, StepStatus.SUCCESS, _ms(begun)))

    def skip(self, *names: StepName) -> None:
        for name in names:
            self._end(Step(name, StepStatus.SKIPPED))

    def _end(self, step: Step) -> None:
        self.done.append(step)
        self._tell(step)

    def _tell(self, step: Step) -> None:
        """A listener that is gone, a closed pipe say, is no failure of the deploy."""
        with suppress(Exception):
            self.listener(step)


def _ms(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 1)
