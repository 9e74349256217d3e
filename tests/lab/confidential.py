"""What a failing test's output must not show."""

from typing import Any


class Confidential(dict[str, Any]):
    """A mapping whose repr is silent."""

    def __repr__(self) -> str:
        return "Confidential(...)"
