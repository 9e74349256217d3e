"""Port pairs: blue even, green the odd one above it. Spec section 2, "Ports"."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from codeb.domain.names import EnvironmentName, SlotName
from codeb.errors import Refused

RANGES = {
    EnvironmentName.PRODUCTION: range(4100, 4500),
    EnvironmentName.STAGING: range(4500, 5000),
    EnvironmentName.PREVIEW: range(5000, 5500),
}
PLATFORM_PORTS = frozenset({5000, 5001, 5432})
"""Ports in the ranges that a platform service takes when one host holds all roles."""


class PortsExhausted(Refused):
    code = "ports_exhausted"

    def __init__(self, environment: EnvironmentName, taken: int) -> None:
        self.environment = environment
        super().__init__(
            f"all {taken} port pairs of {environment} are taken: delete a project that is no longer needed"
        )


@dataclass(frozen=True, slots=True)
class PortPair:
    blue: int

    def __post_init__(self) -> None:
        if self.blue % 2:
            raise ValueError(f"blue's port is even, {self.blue} is not")

    @property
    def green(self) -> int:
        return self.blue + 1

    def of(self, slot: SlotName) -> int:
        return self.blue if slot is SlotName.BLUE else self.green


def pairs(environment: EnvironmentName) -> Iterator[PortPair]:
    """Every pair a project of this environment may own, lowest first."""
    for blue in RANGES[environment][::2]:
        if not PLATFORM_PORTS & {blue, blue + 1}:
            yield PortPair(blue)


def lowest_free(environment: EnvironmentName, taken: Collection[int]) -> PortPair:
    """The lowest pair whose blue port is not in ``taken``; raises PortsExhausted."""
    candidates = list(pairs(environment))
    for pair in candidates:
        if pair.blue not in taken:
            return pair
    raise PortsExhausted(environment, len(candidates))
