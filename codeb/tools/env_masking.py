"""Who sees values. A masked one shows not one character, nor its length. Lesson 3, security 4."""

from collections.abc import Mapping

from codeb.domain.access import AuthContext, KeyKind, Role

MASK = "********"
SHORT_MASK = "****"
"""Beside a comparison, as the original's clients know it."""


def masked(auth: AuthContext) -> bool:
    """Viewers and coding assistants see names only, whatever a variable is called."""
    return not auth.role.covers(Role.MEMBER) or auth.kind is KeyKind.ASSISTANT


def shown(variables: Mapping[str, str], *, mask: bool) -> dict[str, str]:
    return {name: MASK if mask else value for name, value in sorted(variables.items())}
