"""``/mcp``: the tools for coding assistants, over streamable HTTP. Spec section 10; security 4.

A key comes as everywhere, or as ``Authorization: Bearer``, which is what the protocol's clients send. Nothing is told
outside the answer to a request, so there is no stream to open with GET.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from codeb.api.gate import Gate
from codeb.api.headers import header
from codeb.api.mcp.host import McpHost
from codeb.api.mcp.origins import Origins
from codeb.api.mcp.refusal import refusal
from codeb.api.parts import Parts
from codeb.errors import CodebError

PATH = "/mcp"
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class McpRoutes:
    gate: Gate
    origins: Origins
    host: McpHost

    @classmethod
    def of(cls, parts: Parts, host: McpHost) -> "McpRoutes":
        return cls(parts.gate, Origins.of(parts.services.settings), host)

    def routes(self) -> list[Route]:
        return [Route(PATH, self, methods=["POST", "DELETE"])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is refused here was not begun: the library reads a body whole before it answers."""
        keyed = _with_key(scope)
        request = Request(keyed)
        try:
            self.origins.require(scope)
            await self.host.answer(self.gate(request), keyed, receive, send)
        except CodebError as error:
            await refusal(request, error)(scope, receive, send)


def _with_key(scope: Scope) -> Scope:
    """The key under the one name that the gate knows."""
    said = header(scope, b"authorization") or ""
    if header(scope, b"x-api-key") is not None or not said.lower().startswith(_BEARER):
        return {**scope}
    key = said[len(_BEARER) :].strip().encode("latin-1")
    return {**scope, "headers": [*scope["headers"], (b"x-api-key", key)]}
