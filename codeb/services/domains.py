"""Claim a host for an environment, look at its DNS, serve it once it is proven; and let it go. Security 7."""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from codeb.domain.domains import (
    DnsRecord,
    Domain,
    DomainStatus,
    DomainType,
    Found,
    allows,
    custom_host,
    explained,
    host_name,
    proof_name,
    wanted_records,
)
from codeb.domain.names import Environment
from codeb.services.actor import Actor
from codeb.services.domain_errors import DomainNotAllowed, DomainTaken, PrimaryDomain
from codeb.services.domain_sites import DomainSites
from codeb.services.protocols import Projects
from codeb.services.protocols.access import AccessRegistry
from codeb.services.protocols.domains import AllowedDomains, Dns, DomainStore, any_domain

_PROOF_LENGTH = 40


@dataclass(frozen=True, slots=True)
class DomainRules:
    """``reserved`` are names of the platform outside its domain, ``public_address`` is where sites are reached."""

    reserved: Sequence[str] = ()
    public_address: str = ""
    allowed: AllowedDomains = field(default=any_domain)


def allowed_domains(registry: AccessRegistry, team_id: str) -> Sequence[str]:
    """What the team's settings leave; empty is any. Raises Unavailable."""
    team = registry.teams().get(team_id)
    return team.settings.allowed_domains if team else ()


@dataclass(frozen=True, slots=True)
class Looked:
    """A domain, what its DNS is to say, what it says, and a sentence for each difference."""

    domain: Domain
    records: Sequence[DnsRecord]
    found: Found
    problems: Sequence[str]
    proven: bool
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Domains:
    """``sites`` also holds the clock, the addresses and the lock that these use cases share."""

    projects: Projects
    store: DomainStore
    dns: Dns
    sites: DomainSites
    rules: DomainRules

    def setup(self, environment: Environment, text: str, actor: Actor) -> Looked:
        """Claim the host, or look again at a claim; it is served as soon as it is proven.

        Raises InvalidInput, UnknownProject, DomainNotAllowed, DomainTaken, TooManyDomains, TooManyCertificates,
        SiteRefused, Locked, Unavailable. A refusal after the claim leaves it pending.
        """
        host = self._claimable(environment, text)
        claim, made = self.store.claim(host, environment, actor.name, self.sites.clock.now())
        looked = self.look(claim)
        if claim.active and self.sites.serves(environment):
            return _as(looked, claim, changed=False)
        if claim.active or looked.proven:
            domain, changed = self.sites.join(claim, actor.name)
            return _as(looked, domain, changed=changed or made)
        return _as(looked, claim, changed=made)

    def plan(self, environment: Environment, text: str, actor: Actor) -> tuple[Looked, bool]:
        """What ``setup`` would find, and whether the project has the claim already; raises what it would refuse."""
        host = self._claimable(environment, text)
        there = self.store.claim_of(host, environment.project)
        now = self.sites.clock.now()
        team = self.projects.get(environment.project).team_id
        new = Domain(host, environment, team, DomainType.CUSTOM, DomainStatus.PENDING, now, now, None, actor.name)
        return self.look(there or new), there is not None

    def look(self, domain: Domain) -> Looked:
        """Ask DNS; nothing is changed by it."""
        found = self.dns.look(domain.host, proof_name(domain.host))
        records = self.records(domain)
        proven = self.proof(domain.host, domain.team_id) in found.proofs
        return Looked(domain, records, found, explained(domain.host, found, records), proven)

    def delete(self, environment: Environment, text: str, actor: Actor) -> bool:
        """Whether there was such a domain. Raises what ``deletable`` and DomainSites.leave do."""
        if self.deletable(environment, text) is None:
            return False
        return self.sites.leave(host_name(text), environment, actor.name)

    def deletable(self, environment: Environment, text: str) -> Domain | None:
        """The project's own domain of that name. Raises InvalidInput, PrimaryDomain, DomainTaken, Unavailable."""
        domain = self.store.claim_of(host_name(text), environment.project)
        if domain is None:
            return None
        if domain.generated:
            raise PrimaryDomain(domain.host, domain.environment)
        if domain.environment != environment:
            raise DomainTaken(domain.host, domain, domain.team_id)
        return domain

    def of_projects(self, projects: Collection[str]) -> Sequence[Domain]:
        return self.store.of_projects(projects)

    def records(self, domain: Domain) -> Sequence[DnsRecord]:
        """What the owner of the host's DNS is to set; nothing for the platform's own names."""
        if domain.generated:
            return ()
        return wanted_records(
            domain.host,
            address=self.rules.public_address,
            site=domain.environment.host(self.sites.addresses.domain),
            proof=self.proof(domain.host, domain.team_id),
        )

    def proof(self, host: str, team_id: str) -> str:
        """Derived, so that it is the same again without being stored, and no other team's."""
        secret = self.sites.addresses.secret.reveal().encode()
        digest = hmac.new(secret, f"domain:{team_id}:{host}".encode(), hashlib.sha256).hexdigest()
        return f"codeb={digest[:_PROOF_LENGTH]}"

    def require_allowed(self, host: str, team_id: str) -> None:
        """Raises DomainNotAllowed."""
        allowed = self.rules.allowed(team_id)
        if not allows(allowed, host):
            raise DomainNotAllowed(host, sorted(allowed))

    def _claimable(self, environment: Environment, text: str) -> str:
        project = self.projects.get(environment.project)
        host = custom_host(text, self.sites.addresses.domain, self.rules.reserved)
        self.require_allowed(host, project.team_id)
        own = self.store.claim_of(host, project.name)
        holder = own if own is not None and own.environment != environment else self.store.holder(host)
        if holder is not None and holder.environment != environment:
            raise DomainTaken(host, holder, project.team_id)
        return host


def _as(looked: Looked, domain: Domain, *, changed: bool) -> Looked:
    return Looked(domain, looked.records, looked.found, looked.problems, looked.proven, changed)
