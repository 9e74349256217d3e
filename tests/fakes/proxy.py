"""A proxy that routes by its word, and whoever asks containers whether they are well."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.domain.smoke import SmokeRequest
from codeb.errors import CodebError
from codeb.services.errors import SwitchFailed
from codeb.services.protocols import ProbeTarget, Site, Traffic, Verified
from tests.fakes.faults import Faults
from tests.fakes.records import FakeClock


@dataclass
class FakeProxy:
    """``stale``: words with two upstreams are answered by the wrong slot, as for a while after a start."""

    clock: FakeClock
    faults: Faults = field(default_factory=Faults)
    words: dict[Environment, Word] = field(default_factory=dict)
    sites: dict[Environment, Site] = field(default_factory=dict)
    probed: list[Word] = field(default_factory=list)
    loads: int = 0
    refuses: CodebError | None = None
    stale: bool = False
    dies_after_rename: bool = False

    def install(self, *sites: Site) -> bool:
        self.faults.tick()
        if self.refuses:
            raise self.refuses
        changed = not all(self.up_to_date(site) for site in sites)
        for site in sites:
            self.sites[site.environment] = site
            self.words.setdefault(site.environment, Word.EMPTY)
        self.loads += changed
        self.faults.tick()
        return changed

    def up_to_date(self, site: Site) -> bool:
        return self.sites.get(site.environment) == site

    def remove(self, environment: Environment) -> None:
        self.faults.tick()
        self.sites.pop(environment, None)
        self.words.pop(environment, None)
        self.faults.tick()

    def word(self, environment: Environment) -> Word | None:
        return self.words.get(environment)

    def narrow(self, environment: Environment, word: Word) -> None:
        self.faults.tick()
        self.words[environment] = word
        self.faults.tick()

    def route(self, site: Site, word: Word, *, probe: Word | None = None) -> Verified:
        self.faults.tick()
        if self.refuses:
            raise self.refuses
        self.probed.append(probe or word)
        if self.stale and "+" in word:
            raise SwitchFailed(site.environment, word.serving, "the probe was answered by the other slot")
        self.words[site.environment] = word
        if self.dies_after_rename:
            raise KeyboardInterrupt
        self.faults.tick()
        return Verified(word, (probe or word).serving, word.serving, self.clock.now(), 1.0)


@dataclass
class FakeProbe:
    sick: set[int] = field(default_factory=set)

    def answers(self, port: int, target: ProbeTarget) -> str | None:
        return f"GET {target.path} on port {port} answered 500" if port in self.sick else None


@dataclass
class FakeSmoke:
    broken: list[str] = field(default_factory=list)
    asked: list[tuple[SlotName, Sequence[SmokeRequest]]] = field(default_factory=list)

    def failures(self, site: Site, slot: SlotName, requests: Sequence[SmokeRequest]) -> Sequence[str]:
        self.asked.append((slot, requests))
        return self.broken


@dataclass
class FakeMeter:
    """Counters by host that a test lets grow."""

    clock: FakeClock
    requests: dict[str, float] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)

    def serve(self, host: str, count: int, *, errors: int = 0, slow: int = 0) -> None:
        for counter, grown in ((self.requests, count), (self.errors, errors), (self.slow, slow)):
            counter[host] = counter.get(host, 0) + grown

    def read(self, hosts: Collection[str]) -> Mapping[str, Traffic]:
        return {host: self._traffic(host) for host in self.requests if host in hosts}

    def _traffic(self, host: str) -> Traffic:
        total, slow = self.requests[host], self.slow[host]
        return Traffic(self.clock.now(), total, self.errors[host], {0.1: total - slow, 5.0: total})
