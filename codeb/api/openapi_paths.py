"""The routes as OpenAPI describes them; a new public route gets its entry here."""

from collections.abc import Collection, Mapping
from typing import Any

Schema = dict[str, Any]
REF = "#/components/schemas/"
_FAILURES: Mapping[int, str] = {
    400: "The body or a parameter is wrong; `field` names it",
    401: "No API key, or one that is not accepted",
    403: "The key may not do this",
    404: "No such tool; `availableTools` names those there are",
    409: "Somebody else holds the environment; `holder` says who",
    413: "The body is larger than 10 MB",
    429: "The key, or for unregistered keys the address, has used up its requests",
    500: "An error that nobody foresaw; the log has it under `correlationId`",
    503: "A part of the platform is away; `part` names it",
}
_KEYED = (401, 403, 429, 500, 503)
_POSTED = (400, 404, 409, 413)
_AUDIT = {
    "projectName": "of this project",
    "tool": "of this tool",
    "limit": "entries of a page, 1 to 1000",
    "offset": "for older clients; `after` costs the same on every page",
    "after": "the `nextCursor` of the page before",
    "format": "`jsonl` for all of them, a line each",
}
_STREAM = {
    "project": "its containers' logs too",
    "environment": "production, staging or preview",
    "slot": "blue or green",
    "level": "debug, info, warn or error",
    "tail": "lines of each container to begin with, 0 to 1000",
}
_REGISTRY = {
    "service": "the registry, HOST:PORT",
    "scope": "`repository:NAME:pull,push`; may be repeated",
    "account": "any name",
}
_RATE = {
    "X-RateLimit-Limit": "requests in a window",
    "X-RateLimit-Remaining": "requests left in this one",
    "X-RateLimit-Reset": "when the next one begins, milliseconds since the epoch",
}


def paths(examples: Mapping[str, Schema]) -> dict[str, Schema]:
    """``examples`` are calls of ``POST /api/tool``, by the tool's name."""
    call = {"schema": {"$ref": f"{REF}ToolCall"}, "examples": dict(examples)}
    return {
        "/api/tool": {"post": _post("callTool", "Call a tool", call, {"$ref": f"{REF}ToolAnswer"})},
        "/api/env": {
            "post": _post(
                "uploadEnv",
                "Store an environment's variables, as older clients do; env_sync is the tool for it",
                {"schema": {"$ref": f"{REF}EnvUpload"}},
                {"anyOf": [_success("backupSaved", "restarted", "version"), {"$ref": f"{REF}Failure"}]},
            )
        },
        "/api/projects": {"get": _get("listProjects", "The projects that the key sees", _success("projects", "total"))},
        "/api/setup/secrets": {
            "get": _get(
                "setupSecrets",
                "What CI needs",
                {"anyOf": [{"$ref": f"{REF}setup_secrets_result"}, {"$ref": f"{REF}Failure"}]},
                parameters=[_query("project", "whose part of the build cache; default: the only one")],
                refused=400,
            ),
        },
        "/api/audit": {
            "get": _get(
                "audit",
                "Calls of tools, newest first; with `format=jsonl` all of them, a JSON line each",
                _success("data", "total", "limit", "offset", "nextCursor"),
                parameters=[_query(name, text) for name, text in _AUDIT.items()],
                refused=400,
            )
        },
        "/api/logs/stream": {
            "get": {
                **_operation("followLogs", "Logs and steps of deploys as server-sent events", {}, (400, *_KEYED)),
                "parameters": [_query(name, text) for name, text in _STREAM.items()],
                "responses": {
                    "200": {"description": "Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
                    **{str(each): {"$ref": f"#/components/responses/{each}"} for each in (400, *_KEYED)},
                },
            }
        },
        "/api/stream/token": {
            "post": _post(
                "streamToken",
                "What a browser follows a project's deployments with, on the streaming host",
                {"schema": {"type": "object", "properties": {"project": {"type": "string", "maxLength": 40}}}},
                {"anyOf": [_success("token", "connectionToken", "channel", "url"), {"$ref": f"{REF}Failure"}]},
            )
        },
        "/api/registry/token": {
            "get": _get(
                "registryToken",
                "A token for the image registry, as docker asks for it: Basic, with the key as the password",
                _named("token", "access_token", "expires_in", "issued_at"),
                parameters=[_query(name, text) for name, text in _REGISTRY.items()],
                refused=400,
            )
        },
        "/api": {
            "get": _get("about", "Names of the tools, and whose key it is", _named("name", "version", "tools", "key"))
        },
        "/api/tools": {
            "get": _get(
                "listTools",
                "The tools, with JSON Schemas of their inputs",
                _named("tools"),
                parameters=[_query("mine", "`true`: those that the key may call, and which a person confirms")],
            )
        },
        "/": {"get": _index()},
        "/health": {
            "get": _get(
                "health",
                "Whether the platform works, and what of it does not",
                _named("status", "version", "timestamp", "uptime", "degraded", "problems", "database"),
                key=False,
                parameters=[_query("v", "the client's version; an older one is told to update")],
            )
        },
        "/openapi.json": {"get": _get("openapi", "This document", {"type": "object"}, key=False)},
    }


def responses() -> dict[str, Schema]:
    """The failures, under ``#/components/responses/``."""
    return {str(status): _failure(status, text) for status, text in _FAILURES.items()}


def _failure(status: int, text: str) -> Schema:
    headers = _rate_headers() if status not in {401, 429} else {}
    if status == 429:  # noqa: PLR2004
        headers = {"Retry-After": {"description": "seconds", "required": True, "schema": {"type": "integer"}}}
    return {
        "description": text,
        "content": {"application/json": {"schema": {"$ref": f"{REF}Failure"}}},
        **({"headers": headers} if headers else {}),
    }


def _index() -> Schema:
    """The one path that answers people and programs differently."""
    operation = _get(
        "index",
        "Where to look; for whoever takes HTML, the page for browsers",
        _named("name", "version", "health", "tools"),
        key=False,
    )
    operation["responses"]["200"]["content"]["text/html"] = {"schema": {"type": "string"}}
    return operation


def _post(name: str, summary: str, body: Schema, answer: Schema) -> Schema:
    return {
        **_operation(name, summary, answer, (*_POSTED, *_KEYED)),
        "requestBody": {"required": True, "content": {"application/json": body}},
    }


def _get(
    name: str,
    summary: str,
    answer: Schema,
    *,
    key: bool = True,
    parameters: Collection[Schema] = (),
    refused: int | None = None,
) -> Schema:
    operation = _operation(name, summary, answer, (*(_KEYED if key else (500,)), *([refused] if refused else ())))
    return {
        **operation,
        **({} if key else {"security": []}),
        **({"parameters": list(parameters)} if parameters else {}),
    }


def _operation(name: str, summary: str, answer: Schema, failures: Collection[int]) -> Schema:
    success: Schema = {"description": "Done", "content": {"application/json": {"schema": answer}}}
    if 401 in failures:  # noqa: PLR2004
        success["headers"] = _rate_headers()
    refusals = {str(each): {"$ref": f"#/components/responses/{each}"} for each in sorted(failures)}
    return {"operationId": name, "summary": summary, "responses": {"200": success, **refusals}}


def _rate_headers() -> Schema:
    return {name: {"description": text, "schema": {"type": "integer"}} for name, text in _RATE.items()}


def _query(name: str, text: str) -> Schema:
    return {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}


def _success(*keys: str) -> Schema:
    return {"allOf": [{"$ref": f"{REF}Success"}, _named(*keys)]}


def _named(*keys: str) -> Schema:
    return {"type": "object", "required": list(keys), "properties": {key: {} for key in keys}}
