"""workflow_init: a project made whole in one call. Spec section 6."""

from typing import Any

from pydantic import Field

from codeb.adapters.ci_texts import ProjectType
from codeb.domain.access import Role
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.ports import PortPair, lowest_free
from codeb.domain.project import Project, ProjectExists, ProjectSettings, UnknownProject
from codeb.services.backing import Given, Kind
from codeb.tools.call import Call
from codeb.tools.params import DryRun, ProjectParams
from codeb.tools.plan import planned
from codeb.tools.project_settings import SettingsInput
from codeb.tools.results import Record
from codeb.tools.tool import Lane, Tool
from codeb.tools.workflow import ci_texts


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


def init(call: Call, params: InitParams) -> Record:
    """Make a project: its port pairs, its slots, and a site in each environment that says "not deployed yet"."""
    call.auth.require_project(params.project_name)
    settings = ProjectSettings(**params.settings.model_dump())
    if (there := _same_already(call, params, settings)) is not None:
        return {**_told(call, there, params), **_completion(_completed(call, there, params))}
    if params.dry_run:
        return _plan_init(call, params)
    project = call.services.init_project(
        params.project_name,
        call.actor,
        type=params.type,
        settings=settings,
        backings=_backings(call, params),
    )
    call.owners[project.name] = project.team_id
    return {**_told(call, project, params), **_completion(Given()), "changed": True}


def _same_already(call: Call, params: InitParams, settings: ProjectSettings) -> Project | None:
    """The project, where it is the very one that is asked for: made twice is made once."""
    try:
        project = call.project(params.project_name)
    except UnknownProject:
        return None
    same = (project.type, project.settings) == (params.type, settings)
    return project if same and project.team_id == call.auth.team_id else None


def _completed(call: Call, project: Project, params: InitParams) -> Given:
    """What a first call did not come to is done by the second."""
    if params.dry_run:
        return Given()
    return call.services.init_project.complete(project, call.actor, _backings(call, params))


def _completion(given: Given) -> Record:
    """No password changes without being told."""
    record: Record = {
        "changed": given.changed,
        "restoredVariables": list(given.recalled),
        "renewedPasswords": list(given.renewed),
    }
    if given.renewed:
        record["message"] = (
            f"new passwords in {', '.join(given.renewed)}: the former ones are lost, so what runs now cannot reach"
            " these any more until it is deployed again"
        )
    return record


def _backings(call: Call, params: InitParams) -> list[Kind]:
    """What is asked for; what is not mentioned is given where the platform has it."""
    asked = {Kind.DATABASE: params.database, Kind.REDIS: params.redis}
    return [kind for kind, wish in asked.items() if (call.services.backings.has(kind) if wish is None else wish)]


def _plan_init(call: Call, params: InitParams) -> Record:
    known = call.services.projects.all()
    if any(project.name == params.project_name for project in known):
        raise ProjectExists(params.project_name)
    call.services.quotas.require_project(call.auth.team_id)
    taken = {pair.blue for project in known for pair in project.ports.values()}
    ports = {each: lowest_free(each, taken) for each in EnvironmentName}
    return planned(f"make the project {params.project_name}", **_made(call, params.project_name, ports))


def _told(call: Call, project: Project, params: InitParams) -> Record:
    """Passwords are not told: they are in the variables, where a member finds them."""
    wanted = _backings(call, params)
    return {
        **_made(call, project.name, project.ports),
        **_texts(call, project.name, params.type, project.settings),
        "database": {"variable": "DATABASE_URL"} if Kind.DATABASE in wanted else None,
        "redis": {"variable": "REDIS_URL", "prefixVariable": "REDIS_PREFIX"} if Kind.REDIS in wanted else None,
    }


def _texts(call: Call, name: str, kind: ProjectType, settings: ProjectSettings) -> Record:
    """What goes into the application's repository."""
    texts = ci_texts(call)
    return {
        "type": kind,
        "githubActionsWorkflow": texts.workflow(name),
        "dockerfile": texts.dockerfile(kind, settings),
        "dockerignore": texts.dockerignore(kind),
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


TOOLS: tuple[Tool[Any], ...] = (Tool("workflow_init", "deploy.create", Role.MEMBER, InitParams, init, Lane.CHANGE),)
