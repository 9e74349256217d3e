"""Store an environment's variables: every write is a new version. Spec section 6, env tools."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.variables import Changes, require_variables
from codeb.services.actor import Actor
from codeb.services.errors import EnvChanged
from codeb.services.protocols import EnvStore, EnvVersion, Projects

_TRIES = 20
"""Of all who write at once, one gets through each time."""


@dataclass(frozen=True, slots=True)
class EnvChange:
    """Names only; values stay where they are kept. ``version`` is the one that holds them now, or would."""

    version: int
    set: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return bool(self.set or self.updated or self.removed)

    @classmethod
    def of(cls, version: int, changes: Changes) -> "EnvChange":
        return cls(version, changes.added, changes.changed, changes.same, changes.removed)


@dataclass(frozen=True, slots=True)
class EnvSync:
    projects: Projects
    envs: EnvStore

    def get(self, environment: Environment) -> EnvVersion:
        self.projects.get(environment.project)
        return self.envs.current(environment)

    def __call__(
        self,
        environment: Environment,
        variables: Mapping[str, str],
        actor: Actor,
        *,
        merge: bool = False,
        remove: Collection[str] = (),
    ) -> EnvChange:
        """Replace the variables, or merge into them; the next deploy runs with them. Raises InvalidInput, Unavailable.

        Whoever stores another version in between loses nothing: it is merged into theirs.
        """
        self.projects.get(environment.project)
        for _ in range(_TRIES):
            with suppress(EnvChanged):
                return self._write(environment, variables, actor, merge=merge, remove=remove)
        return self._write(environment, variables, actor, merge=merge, remove=remove)

    def plan(
        self, environment: Environment, variables: Mapping[str, str], *, merge: bool, remove: Collection[str] = ()
    ) -> EnvChange:
        """What the same call would do; nothing is stored."""
        before = self.get(environment)
        changes = Changes.between(before.variables, _after(before, variables, merge=merge, remove=remove))
        return EnvChange.of(before.version + bool(changes or not before.version), changes)

    def _write(
        self,
        environment: Environment,
        variables: Mapping[str, str],
        actor: Actor,
        *,
        merge: bool,
        remove: Collection[str],
    ) -> EnvChange:
        before = self.envs.current(environment)
        after = _after(before, variables, merge=merge, remove=remove)
        changes = Changes.between(before.variables, after)
        if not changes and before.version:
            return EnvChange.of(before.version, changes)
        stored = self.envs.write(environment, after, actor.name, after=before.version)
        return EnvChange.of(stored.version, changes)


def _after(before: EnvVersion, variables: Mapping[str, str], *, merge: bool, remove: Collection[str]) -> dict[str, str]:
    """Raises InvalidInput where all of it together is more than an environment may have."""
    kept = {name: value for name, value in before.variables.items() if merge and name not in remove}
    after = {**kept, **variables}
    require_variables("variables", after)
    return after
