"""The host's copy of an environment's variables: ``env/{project}/.env.{environment}``, 0600. Spec section 3, step 7."""

import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream

from codeb.adapters.files import write_atomically, writing
from codeb.domain.names import Environment
from codeb.domain.variables import dotenv_text, is_name
from codeb.errors import InvalidInput
from codeb.services.protocols import EnvVersion

_HEADER = "# codeb env version "
_VERSIONS = 10
"""Copies that stay, besides the file itself."""


@dataclass(frozen=True, slots=True)
class DotenvFiles:
    directory: Path

    def write(self, environment: Environment, env: EnvVersion) -> None:
        path = self._path(environment)
        with writing(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._versions(environment).mkdir(mode=0o700, parents=True, exist_ok=True)
        text = f"{_HEADER}{env.version}\n{dotenv_text(env.variables)}"
        write_atomically(self._versions(environment) / str(env.version), text)
        write_atomically(path, text)
        for old in self._kept(environment)[:-_VERSIONS]:
            (self._versions(environment) / str(old)).unlink(missing_ok=True)

    def read(self, environment: Environment, version: int | None = None) -> EnvVersion | None:
        """A version that a deploy ran with, the newest by default, for when the database is away; None without a copy.

        The newest is not the last: a rollback may have run with an older one.
        """
        kept = self._kept(environment)
        wanted = kept[-1] if version is None and kept else version
        copy = self._path(environment) if wanted is None else self._versions(environment) / str(wanted)
        try:
            text = copy.read_bytes().decode()
        except FileNotFoundError:
            return None
        said = text.partition("\n")[0].removeprefix(_HEADER)
        return EnvVersion(int(said) if said.isdigit() else 0, parse_dotenv(text))

    def remove(self, project: str) -> None:
        shutil.rmtree(self.directory / project, ignore_errors=True)

    def _kept(self, environment: Environment) -> list[int]:
        """The numbers of the copies, oldest first."""
        try:
            return sorted(int(path.name) for path in self._versions(environment).iterdir() if path.name.isdigit())
        except FileNotFoundError:
            return []

    def _versions(self, environment: Environment) -> Path:
        return self.directory / environment.project / f".versions.{environment.name}"

    def _path(self, environment: Environment) -> Path:
        return self.directory / environment.project / f".env.{environment.name}"


@dataclass(frozen=True, slots=True)
class DotenvText:
    """``duplicates`` are named more than once; the last line is what counts."""

    variables: dict[str, str]
    duplicates: tuple[str, ...] = ()


def read_dotenv(text: str, field: str) -> DotenvText:
    """What somebody wrote: quotes are syntax, nothing is expanded, a name without a value is the empty string.

    Raises InvalidInput, which names ``field`` and the line's number and never shows the line.
    """
    variables: dict[str, str] = {}
    duplicates = set()
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise InvalidInput(field, f"line {_line(binding)} is not NAME=value")
        if binding.key is None:
            continue
        if not is_name(binding.key):
            raise InvalidInput(field, f"line {_line(binding)}: a variable's name is letters, digits and _")
        if binding.key in variables:
            duplicates.add(binding.key)
        variables[binding.key] = binding.value or ""
    return DotenvText(variables, tuple(sorted(duplicates)))


def _line(binding: Binding) -> int:
    """The library counts from the blank lines before."""
    text = binding.original.string
    blank = text[: len(text) - len(text.lstrip())]
    return binding.original.line + len(re.findall(r"\r\n|\n|\r", blank))


def parse_dotenv(text: str) -> dict[str, str]:
    """What :func:`codeb.domain.variables.dotenv_text` wrote, by the rules of :func:`read_dotenv`."""
    return {key: value or "" for key, value in dotenv_values(stream=io.StringIO(text), interpolate=False).items()}
