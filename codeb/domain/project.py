"""A project and its settings. Spec section 2, "Project settings"."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.ports import PortPair
from codeb.domain.smoke import SmokeRequest, UrlPath
from codeb.domain.watch import WatchLimits
from codeb.errors import InvalidInput, Refused

VolumeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
MountPath = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_][A-Za-z0-9._-]*)+$", max_length=200)]
HookUrl = Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9.-]+(:\d{1,5})?(/[!-~]*)?$", max_length=500)]
Argument = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Arguments = Annotated[tuple[Argument, ...], Field(max_length=64)]

_PROJECTS_OWN = frozenset({"preview_protection", "keep_images", "webhook"})
_SIZE = re.compile(r"(\d+)([mg])")
_UNITS = {"m": 1024**2, "g": 1024**3}


class ProjectSettings(BaseModel):
    """What a project may decide about its web container and its releases. Durations in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: int = Field(default=3000, ge=1, le=65535, description="port inside the container")
    health_path: UrlPath = "/health"
    health_status: int = Field(default=200, ge=100, le=599)
    health_timeout: int = Field(default=60, ge=5, le=600, description="seconds until a start counts as failed")
    memory: Annotated[str, StringConstraints(pattern=r"^\d{1,6}[mg]$")] = "512m"
    cpus: float = Field(default=1, gt=0, le=64)
    command: Arguments = ()
    read_only: bool = False
    health_command: Arguments = Field(default=(), description="run by the engine inside the container")
    volumes: dict[VolumeName, MountPath] = Field(default_factory=dict, max_length=8)
    smoke: tuple[SmokeRequest, ...] = Field(default=(), max_length=20)
    watch: WatchLimits | None = None
    migrate: Arguments = Field(default=(), description="run once in the new image, before a promote")
    migrate_timeout: int = Field(default=600, ge=5, le=7200)
    database_variable: str = Field(default="DATABASE_URL", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")
    preview_protection: bool | None = Field(default=None, description="none: as the platform says")
    keep_images: int = Field(default=5, ge=0, le=100)
    webhook: HookUrl | None = None

    @property
    def memory_bytes(self) -> int:
        match = _SIZE.fullmatch(self.memory)
        if match is None:
            raise InvalidInput("memory", f"{self.memory!r} is not a size such as 512m or 2g")
        return int(match[1]) * _UNITS[match[2]]

    @property
    def hash(self) -> str:
        """Equal settings have equal hashes; part of what makes a deploy a repetition.

        Only what differs from the defaults counts, so that a new setting of ours redeploys nobody; and only what a
        release holds, not what is the project's own and follows at once.
        """
        content = self.model_dump_json(exclude_defaults=True, exclude=set(_PROJECTS_OWN))
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def health(self) -> tuple[str, int]:
        """What a proxy's own check of a slot asks for, and expects."""
        return self.health_path, self.health_status


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
