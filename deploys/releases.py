"""Which releases an operator declares: in releases.toml, or one on the command line. Spec section 10."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    field_validator,
    model_validator,
)

from codeb.domain.names import EnvironmentName, project_name
from codeb.errors import ConfigError, InvalidInput

FILE = "releases.toml"
KEYS = ("project", "environment", "version", "image", "state", "timeout")


class Release(BaseModel):
    """One release and where it is to be: in a slot, or serving."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: StrictStr
    environment: EnvironmentName = EnvironmentName.PRODUCTION
    version: StrictStr | None = Field(default=None, pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")
    image: StrictStr | None = Field(default=None, pattern=r"^[A-Za-z0-9][^\s]{0,499}$")
    state: Literal["active", "deployed"] = "active"
    timeout: StrictInt | None = Field(default=None, ge=5, le=600)

    @classmethod
    def of(cls, **given: Any) -> "Release":
        """Checked; raises ConfigError with the key and what is wrong with it."""
        try:
            return cls.model_validate({key: value for key, value in given.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            key = "".join(f"{part}: " for part in first["loc"])
            raise ConfigError(f"{given.get('project', 'a release')}: {key}{_reason(first)}") from None

    @property
    def what(self) -> str:
        return self.image or str(self.version)

    @property
    def sentence(self) -> str:
        """The operation's name."""
        return f"{self.project} ({self.environment}): {self.what} is {self.state}"

    @field_validator("project")
    @classmethod
    def _a_name(cls, text: str) -> str:
        try:
            return project_name(text)
        except InvalidInput as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _says_which(self) -> "Release":
        if (self.version is None) == (self.image is None):
            raise ValueError("say either version or image")
        tag = self.version or (self.image or "").rpartition("/")[2].partition(":")[2]
        if tag in ("", "latest"):
            raise ValueError("latest is another image tomorrow: name a version, or an image with its digest")
        return self


def read(file: Path) -> list[Release]:
    """The ``[[release]]`` tables of a file, in their order; raises ConfigError."""
    try:
        data = tomllib.loads(file.read_text())
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}; write [[release]] tables into it") from None
    except ValueError as error:
        raise ConfigError(f"{file} is not TOML: {error}") from None
    tables = data.pop("release", [])
    if data or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{file} holds [[release]] tables and nothing else")
    return _distinct([Release.of(**table) for table in tables], file)


def from_data(data: Mapping[str, Any]) -> Release:
    """One release of ``--data``, where pyinfra makes numbers of what looks like one; raises ConfigError."""
    given = {key: data[key] for key in KEYS if data.get(key) is not None}
    version = given.get("version")
    if version is not None and not isinstance(version, str):
        raise ConfigError(f"version: pyinfra made the number {version} of it; quote it: --data 'version=\"1.10\"'")
    return Release.of(**given)


def _distinct(releases: list[Release], file: Path) -> list[Release]:
    """Two that want the same environment's traffic would undo each other on every run."""
    active = [(each.project, each.environment) for each in releases if each.state == "active"]
    for project, environment in active:
        if active.count((project, environment)) > 1:
            raise ConfigError(f"{file}: {project} ({environment}) has more than one active release")
    return releases


def _reason(error: Any) -> str:
    reasons = {"extra_forbidden": "there is no such key", "missing": "is not set"}
    return reasons.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
