"""Which site an environment has: its hosts, its slots' ports and checks, and who may see its previews."""

import hashlib
import hmac
from dataclasses import dataclass

from codeb.domain.names import Environment, SlotName
from codeb.domain.project import Project
from codeb.domain.records import iso
from codeb.domain.slots import Slot, SlotPair
from codeb.services.protocols import Site, SlotSite
from codeb.settings import Secret

PREVIEW_PARAMETER = "codeb_preview"
_TOKEN_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Addresses:
    """The names and URLs under which environments answer. ``protected``: previews ask for a token by default."""

    domain: str
    scheme: str
    secret: Secret
    protected: bool = False

    def site(self, project: Project, pair: SlotPair) -> Site:
        """The site of these slots. Two pairs with the same settings have the same site, whatever their states."""
        environment = pair.environment
        return Site(
            environment=environment,
            hosts=(environment.host(self.domain), *project.domains.get(environment.name, ())),
            blue=self._slot(project, environment, pair.blue),
            green=self._slot(project, environment, pair.green),
            preview_token=self._token(project, environment),
        )

    def url(self, environment: Environment) -> str:
        return f"{self.scheme}://{environment.host(self.domain)}"

    def preview_url(self, environment: Environment, slot: SlotName) -> str:
        return f"{self.scheme}://{environment.preview_host(slot, self.domain)}"

    def preview_link(self, project: Project, environment: Environment, slot: SlotName) -> str:
        """What opens the preview in a browser, with its token where it asks for one."""
        url, token = self.preview_url(environment, slot), self._token(project, environment)
        return f"{url}/?{PREVIEW_PARAMETER}={token.reveal()}" if token else url

    def _slot(self, project: Project, environment: Environment, slot: Slot) -> SlotSite:
        path, status = (slot.settings or project.settings).health
        return SlotSite(environment.preview_host(slot.name, self.domain), slot.port, path, status)

    def _token(self, project: Project, environment: Environment) -> Secret | None:
        """Derived, so that it is known without a database and is the same on every host. Security 14.

        A project that is made anew under a name of before has others.
        """
        wanted = project.settings.preview_protection
        if not (self.protected if wanted is None else wanted):
            return None
        digest = hmac.new(
            self.secret.reveal().encode(),
            f"preview:{environment.key}:{iso(project.created_at)}".encode(),
            hashlib.sha256,
        )
        return Secret(digest.hexdigest()[:_TOKEN_LENGTH])
