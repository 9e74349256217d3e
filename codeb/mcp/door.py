"""What the protocol's server needs of the platform: the API in this process, or the API over HTTP."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from anyio import CancelScope

Record = dict[str, Any]
Heard = Callable[[Mapping[str, Any]], None]
"""Told of each step of a deploy, ``{"name", "status", ...}``, on the event loop's thread."""


class Door(Protocol):
    """One key's way in."""

    async def tools(self) -> Sequence[Mapping[str, Any]]:
        """The tools that this key may call, as ``Tool.described()`` has them. Raises CodebError."""
        ...

    async def call(self, tool: str, params: Mapping[str, Any], heard: Heard | None = None) -> Record:
        """The tool's answer with ``success``; of a refusal ``error`` and ``code`` too. Never raises CodebError."""
        ...

    async def log_lines(self, project: str, environment: str) -> Sequence[str]:
        """The newest lines of the containers of an environment. Raises CodebError."""
        ...

    def waiting(self, scope: CancelScope) -> AbstractContextManager[None]:
        """While a person is waited for: cancels ``scope`` where nobody can be waited for any longer."""
        ...
