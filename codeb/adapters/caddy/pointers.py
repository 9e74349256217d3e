"""The pointer files: one word per environment, which Caddy reads at every request. Spec section 4."""

from dataclasses import dataclass
from pathlib import Path

from codeb.adapters.files import write_atomically
from codeb.domain.names import Environment
from codeb.domain.routing import Word

_MODE = 0o640


@dataclass(frozen=True, slots=True)
class Pointers:
    """``routes`` holds one file per environment."""

    routes: Path

    def word(self, environment: Environment) -> Word | None:
        """None when there is no file, or one with a word that nobody knows."""
        try:
            return Word((self.text(environment) or "").strip())
        except ValueError:
            return None

    def text(self, environment: Environment) -> str | None:
        """None where there is no file, and where there is one that cannot be read: it is to be written anew."""
        try:
            return self._path(environment).read_text(errors="replace")
        except OSError:
            return None

    def point(self, environment: Environment, word: Word) -> None:
        write_atomically(self._path(environment), str(word), mode=_MODE)

    def restore(self, environment: Environment, text: str | None) -> None:
        """Put back what ``text`` was before."""
        if text is None:
            self.remove(environment)
        else:
            write_atomically(self._path(environment), text, mode=_MODE)

    def remove(self, environment: Environment) -> None:
        self._path(environment).unlink(missing_ok=True)

    def _path(self, environment: Environment) -> Path:
        return self.routes / environment.key
