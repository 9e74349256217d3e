"""An error of the API for a person and for a script: the next step, and the exit code."""

from codeb.cli.exits import LOCKED, REFUSED, UNAVAILABLE, USAGE, exit_code
from codeb.cli.plain import printable
from codeb.client import CallFailed, Unreachable
from codeb.errors import CodebError

_BY_STATUS = {400: USAGE, 401: USAGE, 404: USAGE, 409: LOCKED, 429: UNAVAILABLE}
_SERVER_ERROR = 500
_LAST_WORDS = 20
_STEPS = {
    "unauthenticated": "`we login` stores another key; `we whoami` shows which one is used.",
    "locked": "Wait for it and try again; `we status PROJECT` shows what is under way.",
    "unknown_project": "`we status` lists the projects that this key sees.",
    "nothing_to_promote": "`we deploy PROJECT` puts a release into the idle slot first.",
    "unhealthy": "`we logs PROJECT` shows what it says; nothing has changed for visitors.",
    "deploy_failed": "`we logs PROJECT` shows what it says; nothing has changed for visitors.",
    "no_grace_slot": "`we deployments PROJECT` lists releases; `we rollback PROJECT --to-deployment ID` starts one.",
    "confirmation_required": "A person runs `we confirm REQUEST`, and this command again with --confirmation CODE.",
    "unreachable": "`we health` asks the API how it is; `we whoami` shows its address.",
    "rate_limited": "The key has used up its requests; wait and try again.",
}
_PERHAPS = "It may have been done all the same: look with `we status` before you ask again."


def code_of(error: CodebError) -> int:
    """By the HTTP status of the API's answer, otherwise as on the host."""
    if not isinstance(error, CallFailed):
        return exit_code(error)
    if error.status >= _SERVER_ERROR:
        return UNAVAILABLE
    return _BY_STATUS.get(error.status, REFUSED)


def hint(error: CodebError, project: str | None = None) -> str | None:
    """The container's last words, where there are any, and what to do next, with what the answer names put in."""
    words = str(error.facts().get("logs") or "").splitlines()[-_LAST_WORDS:]
    parts = [*(f"  | {printable(line)}" for line in words), _step(error, project)]
    return "\n".join(part for part in parts if part) or None


def _step(error: CodebError, project: str | None) -> str | None:
    step = _STEPS.get(error.code)
    if isinstance(error, Unreachable) and error.sent:
        step = _PERHAPS
    if step is None:
        return None
    names = {"PROJECT": error.facts().get("projectName") or project, "REQUEST": error.facts().get("requestId")}
    for word, name in names.items():
        step = step.replace(word, str(name)) if name else step
    return step
