"""What one key may hand on to another: never more than it has itself. Spec section 6, "Auth"; security 4."""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import datetime

from codeb.domain.access import EVERY_SCOPE, AuthContext, Forbidden, KeyKind, Role
from codeb.domain.keys import KeyRecord, RateLimit


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of a new key. None: as the key that makes it."""

    role: Role
    scopes: frozenset[str] | None = None
    projects: frozenset[str] | None = None
    kind: KeyKind | None = None
    expires_at: datetime | None = None
    rate_limit: RateLimit | None = None


def require_role(auth: AuthContext, role: Role) -> None:
    """Raises Forbidden where ``role`` is above one's own."""
    if not auth.role.covers(role):
        raise Forbidden(f"{role} is above your own role, {auth.role}")


def granted(auth: AuthContext, own: KeyRecord | None, wanted: Grant) -> Grant:
    """``wanted`` made whole; raises Forbidden where it is wider than the key that asks.

    ``own`` is that key's record: a limited life and a limited rate are handed on too.
    """
    require_role(auth, wanted.role)
    if wanted.rate_limit is not None and not auth.role.covers(Role.ADMIN):
        raise Forbidden("only an admin sets a token's rateLimit")
    return replace(
        wanted,
        scopes=_scopes(auth, wanted.scopes),
        projects=_projects(auth, wanted.projects),
        kind=_kind(auth, wanted.kind),
        expires_at=_end(own.expires_at if own else None, wanted.expires_at),
        rate_limit=wanted.rate_limit or (own.rate_limit if own else None),
    )


def _scopes(auth: AuthContext, wanted: Set[str] | None) -> frozenset[str]:
    if wanted is None:
        return auth.scopes
    if EVERY_SCOPE not in auth.scopes and (beyond := sorted(wanted - auth.scopes)):
        raise Forbidden(f"this key has not the scope {', '.join(beyond)} itself")
    return frozenset(wanted)


def _projects(auth: AuthContext, wanted: Set[str] | None) -> frozenset[str] | None:
    if wanted is None:
        return auth.projects
    for name in sorted(wanted):
        auth.require_project(name)
    return frozenset(wanted)


def _kind(auth: AuthContext, wanted: KeyKind | None) -> KeyKind:
    kind = wanted or auth.kind
    if not auth.kind.covers(kind):
        makes = " and ".join(each for each in KeyKind if auth.kind.covers(each))
        raise Forbidden(f"a key of kind {auth.kind} makes tokens of kind {makes} only, none of kind {kind}")
    return kind


def _end(own: datetime | None, wanted: datetime | None) -> datetime | None:
    if own is not None and wanted is not None and wanted > own:
        raise Forbidden(f"this key ends at {own:%Y-%m-%d %H:%M} UTC, and no token of its making outlives it")
    return wanted or own
