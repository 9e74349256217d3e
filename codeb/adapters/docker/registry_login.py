"""With what the engine pulls for us from the registry. Spec section 3, step 5."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from codeb.adapters.docker.references import repository_of
from codeb.adapters.registry_tokens import RegistryTokens
from codeb.domain.registry_access import PULL, Access
from codeb.services.protocols import Clock
from codeb.settings import Secret

_LONGEST_PULL = timedelta(hours=1)
"""The engine cannot get itself another token of ours, and every layer is asked for with this one."""


class Login(Protocol):
    def for_image(self, image: str) -> dict[str, str] | None:
        """The engine's ``auth_config`` for ``image``; None where nothing of ours is its registry's to see."""
        ...


@dataclass(frozen=True, slots=True)
class RegistryLogin:
    """For a registry that has a password."""

    registry: str
    username: str
    password: Secret

    def for_image(self, image: str) -> dict[str, str] | None:
        if not self.username or not image.startswith(f"{self.registry}/"):
            return None
        return {"username": self.username, "password": self.password.reveal()}


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """For our own registry: a token that this process signs, for one repository and for pulling alone."""

    registry: str
    tokens: RegistryTokens
    clock: Clock

    def for_image(self, image: str) -> dict[str, str] | None:
        """Raises Unavailable where the key cannot be read."""
        if not image.startswith(f"{self.registry}/"):
            return None
        name = repository_of(image).removeprefix(f"{self.registry}/")
        token = self.tokens("codeb", [Access.repository(name, PULL)], self.clock.now(), _LONGEST_PULL)
        return {"registrytoken": token.text}
