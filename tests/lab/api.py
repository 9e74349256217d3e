"""The lab's API as a client sees it."""

import time
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.lab.web import session

Record = dict[str, Any]
_PATIENCE = 180.0


class ToolRefused(Exception):
    """The API said no; the message is its own, ``answer`` the whole of it."""

    def __init__(self, tool: str, answer: Record) -> None:
        self.answer = answer
        super().__init__(f"{tool}: {answer.get('error')}")


@dataclass(frozen=True, slots=True)
class Api:
    url: str
    key: str = field(repr=False)

    def tool(self, name: str, /, **params: Any) -> Record:
        """The answer of a tool that did what it was asked; raises ToolRefused."""
        answer = self.ask(name, **params)
        if not answer.get("success"):
            raise ToolRefused(name, answer)
        return answer

    def ask(self, name: str, /, **params: Any) -> Record:
        """The answer, also when it is a refusal."""
        answer = session.post(
            f"{self.url}/api/tool",
            json={"tool": name, "params": params},
            headers={"X-API-Key": self.key},
            timeout=_PATIENCE,
        )
        record: Record = answer.json()
        return record

    def accepts_key(self) -> bool:
        return session.get(f"{self.url}/api/tools", headers={"X-API-Key": self.key}, timeout=10).status_code == 200


def wait_ready(url: str, seconds: float = 60) -> None:
    """Until the API answers; raises the last error."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            session.get(f"{url}/health", timeout=5).raise_for_status()
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
        else:
            return
