"""How long each statement took, told to whoever counts. Spec section 6, "Metrics"."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

Listener = Callable[[str, float], None]
_OPERATIONS = frozenset({"select", "insert", "update", "delete", "create", "drop", "with"})


def unheard(operation: str, seconds: float) -> None:
    """Nobody counts."""


@dataclass(slots=True)
class Timing:
    """``heard`` is told the statement's first word, one of a few, and the seconds it took, failed or not."""

    heard: Listener = unheard

    def cursor(self) -> type[Cursor[DictRow]]:
        """The cursors of a connection whose statements are timed."""
        timing = self

        class Timed(Cursor[DictRow]):
            def execute(self, query: Any, *args: Any, **options: Any) -> Any:
                with timing.of(query):
                    return super().execute(query, *args, **options)

            def executemany(self, query: Any, *args: Any, **options: Any) -> Any:
                with timing.of(query):
                    return super().executemany(query, *args, **options)

        return Timed

    @contextmanager
    def of(self, query: Any) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            if query:
                self.heard(operation(query), time.perf_counter() - begun)


def operation(query: Any) -> str:
    """The first word of the statement, where it is one that we use."""
    text = query if isinstance(query, str) else query.as_string() if hasattr(query, "as_string") else ""
    word = next(iter(text.split(maxsplit=1)), "").lower()
    return word if word in _OPERATIONS else "other"
