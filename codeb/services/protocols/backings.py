"""What a project is given beside its containers: a database and a user of Redis, for each environment its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from codeb.domain.names import Environment
from codeb.settings import Secret


@dataclass(frozen=True, slots=True)
class Backing:
    """``facts`` may be shown: name, user, host, port. ``variables`` reach it and hold its password."""

    facts: Mapping[str, object]
    variables: Mapping[str, str] = field(repr=False)


class Backings(Protocol):
    """One kind of backing service. ``variable`` names the environment variable that reaches it."""

    @property
    def variable(self) -> str: ...

    def have(self, environment: Environment) -> Backing:
        """Make it, or give what is there a new password. Raises Unavailable."""
        ...

    def remove(self, environment: Environment) -> None:
        """Cut its connections and drop it with all it holds; none there is no error. Raises Unavailable."""
        ...


@runtime_checkable
class Recalling(Protocol):
    """A backing that can tell whether variables that somebody took away would reach it still."""

    def recalled(self, environment: Environment, variables: Mapping[str, str]) -> Mapping[str, str]:
        """Those of ``variables`` that reach it, none where the password is another by now. Raises Unavailable."""
        ...


class Databases(Backings, Protocol):
    """Databases of projects, each with a role that may enter no other."""

    def url(self, environment: Environment) -> Secret | None:
        """Where it can be dumped from; None where there is none. Raises Unavailable."""
        ...


class Caches(Backings, Protocol):
    """Users of Redis, each fenced by the prefix of its keys."""

    def restore(self) -> int:
        """Set again what the server has forgotten; returns how many. Raises Unavailable."""
        ...
