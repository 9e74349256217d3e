"""Give a project's environments a database and a user of Redis, and take them back. Spec section 6, workflow_init."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from codeb.domain.names import Environment
from codeb.errors import Refused
from codeb.services.actor import Actor
from codeb.services.env_sync import EnvSync
from codeb.services.errors import DumpFailed, UnknownEnvVersion
from codeb.services.protocols import Dumps, EnvVersion
from codeb.services.protocols.backings import Backings, Caches, Databases, Recalling

_VERSIONS = 50
"""How far back a variable that was taken away is looked for."""


class Kind(StrEnum):
    DATABASE = "database"
    REDIS = "redis"


class NotProvided(Refused):
    code = "not_provided"

    def __init__(self, kind: Kind) -> None:
        super().__init__(
            f"this platform gives no {kind}: ask for the project with `{kind}: false`, or have the operator run the"
            " bootstrap with a storage host"
        )


@dataclass(frozen=True, slots=True)
class Given:
    """Environments and variables, such as "blog-staging DATABASE_URL". ``renewed``: what runs has the old password."""

    made: Sequence[str] = ()
    recalled: Sequence[str] = ()
    renewed: Sequence[str] = ()

    @property
    def changed(self) -> bool:
        return bool(self.made or self.recalled or self.renewed)


@dataclass(frozen=True, slots=True)
class LastDumps:
    """``missing`` says why there is none, by environment."""

    paths: Sequence[str]
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GiveBackings:
    """None stands for what this platform does not have."""

    databases: Databases | None
    caches: Caches | None
    env: EnvSync
    dumps: Dumps

    def has(self, kind: Kind) -> bool:
        return self._kinds[kind] is not None

    def require(self, kinds: Sequence[Kind]) -> None:
        """Raises NotProvided."""
        for kind in kinds:
            self._of(kind)

    def __call__(self, environments: Sequence[Environment], kinds: Sequence[Kind], actor: Actor) -> Given:
        """Have each environment reach what it is to have. Raises NotProvided, Unavailable.

        The variable is stored after the thing is there, so that whoever comes again ends what was begun; an
        environment that has its variable keeps what it has. One whose variable was taken away has it back as it was,
        with the password that running containers use; only where that one is lost there is a new one.
        """
        done: dict[str, list[str]] = {"made": [], "recalled": [], "renewed": []}
        for kind in kinds:
            backing = self._of(kind)
            for environment in environments:
                stored = self.env.get(environment)
                if backing.variable not in stored.variables:
                    how, variables = self._variables(backing, environment, stored)
                    self.env(environment, variables, actor, merge=True)
                    done[how].append(f"{environment.key} {backing.variable}")
        return Given(**done)

    def _variables(
        self, backing: Backings, environment: Environment, stored: EnvVersion
    ) -> tuple[str, Mapping[str, str]]:
        before = self._before(backing.variable, environment, stored)
        if before and isinstance(backing, Recalling) and (found := backing.recalled(environment, before)):
            return "recalled", found
        return ("renewed" if before else "made"), backing.have(environment).variables

    def _before(self, variable: str, environment: Environment, stored: EnvVersion) -> Mapping[str, str]:
        """The variables when ``variable`` was last among them; none where it never was.

        What cannot be read now is an error: to take it for nothing would change a password that is in use.
        """
        for number in range(stored.version - 1, max(0, stored.version - 1 - _VERSIONS), -1):
            with suppress(UnknownEnvVersion):
                if variable in (found := self.env.envs.version(environment, number).variables):
                    return found
        return {}

    def last_dumps(self, environments: Sequence[Environment], now: datetime, *, force: bool = False) -> LastDumps:
        """Dump what is about to go; raises DumpFailed unless forced, Unavailable, and then nothing has gone."""
        if self.databases is None:
            return LastDumps((), {})
        urls = {environment: self.databases.url(environment) for environment in environments}
        paths, missing = [], {}
        for environment, url in urls.items():
            if url is not None:
                try:
                    paths.append(self.dumps.keep(environment, f"{now:%Y%m%d%H%M%S}", url.reveal()))
                except DumpFailed as error:
                    if not force:
                        raise
                    missing[environment.key] = str(error)
        return LastDumps(paths, missing)

    def take_back(self, environment: Environment) -> None:
        for backing in self._kinds.values():
            if backing is not None:
                backing.remove(environment)

    def restore(self) -> int:
        """What a restarted Redis has forgotten, set again."""
        return self.caches.restore() if self.caches is not None else 0

    def _of(self, kind: Kind) -> Backings:
        if (backing := self._kinds[kind]) is None:
            raise NotProvided(kind)
        return backing

    @property
    def _kinds(self) -> Mapping[Kind, Backings | None]:
        return {Kind.DATABASE: self.databases, Kind.REDIS: self.caches}
