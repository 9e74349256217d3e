"""A proven host joins its environment's site or leaves it; what fails half-way is undone as a whole. Lessons 6, 22."""

from contextlib import suppress
from dataclasses import dataclass

from codeb.domain.domains import Domain
from codeb.domain.names import Environment
from codeb.errors import CodebError
from codeb.services.domain_errors import TooManyCertificates, UnknownDomain
from codeb.services.hosts import Hosts
from codeb.services.protocols import Clock, Projects, Proxy, SlotStore
from codeb.services.protocols.domains import Certificates, DomainStore
from codeb.services.sites import Addresses
from codeb.services.turns import Turns


@dataclass(frozen=True, slots=True)
class DomainSites:
    projects: Projects
    slots: SlotStore
    turns: Turns
    proxy: Proxy
    store: DomainStore
    certificates: Certificates
    addresses: Addresses
    clock: Clock
    hosts: Hosts

    def serves(self, environment: Environment) -> bool:
        """The site is what the database says of it."""
        project = self.projects.reread(environment.project)
        return self.proxy.up_to_date(self.addresses.site(project, self.slots.get(environment)))

    def join(self, claim: Domain, by: str, *, wait: float | None = None) -> tuple[Domain, bool]:
        """The domain, active and served, and whether that is new; the claim was proven.

        Raises DomainTaken, UnknownDomain, TooManyCertificates, SiteRefused, Locked, Unavailable; the claim is then
        as it was.
        """
        environment = claim.environment
        with self.turns.taken(environment, "domain", by, wait=wait):
            before = self.store.claim_of(claim.host, environment.project)
            if before is None:
                raise UnknownDomain(claim.host)
            active = self.store.activate(claim.host, environment.project, self.clock.now())
            try:
                self._require_certificate(active)
                loaded = self._install(environment)
            except BaseException:
                self._undo(before)
                raise
        return active, loaded or not before.active

    def leave(self, host: str, environment: Environment, by: str) -> bool:
        """Whether there was such a domain. Raises SiteRefused, Locked, Unavailable; it is then as it was."""
        with self.turns.taken(environment, "domain", by):
            before = self.store.claim_of(host, environment.project)
            if before is None:
                return False
            self.store.remove(host, environment.project)
            try:
                self._install(environment)
            except BaseException:
                self._undo(before)
                raise
        return True

    def _require_certificate(self, domain: Domain) -> None:
        if not self.certificates.admit(domain.host, domain.team_id):
            raise TooManyCertificates(domain.host)

    def _install(self, environment: Environment) -> bool:
        project = self.projects.reread(environment.project)
        self.hosts.forget()
        return self.proxy.install(self.addresses.site(project, self.slots.get(environment)))

    def _undo(self, before: Domain) -> None:
        """Where this fails too, the next domain_setup or the doctor makes the site follow the table."""
        with suppress(CodebError):
            self.store.put_back(before)
            self._install(before.environment)
