"""Whose request it is. Spec section 6, "Auth"; security 3."""

from dataclasses import dataclass
from typing import NamedTuple

from starlette.requests import Request

from codeb.adapters.keys import KeyRegistry, RateLimit
from codeb.api.errors import Unauthenticated
from codeb.api.headers import header
from codeb.api.limits import Guesses
from codeb.api.middleware import client_address
from codeb.domain.access import AuthContext, KeyText
from codeb.errors import ConfigError
from codeb.services.protocols import Clock
from codeb.settings import Settings


class Caller(NamedTuple):
    """Whose key it is; ``rate_limit`` None is the usual one."""

    context: AuthContext
    rate_limit: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Authenticator:
    """``development`` lets well-formed keys in that nobody registered; see :func:`refuse_open_development`.

    A key is found by the SHA-256 of its whole text. How long that takes tells at most something of the hash, which
    nobody can steer towards a registered one without knowing its key, so no comparison in constant time is needed.
    """

    keys: KeyRegistry
    clock: Clock
    guesses: Guesses
    development: bool = False

    def __call__(self, request: Request) -> Caller:
        """The key's rights as its record has them; raises Unauthenticated, Unavailable.

        Raises RateLimited for a source that guesses; never for a registered key, whoever else guesses there.
        """
        text = header(request.scope, b"x-api-key")
        if not text:
            raise Unauthenticated("missing_key", "API key required. Use X-API-Key header.")
        claimed = KeyText.parse(text)
        record = self.keys.find(text) if claimed else None
        if record is None:
            if claimed and self.development and not self.keys.any():
                return Caller(AuthContext("dev-key", claimed.team, claimed.role))
            self.guesses.count(client_address(request.scope))
            raise Unauthenticated("invalid_key", "Invalid API key")
        if record.expires_at is not None and record.expires_at <= self.clock.now():
            raise Unauthenticated("expired_key", f"this API key expired at {record.expires_at:%Y-%m-%d %H:%M} UTC")
        return Caller(record.context, record.rate_limit)


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
