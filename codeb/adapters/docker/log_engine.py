"""What the engine knows of containers' logs, and nothing else of it."""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import docker
import requests
from docker.types.daemon import CancellableStream
from urllib3.exceptions import HTTPError

from codeb.adapters.docker.engine import AWAY, connect
from codeb.adapters.docker.profile import ONCE, PROJECT, ROLE
from codeb.adapters.docker.set_aside import is_aside

_HEAD = struct.Struct(">BxxxL")
"""Before each piece: its channel and its length."""
_CONNECT_SECONDS, _READ_SECONDS = 10, 60


@dataclass(frozen=True, slots=True)
class Source:
    """A container of ours whose log there is."""

    identity: str
    name: str
    project: str
    environment: str
    slot: str
    team_id: str
    running: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """One write of the container, or up to 16 KB of a long one. ``channel`` 1 is its output, 2 its errors."""

    channel: int
    content: bytes


class LogStream(Protocol):
    def __iter__(self) -> Iterator[Piece]: ...

    def close(self) -> None:
        """From any thread: whoever reads comes to the end."""
        ...


class LogEngine(Protocol):
    def sources(self) -> Sequence[Source]:
        """Every container of a slot, also one that has ended. Raises Away."""
        ...

    def variables(self, identity: str) -> Mapping[str, str]: ...

    def log(self, identity: str, tail: int, *, follow: bool) -> LogStream:
        """The last lines, each with the engine's time before it; then, to ``follow``, what comes until it ends."""
        ...

    def close(self) -> None: ...


class Away(Exception):
    """The engine does not answer, or the container is gone."""


class DockerLogs:
    """On a client of its own, made when it is first needed."""

    def __init__(self, connect: Callable[[], docker.DockerClient] = connect) -> None:
        self._connect = connect
        self._made: docker.DockerClient | None = None

    def sources(self) -> Sequence[Source]:
        with _away():
            records: list[dict[str, Any]] = self._client.api.containers(all=True, filters={"label": [PROJECT]})
        return [_source(each) for each in records if each["Names"] and _is_slots(each)]

    def variables(self, identity: str) -> Mapping[str, str]:
        with _away():
            config = self._client.api.inspect_container(identity)["Config"]
        pairs = (each.partition("=") for each in config.get("Env") or ())
        return {name: value for name, _, value in pairs}

    def log(self, identity: str, tail: int, *, follow: bool) -> LogStream:
        """Asked for without the SDK's own call, which does not say what is output and what errors."""
        api = self._client.api
        wanted = {"stdout": 1, "stderr": 1, "timestamps": 1, "tail": tail, "follow": int(follow)}
        with _away():
            answer = api.get(
                f"{api.base_url}/v{api.api_version}/containers/{identity}/logs",
                params=wanted,
                stream=True,
                timeout=(_CONNECT_SECONDS, None if follow else _READ_SECONDS),
            )
            try:
                answer.raise_for_status()
            except requests.HTTPError:
                answer.close()
                raise
        return _Stream(answer)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    @property
    def _client(self) -> docker.DockerClient:
        if self._made is None:
            self._made = self._connect()
        return self._made


class _Stream:
    def __init__(self, answer: requests.Response) -> None:
        self._answer = answer
        self._cut: CancellableStream[Piece] = CancellableStream(self._pieces(), answer)

    def __iter__(self) -> Iterator[Piece]:
        with _away(), self._answer:
            yield from self._cut

    def close(self) -> None:
        """It may have ended by itself at this very moment."""
        with suppress(OSError, AttributeError):
            self._cut.close()

    def _pieces(self) -> Iterator[Piece]:
        while len(head := self._answer.raw.read(_HEAD.size)) == _HEAD.size:
            channel, length = _HEAD.unpack(head)
            yield Piece(channel, self._answer.raw.read(length))


@contextmanager
def _away() -> Iterator[None]:
    """Errors of the client as one of ours."""
    try:
        yield
    except (*AWAY, HTTPError, OSError, ValueError) as error:
        raise Away(str(error)) from error


def _is_slots(record: Mapping[str, Any]) -> bool:
    return record["Labels"].get(ROLE) != ONCE and not is_aside(record["Names"][0])


def _source(record: Mapping[str, Any]) -> Source:
    labels = record["Labels"]
    return Source(
        identity=record["Id"],
        name=record["Names"][0].removeprefix("/"),
        project=labels[PROJECT],
        environment=labels.get("codeb.environment", ""),
        slot=labels.get("codeb.slot", ""),
        team_id=labels.get("codeb.team", ""),
        running=record["State"] in ("running", "paused", "restarting"),
    )
