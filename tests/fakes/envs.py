"""Variables: their versions, their copies on the host, and the keys that they are under."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from codeb.domain.names import Environment
from codeb.errors import Unavailable
from codeb.services.errors import EnvChanged, UnknownEnvVersion
from codeb.services.protocols import EnvVersion
from codeb.services.protocols.envs import Place, Resealed, StoredEnv
from tests.fakes.faults import Faults
from tests.fakes.records import FakeClock


@dataclass
class FakeVault:
    """``rows`` say which key each version is under; ``stops_after`` so many batches the process is gone."""

    rows: dict[Place, str] = field(default_factory=dict)
    key_id: str = "new"
    known_ids: Sequence[str] = ("new", "old")
    stops_after: int | None = None

    def standing(self) -> Mapping[str, int]:
        return Counter(self.rows.values())

    def reseal(self, after: Place | None, limit: int) -> Resealed:
        if self.stops_after is not None:
            if self.stops_after == 0:
                raise KeyboardInterrupt
            self.stops_after -= 1
        places = sorted(
            place for place, key in self.rows.items() if key != self.key_id and (not after or place > after)
        )
        batch = places[:limit]
        unreadable = Counter(self.rows[place] for place in batch if self.rows[place] not in ("", *self.known_ids))
        for place in batch:
            if self.rows[place] in ("", *self.known_ids):
                self.rows[place] = self.key_id
        return Resealed(len(batch) - unreadable.total(), unreadable, batch[-1] if batch else None)


@dataclass
class FakeEnvs:
    """``away``: as while the database is, with a copy of everything on the host, as far as a copy can serve."""

    versions: dict[Environment, list[EnvVersion]] = field(default_factory=dict)
    made: dict[tuple[Environment, int], StoredEnv] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    away: bool = False

    def current(self, environment: Environment) -> EnvVersion:
        return self.version(environment, len(self.versions.get(environment, ())))

    def version(self, environment: Environment, number: int) -> EnvVersion:
        kept: list[EnvVersion] = [EnvVersion(0, {}), *self.versions.get(environment, ())]
        if not 0 <= number < len(kept):
            raise UnknownEnvVersion(environment, number)
        return kept[number]

    def stored(self, environment: Environment, *, before: int | None = None, limit: int) -> Sequence[StoredEnv]:
        self._require_database()
        numbers = range(len(self.versions.get(environment, ())), 0, -1)
        return [self.made[environment, each] for each in numbers if before is None or each < before][:limit]

    def write(
        self,
        environment: Environment,
        variables: Mapping[str, str],
        by: str,
        *,
        after: int | None = None,
        restored_from: int | None = None,
    ) -> EnvVersion:
        self._require_database()
        if after not in (None, self.current(environment).version):
            raise EnvChanged(environment, self.current(environment).version)
        version = EnvVersion(self.current(environment).version + 1, dict(variables))
        self.versions.setdefault(environment, []).append(version)
        made = StoredEnv(version.version, version.variables, self.clock.now(), by, restored_from)
        self.made[environment, version.version] = made
        return version

    def _require_database(self) -> None:
        if self.away:
            raise Unavailable("the database", "connection refused")


@dataclass
class FakeEnvFiles:
    faults: Faults = field(default_factory=Faults)
    files: dict[Environment, EnvVersion] = field(default_factory=dict)

    def write(self, environment: Environment, env: EnvVersion) -> None:
        self.faults.tick()
        self.files[environment] = env
        self.faults.tick()

    def remove(self, project: str) -> None:
        self.files = {env: version for env, version in self.files.items() if env.project != project}
