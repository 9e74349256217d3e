"""The API's own description, OpenAPI 3.1, made from the table of tools. Spec section 6; decision 0014."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

import codeb
from codeb.api.compat import EnvUpload
from codeb.api.openapi_paths import REF, paths, responses
from codeb.errors import InvalidInput
from codeb.tools.registry import TOOLS
from codeb.tools.tool import Tool

Schema = dict[str, Any]
_DESCRIPTION = (
    "Blue/green releases. `POST /api/tool` is the one way to act: the tool's name and its parameters. A refusal for"
    " reasons of the matter (nothing to promote, an unknown project) is a 200 with `success: false` and a `code`."
)
_SAMPLES: Mapping[str, Any] = {
    "projectName": "my-app",
    "domain": "www.example.org",
    "email": "someone@example.org",
    "content": "GREETING=hello",
}
_PROJECT_NAME = {"pattern": "^[A-Za-z0-9]([A-Za-z0-9_-]{0,38}[A-Za-z0-9])?$"}
"""A function checks it, of which pydantic's schema says nothing."""
_OF_TYPE: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}


def document() -> Schema:
    """The whole of it, as JSON types."""
    inputs, schemas = _inputs()
    for tool in TOOLS:
        schemas[f"{tool.name}_call"] = _call(tool, inputs[tool.name])
        schemas[f"{tool.name}_result"] = _result(tool)
    return {
        "openapi": "3.1.0",
        "info": {"title": "CodeB API", "version": codeb.__version__, "description": _DESCRIPTION},
        "security": [{"apiKey": []}],
        "paths": paths(_examples()),
        "components": {
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
            "responses": responses(),
            "schemas": {**schemas, "ToolCall": _tool_call(), "ToolAnswer": _tool_answer(), **_envelopes()},
        },
    }


def _inputs() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """A reference to each tool's input, and the schemas that these refer to."""
    models = [tool.params for tool in TOOLS]
    wanted = [(model, "validation") for model in dict.fromkeys([*models, EnvUpload])]
    found, definitions = models_json_schema(wanted, by_alias=True, ref_template=f"{REF}{{model}}")  # type: ignore[arg-type]
    schemas: dict[str, Schema] = definitions.get("$defs", {})
    for schema in schemas.values():
        for name in ("projectName", "project"):
            schema.get("properties", {}).get(name, {}).update(_PROJECT_NAME)
    return {tool.name: found[(tool.params, "validation")] for tool in TOOLS}, schemas


def _call(tool: Tool[Any], params: Schema) -> Schema:
    return {
        "type": "object",
        "description": tool.described()["description"],
        "required": ["tool", "params"] if _needs_params(tool) else ["tool"],
        "properties": {"tool": {"type": "string", "enum": [tool.name, *tool.aliases]}, "params": params},
        "x-permission": tool.permission,
        "x-role": str(tool.least_role),
    }


def _needs_params(tool: Tool[Any]) -> bool:
    return any(field.is_required() for field in tool.params.model_fields.values())


def _result(tool: Tool[Any]) -> Schema:
    return {
        "allOf": [{"$ref": f"{REF}Success"}],
        "description": f"What {tool.name} answers",
        "properties": {key: {"description": text} for key, text in tool.result.items()},
    }


def _tool_call() -> Schema:
    mapping = {name: f"{REF}{tool.name}_call" for tool in TOOLS for name in (tool.name, *tool.aliases)}
    return {
        "oneOf": [{"$ref": f"{REF}{tool.name}_call"} for tool in TOOLS],
        "discriminator": {"propertyName": "tool", "mapping": mapping},
    }


def _tool_answer() -> Schema:
    """Which of them it is depends on the tool, of which the answer says nothing."""
    results = [f"{tool.name}_result" for tool in TOOLS]
    return {"anyOf": [{"$ref": f"{REF}{name}"} for name in ("Failure", *results)]}


def _envelopes() -> dict[str, Schema]:
    passage = {
        "timestamp": {"type": "string", "format": "date-time"},
        "correlationId": {"type": "string", "description": "stands in the log of the API, too"},
        "duration": {"type": "number", "description": "milliseconds"},
    }
    return {
        "Success": {
            "type": "object",
            "required": ["success", "duration", "timestamp", "correlationId"],
            "properties": {
                "success": {"const": True},
                **passage,
                "ignored": {"type": "array", "items": {"type": "string"}, "description": "fields that had no effect"},
                "versionWarning": {"type": "string"},
                "latestVersion": {"type": "string"},
            },
        },
        "Failure": {
            "type": "object",
            "required": ["success", "error", "code", "timestamp", "correlationId"],
            "properties": {
                "success": {"const": False},
                "error": {"type": "string", "description": "a sentence for people"},
                "code": {"type": "string", "description": "a word for machines"},
                **passage,
            },
        },
    }


def _examples() -> dict[str, Schema]:
    """A call of each tool with as little as it takes."""
    made = {tool.name: (tool.described()["description"], _sample(tool)) for tool in TOOLS}
    return {
        name: {"summary": text, "value": {"tool": name, "params": params}}
        for name, (text, params) in made.items()
        if params is not None
    }


def _sample(tool: Tool[Any]) -> Schema | None:
    """None where made-up parameters are not good enough for the tool."""
    schema = tool.params.model_json_schema(by_alias=True)
    properties = schema.get("properties", {})
    wanted = [*schema.get("required", ()), *(name for name in ("content",) if name in properties)]
    params = {name: _value(name, properties[name]) for name in wanted}
    try:
        tool.prepare(params)
    except InvalidInput:
        return None
    return params


def _value(name: str, schema: Schema) -> Any:
    if name in _SAMPLES:
        return _SAMPLES[name]
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    return schema.get("minimum", _OF_TYPE.get(str(schema.get("type"))))
