"""Give a project's environments a database and a user of Redis, and take them back. Spec section 6, workflow_init."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from codeb.domain.names import Environment
from codeb.errors import Refused
from codeb.services.actor import Actor
from codeb.services.env_sync import EnvSync
from codeb.services.protocols import Dumps
from codeb.services.protocols.backings import Backings, Caches, Databases


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

    def __call__(self, environments: Sequence[Environment], kinds: Sequence[Kind], actor: Actor) -> bool:
        """True when something was made. Raises NotProvided, Unavailable.

        The variable is stored after the thing is there, so that whoever comes again ends what was begun; an
        environment that has its variable keeps what it has.
        """
        made = False
        for kind in kinds:
            backing = self._of(kind)
            for environment in environments:
                if backing.variable not in self.env.get(environment).variables:
                    self.env(environment, backing.have(environment).variables, actor, merge=True)
                    made = True
        return made

    def last_dumps(self, environments: Sequence[Environment], now: datetime) -> Sequence[str]:
        """Dump what is about to go; raises DumpFailed, Unavailable, and then nothing has gone."""
        if self.databases is None:
            return ()
        urls = {environment: self.databases.url(environment) for environment in environments}
        return [
            self.dumps.keep(environment, f"{now:%Y%m%d%H%M%S}", url.reveal())
            for environment, url in urls.items()
            if url is not None
        ]

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
