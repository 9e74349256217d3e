"""The last copy of each site file that Caddy accepted: what stands in for one that was broken by hand since."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codeb.adapters.files import write_atomically


@dataclass(frozen=True, slots=True)
class AcceptedCopies:
    """Only their owner reads them: they hold the tokens of previews."""

    directory: Path

    def text(self, name: str) -> str | None:
        try:
            return (self.directory / name).read_text()
        except FileNotFoundError:
            return None

    def keep(self, served: Mapping[str, str], *, broken: frozenset[str]) -> None:
        """Caddy serves ``served`` now. What is neither there nor ``broken`` was removed and is forgotten."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in served.items():
            if name not in broken and self.text(name) != text:
                write_atomically(self.directory / name, text)
        for path in self.directory.glob("*.caddy"):
            if path.name not in served and path.name not in broken:
                path.unlink(missing_ok=True)
