"""What the doctor looks at on the host itself."""

from dataclasses import dataclass

from codeb.adapters.local.exec import CommandNotFound, CommandTimedOut, LocalExec
from codeb.domain.caddy_version import numbers, too_old

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class CaddyVersion:
    """A Caddy that is too old reads no pointer file: it would answer every site with 503."""

    local: LocalExec
    program: str = "caddy"

    def problem(self) -> str | None:
        try:
            done = self.local.run([self.program, "version"], timeout=_SECONDS)
        except (CommandNotFound, CommandTimedOut) as error:
            return f"the version of Caddy could not be asked: {error}"
        return too_old(numbers(done.stdout.decode(errors="replace")))
