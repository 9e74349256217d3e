"""Why a container did not become ready, in a sentence a person can act on. Spec section 3, step 9."""

import signal
from collections.abc import Mapping, Sequence
from typing import Any

from codeb.adapters.docker.attempts import Attempts
from codeb.adapters.docker.sockets import Socket
from codeb.adapters.probe import Stage
from codeb.services.protocols import ContainerSpec

_NOT_EXECUTABLE = 126
_NOT_FOUND = 127
_SIGNALLED = 128
_ADVICE = {
    "SIGKILL": "most likely it wanted more than its {memory} MB of memory: raise `memory`; if not, see who killed it",
    "SIGSEGV": "it crashed in native code; its last lines may say where",
    "SIGABRT": "it aborted itself; its last lines say why",
    "SIGTERM": "something told it to stop; see who stopped it",
    "SIGILL": "its code uses instructions that this processor does not have; build it for an older one",
}


def exit_sentence(state: Mapping[str, Any], spec: ContainerSpec, logs: str, platform: str) -> str:
    """What an ended container's state says. ``platform`` is the engine's: ``linux/amd64``.

    Not every engine and kernel tells a kill for memory from another, so SIGKILL speaks of memory too.
    """
    code = state["ExitCode"]
    if state.get("OOMKilled"):
        return f"it was killed for memory: it wanted more than {spec.memory_bytes // 1024**2} MB; raise `memory`"
    if "exec format error" in logs:
        return f"its program is built for another processor than this host's; build the image for {platform}"
    if code in (_NOT_EXECUTABLE, _NOT_FOUND):
        return f"its command cannot be run (exit code {code}); check the image's CMD and ENTRYPOINT"
    if code == 0:
        return "it ended by itself without an error; a web process has to stay in the foreground"
    if name := _signal(code):
        advice = _ADVICE.get(name, "its last lines may say why").format(memory=spec.memory_bytes // 1024**2)
        return f"it ended by {name} (exit code {code}); {advice}"
    return f"it ended with exit code {code}; its last lines say why"


def waiting_sentence(attempts: Attempts, spec: ContainerSpec, sockets: Sequence[Socket] | None) -> str:
    """What a container did that still ran when its time was over. ``sockets`` is None where nobody may look."""
    within = f"within {attempts.timeout} s"
    if attempts.best is Stage.UNASKED:
        return f"{attempts.last} {within}, so nobody could ask it; see whether the engine is well, and deploy again"
    if attempts.best is Stage.CLOSED:
        return f"nothing answered on port {spec.container_port} {within}: {_where(spec.container_port, sockets)}"
    if (almost := attempts.close) is not None:
        return f"{attempts.last} {within}; {almost}: raise the timeout, or make its start quicker"
    return f"{attempts.last} {within}; check the health path and what it needs, or raise the timeout"


def _where(port: int, sockets: Sequence[Socket] | None) -> str:
    """Where it listens instead, and what to do about it."""
    if sockets is None:
        return "the application has to listen on 0.0.0.0 and on the project's port"
    if not sockets:
        return (
            "it listens on no port at all; see in its last lines what it waits for, raise the timeout if it starts"
            f" slowly, or have it listen on 0.0.0.0:{port}"
        )
    wanted = [socket for socket in sockets if socket.port == port]
    if wanted and all(socket.loopback for socket in wanted):
        return (
            f"it listens on {_named(wanted)} inside the container, where nobody outside reaches it; listen on 0.0.0.0"
        )
    if wanted:
        return f"it listens on {_named(wanted)}, and takes no connection there; raise the timeout if it starts slowly"
    return f"it listens on {_named(sockets)} instead; have it listen on 0.0.0.0:{port}, or change the project's port"


def _named(sockets: Sequence[Socket]) -> str:
    return " and ".join(str(socket) for socket in sockets)


def _signal(code: int) -> str | None:
    try:
        return signal.Signals(code - _SIGNALLED).name
    except ValueError:
        return None
