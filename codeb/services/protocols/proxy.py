"""What the use cases need of the proxy, and of whoever asks a container whether it is well."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.domain.smoke import SmokeRequest
from codeb.services.protocols.containers import ProbeTarget
from codeb.settings import Secret


@dataclass(frozen=True, slots=True)
class SlotSite:
    """One slot of a site: its preview host, its port, and the check that a block with two upstreams makes of it."""

    preview_host: str
    port: int
    health_path: str
    health_status: int


@dataclass(frozen=True, slots=True)
class Site:
    """What an environment's site file is rendered from. With ``preview_token`` its previews ask for it."""

    environment: Environment
    hosts: tuple[str, ...]
    blue: SlotSite
    green: SlotSite
    preview_token: Secret | None = None

    def slot(self, name: SlotName) -> SlotSite:
        return self.blue if name is SlotName.BLUE else self.green


@dataclass(frozen=True, slots=True)
class Verified:
    """What a switch checked: who answered the probe before the rename and the plain request after it.

    ``warnings`` say what could not be verified; ``duration_ms`` is from the first probe to the last answer.
    """

    word: Word
    probe_slot: SlotName | None
    answered_slot: SlotName | None
    switched_at: datetime
    duration_ms: float
    warnings: tuple[str, ...] = ()


class Proxy(Protocol):
    def install(self, *sites: Site) -> bool:
        """Serve the sites; True when the configuration changed and was loaded.

        Raises SiteRefused, and then nothing has changed.
        """
        ...

    def up_to_date(self, site: Site) -> bool:
        """The site is served from the file that would be written now."""
        ...

    def remove(self, environment: Environment) -> None: ...

    def word(self, environment: Environment) -> Word | None: ...

    def narrow(self, environment: Environment, word: Word) -> None:
        """Write a word that only leaves the fallback out of the one that stands; nobody is asked."""
        ...

    def route(self, site: Site, word: Word, *, probe: Word | None = None) -> Verified:
        """Probe, rename the pointer, verify; raises SwitchFailed with the old word back in place.

        ``probe`` is the word to try where it is another than ``word``: a promote during maintenance.
        """
        ...


class Probe(Protocol):
    def answers(self, port: int, target: ProbeTarget) -> str | None:
        """None when the published port answers as it should, else a sentence that says what it did instead."""
        ...


class Smoke(Protocol):
    """Requests of the smoke gate against a preview."""

    def failures(self, site: Site, slot: SlotName, requests: Sequence[SmokeRequest]) -> Sequence[str]:
        """A sentence for each request that was not answered as it should be; empty is a pass."""
        ...


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a host has answered since the proxy started: counters that only grow.

    ``buckets`` are cumulative counts of answers by upper bound in seconds.
    """

    at: datetime
    requests: float
    errors: float
    buckets: Mapping[float, float]


class TrafficMeter(Protocol):
    def read(self, hosts: Collection[str]) -> Mapping[str, Traffic]:
        """The traffic of these hosts, by name. Raises Unavailable."""
        ...
