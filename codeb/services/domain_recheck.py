"""Pending claims are looked at again by themselves, ever more rarely, for a week. Security 7."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from codeb.domain.domains import Domain, next_look
from codeb.errors import CodebError, Unavailable
from codeb.services.actor import Actor
from codeb.services.domains import Domains
from codeb.services.errors import Locked

RECHECK = Actor("recheck", "recheck")
_MOST_PER_ROUND = 5


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A claim that is served from now on, or the sentence that says why it is not although it was proven."""

    domain: Domain
    refused: str = ""


@dataclass(frozen=True, slots=True)
class RecheckDomains:
    domains: Domains

    def __call__(self) -> Sequence[Rechecked]:
        """One round, of a few claims; nothing while the database is away."""
        now = self.domains.sites.clock.now()
        with suppress(Unavailable):
            due = self.domains.store.due(now, _MOST_PER_ROUND)
            return [told for claim in due if (told := self._again(claim)) is not None]
        return ()

    def _again(self, claim: Domain) -> Rechecked | None:
        """The next look is settled first, so that a claim that goes wrong is in no other's way."""
        domains = self.domains
        try:
            domains.store.looked(claim, next_look(claim.asked_at, domains.sites.clock.now()))
            if not domains.look(claim).proven:
                return None
            domains.require_allowed(claim.host, claim.team_id)
            domain, _ = domains.sites.join(claim, RECHECK.name, wait=0)
        except (Locked, Unavailable):
            return None
        except CodebError as error:
            return Rechecked(claim, str(error))
        return Rechecked(domain)
