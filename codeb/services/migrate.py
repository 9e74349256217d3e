"""Run a release's migration command once, before its promote, with a dump of the database taken first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codeb.domain.events import Event, EventKind
from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.records import iso
from codeb.domain.slots import Release, Slot, SlotPair
from codeb.errors import Refused
from codeb.services.container import container_spec, migration_spec
from codeb.services.errors import MigrationFailed, MigrationInterrupted
from codeb.services.protocols import Clock, ContainerRuntime, Dumps, EnvStore, EnvVersion, Journal
from codeb.services.slot_changes import SlotChanges

_BEGUN, _DONE, _FAILED = "begun", "done", "failed"


@dataclass(frozen=True, slots=True)
class Migrate:
    runtime: ContainerRuntime
    envs: EnvStore
    dumps: Dumps
    journal: Journal
    changes: SlotChanges
    clock: Clock

    def __call__(self, project: Project, pair: SlotPair, by: str, *, force: bool = False) -> SlotPair:
        """The pair with its candidate migrated; unchanged where nothing is due.

        Raises DumpFailed, MigrationFailed, or MigrationInterrupted without ``force``; traffic stays where it is.
        """
        slot = pair.candidate
        if slot is None or slot.release is None or not slot.release.migration_due:
            return pair
        release = slot.release
        told = self._told(pair.environment, release)
        state = told[-1].get("state") if told else None
        if state == _BEGUN and not force:
            raise MigrationInterrupted(pair.environment, release.deployment_id)
        if state != _DONE:
            self._run(project, pair, slot, release, by)
        after = pair.migrated()
        self.changes.commit(after, by=by, why=f"migrated for {release.deployment_id}")
        return after

    def _run(self, project: Project, pair: SlotPair, slot: Slot, release: Release, by: str) -> None:
        environment = pair.environment
        env = self.envs.version(environment, release.env_version)
        dump = self._dump(environment, release, env)
        self._record(pair, release, by, state=_BEGUN, dump=dump)
        spec = container_spec(project, environment, slot, release, env)
        command = migration_spec(spec, environment, release.settings.migrate)
        try:
            ran = self.runtime.run_once(command, release.settings.migrate_timeout)
        except Refused as error:
            self._record(pair, release, by, state=_FAILED, dump=dump, error=str(error))
            raise MigrationFailed(environment, f"did not run to its end: {error}", dump=dump) from error
        if ran.exit_code != 0:
            self._record(pair, release, by, state=_FAILED, dump=dump, exitCode=ran.exit_code, logs=ran.logs)
            raise MigrationFailed(environment, f"ended with exit code {ran.exit_code}", logs=ran.logs, dump=dump)
        self._record(pair, release, by, state=_DONE, dump=dump, logs=ran.logs)

    def _dump(self, environment: Environment, release: Release, env: EnvVersion) -> str:
        """A project that keeps its database elsewhere has nothing that could be dumped here."""
        url = env.variables.get(release.settings.database_variable, "")
        return self.dumps.take(environment, release.deployment_id, url) if url else ""

    def _record(self, pair: SlotPair, release: Release, by: str, **facts: object) -> None:
        dumps = self._dumps(pair.environment, release, facts)
        self.journal.append(
            pair.environment,
            EventKind.MIGRATED,
            generation=pair.generation,
            by=by,
            why=f"migration of {release.deployment_id}",
            data={
                "deployment": release.deployment_id,
                "migration": {
                    "at": iso(self.clock.now()),
                    **facts,
                    "dumps": dumps,
                },
            },
        )

    def _dumps(self, environment: Environment, release: Release, facts: Mapping[str, object]) -> list[str]:
        """Of every try, the first one first: it is of before anything was migrated."""
        tries = [*self._told(environment, release), facts]
        return list(dict.fromkeys(str(each["dump"]) for each in tries if each.get("dump")))

    def _told(self, environment: Environment, release: Release) -> Sequence[Mapping[str, object]]:
        """What the journal has of this release's migration, oldest first."""
        events = self.journal.events(environment)
        found = (e.data["migration"] for e in events if e.kind is EventKind.MIGRATED and _of(e, release))
        return [each for each in found if isinstance(each, dict)]


def _of(event: Event, release: Release) -> bool:
    return event.data["deployment"] == release.deployment_id
