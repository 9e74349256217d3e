"""What is refused of domains. A foreign team's project is never named. Security 7."""

from codeb.domain.domains import Domain
from codeb.domain.names import Environment
from codeb.errors import Refused


class DomainTaken(Refused):
    """The host belongs to somebody else, or to another environment of the same project."""

    code = "domain_taken"

    def __init__(self, host: str, holder: Domain | None = None, team_id: str | None = None) -> None:
        ours = holder is not None and holder.team_id == team_id
        where = f"your team's {holder.environment}" if ours and holder else "another project of this platform"
        advice = "; domain_delete it there first" if ours else ""
        super().__init__(f"{host} belongs to {where}{advice}")


class DomainNotAllowed(Refused):
    code = "domain_not_allowed"

    def __init__(self, host: str, allowed: list[str]) -> None:
        super().__init__(f"{host} is not one of the domains that this team allows itself: {', '.join(allowed)}")


class PrimaryDomain(Refused):
    code = "primary_domain"

    def __init__(self, host: str, environment: Environment) -> None:
        super().__init__(f"{host} is a primary domain of {environment}; it goes with its project only")


class UnknownDomain(Refused):
    code = "unknown_domain"

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} was not set up for this project, or was deleted meanwhile; domain_setup claims it")


class TooManyDomains(Refused):
    code = "too_many_domains"

    def __init__(self, project: str, most: int) -> None:
        super().__init__(f"{project} has {most} domains already, which is the most; domain_delete those not needed")


class TooManyCertificates(Refused):
    code = "too_many_certificates"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is proven and waits: its team has had this week's new certificates; it is tried again by itself"
        )
