"""CodeB: blue/green releases on your own virtual machines.

Every name here is public and typed. The bare package is the API's client (``Client``, ``ClientConfig``); the use cases
(``on_host``, ``build``) run where the extra ``codeb[server]`` is installed. ``docs/python.md`` shows both.
"""

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from codeb.errors import CodebError, ConfigError, InvalidInput, Refused, Unavailable
from codeb.settings import Settings

if TYPE_CHECKING:
    from codeb.bootstrap import Services, build
    from codeb.client import CallFailed, Client, ClientConfig, Event, NotLoggedIn, Unreachable
    from codeb.domain.deployment import DeployFailed, Deployment, Step
    from codeb.domain.names import Environment, EnvironmentName, SlotName
    from codeb.domain.project import Project, ProjectSettings, UnknownProject
    from codeb.domain.slot_refusals import AnotherCandidate, GraceExpired, MigrationBetween, NoGrace, NothingToPromote
    from codeb.domain.slots import Release, Slot, SlotPair, SlotState
    from codeb.host import on_host
    from codeb.services.actor import Actor
    from codeb.services.errors import Locked, MigrationFailed, SmokeFailed, SwitchFailed, Unhealthy
    from codeb.services.promote import Switched
    from codeb.services.release_steps import DeployRequest, DeployResult
    from codeb.services.slot_changes import Receipt
    from codeb.services.status import Status

__version__ = version("codeb")
__all__ = [
    "Actor",
    "AnotherCandidate",
    "CallFailed",
    "Client",
    "ClientConfig",
    "CodebError",
    "ConfigError",
    "DeployFailed",
    "DeployRequest",
    "DeployResult",
    "Deployment",
    "Environment",
    "EnvironmentName",
    "Event",
    "GraceExpired",
    "InvalidInput",
    "Locked",
    "MigrationBetween",
    "MigrationFailed",
    "NoGrace",
    "NotLoggedIn",
    "NothingToPromote",
    "Project",
    "ProjectSettings",
    "Receipt",
    "Refused",
    "Release",
    "Services",
    "Settings",
    "Slot",
    "SlotName",
    "SlotPair",
    "SlotState",
    "SmokeFailed",
    "Status",
    "Step",
    "SwitchFailed",
    "Switched",
    "Unavailable",
    "Unhealthy",
    "UnknownProject",
    "Unreachable",
    "__version__",
    "build",
    "on_host",
]

_HOMES = {
    "codeb.bootstrap": ("Services", "build"),
    "codeb.client": ("CallFailed", "Client", "ClientConfig", "Event", "NotLoggedIn", "Unreachable"),
    "codeb.domain.deployment": ("DeployFailed", "Deployment", "Step"),
    "codeb.domain.names": ("Environment", "EnvironmentName", "SlotName"),
    "codeb.domain.project": ("Project", "ProjectSettings", "UnknownProject"),
    "codeb.domain.slot_refusals": (
        *("AnotherCandidate", "GraceExpired", "MigrationBetween"),
        *("NoGrace", "NothingToPromote"),
    ),
    "codeb.domain.slots": ("Release", "Slot", "SlotPair", "SlotState"),
    "codeb.host": ("on_host",),
    "codeb.services.actor": ("Actor",),
    "codeb.services.errors": ("Locked", "MigrationFailed", "SmokeFailed", "SwitchFailed", "Unhealthy"),
    "codeb.services.promote": ("Switched",),
    "codeb.services.release_steps": ("DeployRequest", "DeployResult"),
    "codeb.services.slot_changes": ("Receipt",),
    "codeb.services.status": ("Status",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # a type checker would believe every name there could be

    def __getattr__(name: str) -> Any:
        """Imported when it is asked for: a client lacks the server's libraries, a command wants to start quickly."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            return getattr(importlib.import_module(_HOME[name]), name)
        except ModuleNotFoundError as error:
            raise ImportError(f"codeb.{name} needs the library {error.name}: install codeb[server]") from error


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
