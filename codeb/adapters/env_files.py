"""The host's copy of an environment's variables: ``env/{project}/.env.{environment}``, 0600. Spec section 3, step 7."""

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from codeb.adapters.files import write_atomically
from codeb.domain.names import Environment
from codeb.services.protocols import EnvVersion

_HEADER = "# codeb env version "


@dataclass(frozen=True, slots=True)
class DotenvFiles:
    directory: Path

    def write(self, environment: Environment, env: EnvVersion) -> None:
        path = self._path(environment)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, f"{_HEADER}{env.version}\n{dotenv_text(env.variables)}")

    def read(self, environment: Environment) -> EnvVersion | None:
        """What the last deploy ran with, for when the database is away; None when there is no copy."""
        try:
            text = self._path(environment).read_text()
        except FileNotFoundError:
            return None
        header = text.partition("\n")[0]
        version = header.removeprefix(_HEADER)
        return EnvVersion(int(version) if version.isdigit() else 0, parse_dotenv(text))

    def remove(self, project: str) -> None:
        shutil.rmtree(self.directory / project, ignore_errors=True)

    def _path(self, environment: Environment) -> Path:
        return self.directory / environment.project / f".env.{environment.name}"


def parse_dotenv(text: str) -> dict[str, str]:
    """Dotenv rules: quotes are syntax, nothing is expanded. A name without a value is the empty string."""
    return {key: value or "" for key, value in dotenv_values(stream=io.StringIO(text), interpolate=False).items()}


def dotenv_text(variables: Mapping[str, str]) -> str:
    """Text that :func:`parse_dotenv` reads back as the same variables."""
    return "".join(f"{key}={_quoted(value)}\n" for key, value in sorted(variables.items()))


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
