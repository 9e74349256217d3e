"""Which pages and which names may reach ``/mcp``: none that a foreign page could stand behind. Security 4.

A page in somebody's browser has an ``Origin``; a name that leads to this machine by a trick of DNS is not one of ours.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Scope

from codeb.api.headers import header
from codeb.domain.access import Forbidden
from codeb.settings import Settings


@dataclass(frozen=True, slots=True)
class Origins:
    """``origins`` are pages, ``hosts`` names without a port."""

    origins: Collection[str]
    hosts: Collection[str]

    @classmethod
    def of(cls, settings: Settings) -> "Origins":
        hosts = frozenset({f"api.{settings.domain}", "localhost", *(each.host.strip("[]") for each in settings.listen)})
        return cls(frozenset({f"https://api.{settings.domain}", *settings.cors_origins}), hosts)

    def require(self, scope: Scope) -> None:
        """Raises Forbidden."""
        origin = header(scope, b"origin")
        if origin is not None and origin not in self.origins:
            raise Forbidden("this page may not use /mcp: its origin is not among CODEB_CORS_ORIGINS")
        host = header(scope, b"host") or ""
        if not self._ours(host):
            raise Forbidden("this is not a name of the API: use the address that CODEB_API_URL has")

    def _ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self.hosts or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
