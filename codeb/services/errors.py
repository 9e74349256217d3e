"""Errors of the use cases: what the world refused, and who is in the way."""

from codeb.domain.names import Environment, SlotName
from codeb.errors import CodebError, Refused


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
