"""python -m bench.deploy: what a deploy costs beside its floor, in one run on one engine, with the same image.

Floor: `docker run` of the image, a probe until it answers, `docker rm --force` of the one before. The deploy does that
and records, locks, looks the image up, checks the room, sets the old container aside, keeps the env and tells the
database. Printed are medians and their ratio, and the same for a promote beside one plain request.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from codeb.adapters.probe import HttpProbe
from codeb.bootstrap import Services
from codeb.domain.names import Environment
from codeb.services.protocols import ProbeTarget
from tests import sample_app
from tests.integration.caddy_process import CaddyProcess
from tests.integration.platform import DOMAIN, ME, Platform
from tests.integration.postgres_process import PostgresProcess
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port, until
from tests.lab import engine
from tests.lab.artifacts import program
from tests.lab.shell import run, succeeds

TIMES = 15
BLOG = Environment.of("bench")


def main() -> None:
    engine.ensure()
    with tempfile.TemporaryDirectory(prefix="codeb-bench-") as directory, _platform(Path(directory)) as platform:
        for version in ("v1", "v2"):
            sample_app.build(platform.image(version), version)
            sample_app.push(platform.image(version))
        with platform.opened() as services:
            services.init_project(BLOG.project, ME)
            try:
                _compare(platform, services)
            finally:
                services.delete_project(BLOG.project, ME, confirm=BLOG.project)


def _compare(platform: Platform, services: Services) -> None:
    platform.release(services, BLOG, "v1")
    floor = _median(lambda turn: _run_and_wait(platform.image(f"v{turn % 2 + 1}"), turn))
    run(["docker", "rm", "--force", f"codeb-bench-{TIMES - 1}"])
    deploy = _median(lambda turn: platform.deploy(services, BLOG, f"v{turn % 2 + 1}"))
    print(f"deploy {deploy * 1000:.0f} ms, docker run and rm {floor * 1000:.0f} ms: {deploy / floor:.2f} times")
    services.promote(BLOG, ME)
    request = _median(lambda _: platform.ask(BLOG.host(DOMAIN)))
    switch = _median(lambda turn: (services.rollback if turn % 2 == 0 else services.promote)(BLOG, ME))
    print(f"switch {switch * 1000:.1f} ms, one request {request * 1000:.1f} ms: {switch / request:.1f} times")


def _run_and_wait(image: str, turn: int) -> None:
    port = free_port()
    run(["docker", "run", "--detach", "--name", f"codeb-bench-{turn}", "--publish", f"127.0.0.1:{port}:3000", image])
    probe, target = HttpProbe(), ProbeTarget("/health", 200, 20)
    until(lambda: probe.answers(port, target) is None, "it answers")
    if turn:
        run(["docker", "rm", "--force", f"codeb-bench-{turn - 1}"])


def _median(work: Callable[[int], object]) -> float:
    """Seconds."""
    times = []
    for turn in range(TIMES):
        begun = time.perf_counter()
        work(turn)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


@contextmanager
def _platform(directory: Path) -> Iterator[Platform]:
    for name in ("caddy", "registry", "postgres"):
        (directory / name).mkdir()
    directory.chmod(0o755)
    postgres = PostgresProcess(directory / "postgres", free_port())
    postgres.create()
    registry = RegistryProcess(program("registry"), directory / "registry", free_port())
    registry.start()
    caddy = CaddyProcess(program("caddy"), directory / "caddy", free_port())
    caddy.start()
    try:
        until(registry.ready, "the registry answers")
        until(caddy.ready, "Caddy answers")
        yield Platform(caddy, registry, postgres.settings)
    finally:
        for turn in range(TIMES):
            succeeds(["docker", "rm", "--force", f"codeb-bench-{turn}"])
        caddy.stop()
        registry.stop()
        postgres.stop()


if __name__ == "__main__":
    main()
