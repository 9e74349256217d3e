"""What every line of the log says of the request that it belongs to: its id, its key, its tool.

One variable that holds a record, not one for each word of it as structlog's own: every request sets them all.
"""

from contextvars import ContextVar

from structlog.typing import EventDict

_facts: ContextVar[dict[str, object] | None] = ContextVar("codeb_log_facts", default=None)


def begin(**facts: object) -> None:
    """A request begins, and what was said of another one is forgotten."""
    _facts.set(facts)


def add(**facts: object) -> None:
    """Of the request that this is a part of, on whichever thread; of nothing outside of one."""
    known = _facts.get()
    if known is not None:
        known.update(facts)


def merged(logger: object, method: str, entry: EventDict) -> EventDict:  # noqa: ARG001
    """A structlog processor. What the entry says itself counts more."""
    known = _facts.get()
    return {**known, **entry} if known else entry
