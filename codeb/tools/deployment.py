"""deployment_list, deployment_get, deployment_cancel. Spec section 6, "Beyond the original"."""

from typing import Any

from pydantic import Field

from codeb.domain.access import Role
from codeb.domain.names import EnvironmentName
from codeb.tools.call import Call
from codeb.tools.deployment_view import deployment
from codeb.tools.params import DryRun, ProjectParams
from codeb.tools.plan import planned
from codeb.tools.results import Record
from codeb.tools.tool import Lane, Tool


class ListParams(ProjectParams):
    environment: EnvironmentName | None = Field(default=None, description="default: all of them")
    limit: int = Field(default=20, ge=1, le=200)


class GetParams(ProjectParams):
    deployment_id: str


class CancelParams(ProjectParams, DryRun):
    deployment_id: str


def list_all(call: Call, params: ListParams) -> Record:
    """The deployments of a project, newest first, with their steps and receipts."""
    project = call.project(params.project_name)
    found = call.services.history.deployments(project.name, params.environment, params.limit)
    return {
        "projectName": project.name,
        "deployments": [deployment(each) for each in found],
        "total": len(found),
    }


def get(call: Call, params: GetParams) -> Record:
    """One deployment: its steps, its receipt, its migration and dump, and the settings that it ran with."""
    project = call.project(params.project_name)
    found = call.services.history.deployment(project.name, params.deployment_id)
    return {"projectName": project.name, "deployment": deployment(found)}


def cancel(call: Call, params: CancelParams) -> Record:
    """End a deploy that is under way; it is recorded as failed and everything is as it was before it."""
    project = call.project(params.project_name)
    record: Record = {"projectName": project.name, "deploymentId": params.deployment_id}
    if params.dry_run:
        found = call.services.history.deployment(project.name, params.deployment_id)
        what = f"end {found.id} at its next step" if found.open else f"nothing: {found.id} has ended as {found.status}"
        return planned(what, **record)
    found, asked = call.services.cancel(project.name, params.deployment_id)
    message = "it ends at its next step" if asked else f"it has ended as {found.status} already"
    return {**record, "status": str(found.status), "changed": asked, "message": message}


TOOLS: tuple[Tool[Any], ...] = (
    Tool("deployment_list", "project.view", Role.VIEWER, ListParams, list_all),
    Tool(
        "deployment_get",
        "project.view",
        Role.VIEWER,
        GetParams,
        get,
        result={"projectName": "the project", "deployment": "the whole record; deployment_list has one a line"},
    ),
    Tool(
        "deployment_cancel",
        "deploy.create",
        Role.MEMBER,
        CancelParams,
        cancel,
        Lane.CHANGE,
        result={
            "projectName": "the project",
            "deploymentId": "the deployment",
            "status": "running, or how it had ended",
            "changed": "whether it was asked to end",
            "message": "a sentence",
        },
    ),
)
