"""wrk: who asks what, and its words as figures."""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
_LUA = """
local heads, bodies, turn = {%s}, {%s}, 0
request = function()
  turn = turn + 1
  local headers = {["Content-Type"] = "application/json", ["X-API-Key"] = heads[turn %% #heads + 1]}
  return wrk.format("POST", "/api/tool", headers, bodies[turn %% #bodies + 1])
end
"""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """Who asks, in turn, and what."""

    name: str
    keys: Sequence[str]
    bodies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """``rate`` per second, ``p50`` and ``p99`` in ms; ``cpu`` in microseconds of the server per request.

    The last is what the neighbours on these cores do not change. ``memory`` is resident, in MB, after the load.
    ``requests`` were answered in all.
    """

    rate: float
    p50: float
    p99: float
    cpu: float
    memory: float
    requests: int = 0
    errors: str = ""

    @classmethod
    def together(cls, first: "Figures", second: "Figures") -> "Figures":
        """Of two runs that were equally long: the means, and of p99 and memory the worse."""
        return cls(
            (first.rate + second.rate) / 2,
            (first.p50 + second.p50) / 2,
            max(first.p99, second.p99),
            (first.cpu + second.cpu) / 2,
            max(first.memory, second.memory),
            first.requests + second.requests,
            "; ".join(each for each in (first.errors, second.errors) if each),
        )


@dataclass(frozen=True, slots=True)
class Words:
    """What wrk said of one run. ``errors`` is empty when every answer was a 2xx and no connection broke."""

    requests: int
    rate: float
    p50: float
    p99: float
    errors: str

    @classmethod
    def of(cls, said: str) -> "Words":
        """Raises ValueError for what is not the end of a run of ``wrk --latency``."""
        errors = [line.strip() for line in re.findall(r"Non-2xx.*|Socket errors.*", said)]
        return cls(
            int(_found(r"(\d+) requests in", said)),
            float(_found(r"Requests/sec:\s+([\d.]+)", said)),
            milliseconds(_found(r"\s50%\s+(\S+)", said)),
            milliseconds(_found(r"\s99%\s+(\S+)", said)),
            "; ".join(errors),
        )


def milliseconds(text: str) -> float:
    """wrk's durations: ``980.00us``, ``4.30ms``, ``1.20s``."""
    number, unit = _parts(text)
    return number * _UNITS[unit]


def measured(port: int, pid: int, load: Load, seconds: int) -> Figures:
    """Ask the server ``pid`` on ``port`` with all connections for so long."""
    with tempfile.NamedTemporaryFile("w", prefix="codeb-bench-", suffix=".lua") as script:
        heads, bodies = (f'"{key}"' for key in load.keys), (f"[[{body}]]" for body in load.bodies)
        script.write(_LUA % (",".join(heads), ",".join(bodies)))
        script.flush()
        begun = cpu_seconds(pid)
        said = Words.of(_asked(port, script.name, seconds))
        spent = (cpu_seconds(pid) - begun) / max(said.requests, 1)
    return Figures(said.rate, said.p50, said.p99, spent * 1e6, memory(pid), said.requests, said.errors)


def cpu_seconds(pid: int) -> float:
    """Of the process, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Resident, in MB."""
    return int(_found(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())) / 1024


def _asked(port: int, script: str, seconds: int) -> str:
    argv = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script, f"http://127.0.0.1:{port}"]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=seconds + 60).stdout


def _parts(text: str) -> tuple[float, str]:
    match = re.fullmatch(r"([\d.]+)(us|ms|s|m|h)", text)
    if match is None:
        raise ValueError(f"wrk never wrote the duration {text!r}")
    return float(match[1]), match[2]


def _found(pattern: str, text: str) -> str:
    if (match := re.search(pattern, text)) is None:
        raise ValueError(f"{pattern!r} is not in: {text[-500:]}")
    return match[1]
