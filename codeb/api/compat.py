"""Routes beside the tools that existing clients call: ``GET /api/projects`` and ``POST /api/env``. Spec section 6."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from codeb.api import envelope
from codeb.api.errors import BadRequest
from codeb.api.parts import Parts, source, with_and_without_api
from codeb.api.trail import Origin
from codeb.domain.access import AuthContext
from codeb.domain.names import EnvironmentName
from codeb.domain.variables import dotenv_text
from codeb.errors import CodebError, InvalidInput
from codeb.tools import registry
from codeb.tools.confirm import CONFIRMATION
from codeb.tools.params import DryRun, ProjectName, parse
from codeb.tools.results import Record

_TOOL = registry.find("env_sync")
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$", max_length=200)]
Value = Annotated[str, StringConstraints(max_length=100_000)]


class EnvUpload(DryRun):
    """What ``we env push`` sends."""

    project: ProjectName
    environment: EnvironmentName | None = Field(default=None, description="default: the team's, as with every tool")
    action: Literal["upload"] = "upload"
    content: str | None = Field(default=None, max_length=1_000_000, description="text in the format of a .env file")
    variables: dict[Name, Value] | None = Field(default=None, max_length=2000, description="instead of the text")
    merge: bool = Field(default=True, description="keep the variables that are not named; false replaces them all")
    restart: bool = Field(default=False, description="has no effect: the next deploy runs with the variables")
    confirmation: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="a person's code, for the key of an assistant"
    )

    def params(self) -> Record:
        """As env_sync takes it; raises InvalidInput."""
        if self.content is None and self.variables is None:
            raise InvalidInput("content", "the text of a .env file is missing, and so are variables")
        content = self.content if self.content is not None else dotenv_text(self.variables or {})
        return {
            "projectName": self.project,
            **({"environment": self.environment} if self.environment else {}),
            "content": content,
            "merge": self.merge,
            "dryRun": self.dry_run,
            **({} if self.confirmation is None else {CONFIRMATION: self.confirmation}),
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
        """project_list under its older address."""
        auth = self.parts.gate(request)
        return envelope.success(request, await self.parts.call(request, "project_list", {}, auth))

    async def env(self, request: Request) -> Response:
        """env_sync under its older address."""
        auth = self.parts.gate(request)
        params, unknown = await self._uploaded(request, auth)
        record = await self.parts.call(request, _TOOL.name, params, auth)
        backup = bool(record.get("changed")) and int(record["version"]) > 1
        ignored = sorted({*unknown, *record.get("ignored", ())})
        return envelope.success(
            request, {**record, "backupSaved": backup, "restarted": False, **({"ignored": ignored} if ignored else {})}
        )

    async def _uploaded(self, request: Request, auth: AuthContext) -> tuple[Record, list[str]]:
        """As env_sync takes it. What is refused here already is in the audit as well."""
        body: dict[str, Any] = {}
        try:
            auth.require(_TOOL.permission, _TOOL.least_role)
            body = await _json_object(request)
            upload, unknown = parse(EnvUpload, body)
            return upload.params(), unknown
        except CodebError as error:
            given = {"projectName": body.get("project"), **body}
            self.parts.dispatch.refused(error, auth, source(request), Origin.of(request), tool=_TOOL.name, given=given)
            raise


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        content = orjson.loads(await request.body())
    except ValueError:
        raise BadRequest("the body is not JSON") from None
    if not isinstance(content, dict):
        raise BadRequest('the body is not a JSON object such as {"project": "blog", "content": "A=1"}')
    return content
