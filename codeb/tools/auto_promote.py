"""A team's setting ``autoPromote``: a successful deploy to its default environment is promoted right away.

It lends nobody a right: only where the key that deploys may promote too. An assistant's never does by itself, for its
promotes want a person's word (security 4). The deploy has succeeded whatever becomes of the promote.
"""

import structlog

from codeb.domain.access import KeyKind, Role
from codeb.domain.names import Environment, SlotName
from codeb.domain.project import Project
from codeb.domain.slots import SlotPair, holds
from codeb.errors import CodebError
from codeb.services.release_steps import DeployResult
from codeb.tools.call import Call
from codeb.tools.release_view import switched
from codeb.tools.results import Record, failure

_log = structlog.get_logger()
LEFT = "somebody went back from it; call promote where it is wanted after all"
_PERMISSION = "deploy.promote"


def wanted(call: Call, project: Project, environment: Environment) -> bool:
    return call.services.rules.promotes(project, environment.name)


def hindrance(call: Call) -> str | None:
    """Why the key that deploys does not promote by it; None where it does."""
    if call.auth.kind is KeyKind.ASSISTANT:
        return "an assistant's key promotes with a person's word only; call promote"
    if not call.auth.may(_PERMISSION, Role.MEMBER):
        return f"this key may not promote ({_PERMISSION}); somebody who may calls promote"
    return None


def planned(call: Call, told: Record, pair: SlotPair) -> Record:
    """The plan of a deploy with what follows it."""
    slot = pair.slot(SlotName(told["slot"]))
    if slot is pair.active:
        return told
    there = told["plan"][0].startswith("nothing")
    reason = LEFT if there and slot is pair.rolled_back_from else hindrance(call)
    sentence = f"not send the traffic to it: {reason}" if reason else "send the traffic to it: the team's autoPromote"
    return {**told, "plan": [*told["plan"], sentence]}


def auto_promoted(call: Call, result: DeployResult, pair: SlotPair) -> Record:
    """``pair`` is how the deploy left the slots."""
    if holds(pair.active, result.deployment_id):
        return _answer(promoted=False, reason="it has the traffic already")
    if not result.changed and holds(pair.rolled_back_from, result.deployment_id):
        return _answer(promoted=False, reason=LEFT)
    if (reason := hindrance(call)) is not None:
        return _answer(promoted=False, reason=reason)
    use = call.services.promote
    try:
        done = use(result.environment, call.actor, only=result.deployment_id, on_place=call.on_place)
    except CodebError as error:
        refused = failure(error)
        del refused["success"]
        return _answer(promoted=False, reason=f"it was not promoted: {error}", **refused)
    except Exception:  # noqa: BLE001  told in full in the log; the deploy stands
        _log.exception("auto_promote_failed", environment=result.environment.key)
        return _answer(promoted=False, reason="it was not promoted: an internal error; call promote to see")
    if done.receipt:
        call.observer.switched(done.environment, done.receipt)
    told = switched(done, call.services.settings.domain, use.clock.now())
    return _answer(promoted=True, reason="the team promotes its deploys by itself", **told)


def _answer(*, promoted: bool, reason: str, **facts: object) -> Record:
    return {"promoted": promoted, "reason": reason, **facts}
