"""deployment_list. Spec section 6, "Beyond the original"."""

from pydantic import Field

from codeb.domain.names import EnvironmentName
from codeb.tools import results
from codeb.tools.call import Call
from codeb.tools.params import ProjectParams
from codeb.tools.results import Record


class ListParams(ProjectParams):
    environment: EnvironmentName | None = Field(default=None, description="default: all of them")
    limit: int = Field(default=20, ge=1, le=200)


def list_all(call: Call, params: ListParams) -> Record:
    """The deployments of a project, newest first, with their steps and receipts."""
    project = call.project(params.project_name)
    found = call.services.history.deployments(project.name, params.environment, params.limit)
    return {
        "projectName": project.name,
        "deployments": [results.deployment(each) for each in found],
        "total": len(found),
    }
