"""python -m bench.api: what the API answers per second, as ``codeb serve`` on loopback, beside wrk on the same cores.

Floor: a bare route in a server of the same kind, in the same run. Printed are requests/s, p50, p99, the server's
memory, and the share of the floor that is left. The engine is a stand-in that lists containers.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.seeded import TEAM, Seeded
from codeb.settings import Database
from tests.doors import ENVIRON
from tests.fakes.engine import EngineProcess
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import free_port
from tests.lab.machine import install

PROJECTS, KEYS = 200, 2000
SECONDS = int(os.environ.get("CODEB_BENCH_SECONDS", "8"))
_LUA = """
local heads, bodies, turn = {%s}, {%s}, 0
request = function()
  turn = turn + 1
  local headers = {["Content-Type"] = "application/json", ["X-API-Key"] = heads[turn %% #heads + 1]}
  return wrk.format("POST", "/api/tool", headers, bodies[turn %% #bodies + 1])
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """Who asks, in turn, and what."""

    name: str
    keys: Sequence[str]
    bodies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """``cpu`` in microseconds of the server per request: what the neighbours on these cores do not change."""

    rate: float
    cpu: float
    p50: str
    p99: str
    errors: str


def main() -> None:
    install({"wrk": "wrk"})
    with tempfile.TemporaryDirectory(prefix="codeb-bench-") as name, tempfile.TemporaryDirectory() as home:
        root = Path(home)
        root.chmod(0o755)
        postgres = PostgresProcess(Path(name), free_port())
        postgres.create()
        try:
            seeded = Seeded(root, postgres.settings)
            containers = seeded.projects(PROJECTS)
            keys = seeded.keys(KEYS)
            engine = EngineProcess(root / "engine.sock", dict.fromkeys(containers, "running"))
            with engine.running():
                print("the Docker Engine is a stand-in that lists a container for each of the environments")
                _compare(root, postgres.settings, engine.socket, keys)
        finally:
            postgres.stop()


def _compare(root: Path, database: Database, engine: Path, keys: Sequence[str]) -> None:
    few = Load("slot_status, 20 keys, 3 projects", keys[:20], _status(3))
    many = Load("slot_status, 2,000 keys, 200 projects", keys, _status(PROJECTS))
    every = Load("slot_list, 600 environments", keys[:20], [json.dumps({"tool": "slot_list"})])
    with _floor() as (port, pid):
        floor = _measured(root, port, pid, Load("floor", keys[:1], _status(1)))
        _told("floor", floor, floor.rate, None)
    with _server(root, database, engine) as (port, pid):
        _warm(port, keys[0])
        for load in (few, many, every)[: int(os.environ.get("CODEB_BENCH_LOADS", "3"))]:
            _told(load.name, _measured(root, port, pid, load), floor.rate, _memory(pid))


def _status(projects: int) -> list[str]:
    names = [f"project-{number}" for number in range(projects)]
    return [json.dumps({"tool": "slot_status", "params": {"projectName": name}}) for name in names]


@contextmanager
def _floor() -> Iterator[tuple[int, int]]:
    port = free_port()
    with _running([sys.executable, "-m", "bench.floor", str(port)], dict(os.environ), port) as pid:
        yield port, pid


@contextmanager
def _server(root: Path, database: Database, engine: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    environ = {
        **os.environ,
        **ENVIRON,
        "CODEB_ROOT": str(root),
        "CODEB_CADDY_SITES": str(root / "sites"),
        "CODEB_LISTEN": f"127.0.0.1:{port}",
        "CODEB_INTERNAL_LISTEN": f"127.0.0.1:{free_port()}",
        "CODEB_DB_HOST": database.host,
        "CODEB_DB_PORT": str(database.port),
        "CODEB_DB_SSLMODE": "disable",
        "CODEB_ENV_FILE": str(root / "absent.env"),
    }
    with _running([sys.executable, "-m", "bench.served", str(engine)], environ, port) as pid:
        yield port, pid


@contextmanager
def _running(argv: Sequence[str], environ: dict[str, str], port: int) -> Iterator[int]:
    with Path(os.environ.get("CODEB_BENCH_LOG", os.devnull)).open("w") as log:
        process = subprocess.Popen(argv, env=environ, stderr=log, stdout=log)
        try:
            _answering(process, port)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()


def _answering(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        try:
            requests.get(f"http://127.0.0.1:{port}/health", timeout=5)
        except requests.ConnectionError:
            if process.poll() is not None:
                raise
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")


def _warm(port: int, key: str) -> None:
    """Until it answers, and then the recovery of every environment has had its first seconds."""
    call = {"tool": "slot_status", "params": {"projectName": "project-0"}}
    answer = requests.post(f"http://127.0.0.1:{port}/api/tool", json=call, headers={"X-API-Key": key}, timeout=30)
    answer.raise_for_status()
    record = answer.json()
    assert record["data"]["teamId"] == TEAM
    assert record["slots"]["blue"]["running"], record
    time.sleep(5)


def _measured(root: Path, port: int, pid: int, load: Load) -> Figures:
    script = root / "load.lua"
    script.write_text(
        _LUA % (",".join(f'"{key}"' for key in load.keys), ",".join(f"[[{body}]]" for body in load.bodies))
    )
    argv = ["wrk", "-t2", "-c32", f"-d{SECONDS}s", "--latency", "-s", str(script), f"http://127.0.0.1:{port}"]
    begun = _cpu(pid)
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    spent = (_cpu(pid) - begun) / int(_found(r"(\d+) requests in", said))
    errors = re.findall(r"(Non-2xx.*|Socket errors.*)", said)
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", said))
    return Figures(rate, spent * 1e6, _latency("50", said), _latency("99", said), "; ".join(errors))


def _latency(share: str, said: str) -> str:
    return _found(rf"\s{share}%\s+(\S+)", said)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


def _cpu(pid: int) -> float:
    """Seconds of the process, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """Resident, in MB."""
    return int(_found(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())) / 1024


def _told(name: str, figures: Figures, floor: float, memory: float | None) -> None:
    share = f"{figures.rate / floor:6.1%} of the floor"
    size = f"{memory:6.0f} MB" if memory else ""
    times = f"p50 {figures.p50:>8}  p99 {figures.p99:>8}  {figures.cpu:5.0f} us of CPU each"
    print(f"{name:<38}{figures.rate:>8.0f}/s  {times}  {share} {size} {figures.errors}", flush=True)


if __name__ == "__main__":
    main()
