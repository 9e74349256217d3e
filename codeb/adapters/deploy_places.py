"""The deploys under way on this host, a file each, locked by its process: the kernel frees those of the dead."""

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from codeb.adapters.lock_queue import gate, try_lock
from codeb.domain.names import Environment, SlotName
from codeb.domain.quotas import Share
from codeb.errors import CodebError, Unavailable
from codeb.services.protocols import Clock
from codeb.services.protocols.quotas import Allow, Underway

_UNDERWAY = TypeAdapter(Underway)
_MOST_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class FileDeployPlaces:
    """``directory`` holds ``{team}.{random}`` for as long as a deploy runs, and is its own lock (see ``gate``)."""

    directory: Path
    clock: Clock

    @contextmanager
    def taken(self, team_id: str, environment: Environment, by: str, allow: Allow) -> Iterator["_Place"]:
        place = _Place(self, team_id, Underway(environment, by, self.clock.now()))
        with self._gate():
            allow(self._others(team_id, place.path))
            place.enter()
        try:
            yield place
        finally:
            place.leave()

    def underway(self, team_id: str) -> Sequence[Underway]:
        with self._gate():
            return self._others(team_id, None)

    @contextmanager
    def _gate(self) -> Iterator[None]:
        try:
            self.directory.mkdir(mode=0o700, exist_ok=True)
            with gate(self.directory):
                yield
        except CodebError:
            raise
        except OSError as error:
            raise Unavailable("the count of deploys under way", error.strerror or str(error)) from error

    def _others(self, team_id: str, own: Path | None) -> Sequence[Underway]:
        """For whoever is behind the gate."""
        paths = sorted(path for path in self.directory.glob(f"{team_id}.*") if path != own)
        return [found for path in paths if (found := _read(path)) is not None]


@dataclass(slots=True)
class _Place:
    places: FileDeployPlaces
    team_id: str
    what: Underway
    handle: int = -1
    path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.path = self.places.directory / f"{self.team_id}.{secrets.token_hex(8)}"

    def claim(self, slot: SlotName, share: Share, allow: Allow) -> None:
        with self.places._gate():
            allow(self.places._others(self.team_id, self.path))
            self.what = replace(self.what, slot=slot, share=share)
            self._write()

    def enter(self) -> None:
        self.handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX)
            self._write()
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self.handle)

    def _write(self) -> None:
        """Read by others behind the gate only."""
        content = _UNDERWAY.dump_json(self.what)
        os.ftruncate(self.handle, 0)
        os.pwrite(self.handle, content, 0)


def _read(path: Path) -> Underway | None:
    """None where its process died; what it left is removed."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if try_lock(handle, fcntl.LOCK_SH):
            path.unlink(missing_ok=True)
            return None
        return _UNDERWAY.validate_json(os.pread(handle, _MOST_BYTES, 0))
    except ValidationError as error:
        raise Unavailable("the count of deploys under way", f"{path} makes no sense") from error
    finally:
        os.close(handle)
