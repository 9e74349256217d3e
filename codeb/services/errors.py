"""Errors of the use cases: what the world refused, and who is in the way."""

from collections.abc import Sequence

from codeb.domain.names import Environment, SlotName
from codeb.errors import CodebError, ConfigError, Refused


class Locked(CodebError):
    """Another process holds the environment."""

    code = "locked"

    def __init__(self, environment: Environment, holder: dict[str, object]) -> None:
        self.holder = holder
        who, what, since = (holder.get(key, "unknown") for key in ("by", "what", "since"))
        super().__init__(f"{environment}: {who} holds it for a {what} since {since}; try again when that has ended")

    def facts(self) -> dict[str, object]:
        return {"holder": self.holder}


class JournalUnwritable(CodebError):
    code = "journal_unwritable"


class UnknownEnvironment(Refused):
    code = "unknown_environment"

    def __init__(self, environment: Environment) -> None:
        super().__init__(f"{environment} has no slots; workflow_init makes the project's environments")


class UnknownDeployment(Refused):
    code = "unknown_deployment"

    def __init__(self, project: str, deployment_id: str) -> None:
        super().__init__(f"{project} has no deployment {deployment_id!r}; deployment_list has the ids")


class UnknownEnvVersion(Refused):
    code = "unknown_env_version"

    def __init__(self, environment: Environment, number: int) -> None:
        super().__init__(f"{environment} has no version {number} of its variables; env_history lists them")


class Cancelled(Refused):
    """Somebody asked for the end of this deploy."""

    code = "cancelled"


class DumpFailed(Refused):
    """The database could not be dumped, so it was not migrated."""

    code = "dump_failed"


class MigrationFailed(Refused):
    """The migration command ended with an error; traffic is where it was."""

    code = "migration_failed"

    def __init__(self, environment: Environment, reason: str, *, logs: str = "", dump: str = "") -> None:
        self.logs, self.dump = logs, dump
        saved = f"; the dump of before is {dump}" if dump else ""
        super().__init__(f"{environment}: the migration {reason}{saved}")

    def facts(self) -> dict[str, object]:
        return {"logs": self.logs, "dump": self.dump or None}


class SmokeFailed(Refused):
    """The preview did not answer as the project's smoke requests want; traffic is where it was."""

    code = "smoke_failed"

    def __init__(self, environment: Environment, failures: Sequence[str]) -> None:
        self.failures = tuple(failures)
        super().__init__(f"{environment}: the preview did not pass its smoke requests: {'; '.join(failures)}")

    def facts(self) -> dict[str, object]:
        return {"failures": list(self.failures)}


class NoRoom(Refused):
    """Less free disk than a pull may need; ``free`` and ``wanted`` in bytes."""

    code = "no_room"

    def __init__(self, free: int, wanted: int) -> None:
        self.free, self.wanted = free, wanted
        super().__init__(
            f"the app host has {free // 1024**2} MB of disk left and {wanted // 1024**2} MB are wanted before a pull;"
            " remove images or projects that are no longer needed, or lower CODEB_MIN_FREE_MB"
        )

    def facts(self) -> dict[str, object]:
        return {"freeBytes": self.free, "wantedBytes": self.wanted}


class ImageUnavailable(Refused):
    code = "image_unavailable"


class ImageNotAllowed(Refused):
    code = "image_not_allowed"

    def __init__(self, image: str, allowed: str) -> None:
        super().__init__(f"image {image!r} is not accepted: only {allowed} is; push it there first")


class StartFailed(Refused):
    code = "start_failed"


class Unhealthy(Refused):
    """A container that did not become ready; the message holds its last words."""

    code = "unhealthy"

    def __init__(self, container: str, reason: str, *, exit_code: int | None = None, logs: str = "") -> None:
        self.exit_code = exit_code
        self.logs = logs
        super().__init__(f"{container} is not healthy: {reason}")

    def facts(self) -> dict[str, object]:
        return {"exitCode": self.exit_code, "logs": self.logs}


class SiteRefused(Refused):
    """The proxy did not accept a site; the configuration before it still stands."""

    code = "site_refused"


class SwitchFailed(Refused):
    """Traffic is where it was before."""

    code = "switch_failed"

    def __init__(self, environment: Environment, wanted: SlotName | None, reason: str) -> None:
        super().__init__(f"{environment}: traffic was not switched to {wanted or 'the page'}: {reason}")


class MigrationInterrupted(Refused):
    """A migration was begun and nobody saw its end."""

    code = "migration_interrupted"

    def __init__(self, environment: Environment, deployment_id: str) -> None:
        super().__init__(
            f"{environment}: the migration of {deployment_id} was begun and the process that ran it ended in the"
            " middle; look at the database, then promote with `force` to run it again"
        )


class BeingDeleted(Refused):
    code = "being_deleted"

    def __init__(self, environment: Environment) -> None:
        super().__init__(f"{environment}: its project is being deleted; repeat project_delete to end that")


class NotInGrace(Refused):
    """The way back does not lead to the deployment that was meant."""

    code = "not_in_grace"

    def __init__(self, environment: Environment, wanted: str, held: str | None) -> None:
        there = f"the grace slot holds {held}" if held else "there is no grace slot"
        super().__init__(f"{environment}: {there}, not {wanted}; somebody released in between")


class EnvChanged(Refused):
    """Somebody stored another version in between."""

    code = "env_changed"

    def __init__(self, environment: Environment, version: int) -> None:
        super().__init__(
            f"{environment}: version {version} of its variables was stored in between; look, and try again"
        )


class Undoing(CodebError):
    """A deploy failed, and so did its undo: the next use case of the environment, or the doctor, ends it."""

    def __init__(self, failure: BaseException, trouble: CodebError) -> None:
        self.failure, self.trouble = failure, trouble
        self.code = failure.code if isinstance(failure, CodebError) else "error"
        super().__init__(
            f"{failure}; the slot could not be given back ({trouble}): the next release does it, or `codeb doctor`"
        )


class NothingToRestore(Refused):
    code = "nothing_to_restore"

    def __init__(self, environment: Environment, newest: int) -> None:
        there = f"version {newest} is the first" if newest else "none is stored"
        super().__init__(f"{environment}: no version of its variables to go back to: {there}")


class MissingEnvKey(ConfigError):
    """No key at hand opens a stored version of the variables."""

    code = "env_key_missing"

    def __init__(self, key_id: str | None) -> None:
        self.key_id = key_id
        sealed = f"were sealed with the key {key_id}" if key_id else "were sealed with another key"
        super().__init__(
            f"CODEB_ENV_KEY does not open the stored variables: they {sealed}; put that key into CODEB_ENV_KEY_PREVIOUS"
        )

    def facts(self) -> dict[str, object]:
        return {"keyId": self.key_id}


class EnvDamaged(ConfigError):
    """The key is the right one, and the row is not what it sealed."""

    code = "env_damaged"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"a stored version of the variables is damaged: the key {key_id} sealed it and does not open it;"
            " restore an older version, or the database from its backup"
        )
