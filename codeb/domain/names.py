"""Names: projects, environments, slots, and what is derived from them. Spec section 2."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from codeb.errors import InvalidInput

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_MAX_PROJECT = 40
RESERVED_NAMES = frozenset({"api", "ws", "db", "backup", "www", "preview"})
RESERVED_SUFFIXES = ("-staging", "-preview", "-blue", "-green", "-production")


class EnvironmentName(StrEnum):
    PRODUCTION = "production"
    STAGING = "staging"
    PREVIEW = "preview"


class SlotName(StrEnum):
    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> "SlotName":
        return SlotName.GREEN if self is SlotName.BLUE else SlotName.BLUE


@lru_cache(maxsize=4096)
def project_name(text: str) -> str:
    """Fold ``text`` to a project's name; raises InvalidInput when no name can be made of it."""
    name = text.strip().replace("_", "-").lower()
    if len(name) > _MAX_PROJECT or not _DNS_LABEL.fullmatch(name):
        raise InvalidInput(
            "projectName", f"{text!r} is not a DNS label of at most {_MAX_PROJECT} letters, digits and hyphens"
        )
    if name in RESERVED_NAMES:
        raise InvalidInput("projectName", f"{name!r} is a name of the platform")
    if name.endswith(RESERVED_SUFFIXES):
        raise InvalidInput("projectName", f"{name!r} ends in a word that CodeB appends itself")
    return name


@dataclass(frozen=True, slots=True, order=True)
class Environment:
    """One environment of one project: what is deployed to, locked and switched."""

    project: str
    name: EnvironmentName = EnvironmentName.PRODUCTION

    @classmethod
    def of(cls, project: str, name: str = "production") -> "Environment":
        try:
            environment = EnvironmentName(name)
        except ValueError:
            known = ", ".join(EnvironmentName)
            raise InvalidInput("environment", f"{name!r} is not one of {known}") from None
        return cls(project_name(project), environment)

    @property
    def key(self) -> str:
        """The name of its files: ``{project}-{environment}``."""
        return f"{self.project}-{self.name}"

    def __str__(self) -> str:
        return f"{self.project} ({self.name})"

    def container(self, slot: SlotName) -> str:
        return f"{self.key}-{slot}"

    @property
    def network(self) -> str:
        return f"codeb-{self.key}"

    def host(self, domain: str) -> str:
        """The public name of the site."""
        label = self.project if self.name is EnvironmentName.PRODUCTION else self.key
        return f"{label}.{domain}"

    def preview_host(self, slot: SlotName, domain: str) -> str:
        """The name under which one slot answers before and after it has the traffic."""
        label = self.project if self.name is EnvironmentName.PRODUCTION else self.key
        return f"{label}-{slot}.preview.{domain}"
