"""From the dispatch to the audit: a call that ended becomes a row, without its secrets. Lesson 4."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import partial

from codeb.adapters.audit.known import KnownSecrets
from codeb.api.trail import Finished
from codeb.bootstrap import Services
from codeb.services.protocols.memory import Memory
from codeb.services.protocols.trail import Audit, AuditEntry
from codeb.tools import registry
from codeb.tools.audit_entry import Asked, Caller, RequestFacts, entry_of, look_of
from codeb.tools.params import few_words

_MOST_FAMILIAR = 4096


@dataclass(slots=True)
class Telling:
    """What the dispatch calls with every call that ended.

    Looks at things come again and again with the same few words: these are masked once, until another secret is known.
    What was seen is not told.
    """

    audit: Audit
    known: KnownSecrets
    memory: Memory
    _familiar: dict[Hashable, Asked] = field(default_factory=dict, repr=False)
    _version: int = -1

    def __call__(self, done: Finished) -> None:
        looked = done.success and bool(done.tool) and not registry.find(done.tool).changes
        self.audit.record(self._look(done) if looked else self._whole(done))

    def _look(self, done: Finished) -> AuditEntry:
        return look_of(self._asked(done), self._caller(done), done.seconds * 1000, self.known.cover)

    def _whole(self, done: Finished) -> AuditEntry:
        outcome = done.error if done.error is not None else done.record or {}
        return entry_of(
            done.tool,
            done.params,
            outcome,
            self._caller(done),
            duration_ms=done.seconds * 1000,
            cover=self.known.cover,
        )

    def _asked(self, done: Finished) -> Asked:
        agent, words = done.origin.user_agent, few_words(done.params)
        if words is None:
            return Asked.of(done.tool, done.params, agent, self.known.cover)
        if self._version != (version := self.known.version) or len(self._familiar) >= _MOST_FAMILIAR:
            self._familiar, self._version = {}, version
        key = (done.tool, words, agent)
        if (asked := self._familiar.get(key)) is None:
            asked = self._familiar[key] = Asked.of(done.tool, done.params, agent, self.known.cover)
        return asked

    def _caller(self, done: Finished) -> Caller:
        origin = done.origin
        facts = RequestFacts(origin.correlation_id, done.source, origin.ip, origin.user_agent, origin.named)
        return Caller(done.auth, facts, partial(self._team, done))

    def _team(self, done: Finished, project: str) -> str | None:
        """Of a call that was refused before its project was looked for, as it is in memory."""
        if project in done.owners:
            return done.owners[project]
        known = self.memory.project(project)
        return known.team_id if known else None


def audit_of(services: Services) -> Telling:
    return Telling(services.trail, services.known, services.status.memory)
