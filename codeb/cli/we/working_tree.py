"""Files for the application's repository, written into the directory that ``we`` runs in. Nothing of yours is lost."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from codeb.errors import Refused, Unwritable

WORKFLOW = Path(".github/workflows/codeb.yml")
DOCKERFILE = Path("Dockerfile")
Record = dict[str, Any]


class WouldOverwrite(Refused):
    code = "would_overwrite"

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(map(str, paths))
        super().__init__(f"{', '.join(self.paths)} is there and says something else: nothing was written; --force does")

    def facts(self) -> dict[str, object]:
        return {"files": list(self.paths)}


def write(texts: Mapping[Path, str], *, force: bool, dry_run: bool = False) -> list[Record]:
    """Each file and what became of it: ``created``, ``changed``, ``same``, or ``kept``.

    A Dockerfile that is there is the application's own and is always kept. What would be overwritten is shown as a
    diff on stderr. Raises WouldOverwrite, and then nothing is written; Unwritable.
    """
    became = {path: _becomes(path, text) for path, text in texts.items()}
    different = [path for path, word in became.items() if word == "changed"]
    for path in different:
        click.echo(_diff(path, texts[path]), err=True, nl=False)
    if different and not (force or dry_run):
        raise WouldOverwrite(different)
    for path, word in became.items():
        if word in ("created", "changed") and not dry_run:
            _write(path, texts[path])
    return [{"file": str(path), "became": word} for path, word in became.items()]


def is_repository() -> bool:
    """Whether this directory is the root of a repository of git, where CI looks for its workflow."""
    return Path(".git").exists()


def _becomes(path: Path, text: str) -> str:
    if not path.exists():
        return "created"
    if _read(path) == text:
        return "same"
    return "kept" if path == DOCKERFILE else "changed"


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError as error:
        raise Unwritable(path, error.strerror or str(error)) from error


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    except OSError as error:
        raise Unwritable(path, error.strerror or str(error)) from error


def _diff(path: Path, text: str) -> str:
    lines = difflib.unified_diff(_read(path).splitlines(True), text.splitlines(True), f"{path} (here)", f"{path} (new)")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
