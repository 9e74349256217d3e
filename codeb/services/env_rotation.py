"""Put every stored version of the variables under the current key: resumable, and nothing to do the second time."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from codeb.services.protocols.envs import EnvVault


@dataclass(frozen=True, slots=True)
class Rotation:
    """Counts of versions. ``missing``: those that no key at hand opens, by the id of theirs, "" where none was kept.

    ``left`` could be put under the key and are not: this was a look only, or somebody still stores with another key.
    """

    key_id: str
    changed: int
    under_key: int
    left: int
    missing: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RotateEnvKey:
    vault: EnvVault
    batch: int = 100

    def __call__(self) -> Rotation:
        """Batch by batch, each a transaction: what a stop leaves, the next run finds. Raises Unavailable."""
        changed, missing = 0, Counter[str]()
        batch = self.vault.reseal(None, self.batch)
        while batch.last is not None:
            changed += batch.changed
            missing.update(batch.unreadable)
            batch = self.vault.reseal(batch.last, self.batch)
        return self._standing(changed, missing)

    def look(self) -> Rotation:
        """How many are under which key; nothing is changed. What is damaged shows only when it is opened."""
        known = {"", *self.vault.known_ids}
        return self._standing(0, {key: count for key, count in self.vault.standing().items() if key not in known})

    def _standing(self, changed: int, missing: Mapping[str, int]) -> Rotation:
        standing = self.vault.standing()
        under = standing.get(self.vault.key_id, 0)
        left = sum(standing.values()) - under - sum(missing.values())
        return Rotation(self.vault.key_id, changed, under, max(left, 0), dict(missing))
