"""The tools as they are described, all of them or those that a key may call. Spec section 6, "Tools"."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from codeb.domain.access import AuthContext, KeyKind
from codeb.tools.confirm import NEEDED
from codeb.tools.registry import TOOLS, find


def offered(auth: AuthContext) -> Sequence[dict[str, Any]]:
    """What this key's role and scopes allow; ``confirmation`` where a person has to say yes to a call of this key."""
    assistant = auth.kind is KeyKind.ASSISTANT
    return [
        {**described(tool.name), "confirmation": assistant and tool.name in NEEDED}
        for tool in TOOLS
        if auth.may(tool.permission, tool.least_role)
    ]


@cache
def described(name: str) -> dict[str, Any]:
    """Made once: nobody changes it."""
    return find(name).described()
