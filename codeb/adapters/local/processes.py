"""One process from its start to its end, bounded in time and output. Spec section 8."""

import contextlib
import os
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

_CHUNK = 65536
_PIPE_MAX = 1024**2
"""As much as a pipe may still hold when its writer is gone."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """``seconds`` until it is stopped; ``bytes`` kept of each output; ``file`` bytes that a file of its may have."""

    seconds: float
    bytes: int
    file: int | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """How a process ended; ``exit_code`` is negative where a signal ended it."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    truncated: bool


def completed(arguments: Sequence[str], environ: Mapping[str, str], input: bytes | None, bounds: Bounds) -> Completed:
    """Run it in a session of its own. Raises TimeoutError, and OSError when it cannot be started."""
    process = subprocess.Popen(
        arguments,
        env=environ,
        cwd="/",
        stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        umask=0o077,
    )
    with contextlib.ExitStack() as closing:
        closing.callback(_end, process)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                closing.callback(pipe.close)
        _limit(process.pid, bounds.file)
        conversation = _Conversation(process, bounds.bytes, memoryview(input or b""))
        conversation.follow(time.monotonic() + bounds.seconds)
    out, err = conversation.outputs
    return Completed(process.returncode, bytes(out.kept), bytes(err.kept), out.cut or err.cut)


def _limit(pid: int, file: int | None) -> None:
    """Set from here, right after the start: code between fork and exec is not safe beside threads."""
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        if file is not None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (file, file))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Nothing that was started outlives it. Its number is still its own: nobody has waited for it yet."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass(slots=True)
class _Output:
    pipe: IO[bytes]
    limit: int
    kept: bytearray = field(default_factory=bytearray)
    cut: bool = False

    def take(self) -> int | None:
        """Read what is there; beyond the limit it is thrown away, so that the writer need not wait.

        None when nothing is there, 0 at the end.
        """
        chunk = self.pipe.read(_CHUNK)
        if chunk is None:
            return None
        room = self.limit - len(self.kept)
        self.kept += chunk[:room]
        self.cut = self.cut or len(chunk) > room
        return len(chunk)

    def drain(self) -> None:
        """What the pipe still holds: somebody who left the session may keep it open for ever."""
        left = _PIPE_MAX
        while left > 0 and (taken := self.take()):
            left -= taken


class _Conversation:
    """Feeds and reads until the process has ended, whoever else still holds its pipes."""

    def __init__(self, process: "subprocess.Popen[bytes]", limit: int, input: memoryview) -> None:
        if process.stdout is None or process.stderr is None:
            raise ValueError("the process has no pipes")
        self._process, self._input = process, input
        self.outputs = (_Output(process.stdout, limit), _Output(process.stderr, limit))
        self._selector = selectors.DefaultSelector()

    def follow(self, deadline: float) -> None:
        ended = os.pidfd_open(self._process.pid)
        try:
            with self._selector:
                self._register(ended)
                self._until(deadline)
        finally:
            os.close(ended)
        for output in self.outputs:
            output.drain()

    def _register(self, ended: int) -> None:
        self._selector.register(ended, selectors.EVENT_READ)
        for output in self.outputs:
            os.set_blocking(output.pipe.fileno(), False)
            self._selector.register(output.pipe, selectors.EVENT_READ, output)
        if self._process.stdin is not None:
            os.set_blocking(self._process.stdin.fileno(), False)
            self._selector.register(self._process.stdin, selectors.EVENT_WRITE, self._process.stdin)

    def _until(self, deadline: float) -> None:
        while (left := deadline - time.monotonic()) > 0:
            ready = [key for key, _ in self._selector.select(left)]
            for key in ready:
                if isinstance(key.data, _Output):
                    if key.data.take() == 0:
                        self._selector.unregister(key.fileobj)
                elif key.data is not None:
                    self._feed(key.data)
            if any(key.data is None for key in ready):
                return
        raise TimeoutError

    def _feed(self, stdin: IO[bytes]) -> None:
        try:
            written = os.write(stdin.fileno(), self._input[:_CHUNK]) if self._input else 0
        except BrokenPipeError:
            written = len(self._input)
        self._input = self._input[written:]
        if not self._input:
            self._selector.unregister(stdin)
            stdin.close()
