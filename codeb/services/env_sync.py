"""Store an environment's variables: every write is a new version. Spec section 6, env tools."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.services.actor import Actor
from codeb.services.errors import EnvChanged
from codeb.services.protocols import EnvStore, EnvVersion, Projects

_TRIES = 5


@dataclass(frozen=True, slots=True)
class EnvChange:
    """Names only; values stay where they are kept."""

    version: int
    set: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return bool(self.set or self.updated or self.removed)


@dataclass(frozen=True, slots=True)
class EnvSync:
    projects: Projects
    envs: EnvStore

    def get(self, environment: Environment) -> EnvVersion:
        self.projects.get(environment.project)
        return self.envs.current(environment)

    def __call__(
        self, environment: Environment, variables: Mapping[str, str], actor: Actor, *, merge: bool = False
    ) -> EnvChange:
        """Replace the variables, or merge into them; the next deploy runs with them. Raises Unavailable.

        Whoever stores another version in between loses nothing: it is merged into theirs.
        """
        self.projects.get(environment.project)
        for _ in range(_TRIES):
            with suppress(EnvChanged):
                return self._write(environment, variables, actor, merge=merge)
        return self._write(environment, variables, actor, merge=merge)

    def _write(self, environment: Environment, variables: Mapping[str, str], actor: Actor, *, merge: bool) -> EnvChange:
        before = self.envs.current(environment)
        after = {**before.variables, **variables} if merge else dict(variables)
        old = before.variables
        change = EnvChange(
            version=before.version,
            set=tuple(sorted(after.keys() - old.keys())),
            updated=tuple(sorted(key for key in after.keys() & old.keys() if after[key] != old[key])),
            unchanged=tuple(sorted(key for key in after.keys() & old.keys() if after[key] == old[key])),
            removed=tuple(sorted(old.keys() - after.keys())),
        )
        if not change.changed and before.version:
            return change
        stored = self.envs.write(environment, after, actor.name, after=before.version)
        return EnvChange(stored.version, change.set, change.updated, change.unchanged, change.removed)
