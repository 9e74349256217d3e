"""What a switch changes in the variables: names only, values never. Issue 4, "Env bound to the deployment"."""

from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.slots import Slot
from codeb.errors import CodebError
from codeb.services.protocols import EnvStore


@dataclass(frozen=True, slots=True)
class EnvDiff:
    """From the version in production to the one that comes; names are sorted."""

    before: int
    after: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompareEnv:
    envs: EnvStore

    def __call__(self, environment: Environment, old: Slot | None, new: Slot) -> EnvDiff | None:
        """None where nothing differs, or where a version cannot be read right now."""
        before = old.release.env_version if old is not None and old.release is not None else 0
        after = new.release.env_version if new.release is not None else 0
        if before == after:
            return None
        try:
            was, comes = (self.envs.version(environment, number).variables for number in (before, after))
        except CodebError:
            return None
        return EnvDiff(
            before,
            after,
            added=tuple(sorted(comes.keys() - was.keys())),
            removed=tuple(sorted(was.keys() - comes.keys())),
            changed=tuple(sorted(name for name in was.keys() & comes.keys() if was[name] != comes[name])),
        )
