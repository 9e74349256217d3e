"""An assistant's call passes only with a person's code, at whatever door: all of them end here. Security 4."""

from collections.abc import Callable, Mapping
from typing import Any

from codeb.domain.access import AuthContext, KeyKind
from codeb.services.confirmations import Confirmations, NotConfirmed
from codeb.tools.confirm import CONFIRMATION, NEEDED
from codeb.tools.params import DryRun, parse
from codeb.tools.tool import Tool

Meant = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Of a tool and what is given to it: the parameters that are left to a default which may change meanwhile."""


def confirmed(
    confirmations: Confirmations, tool: Tool[Any], given: Mapping[str, Any], auth: AuthContext, meant: Meant
) -> Mapping[str, Any]:
    """The parameters without the code; raises InvalidInput, ConfirmationRequired, NotConfirmed.

    ``meant`` is added to what is confirmed, and to what is done: it was shown to the person.
    Only a plain ``true`` makes a plan of the call: what input checks might also take for true needs a code.
    """
    plan = given.get("dryRun") is True and issubclass(tool.params, DryRun)
    if auth.kind is not KeyKind.ASSISTANT or tool.name not in NEEDED or plan:
        return given
    wanted = {key: value for key, value in given.items() if key != CONFIRMATION}
    _, ignored = parse(tool.params, wanted)
    params = {**meant(tool.name, wanted), **{key: value for key, value in wanted.items() if key not in ignored}}
    code = given.get(CONFIRMATION)
    if code is None:
        raise confirmations.ask(tool.name, tool.permission, tool.least_role, params, auth)
    if not isinstance(code, str):
        raise NotConfirmed
    confirmations.use(code, tool.name, params, auth.key_id)
    return params
