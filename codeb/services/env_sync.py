"""Store an environment's variables: every write is a new version. Spec section 6, env tools."""

from collections.abc import Mapping
from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.services.actor import Actor
from codeb.services.protocols import EnvStore, EnvVersion, Projects


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
        """Replace the variables, or merge into them; the next deploy runs with them. Raises Unavailable."""
        self.projects.get(environment.project)
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
        stored = self.envs.write(environment, after, actor.name)
        return EnvChange(stored.version, change.set, change.updated, change.unchanged, change.removed)
