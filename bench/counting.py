"""How many commands and uploads pyinfra sends to each host."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from pyinfra.connectors.ssh import SSHConnector

_SENDS = ("run_shell_command", "put_file")


def counting(sent: Counter[str]) -> None:
    """From here on each of them counts."""
    for name in _SENDS:
        setattr(SSHConnector, name, _counted(getattr(SSHConnector, name), sent))


def _counted(real: Callable[..., Any], sent: Counter[str]) -> Callable[..., Any]:
    @wraps(real)
    def counted(self: SSHConnector, *arguments: Any, **more: Any) -> Any:
        sent[self.host.name] += 1
        return real(self, *arguments, **more)

    return counted
