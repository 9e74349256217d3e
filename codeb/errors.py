"""The one error base. A class holds the facts, its message is for people, ``code`` is for machines.

CodebError
  +- InvalidInput                 the request itself is wrong (HTTP 400)
  +- Refused                      understood, and not possible now (HTTP 200, success: false)
  |    +- UnknownProject, NothingToPromote, NoGrace, Unhealthy, DeployFailed, SwitchFailed, ...
  +- Locked                       somebody else holds the environment (HTTP 409)
  +- Unavailable                  a part of the platform is away (HTTP 503)
  +- Unwritable                   a file of the host could not be written (HTTP 503)
  +- ConfigError                  the settings are wrong; the process does not start
"""


class CodebError(Exception):
    """Base of every error that a person may see."""

    code = "error"

    def facts(self) -> dict[str, object]:
        """What a program may want beside the sentence; merged into the API's answer."""
        return {}


class InvalidInput(CodebError):
    """A value that cannot be accepted. ``field`` names it."""

    code = "invalid_input"

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(f"{field}: {reason}")

    def facts(self) -> dict[str, object]:
        return {"field": self.field}


class Refused(CodebError):
    """A request that was understood and cannot be met as things stand."""

    code = "refused"


class Unavailable(CodebError):
    """A part of the platform does not answer."""

    code = "unavailable"

    def __init__(self, part: str, reason: str) -> None:
        self.part = part
        super().__init__(f"{part} is not available: {reason}")

    def facts(self) -> dict[str, object]:
        return {"part": self.part}


class Unwritable(CodebError, OSError):
    """A file of this host could not be written: a full disk, mostly."""

    code = "unwritable"

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}; make room on the host, or see to its permissions")


class ConfigError(CodebError):
    """A setting is missing or wrong."""

    code = "config"
