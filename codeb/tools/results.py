"""What answers have in common: the words for a place, a step, a refusal and a finding."""

from typing import Any

from codeb.domain.deployment import DeployFailed, Step
from codeb.domain.names import Environment
from codeb.errors import CodebError
from codeb.services.repairs import Finding

Record = dict[str, Any]


class Lines(list[Record]):
    """Lines of an answer that is given again and again; nobody changes them.

    ``rendered`` is what they are on the wire, for the door that made it.
    """

    rendered: bytes | None = None


def step_record(step: Step) -> Record:
    record = {"name": str(step.name), "status": str(step.status), "duration": step.duration}
    return {**record, "error": step.error} if step.error else record


def where(environment: Environment) -> Record:
    return {"projectName": environment.project, "environment": str(environment.name)}


def failure(error: CodebError) -> Record:
    """A refusal as every door tells it: the sentence, the machine's word, and the facts."""
    record: Record = {"success": False, "error": str(error), "code": error.code, **error.facts()}
    if isinstance(error, DeployFailed):
        cause = error.__cause__
        failed = error.deployment
        record |= {
            **where(failed.environment),
            "slot": failed.slot and str(failed.slot),
            "image": failed.image,
            "previewUrl": "",
            "changed": False,
            "deploymentId": failed.id,
            "steps": [step_record(step) for step in failed.steps],
            **(cause.facts() if isinstance(cause, CodebError) else {}),
        }
    return record


def finding_record(finding: Finding) -> Record:
    place = finding.environment
    return {**(where(place) if place else {}), "what": finding.what, "mended": finding.mended}
