"""What an entry of the log is about: it may say so as a project, an environment or a container."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codeb.domain.names import EnvironmentName, SlotName

_ENVIRONMENTS, _SLOTS = "|".join(EnvironmentName), "|".join(SlotName)
_WHERE = re.compile(
    rf"(?P<project>[a-z0-9][a-z0-9-]{{0,63}})(?:-(?P<key>{_ENVIRONMENTS})(?:-(?P<slot>{_SLOTS}))?"
    rf"| \((?P<name>{_ENVIRONMENTS})\))"
)
"""``blog-staging``, ``blog-staging-blue``, ``blog (staging)``."""


@dataclass(frozen=True, slots=True)
class LogPlace:
    project: str | None = None
    environment: str | None = None
    slot: str | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "LogPlace":
        """Of no project where nothing names one."""
        project = _text(entry.get("project")) or _text(entry.get("projectName"))
        for text in (_text(entry.get("container")), _text(entry.get("environment"))):
            match = _WHERE.fullmatch(text or "")
            if match and project in (None, match["project"]):
                return cls(match["project"], match["key"] or match["name"], match["slot"] or _text(entry.get("slot")))
        return cls(project, _one_of(entry.get("environment"), EnvironmentName), _one_of(entry.get("slot"), SlotName))


def _text(value: object) -> str | None:
    return str(value) if value else None


def _one_of(value: object, known: type[EnvironmentName] | type[SlotName]) -> str | None:
    text = _text(value)
    return text if text in tuple(known) else None
