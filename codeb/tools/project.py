"""project_update, project_delete. Spec section 6."""

from functools import partial
from typing import Any

from pydantic import Field
from pydantic.alias_generators import to_camel

from codeb.adapters.hooks.signature import hook_secret
from codeb.domain.access import KeyKind, Role
from codeb.domain.names import SlotName
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.records import iso
from codeb.errors import InvalidInput
from codeb.tools.call import Call
from codeb.tools.params import DryRun, ProjectParams
from codeb.tools.plan import planned
from codeb.tools.project_settings import merged, wire_settings
from codeb.tools.results import Record
from codeb.tools.tool import Lane, Tool


class UpdateParams(ProjectParams, DryRun):
    settings: dict[str, Any] = Field(
        description="the settings to change, with the names that workflow_init takes; null brings a default back"
    )


class DeleteParams(ProjectParams, DryRun):
    confirm: str = Field(default="", description="the project's name, typed out")
    force: bool = Field(
        default=False, description="also where a database cannot be dumped: then there is no last dump of it"
    )


def update(call: Call, params: UpdateParams) -> Record:
    """Change a project's settings: previews, webhook and kept images follow at once, the rest with the next deploy."""
    project = call.project(params.project_name)
    before = project.settings
    wanted = merged(before, params.settings)
    names = [name for name in ProjectSettings.model_fields if getattr(before, name) != getattr(wanted, name)]
    record = {
        "projectName": project.name,
        "settings": wire_settings(wanted),
        "changedSettings": [to_camel(n) for n in names],
    }
    if wanted.webhook is not None and not params.dry_run and call.auth.kind is not KeyKind.ASSISTANT:
        record["webhookSecret"] = hook_secret(
            call.services.settings.env_key, project.name, str(iso(project.created_at))
        ).reveal()
    if params.dry_run:
        return planned(
            f"change {', '.join(record['changedSettings'])}" if names else "nothing: it is so already", **record
        )
    change = partial(merged, given=params.settings)
    after, changed = call.services.update_project(project.name, change, call.actor)
    return {
        **record,
        "settings": wire_settings(after.settings),
        "changed": changed,
        "redeployNeeded": before.hash != after.settings.hash,
    }


def delete(call: Call, params: DeleteParams) -> Record:
    """Delete a project with its containers, sites, slots, variables and records. There is no way back."""
    project = call.project(params.project_name)
    if params.dry_run:
        return _plan_delete(project, params)
    dumps = call.services.delete_project(project.name, call.actor, confirm=params.confirm, force=params.force)
    without = f"; there is no last dump of {', '.join(dumps.missing)}" if dumps.missing else ""
    return {
        "dumps": list(dumps.paths),
        "missingDumps": dict(dumps.missing),
        "projectName": project.name,
        "changed": True,
        "message": f"{project.name} and all that was made for it is gone{without}",
    }


def _plan_delete(project: Project, params: DeleteParams) -> Record:
    if params.confirm and params.confirm != project.name:
        raise InvalidInput("confirm", f"type the project's name, {project.name!r}, to delete it")
    containers = [project.environment(each).container(slot) for each in sorted(project.ports) for slot in SlotName]
    return planned(
        f"delete {project.name}, its containers, sites, variables and records",
        *(["do so without a last dump of a database that cannot be dumped"] if params.force else []),
        projectName=project.name,
        containers=containers,
    )


TOOLS: tuple[Tool[Any], ...] = (
    Tool("project_update", "project.update", Role.MEMBER, UpdateParams, update, Lane.CHANGE),
    Tool("project_delete", "project.delete", Role.ADMIN, DeleteParams, delete, Lane.CHANGE),
)
