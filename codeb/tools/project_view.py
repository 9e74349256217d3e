"""project_list, project_get. Spec section 6, "Beyond the original"."""

from typing import Any

from codeb.domain.access import Role
from codeb.domain.names import EnvironmentName, SlotName
from codeb.domain.project import Project
from codeb.domain.records import iso
from codeb.services.errors import UnknownEnvironment
from codeb.tools.call import Call
from codeb.tools.params import Params, ProjectParams
from codeb.tools.project_settings import wire_settings
from codeb.tools.release_view import version_of
from codeb.tools.results import Record
from codeb.tools.settings_view import shown
from codeb.tools.slot_view import slot_summary
from codeb.tools.tool import Tool


class ListParams(Params):
    pass


class GetParams(ProjectParams):
    pass


def list_all(call: Call, params: ListParams) -> Record:  # noqa: ARG001
    """Every project that the key may see, with its address and what production runs."""
    found = [summary(call, project) for project in sorted(call.projects(), key=lambda each: each.name)]
    return {"projects": found, "total": len(found)}


def get(call: Call, params: GetParams) -> Record:
    """One project: its settings, its environments with ports, addresses and slots, its domains and repository."""
    project = call.project(params.project_name)
    environments = {str(name): _environment(call, project, name) for name in project.ports}
    record = {
        **summary(call, project),
        "settings": shown(wire_settings(project.settings)),
        "environments": environments,
        "domains": {str(name): list(hosts) for name, hosts in project.domains.items()},
        "registryPath": f"{call.services.settings.registry}/{project.name}",
    }
    return {"projectName": project.name, "project": record}


def summary(call: Call, project: Project) -> Record:
    """The line of a list."""
    production = project.environment(EnvironmentName.PRODUCTION)
    return {
        "name": project.name,
        "projectName": project.name,
        "teamId": project.team_id,
        "type": project.type,
        "environments": [str(name) for name in EnvironmentName if name in project.ports],
        "url": call.services.addresses.url(production),
        "activeVersion": _active_version(call, project),
        "createdAt": iso(project.created_at),
    }


def _active_version(call: Call, project: Project) -> str | None:
    try:
        pair = call.services.status.slots.get(project.environment(EnvironmentName.PRODUCTION))
    except UnknownEnvironment:
        return None
    return version_of(pair.active)


def _environment(call: Call, project: Project, name: EnvironmentName) -> Record:
    addresses, environment = call.services.addresses, project.environment(name)
    ports = project.ports[name]
    return {
        "url": addresses.url(environment),
        "domain": environment.host(addresses.domain),
        "ports": {"blue": ports.blue, "green": ports.green},
        "previews": {str(slot): addresses.preview_url(environment, slot) for slot in SlotName},
        "slots": slot_summary(call.services.status.slots.get(environment), project.team_id),
    }


TOOLS: tuple[Tool[Any], ...] = (
    Tool("project_list", "project.view", Role.VIEWER, ListParams, list_all, aliases=("list_projects",)),
    Tool("project_get", "project.view", Role.VIEWER, GetParams, get, aliases=("get_project",)),
)
