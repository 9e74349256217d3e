"""Which names may have a certificate, answered from memory. Spec section 6, security 7."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from codeb.domain.names import SlotName
from codeb.domain.project import Project
from codeb.errors import Unavailable
from codeb.services.protocols import Projects
from codeb.services.protocols.domains import Certificates
from codeb.services.sites import Addresses

_FRESH = 5.0
_REST = 0.25
_REFUSED = 60.0
"""Seconds: how old a known name's answer may be, what lies between two reads for unknown ones, how long a no holds."""


@dataclass(slots=True)
class _Memory:
    """``teams`` by host, as read at ``read_at``; ``changes`` counts what made it old in the meantime."""

    teams: dict[str, str] | None = None
    read_at: float = -math.inf
    changes: int = 0
    admitted: set[str] = field(default_factory=set)
    refused_until: dict[str, float] = field(default_factory=dict)
    reading: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Hosts:
    """One reads the table, and whoever asks meanwhile is answered from the one before."""

    projects: Projects
    addresses: Addresses
    certificates: Certificates
    now: Callable[[], float] = time.monotonic
    _memory: _Memory = field(default_factory=_Memory, repr=False, compare=False)

    def known(self, host: str) -> bool:
        """A site, a preview or a proven domain of a project that there is, and within its team's week."""
        team = self._team_of(host)
        return team is not None and self._admitted(host, team)

    def forget(self) -> None:
        """What is held is old from now on: a domain or a project changed."""
        self._memory.changes += 1
        self._memory.read_at = -math.inf

    def _team_of(self, host: str) -> str | None:
        memory = self._memory
        held = host in (memory.teams or {})
        if self.now() - memory.read_at > (_FRESH if held else _REST):
            self._read()
        return (memory.teams or {}).get(host)

    def _read(self) -> None:
        memory = self._memory
        if not memory.reading.acquire(blocking=memory.teams is None):
            return
        try:
            begun, changes = self.now(), memory.changes
            memory.teams = {host: each.team_id for each in self.projects.all() for host in self._hosts(each)}
            memory.read_at = begun if changes == memory.changes else -math.inf
        finally:
            memory.reading.release()

    def _hosts(self, project: Project) -> Iterator[str]:
        domain = self.addresses.domain
        for name in project.ports:
            environment = project.environment(name)
            yield environment.host(domain)
            yield from (environment.preview_host(slot, domain) for slot in SlotName)
            yield from project.domains.get(name, ())

    def _admitted(self, host: str, team_id: str) -> bool:
        """Asked of the database once per host; while that is away nobody makes new projects, so all may have theirs."""
        memory = self._memory
        if host in memory.admitted:
            return True
        if memory.refused_until.get(host, -math.inf) > self.now():
            return False
        try:
            admitted = self.certificates.admit(host, team_id)
        except Unavailable:
            return True
        if admitted:
            memory.admitted.add(host)
            memory.refused_until.pop(host, None)
        else:
            memory.refused_until[host] = self.now() + _REFUSED
        return admitted
