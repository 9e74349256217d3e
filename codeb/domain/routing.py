"""Slot states to the one word that routes an environment's requests. Spec section 4."""

from enum import StrEnum

from codeb.domain.names import SlotName
from codeb.domain.slots import SlotPair


class Word(StrEnum):
    """What the pointer file may say; each has its block in the site file."""

    BLUE = "blue"
    GREEN = "green"
    BLUE_GREEN = "blue+green"
    GREEN_BLUE = "green+blue"
    MAINTENANCE = "maintenance"
    EMPTY = "empty"

    @property
    def serving(self) -> SlotName | None:
        """The slot that answers first under this word, if any does."""
        first = self.value.partition("+")[0]
        return SlotName(first) if first in tuple(SlotName) else None


def word_for(pair: SlotPair, *, fallback: bool = False) -> Word:
    """The word of this state: maintenance, then the active slot (with its fallback, if it has one), then empty."""
    if pair.maintenance:
        return Word.MAINTENANCE
    if pair.active is None:
        return Word.EMPTY
    if fallback and pair.fallback is not None:
        return Word(f"{pair.active.name}+{pair.fallback.name}")
    return Word(pair.active.name)
