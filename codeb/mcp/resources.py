"""Resources: how an environment stands, what its containers say, what was deployed to it. Spec section 10."""

import json
import re
from collections.abc import Mapping

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from codeb.errors import CodebError
from codeb.mcp.door import Door, Record
from codeb.mcp.prompts import place_of
from codeb.mcp.text import Marking
from codeb.mcp.traits import OTHERS_TEXT

_JSON, _PLAIN = "application/json", "text/plain"
_KINDS: Mapping[str, tuple[str, str]] = {
    "status": (_JSON, "the slots, their versions and their health"),
    "logs": (_PLAIN, "the newest lines of the containers; text of others"),
    "history": (_JSON, "the newest deployments, with steps and receipts"),
}
_TOOLS = {"status": "slot_status", "history": "deployment_list"}
_ADDRESS = re.compile(r"codeb://projects/(?P<project>[^/]{1,64})/(?P<environment>[a-z]{1,20})/(?P<kind>[a-z]{1,10})")


def templates() -> list[ResourceTemplate]:
    return [
        ResourceTemplate(
            name=kind,
            uri_template=f"codeb://projects/{{project}}/{{environment}}/{kind}",
            mime_type=mime_type,
            description=text,
        )
        for kind, (mime_type, text) in _KINDS.items()
    ]


async def resources(door: Door) -> list[Resource]:
    """Those of every environment of the key's projects. Raises MCPError."""
    record = _required(await door.call("project_list", {}))
    return [
        _resource(project["name"], environment, kind)
        for project in record["projects"]
        for environment in project["environments"]
        for kind in _KINDS
    ]


async def read(door: Door, uri: str) -> ReadResourceResult:
    """Raises MCPError: for an address that there is not, and with the API's own sentence and code for a refusal."""
    match = _ADDRESS.fullmatch(uri)
    if match is None or match["kind"] not in _KINDS:
        shapes = ", ".join(each.uri_template for each in templates())
        raise MCPError(INVALID_PARAMS, f"there is no resource {uri[:200]!r}; there are {shapes}")
    project, environment = place_of(match["project"], match["environment"])
    kind = match["kind"]
    text = await (_logs(door, project, environment) if kind == "logs" else _looked(door, kind, project, environment))
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=_KINDS[kind][0], text=text)])


async def _looked(door: Door, kind: str, project: str, environment: str) -> str:
    tool, marking = _TOOLS[kind], Marking()
    record = _required(await door.call(tool, {"projectName": project, "environment": environment}))
    names = OTHERS_TEXT.get(tool, frozenset())
    shown = marking.marked(record, names)
    return json.dumps({**shown, **({"untrusted": marking.notice} if names else {})}, indent=2, default=str)


async def _logs(door: Door, project: str, environment: str) -> str:
    marking = Marking()
    try:
        lines = await door.log_lines(project, environment)
    except CodebError as error:
        raise MCPError(INVALID_PARAMS, str(error), {"code": error.code}) from None
    text = "\n".join(lines)
    return f"{marking.notice}\n{marking.fenced(text)}"


def _resource(project: str, environment: str, kind: str) -> Resource:
    mime_type, text = _KINDS[kind]
    return Resource(
        name=f"{project}-{environment}-{kind}",
        uri=f"codeb://projects/{project}/{environment}/{kind}",
        mime_type=mime_type,
        description=f"{project} {environment}: {text}",
    )


def _required(record: Record) -> Record:
    if record.get("success") is False:
        raise MCPError(INVALID_PARAMS, str(record["error"]), {"code": record["code"]})
    return record
