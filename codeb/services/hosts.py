"""Which names this platform answers to: what may have a certificate. Spec section 6, security 7."""

from dataclasses import dataclass

from codeb.domain.names import SlotName
from codeb.services.protocols import Projects
from codeb.services.sites import Addresses


@dataclass(frozen=True, slots=True)
class Hosts:
    projects: Projects
    addresses: Addresses

    def known(self, host: str) -> bool:
        """A site, a preview or a domain of a project that there is."""
        domain = self.addresses.domain
        for project in self.projects.all():
            for name in project.ports:
                environment = project.environment(name)
                previews = (environment.preview_host(slot, domain) for slot in SlotName)
                if host in (environment.host(domain), *previews, *project.domains.get(name, ())):
                    return True
        return False
