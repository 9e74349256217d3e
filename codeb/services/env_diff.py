"""What differs between versions of the variables: names only, never values. Issue 4, "Env bound to the deployment"."""

from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.slots import Slot
from codeb.domain.variables import Changes
from codeb.errors import CodebError
from codeb.services.errors import UnknownEnvVersion
from codeb.services.protocols import EnvStore, EnvVersion, Projects
from codeb.services.protocols.envs import EnvLedger


@dataclass(frozen=True, slots=True)
class EnvDiff:
    """From the version in production to the one that comes; names are sorted."""

    before: int
    after: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...] = ()

    @classmethod
    def between(cls, before: EnvVersion, after: EnvVersion) -> "EnvDiff":
        names = Changes.between(before.variables, after.variables)
        return cls(before.version, after.version, names.added, names.removed, names.changed, names.same)


@dataclass(frozen=True, slots=True)
class CompareEnv:
    """What a switch would change."""

    envs: EnvStore

    def __call__(self, environment: Environment, old: Slot | None, new: Slot) -> EnvDiff | None:
        """None where nothing differs, or where a version cannot be read right now."""
        before = old.release.env_version if old is not None and old.release is not None else 0
        after = new.release.env_version if new.release is not None else 0
        if before == after:
            return None
        try:
            was, comes = (self.envs.version(environment, number) for number in (before, after))
        except CodebError:
            return None
        return EnvDiff.between(was, comes)


@dataclass(frozen=True, slots=True)
class CompareVersions:
    """Any two versions that are stored; version 0 is "none"."""

    projects: Projects
    envs: EnvLedger

    def __call__(self, environment: Environment, before: int | None = None, after: int | None = None) -> EnvDiff:
        """``after`` is the newest one by default, ``before`` the one below it.

        Raises UnknownEnvVersion, MissingEnvKey; Unavailable, since the host's copies are no history.
        """
        self.projects.get(environment.project)
        newest = next((each.version for each in self.envs.stored(environment, limit=1)), 0)
        after = newest if after is None else after
        if after > newest:
            raise UnknownEnvVersion(environment, after)
        was = self.envs.version(environment, max(after - 1, 0) if before is None else before)
        return EnvDiff.between(was, self.envs.version(environment, after))
