"""workflow_init, project_update, project_delete. Spec section 6."""

from functools import partial
from typing import Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from codeb.adapters.ci_texts import ProjectType
from codeb.adapters.hooks.signature import hook_secret
from codeb.domain.access import KeyKind, Role
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.ports import PortPair, lowest_free
from codeb.domain.project import Project, ProjectExists, ProjectSettings, UnknownProject
from codeb.domain.records import iso
from codeb.errors import InvalidInput
from codeb.services.backing import Kind
from codeb.services.errors import QuotaReached
from codeb.tools.call import Call
from codeb.tools.params import DryRun, Params, ProjectParams, parse
from codeb.tools.plan import planned
from codeb.tools.results import Record
from codeb.tools.tool import Lane, Tool
from codeb.tools.workflow import ci_texts


class SettingsInput(ProjectSettings):
    """The project's settings with the wire's names; an unknown one is an error, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class _Settings(Params):
    settings: SettingsInput


class InitParams(ProjectParams, DryRun):
    type: ProjectType = "nextjs"
    settings: SettingsInput = Field(default_factory=SettingsInput)
    database: bool | None = Field(
        default=None, description="a database for each environment, its URL in DATABASE_URL; default: where it can be"
    )
    redis: bool | None = Field(
        default=None,
        description="a user of Redis for each environment, in REDIS_URL and REDIS_PREFIX; the same default",
    )


class UpdateParams(ProjectParams, DryRun):
    settings: dict[str, Any] = Field(
        description="the settings to change, with the names that workflow_init takes; null brings a default back"
    )


class DeleteParams(ProjectParams, DryRun):
    confirm: str = Field(default="", description="the project's name, typed out")


def init(call: Call, params: InitParams) -> Record:
    """Make a project: its port pairs, its slots, and a site in each environment that says "not deployed yet"."""
    call.auth.require_project(params.project_name)
    settings = ProjectSettings(**params.settings.model_dump())
    if (there := _same_already(call, params, settings)) is not None:
        return {**_told(call, there, params), "changed": _completed(call, there, params)}
    _require_room(call)
    if params.dry_run:
        return _plan_init(call, params)
    project = call.services.init_project(
        params.project_name,
        call.actor,
        type=params.type,
        settings=settings,
        backings=_backings(call, params),
    )
    return {**_told(call, project, params), "changed": True}


def _require_room(call: Call) -> None:
    """Raises QuotaReached. Security 10."""
    team = call.auth.team_id
    limit = call.services.access.teams.quotas(team).projects
    if limit is not None and sum(each.team_id == team for each in call.services.projects.all()) >= limit:
        raise QuotaReached(team, "projects", limit)


def _completed(call: Call, project: Project, params: InitParams) -> bool:
    """What a first call did not come to is done by the second."""
    if params.dry_run:
        return False
    return call.services.init_project.complete(project, call.actor, _backings(call, params))


def _backings(call: Call, params: InitParams) -> list[Kind]:
    """What is asked for; what is not mentioned is given where the platform has it."""
    asked = {Kind.DATABASE: params.database, Kind.REDIS: params.redis}
    return [kind for kind, wish in asked.items() if (call.services.backings.has(kind) if wish is None else wish)]


def _told(call: Call, project: Project, params: InitParams) -> Record:
    """Passwords are not told: they are in the variables, where a member finds them."""
    wanted = _backings(call, params)
    return {
        **_made(call, project.name, project.ports),
        **_texts(call, project.name, params.type, project.settings),
        "database": {"variable": "DATABASE_URL"} if Kind.DATABASE in wanted else None,
        "redis": {"variable": "REDIS_URL", "prefixVariable": "REDIS_PREFIX"} if Kind.REDIS in wanted else None,
    }


def _same_already(call: Call, params: InitParams, settings: ProjectSettings) -> Project | None:
    """The project, where it is the very one that is asked for: made twice is made once."""
    try:
        project = call.project(params.project_name)
    except UnknownProject:
        return None
    same = (project.type, project.settings) == (params.type, settings)
    return project if same and project.team_id == call.auth.team_id else None


def _texts(call: Call, name: str, kind: ProjectType, settings: ProjectSettings) -> Record:
    """What goes into the application's repository."""
    texts = ci_texts(call)
    return {
        "type": kind,
        "githubActionsWorkflow": texts.workflow(name),
        "dockerfile": texts.dockerfile(kind, settings),
    }


def update(call: Call, params: UpdateParams) -> Record:
    """Change a project's settings: previews, webhook and kept images follow at once, the rest with the next deploy."""
    project = call.project(params.project_name)
    before = project.settings
    wanted = _merged(before, params.settings)
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
    change = partial(_merged, given=params.settings)
    after, changed = call.services.update_project(project.name, change, call.actor)
    return {
        **record,
        "settings": wire_settings(after.settings),
        "changed": changed,
        "redeployNeeded": before.hash != after.settings.hash,
    }


def _merged(before: ProjectSettings, given: dict[str, Any]) -> ProjectSettings:
    """Raises InvalidInput with the setting's name."""
    known = {to_camel(name) for name in ProjectSettings.model_fields}
    if unknown := sorted(given.keys() - known):
        raise InvalidInput(f"settings.{unknown[0]}", f"is no setting; there are {', '.join(sorted(known))}")
    merged = {**wire_settings(before), **given}
    checked, _ = parse(_Settings, {"settings": {key: value for key, value in merged.items() if value is not None}})
    return ProjectSettings(**checked.settings.model_dump())


def wire_settings(settings: ProjectSettings) -> dict[str, Any]:
    """With the wire's names."""
    return SettingsInput(**settings.model_dump()).model_dump(mode="json", by_alias=True)


def delete(call: Call, params: DeleteParams) -> Record:
    """Delete a project with its containers, sites, slots, variables and records. There is no way back."""
    project = call.project(params.project_name)
    if params.dry_run:
        return _plan_delete(project, params.confirm)
    dumps = call.services.delete_project(project.name, call.actor, confirm=params.confirm)
    return {
        "dumps": list(dumps),
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
