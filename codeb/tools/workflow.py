"""workflow_scan, workflow_generate: is a project ready to ship, and what its repository needs. Spec sections 6, 10."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from codeb.adapters.ci_texts import BRANCH, CI_SCOPES, PROJECT_TYPES, RUNNER, CiTexts, ProjectType
from codeb.domain.access import KeyKind, Role
from codeb.domain.names import EnvironmentName
from codeb.domain.project import Project, ProjectSettings, UnknownProject
from codeb.domain.slots import SlotPair
from codeb.errors import CodebError, Unavailable
from codeb.tools.call import Call
from codeb.tools.params import ProjectParams
from codeb.tools.results import Record
from codeb.tools.tool import Tool

Domain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Branch = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$")]


class ScanParams(ProjectParams):
    pass


class GenerateParams(ProjectParams):
    type: ProjectType | None = Field(default=None, description="default: the project's own, or nextjs")
    base_domain: Domain | None = Field(default=None, description="default: this platform's")
    runner: Annotated[tuple[Label, ...], Field(min_length=1, max_length=10)] = Field(
        default=RUNNER, description="labels of the runner that ships it"
    )
    branch: Branch = Field(default=BRANCH, description="a push to it is deployed")


def scan(call: Call, params: ScanParams) -> Record:
    """Whether a project can be deployed now, and what is missing. CI asks this first and stops unless it is ready."""
    try:
        project = call.project(params.project_name)
    except UnknownProject as error:
        return _unregistered(call, params.project_name, error)
    pair = call.services.status.slots.get(project.environment(EnvironmentName.PRODUCTION))
    variables, issues = _variables(call, project)
    record = _scanned(project, pair, issues)
    return {**record, "hasEnv": bool(variables), "workflow": {"name": "codeb.yml", "generate": "workflow_generate"}}


def generate(call: Call, params: GenerateParams) -> Record:
    """The text of a CI workflow that builds, deploys and verifies the project, and a Dockerfile to begin with."""
    project = call.project(params.project_name)
    texts = ci_texts(call, params.base_domain)
    kind = params.type or _kind(project)
    return {
        "projectName": project.name,
        "type": kind,
        "workflow": texts.workflow(project.name, runner=params.runner, branch=params.branch),
        "dockerfile": texts.dockerfile(kind, project.settings),
        "dockerignore": texts.dockerignore(kind),
        "key": _key(project.name),
        "instructions": texts.instructions(project.name),
    }


def ci_texts(call: Call, domain: str | None = None) -> CiTexts:
    settings, addresses = call.services.settings, call.services.addresses
    return CiTexts(
        domain or settings.domain,
        addresses.scheme,
        settings.registry,
        settings.s3_endpoint,
        own_authority=settings.tls == "internal",
    )


def _key(project: str) -> Record:
    """What token_create is asked for: a key that ships the project and reads no variables. Security 13."""
    return {
        "name": f"CI of {project}",
        "role": str(Role.MEMBER),
        "kind": str(KeyKind.CI),
        "projects": [project],
        "scopes": list(CI_SCOPES),
    }


def _kind(project: Project) -> ProjectType:
    return next((kind for kind in PROJECT_TYPES if kind == project.type), "nextjs")


def _variables(call: Call, project: Project) -> tuple[frozenset[str], list[str]]:
    """The names of production's variables, and what stands in the way of a deploy."""
    try:
        stored = call.services.env.get(project.environment(EnvironmentName.PRODUCTION))
    except CodebError as error:
        return frozenset(), [f"its variables cannot be read: {error}"]
    return frozenset(stored.variables), _missing(project.settings, frozenset(stored.variables))


def _missing(settings: ProjectSettings, variables: frozenset[str]) -> list[str]:
    if settings.migrate and settings.database_variable not in variables:
        return [f"its migration needs {settings.database_variable}, which env_sync has not been given"]
    return []


def _scanned(project: Project, pair: SlotPair, issues: list[str]) -> Record:
    ports = project.ports[EnvironmentName.PRODUCTION]
    holding = [slot for slot in (pair.blue, pair.green) if slot.release]
    return {
        "projectName": project.name,
        "registered": True,
        "ready": not issues,
        "hasDockerfile": None,
        "hasDockerContainer": bool(holding),
        "hasGitHubActions": False,
        "ports": {"blue": ports.blue, "green": ports.green},
        "slotStatus": {
            "activeSlot": pair.active and str(pair.active.name),
            "blueState": str(pair.blue.state),
            "greenState": str(pair.green.state),
        },
        "issues": issues,
        "currentStatus": "ready" if not issues else "not ready",
        "recommendations": [] if holding else ["push an image and deploy it: nothing has been deployed yet"],
        "nextSteps": _next_steps(pair, issues),
    }


def _next_steps(pair: SlotPair, issues: list[str]) -> list[str]:
    if issues:
        return ["see to the issues, then scan again"]
    if pair.candidate is not None:
        return [f"open the preview of {pair.candidate.name}, then promote it"]
    return ["deploy"] if pair.active is None else ["deploy the next version when there is one"]


def _unregistered(call: Call, name: str, error: UnknownProject) -> Record:
    """A project that is not there is an answer, not a failure: a person types its name to find out."""
    try:
        names = [each.name for each in call.projects()]
    except Unavailable:
        names = []
    return {
        "projectName": name,
        "registered": False,
        "ready": False,
        "hasDockerfile": None,
        "hasDockerContainer": False,
        "hasGitHubActions": False,
        "hasEnv": False,
        "ports": None,
        "slotStatus": None,
        "issues": [str(error)],
        "teamProjects": names,
        "suggestedProject": next(iter(error.closest), None),
        "currentStatus": "not registered",
        "workflow": None,
        "recommendations": [f"workflow_init makes {name}"],
        "nextSteps": ["workflow_init"],
    }


TOOLS: tuple[Tool[Any], ...] = (
    Tool("workflow_scan", "project.view", Role.VIEWER, ScanParams, scan, aliases=("scan",)),
    Tool("workflow_generate", "project.view", Role.VIEWER, GenerateParams, generate),
)
