"""The two ways an environment's slots change: without a switch, and with one. Design section 2."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from codeb.domain.events import EventKind
from codeb.domain.records import iso, pair_record
from codeb.domain.routing import Word, word_for
from codeb.domain.slots import Slot, SlotPair, held_id
from codeb.services.errors import JournalUnwritable
from codeb.services.protocols import History, Journal, Proxy, RollbackLog, Site, SlotStore, Verified

Transition = Literal["promote", "rollback", "maintenance"]


@dataclass(frozen=True, slots=True)
class Switch:
    """A transition that moves traffic: the slots before and after it, and why."""

    transition: Transition
    before: SlotPair
    after: SlotPair
    by: str
    why: str
    team: str = ""

    @property
    def word(self) -> Word:
        return word_for(self.after)

    @property
    def probe(self) -> Word | None:
        """The word to try first: while a page hides the site, a release is judged by its slot all the same."""
        if self.transition == "maintenance" or not self.after.maintenance:
            return None
        return word_for(replace(self.after, maintenance=False))


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
    rollbacks: RollbackLog

    def commit(self, after: SlotPair, *, by: str, why: str) -> None:
        """The slots are ``after`` from now on; no traffic moves."""
        self._append(EventKind.SLOTS, after, by, why, {"slots": pair_record(after)})
        self.slots.save(after)
        self.history.project(after.environment)

    def narrow(self, pair: SlotPair, site: Site) -> None:
        """Production can no longer fall back to the grace slot: its container is about to be touched.

        Leaving a way out of the word needs nobody's answer, and must work while neither slot gives one.
        """
        word, standing = word_for(pair), self.proxy.word(pair.environment)
        if standing is not None and standing.startswith(f"{word}+"):
            self.proxy.narrow(pair.environment, word)
        elif standing != word:
            self.proxy.route(site, word)

    def switch(self, move: Switch, site: Site) -> Receipt:
        """Move the traffic and commit; an error leaves word, slots and traffic as they were."""
        facts: dict[str, object] = {
            "transition": move.transition,
            "deployment": held_id(move.after.active),
            "previous": held_id(move.before.active),
            "team": move.team,
        }
        slots = pair_record(move.after)
        standing = self.proxy.word(site.environment)
        intent = {"before": pair_record(move.before), "slots": slots, "word": str(move.word), **facts}
        self._append(EventKind.INTENT, move.after, move.by, move.why, intent)
        try:
            verified = self.proxy.route(site, move.word, probe=move.probe)
        except Exception as error:
            self.undone(move.before, move.by, str(error))
            raise
        receipt = Receipt(move.transition, verified, held_id(move.before.active), held_id(move.after.active))
        done = {"slots": slots, "receipt": receipt.record(), **facts}
        try:
            self._append(EventKind.SWITCHED, move.after, move.by, move.why, done)
        except Exception:
            self.proxy.route(site, standing or word_for(move.before))
            raise
        self.settle(move, receipt.verified.switched_at)
        return receipt

    def settle(self, move: Switch, at: datetime) -> None:
        """What follows a switch that has happened; done again by recovery where its process died before the end."""
        self.slots.save(move.after)
        if move.transition == "rollback":
            entry = rollback_entry(
                move.before.active, move.after.active, by=move.by, team=move.team, why=move.why, at=at
            )
            self.rollbacks.append(move.after.environment, entry)
        with suppress(JournalUnwritable):
            self._append(EventKind.DONE, move.after, move.by, move.why, {})
        self.history.project(move.after.environment)

    def undone(self, before: SlotPair, by: str, why: str) -> None:
        """Close an intent whose switch did not happen."""
        self._append(EventKind.UNDONE, before, by, why, {"error": why})

    def _append(self, kind: EventKind, pair: SlotPair, by: str, why: str, data: Mapping[str, object]) -> None:
        self.journal.append(pair.environment, kind, generation=pair.generation, by=by, why=why, data=data)


def rollback_entry(
    left: Slot | None, back: Slot | None, *, by: str, team: str, why: str, at: datetime
) -> dict[str, object]:
    """The line in the rollbacks' own log. Spec section 5."""
    return {
        "fromSlot": left and left.name,
        "toSlot": back and back.name,
        "fromVersion": _version(left),
        "toVersion": _version(back),
        "reason": why,
        "keyId": by,
        "teamId": team,
        "timestamp": iso(at),
    }


def _version(slot: Slot | None) -> str | None:
    return slot.release.version if slot is not None and slot.release is not None else None
