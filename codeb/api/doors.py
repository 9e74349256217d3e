"""Which listener a request came in by: the one that Caddy proxies to, or an internal one. Security 3."""

from dataclasses import dataclass

from starlette.requests import Request

from codeb.api.middleware import came_through_proxy
from codeb.settings import Address, Settings

_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, not bound to
_LOCAL = {"localhost": "127.0.0.1"}


def plain_host(host: str) -> str:
    """As a socket names it."""
    bare = host.strip("[]")
    return _LOCAL.get(bare, bare)


@dataclass(frozen=True, slots=True)
class Doors:
    public: tuple[Address, ...]
    internal: tuple[Address, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Doors":
        return cls(settings.listen, settings.internal_listen)

    def is_internal(self, request: Request, *, passed_on: bool = False) -> bool:
        """Decided by the socket that took the request; what a proxy passed on is internal with ``passed_on`` only."""
        server = request.scope.get("server")
        if server is None or (came_through_proxy(request.headers) and not passed_on):
            return False
        host, port = server[0], server[1]
        here = any(_is(address, host, port) for address in self.internal)
        return here and not any(_is(address, host, port) for address in self.public)


def _is(address: Address, host: str, port: int | None) -> bool:
    wanted = plain_host(address.host)
    return address.port == port and (wanted == plain_host(host) or wanted in _WILDCARDS)
