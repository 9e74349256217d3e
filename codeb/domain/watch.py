"""The watch after a promote: is the new version worse than the one before it? Spec section 2, "watch limits"."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

_ENOUGH = 20
"""Answers below which a share says nothing."""
_PLAINLY_BROKEN = 0.5


class WatchLimits(BaseModel):
    """For ``minutes`` after a promote the share of 5xx and the 95th percentile may not be worse than this.

    ``error_share`` is what the share of 5xx may rise by, ``slowdown`` what the 95th percentile may be multiplied by.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    minutes: int = Field(default=5, ge=1, le=120)
    error_share: float = Field(default=0.02, ge=0, le=1)
    slowdown: float = Field(default=3.0, ge=1, le=100)


@dataclass(frozen=True, slots=True)
class Window:
    """What was answered between two moments; ``buckets`` are cumulative counts by upper bound in seconds."""

    requests: float
    errors: float
    buckets: Mapping[float, float]

    @property
    def error_share(self) -> float:
        return self.errors / self.requests if self.requests else 0.0

    @property
    def p95(self) -> float | None:
        """Seconds: the upper bound of the bucket that holds the 95th percentile; None when it is in no bucket."""
        total = max(self.buckets.values(), default=0)
        for bound in sorted(self.buckets):
            if total and self.buckets[bound] >= total * 0.95:
                return bound
        return None


def worse(limits: WatchLimits, before: Window, after: Window) -> str | None:
    """A sentence that says how ``after`` is beyond the limits; None while it is not, or too little was answered.

    Where nobody saw the time before (the first promote, a server that was started since) only what is plainly broken
    is worse.
    """
    if after.requests < _ENOUGH:
        return None
    if before.requests < _ENOUGH:
        broken = after.error_share > _PLAINLY_BROKEN
        return f"{after.error_share:.1%} of the answers were errors (5xx)" if broken else None
    if after.error_share > before.error_share + limits.error_share:
        return (
            f"{after.error_share:.1%} of the answers were errors (5xx), before the promote {before.error_share:.1%};"
            f" allowed is {limits.error_share:.1%} more"
        )
    if before.p95 is not None and after.p95 is not None and after.p95 > before.p95 * limits.slowdown:
        return (
            f"the 95th percentile was up to {after.p95 * 1000:.0f} ms, before the promote {before.p95 * 1000:.0f} ms;"
            f" allowed is {limits.slowdown:g} times that"
        )
    return None
