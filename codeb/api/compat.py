"""Routes beside the tools that existing clients call: ``GET /api/projects`` and ``POST /api/env``. Spec section 6."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from codeb.adapters.env_files import dotenv_text
from codeb.api import envelope
from codeb.api.errors import BadRequest
from codeb.api.parts import Parts, source, with_and_without_api
from codeb.domain.access import AuthContext, Role
from codeb.domain.names import EnvironmentName
from codeb.domain.project import Project
from codeb.domain.records import iso
from codeb.errors import InvalidInput
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.call import Call
from codeb.tools.params import DryRun, ProjectName, parse
from codeb.tools.results import Record
from codeb.tools.tool import Lane

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$", max_length=200)]
Value = Annotated[str, StringConstraints(max_length=100_000)]


class EnvUpload(DryRun):
    """What ``we env push`` sends."""

    project: ProjectName
    environment: EnvironmentName = EnvironmentName.PRODUCTION
    action: Literal["upload"] = "upload"
    content: str | None = Field(default=None, max_length=1_000_000, description="text in the format of a .env file")
    variables: dict[Name, Value] | None = Field(default=None, max_length=2000, description="instead of the text")
    merge: bool = Field(default=True, description="keep the variables that are not named; false replaces them all")
    restart: bool = Field(default=False, description="has no effect: the next deploy runs with the variables")

    def params(self) -> Record:
        """As env_sync takes it; raises InvalidInput."""
        if self.content is None and self.variables is None:
            raise InvalidInput("content", "the text of a .env file is missing, and so are variables")
        content = self.content if self.content is not None else dotenv_text(self.variables or {})
        return {
            "projectName": self.project,
            "environment": self.environment,
            "content": content,
            "merge": self.merge,
            "dryRun": self.dry_run,
        }


@dataclass(frozen=True, slots=True)
class CompatRoutes:
    parts: Parts

    def routes(self) -> list[Route]:
        return [
            *with_and_without_api("/projects", self.projects),
            *with_and_without_api("/env", self.env, ["POST"]),
        ]

    async def projects(self, request: Request) -> Response:
        """The projects that this key sees."""
        auth = self.parts.gate(request)
        auth.require("project.view", Role.VIEWER)
        found = await self.parts.lanes.run(Lane.READ, partial(self._projects, auth, source(request)))
        return envelope.success(request, {"projects": found, "total": len(found)})

    async def env(self, request: Request) -> Response:
        """env_sync under its older address."""
        auth = self.parts.gate(request)
        tool = registry.find("env_sync")
        auth.require(tool.permission, tool.least_role)
        upload, ignored = parse(EnvUpload, await _json_object(request))
        record = await self.parts.call(request, tool.name, upload.params(), auth)
        backup = bool(record.get("changed")) and int(record["version"]) > 1
        return envelope.success(
            request, {**record, "backupSaved": backup, "restarted": False, **({"ignored": ignored} if ignored else {})}
        )

    def _projects(self, auth: AuthContext, client: str) -> list[Record]:
        call = Call(self.parts.services, auth, Actor(auth.key_id, client, auth.team_id))
        return [_record(project) for project in sorted(call.projects(), key=lambda each: each.name)]


def _record(project: Project) -> Record:
    return {
        "name": project.name,
        "teamId": project.team_id,
        "type": project.type,
        "environments": [str(name) for name in EnvironmentName if name in project.ports],
        "createdAt": iso(project.created_at),
    }


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        content = orjson.loads(await request.body())
    except ValueError:
        raise BadRequest("the body is not JSON") from None
    if not isinstance(content, dict):
        raise BadRequest('the body is not a JSON object such as {"project": "blog", "content": "A=1"}')
    return content
