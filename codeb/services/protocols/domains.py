"""What the use cases need of domains: the table of claims, DNS, and the count of certificates. Security 7."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from codeb.domain.domains import Domain, Found
from codeb.domain.names import Environment

AllowedDomains = Callable[[str], Sequence[str]]
"""What a team's settings narrow its domains to, by team; none is no limit."""


def any_domain(team_id: str) -> Sequence[str]:  # noqa: ARG001
    """Of a platform whose teams are not narrowed."""
    return ()


class DomainStore(Protocol):
    """The table of hosts. Each of its methods raises Unavailable while the database is away."""

    def holder(self, host: str) -> Domain | None:
        """Whose the host is: proven, or generated."""
        ...

    def claim_of(self, host: str, project: str) -> Domain | None:
        """The project's own row, pending or active."""
        ...

    def of_projects(self, projects: Collection[str]) -> Sequence[Domain]: ...

    def claim(self, host: str, environment: Environment, by: str, now: datetime) -> tuple[Domain, bool]:
        """The project's row for the host, and whether it was made now; one that was there is asked for anew.

        Raises UnknownProject, TooManyDomains.
        """
        ...

    def activate(self, host: str, project: str, at: datetime) -> Domain:
        """The claim is proven; of two who try at once one wins. Raises DomainTaken, UnknownDomain."""
        ...

    def put_back(self, domain: Domain) -> None:
        """The row as it was, also where it is gone by now. Raises DomainTaken."""
        ...

    def remove(self, host: str, project: str) -> None: ...

    def due(self, now: datetime, limit: int) -> Sequence[Domain]:
        """Pending claims whose next look is due, the longest overdue first."""
        ...

    def looked(self, domain: Domain, next_at: datetime | None) -> None:
        """None: it is not looked at again until somebody asks for it."""
        ...


class Dns(Protocol):
    def look(self, host: str, proof: str) -> Found:
        """The addresses of ``host`` and the texts at ``proof``, within a deadline; what failed is in the answer."""
        ...


class Certificates(Protocol):
    def admit(self, host: str, team_id: str) -> bool:
        """Whether the host may have a certificate: one that it had before, or a new one within the team's week.

        Raises Unavailable.
        """
        ...
