"""Plays the story against the API and makes its answers comparable: what differs with each run gets a fixed word."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

import codeb
from tests.doors import House
from tests.exchanges.story import STORY, Exchange

RECORDED = Path(__file__).parent / "recorded"
_CLIENT = {"X-Client": "we-cli/9.0.4", "User-Agent": "node"}
_WORDS = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "<time>"),
    (re.compile(r"\b(dep|evt|key|cfm|mem|aud)_[0-9a-f]{8,}\b"), r"<\1>"),
    (re.compile(r"codeb_[a-zA-Z0-9-]+_(owner|admin|member|viewer)_[A-Za-z0-9_-]{8,}"), r"<key of \1>"),
    (re.compile(r"codeb_preview=[0-9a-f]{20,}"), "codeb_preview=<token>"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:<digest>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<id>"),
)
_VARIES = frozenset({"duration", "hoursRemaining", "minutes", "resources", "uptime"})


def play(house: House, client: TestClient) -> Iterator[tuple[Exchange, dict[str, Any]]]:
    """Each exchange with what the API said to it."""
    keys = {role: house.key(role) for role in ("owner", "admin", "member", "viewer")}
    keys["platform"] = house.key(platform=True)
    for exchange in STORY:
        request = {"tool": exchange.tool, "params": exchange.params}
        headers = {**_CLIENT, "X-API-Key": keys[exchange.role], **exchange.headers}
        answer = client.post("/api/tool", json=request, headers=headers)
        yield (
            exchange,
            {
                "request": {**request, "role": exchange.role},
                "status": answer.status_code,
                "answer": settled(answer.json(), str(house.root)),
            },
        )


def settled(value: Any, root: str) -> Any:
    if isinstance(value, dict):
        return {key: _varying(key, each, root) for key, each in value.items()}
    if isinstance(value, list):
        return [settled(each, root) for each in value if not _of_this_machine(each)]
    if isinstance(value, str):
        return _worded(value.replace(root, "<root>"))
    return value


def _varying(key: str, value: Any, root: str) -> Any:
    return f"<{key}>" if key in _VARIES and value is not None else settled(value, root)


def _of_this_machine(value: Any) -> bool:
    """A warning of health_check that a full disk makes, whoever runs the test."""
    return isinstance(value, str) and value.endswith("% full")


def _worded(text: str) -> str:
    text = re.sub(rf"(?<![\d.]){re.escape(codeb.__version__)}(?![\d.])", "<version>", text)
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text


def recorded(exchange: Exchange) -> Any:
    path = RECORDED / exchange.file
    return json.loads(path.read_text()) if path.exists() else None


def record(exchange: Exchange, said: dict[str, Any]) -> None:
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / exchange.file).write_text(json.dumps(said, indent=2, sort_keys=True) + "\n")
