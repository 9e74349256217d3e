"""What is broken for a moment on a host, and mended again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

DATABASE = "postgresql@15-main"


@contextmanager
def stopped(host: Any, unit: str) -> Iterator[None]:
    host.check_output(f"systemctl stop {unit}")
    try:
        yield
    finally:
        host.check_output(f"systemctl start {unit}")
