"""The gate of every route that wants a key: who asks, and whether the key may ask once more. Spec section 6."""

from dataclasses import dataclass, field

from starlette.requests import Request

from codeb.api import log_context
from codeb.api.auth import Authenticator
from codeb.api.errors import RateLimited, Unauthenticated
from codeb.api.limits import RateLimits
from codeb.api.metrics import Metrics
from codeb.domain.access import AuthContext

UNREGISTERED = "unregistered"


@dataclass(frozen=True, slots=True)
class Gate:
    """Not for several threads: its counters belong to the server's event loop."""

    authenticator: Authenticator
    metrics: Metrics
    limits: RateLimits = field(default_factory=RateLimits)

    def __call__(self, request: Request) -> AuthContext:
        """Raises Unauthenticated, RateLimited, Unavailable. The answer's headers will say what the key has left."""
        try:
            caller = self.authenticator(request)
        except Unauthenticated as error:
            self.metrics.auth_failures.labels(error.reason).inc()
            raise
        except RateLimited:
            self.metrics.auth_failures.labels("locked_out").inc()
            self.metrics.rate_limited.labels(UNREGISTERED).inc()
            raise
        auth = caller.context
        platform = {"platform": True} if auth.platform else {}
        log_context.add(key_id=auth.key_id, team_id=auth.team_id, **platform)
        self.authenticator.keys.used(auth.key_id)
        allowance = self.limits.spend(auth.key_id, caller.rate_limit)
        request.scope["state"]["allowance"] = allowance
        if not allowance.allowed:
            self.metrics.rate_limited.labels(auth.key_id).inc()
            raise self.limits.exceeded(allowance)
        return auth

    def still(self, request: Request) -> bool:
        """Whether the key of a stream that began a while ago would still be let in. It spends nothing."""
        try:
            self.authenticator(request)
        except (Unauthenticated, RateLimited):
            return False
        return True
