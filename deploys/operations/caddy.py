"""The Caddy on a host is new enough."""

import re
from collections.abc import Generator

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.command import QuoteString

MINIMUM = (2, 9)


class CaddyVersion(FactBase[tuple[int, ...]]):
    """The version of the Caddy at ``path`` as numbers; empty when there is none."""

    default = tuple

    def command(self, path: str) -> str:
        return f"{path} version 2>/dev/null || true"

    def process(self, output: list[str]) -> tuple[int, ...]:
        return numbers(output[0]) if output else ()


def numbers(version: str) -> tuple[int, ...]:
    """``v2.11.4 h1:...`` as (2, 11, 4)."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


@operation()
def recent_enough(path: str) -> Generator[StringCommand, None, None]:
    """
    Fail when the Caddy at ``path`` is too old for the pointer file.

    + path: the binary
    """
    found = host.get_fact(CaddyVersion, path=path)
    if found >= MINIMUM:
        host.noop(f"Caddy is {'.'.join(map(str, found))}")
        return
    version = ".".join(map(str, found)) or "missing"
    yield StringCommand("echo", QuoteString(refusal(version)), ">&2", "&&", "false")


def refusal(version: str) -> str:
    least = ".".join(map(str, MINIMUM))
    return (
        f"Caddy is {version}; CodeB needs {least} or newer: an older one never matches the pointer file and answers 503"
        " for every site. Set components.caddy.source to vendor or url."
    )
