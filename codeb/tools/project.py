"""workflow_init, project_delete. Spec section 6."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.ports import PortPair, lowest_free
from codeb.domain.project import Project, ProjectExists, ProjectSettings
from codeb.errors import InvalidInput
from codeb.tools.call import Call
from codeb.tools.params import DryRun, ProjectParams
from codeb.tools.plan import planned
from codeb.tools.results import Record


class SettingsInput(ProjectSettings):
    """The project's settings with the wire's names; an unknown one is an error, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class InitParams(ProjectParams, DryRun):
    type: Literal["nextjs", "remix", "nodejs", "python", "go"] = "nextjs"
    settings: SettingsInput = Field(default_factory=SettingsInput)


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
    settings, addresses = call.services.settings, call.services.deploy.addresses
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
