"""A process that dies at a chosen moment: from then on nothing it calls has an effect any more."""

from collections.abc import Callable
from dataclasses import dataclass


class Killed(BaseException):
    """What stands for SIGKILL: no handler of ours may do anything after it."""


@dataclass
class Faults:
    """``tick`` stands before and after every effect on the world; the one that ``countdown`` reaches is the last."""

    countdown: int | None = None
    dead: bool = False
    ticks: int = 0
    watch: Callable[[], None] | None = None
    """Looks at the world at every tick: what may never be the case is not the case in between either."""

    def tick(self) -> None:
        if self.dead:
            raise Killed
        self.ticks += 1
        if self.watch:
            self.watch()
        if self.countdown is not None:
            self.countdown -= 1
            if self.countdown <= 0:
                self.dead = True
                raise Killed

    def reborn(self) -> None:
        self.countdown, self.dead = None, False
