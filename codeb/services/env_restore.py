"""Go back to a stored version of the variables: what it holds becomes a new version, nothing is taken away."""

from dataclasses import dataclass
from typing import Literal

from codeb.domain.names import Environment
from codeb.domain.variables import Changes
from codeb.services.actor import Actor
from codeb.services.errors import NothingToRestore, UnknownEnvVersion
from codeb.services.protocols import EnvVersion, Projects
from codeb.services.protocols.envs import EnvLedger

Wanted = int | Literal["master", "current"]
"""A version's number; ``master``, what was there before the last write; ``current``, the newest version."""


@dataclass(frozen=True, slots=True)
class EnvRestored:
    """``version`` is the one that holds the variables now, or would; names only."""

    version: int
    restored_from: int
    keys: tuple[str, ...]
    changes: Changes


@dataclass(frozen=True, slots=True)
class RestoreEnv:
    projects: Projects
    envs: EnvLedger

    def __call__(self, environment: Environment, wanted: Wanted, actor: Actor) -> EnvRestored:
        """Store the version's variables anew, unless they are current already.

        Raises NothingToRestore, UnknownEnvVersion, MissingEnvKey, Unavailable; EnvChanged where somebody stored
        another version in between: whether theirs is to go is for a person to say.
        """
        now, then, changes = self._look(environment, wanted)
        if not changes:
            return _restored(now.version, then, changes)
        stored = self.envs.write(environment, then.variables, actor.name, after=now.version, restored_from=then.version)
        return _restored(stored.version, then, changes)

    def plan(self, environment: Environment, wanted: Wanted) -> EnvRestored:
        """What the same call would do; nothing is stored."""
        now, then, changes = self._look(environment, wanted)
        return _restored(now.version + bool(changes), then, changes)

    def _look(self, environment: Environment, wanted: Wanted) -> tuple[EnvVersion, EnvVersion, Changes]:
        self.projects.get(environment.project)
        number, newest = self._number(environment, wanted)
        now, then = (self.envs.version(environment, each) for each in (newest, number))
        return now, then, Changes.between(now.variables, then.variables)

    def _number(self, environment: Environment, wanted: Wanted) -> tuple[int, int]:
        """Of the wanted version and of the newest.

        Where the newest was restored, ``master`` is that very version, so that a repeated call changes nothing.
        """
        found = self.envs.stored(environment, limit=2)
        if not found:
            raise NothingToRestore(environment, 0)
        newest = found[0]
        if wanted == "current" or (wanted == "master" and newest.restored_from is not None):
            return newest.version, newest.version
        if wanted == "master":
            if len(found) == 1:
                raise NothingToRestore(environment, newest.version)
            return found[1].version, newest.version
        if not 0 < wanted <= newest.version:
            raise UnknownEnvVersion(environment, wanted)
        return wanted, newest.version


def _restored(version: int, then: EnvVersion, changes: Changes) -> EnvRestored:
    return EnvRestored(version, then.version, tuple(sorted(then.variables)), changes)
