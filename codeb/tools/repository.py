"""repository_bind: which repository a project's git tools may touch. Security 6: only the platform's operator says."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from codeb.domain.access import Forbidden, Role
from codeb.domain.git import repository_name
from codeb.tools.call import Call
from codeb.tools.params import DryRun, ProjectParams
from codeb.tools.plan import planned
from codeb.tools.results import Record
from codeb.tools.tool import Lane, Tool


class BindParams(ProjectParams, DryRun):
    repository: Annotated[str, AfterValidator(repository_name)] = Field(
        default="", description="owner/name at the git hosting service; empty ends the binding"
    )


def bind(call: Call, params: BindParams) -> Record:
    """Bind a project to a repository, or end that. Only a platform key may; a repository belongs to one team."""
    if not call.auth.platform:
        raise Forbidden(
            "Permission denied: only a platform key binds a project to a repository; ask the operator of the platform"
        )
    project, wanted = call.project(params.project_name), params.repository or None
    before = call.services.git.bind(project.name, wanted, call.actor, plan=params.dry_run)
    record = {"projectName": project.name, "repository": wanted, "previousRepository": before}
    if before == wanted:
        said = f"nothing: {project.name} is bound to {wanted or 'no repository'} already"
    else:
        said = f"bind {project.name} to {wanted}" if wanted else f"end the binding of {project.name} to {before}"
    if params.dry_run:
        return planned(said, **record)
    return {**record, "changed": before != wanted, "message": said}


TOOLS: tuple[Tool[Any], ...] = (Tool("repository_bind", "repository.bind", Role.ADMIN, BindParams, bind, Lane.CHANGE),)
