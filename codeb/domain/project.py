"""A project and its settings. Spec section 2, "Project settings"."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.ports import PortPair
from codeb.errors import InvalidInput, Refused

UrlPath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._~/%?=&-]*$", max_length=500)]
"""A path that is joined to a fixed host: no ``@``, no scheme, no authority can hide in it (security 9)."""

_SIZE = re.compile(r"(\d+)([mg])")
_UNITS = {"m": 1024**2, "g": 1024**3}


class ProjectSettings(BaseModel):
    """What a project may decide about its web container."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: int = Field(default=3000, ge=1, le=65535, description="port inside the container")
    health_path: UrlPath = "/health"
    health_status: int = Field(default=200, ge=100, le=599)
    health_timeout: int = Field(default=60, ge=5, le=600, description="seconds until a start counts as failed")
    memory: Annotated[str, StringConstraints(pattern=r"^\d{1,6}[mg]$")] = "512m"
    cpus: float = Field(default=1, gt=0, le=64)
    command: tuple[str, ...] = ()
    read_only: bool = False

    @property
    def memory_bytes(self) -> int:
        match = _SIZE.fullmatch(self.memory)
        if match is None:
            raise InvalidInput("memory", f"{self.memory!r} is not a size such as 512m or 2g")
        return int(match[1]) * _UNITS[match[2]]

    @property
    def hash(self) -> str:
        """Equal settings have equal hashes; part of what makes a deploy a repetition."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class UnknownProject(Refused):
    code = "unknown_project"

    def __init__(self, name: str, closest: tuple[str, ...] = ()) -> None:
        self.closest = closest
        hint = f"; did you mean {' or '.join(closest)}?" if closest else "; workflow_init makes it"
        super().__init__(f"no project {name!r}{hint}")

    def facts(self) -> dict[str, object]:
        return {"suggestions": list(self.closest)}


class ProjectExists(Refused):
    code = "project_exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"project {name!r} exists already")


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    team_id: str
    type: str
    settings: ProjectSettings
    ports: dict[EnvironmentName, PortPair]
    domains: dict[EnvironmentName, tuple[str, ...]]
    created_at: datetime

    def environment(self, name: EnvironmentName) -> Environment:
        return Environment(self.name, name)
