"""workflow_init, project_update, project_delete. Spec section 6."""

from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from codeb.adapters.hooks.signature import hook_secret
from codeb.domain.access import Role
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.ports import PortPair, lowest_free
from codeb.domain.project import Project, ProjectExists, ProjectSettings
from codeb.domain.records import iso
from codeb.errors import InvalidInput
from codeb.tools.call import Call
from codeb.tools.params import DryRun, Params, ProjectParams, parse
from codeb.tools.plan import planned
from codeb.tools.results import Record
from codeb.tools.tool import Lane, Tool


class SettingsInput(ProjectSettings):
    """The project's settings with the wire's names; an unknown one is an error, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class _Settings(Params):
    settings: SettingsInput


class InitParams(ProjectParams, DryRun):
    type: Literal["nextjs", "remix", "nodejs", "python", "go"] = "nextjs"
    settings: SettingsInput = Field(default_factory=SettingsInput)


class UpdateParams(ProjectParams, DryRun):
    settings: dict[str, Any] = Field(
        description="the settings to change, with the names that workflow_init takes; null brings a default back"
    )


class DeleteParams(ProjectParams, DryRun):
    confirm: str = Field(default="", description="the project's name, typed out")


def init(call: Call, params: InitParams) -> Record:
    """Make a project: its port pairs, its slots, and a site in each environment that says "not deployed yet"."""
    call.auth.require_project(params.project_name)
    if params.dry_run:
        return _plan_init(call, params)
    settings = ProjectSettings(**params.settings.model_dump())
    project = call.services.init_project(params.project_name, call.actor, type=params.type, settings=settings)
    return {**_made(call, project.name, project.ports), "type": project.type, "changed": True}


def update(call: Call, params: UpdateParams) -> Record:
    """Change a project's settings: previews, webhook and kept images follow at once, the rest with the next deploy."""
    project = call.project(params.project_name)
    before = project.settings
    wanted = _merged(before, params.settings)
    names = [name for name in ProjectSettings.model_fields if getattr(before, name) != getattr(wanted, name)]
    record = {"projectName": project.name, "settings": _wire(wanted), "changedSettings": [to_camel(n) for n in names]}
    if wanted.webhook is not None:
        record["webhookSecret"] = hook_secret(
            call.services.settings.env_key, project.name, str(iso(project.created_at))
        ).reveal()
    if params.dry_run:
        return planned(
            f"change {', '.join(record['changedSettings'])}" if names else "nothing: it is so already", **record
        )
    _, changed = call.services.update_project(project.name, wanted, call.actor)
    return {**record, "changed": changed, "redeployNeeded": before.hash != wanted.hash}


def _merged(before: ProjectSettings, given: dict[str, Any]) -> ProjectSettings:
    """Raises InvalidInput with the setting's name."""
    known = {to_camel(name) for name in ProjectSettings.model_fields}
    if unknown := sorted(given.keys() - known):
        raise InvalidInput(f"settings.{unknown[0]}", f"is no setting; there are {', '.join(sorted(known))}")
    merged = {**_wire(before), **given}
    checked, _ = parse(_Settings, {"settings": {key: value for key, value in merged.items() if value is not None}})
    return ProjectSettings(**checked.settings.model_dump())


def _wire(settings: ProjectSettings) -> dict[str, Any]:
    return SettingsInput(**settings.model_dump()).model_dump(mode="json", by_alias=True)


def delete(call: Call, params: DeleteParams) -> Record:
    """Delete a project with its containers, sites, slots, variables and records. There is no way back."""
    project = call.project(params.project_name)
    if params.dry_run:
        return _plan_delete(project, params.confirm)
    call.services.delete_project(project.name, call.actor, confirm=params.confirm)
    return {
        "projectName": project.name,
        "changed": True,
        "message": f"{project.name} and all that was made for it is gone",
    }


def _made(call: Call, name: str, ports: dict[EnvironmentName, PortPair]) -> Record:
    settings, addresses = call.services.settings, call.services.addresses
    repository = f"{settings.registry}/{name}"
    environments = {str(each): Environment(name, each) for each in ports}
    production = Environment(name)
    return {
        "projectName": name,
        "teamId": call.auth.team_id,
        "ports": _ports(ports[EnvironmentName.PRODUCTION]),
        "environments": {
            key: {"ports": _ports(ports[each.name]), "domain": each.host(settings.domain), "url": addresses.url(each)}
            for key, each in environments.items()
        },
        "domain": production.host(settings.domain),
        "url": addresses.url(production),
        "registryPath": repository,
        "files": [str(settings.caddy_sites / f"{each.key}.caddy") for each in environments.values()],
        "instructions": [
            f"docker build -t {repository}:VERSION . && docker push {repository}:VERSION",
            f"codeb deploy {name} --version VERSION",
            f"open {addresses.preview_url(production, SlotName.BLUE)}",
            f"codeb promote {name}",
        ],
    }


def _ports(pair: PortPair) -> Record:
    return {"blue": pair.blue, "green": pair.green}


def _plan_init(call: Call, params: InitParams) -> Record:
    known = call.services.projects.all()
    if any(project.name == params.project_name for project in known):
        raise ProjectExists(params.project_name)
    taken = {pair.blue for project in known for pair in project.ports.values()}
    ports = {each: lowest_free(each, taken) for each in EnvironmentName}
    return planned(f"make the project {params.project_name}", **_made(call, params.project_name, ports))


def _plan_delete(project: Project, confirm: str) -> Record:
    if confirm and confirm != project.name:
        raise InvalidInput("confirm", f"type the project's name, {project.name!r}, to delete it")
    containers = [project.environment(each).container(slot) for each in sorted(project.ports) for slot in SlotName]
    return planned(
        f"delete {project.name}, its containers, sites, variables and records",
        projectName=project.name,
        containers=containers,
    )


TOOLS: tuple[Tool[Any], ...] = (
    Tool("workflow_init", "deploy.create", Role.MEMBER, InitParams, init, Lane.CHANGE),
    Tool("project_update", "project.update", Role.MEMBER, UpdateParams, update, Lane.CHANGE),
    Tool("project_delete", "project.delete", Role.ADMIN, DeleteParams, delete, Lane.CHANGE),
)
