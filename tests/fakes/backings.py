"""Databases and users of Redis, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from codeb.domain.names import Environment
from codeb.errors import CodebError
from codeb.services.protocols.backings import Backing
from codeb.settings import Secret


@dataclass
class FakeDatabases:
    made: dict[Environment, int] = field(default_factory=dict)
    fails_at: int | None = None
    fails: CodebError | None = None

    variable: str = "DATABASE_URL"

    def have(self, environment: Environment) -> Backing:
        if self.fails and len(self.made) == self.fails_at:
            raise self.fails
        self.made[environment] = self.made.get(environment, 0) + 1
        url = f"postgresql://u:pw-{self.made[environment]}@db.test/{environment.key}"
        return Backing({"name": environment.key}, {self.variable: url})

    def recalled(self, environment: Environment, variables: Mapping[str, str]) -> Mapping[str, str]:
        current = f"pw-{self.made.get(environment)}@"
        value = variables.get(self.variable, "")
        return {self.variable: value} if current in value else {}

    def remove(self, environment: Environment) -> None:
        self.made.pop(environment, None)

    def url(self, environment: Environment) -> Secret | None:
        return Secret(f"postgresql://dumper@db.test/{environment.key}") if environment in self.made else None


@dataclass
class FakeCaches(FakeDatabases):
    variable: str = "REDIS_URL"
    restored: int = 0

    def restore(self) -> int:
        self.restored += 1
        return 0
