"""env_sync, env_get. Spec section 6; lessons 3 and 4: no value is shown in part, none reaches an error or a log."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from dotenv.parser import parse_stream
from pydantic import Field, StringConstraints

from codeb.adapters.env_files import parse_dotenv
from codeb.domain.access import Role
from codeb.domain.names import Environment
from codeb.errors import InvalidInput
from codeb.services.env_sync import EnvChange
from codeb.services.protocols import EnvStore, EnvVersion
from codeb.tools.call import Call
from codeb.tools.params import DryRun, EnvironmentParams
from codeb.tools.plan import planned
from codeb.tools.results import Record, where
from codeb.tools.tool import Lane, Tool

MASK = "********"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
Dotenv = Annotated[str, StringConstraints(max_length=1_000_000)]


class SyncParams(EnvironmentParams, DryRun):
    content: Dotenv | None = Field(default=None, description="text in the format of a .env file")
    env_content: Dotenv | None = Field(default=None, description="the same; an older name")
    merge: bool = Field(default=True, description="keep the variables that are not named; false replaces them all")


class GetParams(EnvironmentParams):
    pass


def sync(call: Call, params: SyncParams) -> Record:
    """Store an environment's variables as a new version; the next deploy runs with them."""
    environment = call.environment(params)
    variables = _variables(params)
    use = call.services.env
    if params.dry_run:
        change = replace(use, envs=_Forgetful(use.envs))(environment, variables, call.actor, merge=params.merge)
        return planned(_sentence(change), **_told(call, environment, change))
    change = use(environment, variables, call.actor, merge=params.merge)
    return {**_told(call, environment, change), "changed": change.changed, "message": _sentence(change)}


def get(call: Call, params: GetParams) -> Record:
    """An environment's variables. A viewer sees their names only."""
    environment = call.environment(params)
    stored = call.services.env.get(environment)
    masked = not call.auth.role.covers(Role.MEMBER)
    return {
        **where(environment),
        "version": stored.version,
        "variables": {key: MASK if masked else value for key, value in sorted(stored.variables.items())},
        "masked": masked,
        "path": _path(call, environment),
    }


@dataclass(frozen=True, slots=True)
class _Forgetful:
    """A store that answers like the real one and keeps nothing."""

    real: EnvStore

    def current(self, environment: Environment) -> EnvVersion:
        return self.real.current(environment)

    def version(self, environment: Environment, number: int) -> EnvVersion:
        return self.real.version(environment, number)

    def write(
        self,
        environment: Environment,
        variables: Mapping[str, str],
        by: str,  # noqa: ARG002
        *,
        after: int | None = None,  # noqa: ARG002
    ) -> EnvVersion:
        return EnvVersion(self.real.current(environment).version + 1, variables)


def _variables(params: SyncParams) -> dict[str, str]:
    """What the text says; raises InvalidInput with the line's number, never with the line."""
    field = "content" if params.content is not None else "envContent"
    text = params.content if params.content is not None else params.env_content
    if text is None:
        raise InvalidInput("content", "the text of a .env file is missing")
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise InvalidInput(field, f"line {binding.original.line} is not NAME=value")
        if binding.key is not None and not _NAME.fullmatch(binding.key):
            raise InvalidInput(field, f"line {binding.original.line}: a variable's name is letters, digits and _")
    return parse_dotenv(text)


def _told(call: Call, environment: Environment, change: EnvChange) -> Record:
    return {
        **where(environment),
        "version": change.version,
        "variablesSet": len(change.set),
        "variablesUpdated": len(change.updated),
        "variablesUnchanged": len(change.unchanged),
        "variablesRemoved": len(change.removed),
        "names": {"set": change.set, "updated": change.updated, "removed": change.removed},
        "path": _path(call, environment),
    }


def _sentence(change: EnvChange) -> str:
    if not change.changed:
        return "nothing: the stored variables are these already"
    counts = f"{len(change.set)} new, {len(change.updated)} changed, {len(change.removed)} removed"
    return f"version {change.version}: {counts}; the next deploy runs with them"


def _path(call: Call, environment: Environment) -> str:
    return str(call.services.settings.root / "env" / environment.project / f".env.{environment.name}")


TOOLS: tuple[Tool[Any], ...] = (
    Tool("env_sync", "env.write", Role.MEMBER, SyncParams, sync, Lane.CHANGE),
    Tool("env_get", "env.read", Role.VIEWER, GetParams, get),
)
