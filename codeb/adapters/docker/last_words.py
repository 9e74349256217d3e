"""Why a container did not become ready, in a sentence a person can act on. Spec section 3, step 9."""

from collections.abc import Mapping
from typing import Any

from codeb.services.protocols import ContainerSpec

_LOG_LINES = 50
_SHORTEST_SECRET = 4
_OUT_OF_MEMORY = 137
_NOT_EXECUTABLE = 126
_NOT_FOUND = 127


def exit_sentence(state: Mapping[str, Any], spec: ContainerSpec, logs: str) -> str:
    """What an ended container's state says."""
    code = state["ExitCode"]
    if state.get("OOMKilled"):
        return f"it was killed for memory: it wanted more than {spec.memory_bytes // 1024**2} MB; raise `memory`"
    if "exec format error" in logs:
        return "its image is built for another processor architecture; build it for linux/amd64"
    if code in (_NOT_EXECUTABLE, _NOT_FOUND):
        return f"its command cannot be run (exit code {code}); check the image's CMD and ENTRYPOINT"
    if code == 0:
        return "it ended by itself without an error; a web process has to stay in the foreground"
    killed = " (killed)" if code == _OUT_OF_MEMORY else ""
    return f"it ended with exit code {code}{killed}; its last lines say why"


def waiting_sentence(reason: str, spec: ContainerSpec, timeout: int) -> str:
    """What a container did that still ran when its time was over."""
    if "refused" in reason:
        return (
            f"nothing listened on port {spec.container_port} within {timeout} s ({reason});"
            " the application has to listen on 0.0.0.0 and on the project's port"
        )
    return f"{reason} within {timeout} s; check the health path and what it needs, or raise the timeout"


def masked(logs: str, env: Mapping[str, str]) -> str:
    """The last lines, without a single value of the container's own variables. Control characters are neutralised."""
    for value in sorted(env.values(), key=len, reverse=True):
        if len(value) >= _SHORTEST_SECRET:
            logs = logs.replace(value, "***")
    lines = logs.splitlines()[-_LOG_LINES:]
    return "\n".join("".join(char if char.isprintable() or char == "\t" else "?" for char in line) for line in lines)
