"""The versions of an environment's variables: who stored them, when, and which names they changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.variables import Changes
from codeb.services.protocols import Projects
from codeb.services.protocols.envs import EnvLedger, StoredEnv


@dataclass(frozen=True, slots=True)
class EnvEntry:
    """``changes`` is against the version below; None where one of the two cannot be opened."""

    stored: StoredEnv
    changes: Changes | None


@dataclass(frozen=True, slots=True)
class EnvHistory:
    projects: Projects
    envs: EnvLedger

    def __call__(
        self, environment: Environment, *, before: int | None = None, limit: int = 20
    ) -> tuple[Sequence[EnvEntry], int | None]:
        """Newest first, and where the next page begins, None at the end. Raises Unavailable."""
        self.projects.get(environment.project)
        found = self.envs.stored(environment, before=before, limit=limit + 1)
        page, below = found[:limit], found[1:]
        entries = [
            EnvEntry(each, _changes(below[place] if place < len(below) else None, each))
            for place, each in enumerate(page)
        ]
        return entries, page[-1].version if len(found) > limit else None


def _changes(below: StoredEnv | None, stored: StoredEnv) -> Changes | None:
    was = below.variables if below is not None else {}
    return None if was is None or stored.variables is None else Changes.between(was, stored.variables)
