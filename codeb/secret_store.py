"""The operator's secrets: made once, kept in one encrypted 0600 file, never printed. Spec section 9.

``CODEB_SECRET_{NAME}`` in the environment takes precedence over the file and never gets into it.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from codeb import infra_file, passphrase
from codeb.domain.infra import Infra
from codeb.errors import ConfigError
from codeb.secret_file import MADE, Values, encrypted, made, read, write
from codeb.secret_seal import Seal

ENVIRONMENT = "environment"
"""``secrets_file = "environment"``: there is no file, and nothing is ever made up."""
_BYTES = 30


def new_value() -> str:
    return secrets.token_urlsafe(_BYTES)


def variable(name: str) -> str:
    """The variable of the environment that stands for this secret."""
    return f"CODEB_SECRET_{name.upper().replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class SecretStore:
    """``file`` has names and values; a second process on the same store waits its turn.

    Without one the environment is the whole store, which cannot be written. Without a ``seal`` the file is in the
    clear, which only a test wants: ``of`` never is.
    """

    file: Path | None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    seal: Seal | None = field(default=None, repr=False)

    @classmethod
    def of(cls, infra: Infra) -> "SecretStore":
        """The operator's; its passphrase is asked for once, when something is read that is encrypted."""
        if infra.secrets_file == ENVIRONMENT:
            return cls(None)
        seal = Seal(lambda: passphrase.known(os.environ), lambda: passphrase.chosen(os.environ))
        return cls(infra_file.beside(infra.secrets_file), seal=seal)

    def __str__(self) -> str:
        return str(self.file or "the environment")

    @property
    def path(self) -> Path:
        """Raises ConfigError where there is no file."""
        if self.file is None:
            raise ConfigError("the secrets come from the environment, which cannot be written: change them there")
        return self.file

    def __getitem__(self, name: str) -> str:
        """The secret of this name; made on first use."""
        return self.get_or_make(name, new_value)

    def get_or_make(self, name: str, make: Callable[[], str]) -> str:
        return self.get_or_make_all((name,), lambda: {name: make()})[name]

    def get_or_make_all(self, names: Sequence[str], make: Callable[[], Values]) -> Values:
        """Values that belong together: all of them as they are kept, or all of them new."""
        if (known := self._known(names)) is not None:
            return known
        self._require_whole(names)
        with self._locked() as path:
            if (known := self._known(names)) is None:
                before = read(path, self.seal)
                write(path, before, before | (known := make()), self.seal)
        return known

    def put(self, values: Values) -> None:
        """Replace several values in one step."""
        self.change(lambda known: known | values)

    def change(self, edit: Callable[[Values], Values]) -> None:
        """Have the file's values as ``edit`` returns them, all at once; what it raises leaves the file alone."""
        with self._locked() as path:
            before = read(path, self.seal)
            after = edit(dict(before))
            if after != before:
                write(path, before, after, self.seal)

    def encrypt(self) -> bool:
        """Have the file encrypted; answers whether it was not. Raises ConfigError when there is no file yet."""
        with self._locked() as path:
            self._require(path)
            if already := encrypted(path):
                read(path, self.seal)
            else:
                values = read(path)
                write(path, values, values, self.seal)
        return not already

    def seal_anew(self, new: Callable[[], str]) -> None:
        """Close the file with another passphrase; the old one has to be known, and a plain file becomes encrypted."""
        with self._locked() as path:
            self._require(path)
            values = read(path, self.seal)
            if self.seal is None:
                raise ConfigError(f"{path} was opened without a seal")
            self.seal.renew(new())
            write(path, values, values, self.seal)

    def _require(self, path: Path) -> None:
        if not path.exists():
            raise ConfigError(f"{path} does not exist: the first run makes it, encrypted")

    def get(self, name: str) -> str | None:
        return self.environ.get(variable(name)) or self.values().get(name)

    def previous(self, name: str) -> tuple[str, ...]:
        """What the secret was before, newest first, as long as the platform is to take both."""
        return tuple(filter(None, (self.get(f"{name}_previous") or "").split(",")))

    def given(self, name: str) -> bool:
        """Whether the environment has it, so that the file does not count."""
        return bool(self.environ.get(variable(name)))

    def values(self) -> Values:
        """What the file has, without when it was made."""
        found = read(self.file, self.seal) if self.file else {}
        return {name: value for name, value in found.items() if name != MADE}

    def names(self, others: Iterable[str]) -> list[str]:
        """What the file has, and which of ``others`` the environment gives."""
        return [*dict.fromkeys([*self.values(), *filter(self.given, others)])]

    def made(self) -> dict[str, datetime]:
        """When each of the file's values was made, of those where it is known."""
        found = made(read(self.file, self.seal) if self.file else {})
        return {name: datetime.fromisoformat(text) for name, text in found.items()}

    def _known(self, names: Sequence[str]) -> Values | None:
        found = {name: value for name in names if (value := self.get(name)) is not None}
        return found if len(found) == len(names) else None

    def _require_whole(self, names: Sequence[str]) -> None:
        """Half of a pair out of the environment and half of it made up would not fit each other."""
        missing = [variable(name) for name in names if not self.given(name)]
        if self.file is None or len(missing) < len(names):
            raise ConfigError(f"{self} has no {', no '.join(missing)}: set it, nothing is made up in its place")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[Path]:
        lock = self.path.with_name(f".{self.path.name}.lock")
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(
                f"{lock} cannot be written ({error.strerror}): check secrets_file in infra.toml"
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield self.path
        finally:
            os.close(handle)
