"""Whose request it is. Spec section 6, "Auth"; security 3."""

from dataclasses import dataclass

from starlette.requests import Request

from codeb.adapters.keys import KeyRegistry
from codeb.api.errors import Unauthenticated
from codeb.domain.access import AuthContext, KeyText
from codeb.errors import ConfigError
from codeb.services.protocols import Clock
from codeb.settings import Settings


@dataclass(frozen=True, slots=True)
class Authenticator:
    """``development`` lets well-formed keys in that nobody registered; see :func:`refuse_open_development`."""

    keys: KeyRegistry
    clock: Clock
    development: bool = False

    def __call__(self, request: Request) -> AuthContext:
        """The key's rights as its record has them; raises Unauthenticated, Unavailable."""
        text = request.headers.get("X-API-Key", "")
        if not text:
            raise Unauthenticated("missing_key", "API key required. Use X-API-Key header.")
        claimed = KeyText.parse(text)
        if claimed is None:
            raise Unauthenticated("invalid_key", "Invalid API key")
        record = self.keys.find(text)
        if record is None:
            if self.development and not self.keys.any():
                return AuthContext("dev-key", claimed.team, claimed.role)
            raise Unauthenticated("invalid_key", "Invalid API key")
        if record.expires_at is not None and record.expires_at <= self.clock.now():
            raise Unauthenticated("expired_key", f"this API key expired at {record.expires_at:%Y-%m-%d %H:%M} UTC")
        return record.context


def refuse_open_development(settings: Settings, keys: KeyRegistry) -> None:
    """Development mode is for one machine and no real key; raises ConfigError where it is anything else."""
    if settings.env != "development":
        return
    for address in (*settings.listen, *settings.internal_listen):
        if not address.loopback:
            raise ConfigError(
                f"development mode listens on loopback only, not on {address.host}:{address.port}:"
                " set CODEB_ENV=production, or CODEB_LISTEN and CODEB_INTERNAL_LISTEN to 127.0.0.1"
            )
    keys.refresh()
    if keys.problem or keys.any():
        raise ConfigError(
            f"development mode does not run beside registered keys ({keys.path}): set CODEB_ENV=production"
        )
