"""The two ways an environment's slots change: without a switch, and with one. Design section 2."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from codeb.domain.events import EventKind
from codeb.domain.records import iso, pair_record
from codeb.domain.routing import word_for
from codeb.domain.slots import Slot, SlotPair
from codeb.services.protocols import History, Journal, Proxy, Site, SlotStore, Verified

Transition = Literal["promote", "rollback"]


@dataclass(frozen=True, slots=True)
class Switch:
    """A transition that moves traffic: the slots before and after it, and why."""

    transition: Transition
    before: SlotPair
    after: SlotPair
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof of a switch: when, how long, what was verified, from and to which deployment. Spec section 4."""

    transition: Transition
    verified: Verified
    previous: str | None
    new: str | None

    def record(self) -> dict[str, object]:
        return {
            "transition": self.transition,
            "word": str(self.verified.word),
            "probeSlot": self.verified.probe_slot,
            "answeredSlot": self.verified.answered_slot,
            "switchedAt": iso(self.verified.switched_at),
            "durationMs": round(self.verified.duration_ms, 3),
            "warnings": list(self.verified.warnings),
            "previousDeployment": self.previous,
            "newDeployment": self.new,
        }


@dataclass(frozen=True, slots=True)
class SlotChanges:
    """Writes the journal first, then its projections: slot file, pointer, database."""

    journal: Journal
    slots: SlotStore
    history: History
    proxy: Proxy

    def commit(self, after: SlotPair, *, by: str, why: str) -> None:
        """The slots are ``after`` from now on; no traffic moves."""
        self._append(EventKind.SLOTS, after, by, why, {"slots": pair_record(after)})
        self.slots.save(after)
        self.history.project(after.environment)

    def narrow(self, pair: SlotPair, site: Site) -> None:
        """Production can no longer fall back to the grace slot: its container is about to be touched."""
        word = word_for(pair)
        if self.proxy.word(pair.environment) != word:
            self.proxy.route(site, word)

    def switch(self, move: Switch, site: Site) -> Receipt:
        """Move the traffic and commit; an error leaves word, slots and traffic as they were."""
        word = word_for(move.after)
        facts: dict[str, object] = {
            "transition": move.transition,
            "deployment": _held(move.after.active),
            "previous": _held(move.before.active),
        }
        slots = pair_record(move.after)
        intent = {"before": pair_record(move.before), "slots": slots, "word": str(word), **facts}
        self._append(EventKind.INTENT, move.after, move.by, move.why, intent)
        try:
            verified = self.proxy.route(site, word)
        except Exception as error:
            self._append(EventKind.UNDONE, move.before, move.by, move.why, {"error": str(error)})
            raise
        receipt = Receipt(move.transition, verified, _held(move.before.active), _held(move.after.active))
        self._append(
            EventKind.SWITCHED, move.after, move.by, move.why, {"slots": slots, "receipt": receipt.record(), **facts}
        )
        self.slots.save(move.after)
        self._append(EventKind.DONE, move.after, move.by, move.why, {})
        self.history.project(move.after.environment)
        return receipt

    def _append(self, kind: EventKind, pair: SlotPair, by: str, why: str, data: Mapping[str, object]) -> None:
        self.journal.append(pair.environment, kind, generation=pair.generation, by=by, why=why, data=data)


def _held(slot: Slot | None) -> str | None:
    return slot.release.deployment_id if slot is not None and slot.release is not None else None
