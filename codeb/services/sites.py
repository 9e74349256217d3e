"""Which site an environment has: its hosts, ports and health settings."""

from dataclasses import dataclass

from codeb.domain.names import Environment, SlotName
from codeb.domain.project import Project
from codeb.domain.slots import SlotPair
from codeb.services.protocols import Site


@dataclass(frozen=True, slots=True)
class Addresses:
    """The names and URLs under which environments answer."""

    domain: str
    scheme: str

    def site(self, project: Project, pair: SlotPair) -> Site:
        environment = pair.environment
        return Site(
            environment=environment,
            hosts=(environment.host(self.domain), *project.domains.get(environment.name, ())),
            blue_host=environment.preview_host(SlotName.BLUE, self.domain),
            green_host=environment.preview_host(SlotName.GREEN, self.domain),
            blue_port=pair.blue.port,
            green_port=pair.green.port,
            health_path=project.settings.health_path,
            health_status=project.settings.health_status,
        )

    def url(self, environment: Environment) -> str:
        return f"{self.scheme}://{environment.host(self.domain)}"

    def preview_url(self, environment: Environment, slot: SlotName) -> str:
        return f"{self.scheme}://{environment.preview_host(slot, self.domain)}"
