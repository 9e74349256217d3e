"""python -m bench.deploy: what a deploy costs beside its floor, in one run on one engine, with the same image.

Floor: `docker run` of the image, a probe until it answers, `docker rm --force` of the one before. The deploy does that
and records, locks, looks the image up, checks the room, sets the old container aside, keeps the env and tells the
database. Printed are medians and their ratio, and the same for a promote beside one plain request.
"""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.deploying import Deploys, compared
from bench.process import serving
from bench.report import Report, finish, say
from bench.seeded import Seeded
from bench.whole_host import docker_engine, whole_host
from bench.wrk import Load
from codeb.adapters.probe import HttpProbe
from codeb.bootstrap import Services
from codeb.domain.names import Environment
from codeb.services.protocols import ProbeTarget
from tests import sample_app
from tests.integration.platform import DOMAIN, ME, Platform
from tests.integration.waiting import free_port, until
from tests.lab.machine import install
from tests.lab.shell import run, succeeds

TIMES = 15
SECONDS = 12
VERSIONS = ("v1", "v2")
SOCKET = Path("/var/run/docker.sock")
BLOG = Environment.of("bench")


def main(report: Report) -> None:
    report.heading("a deploy on the real Docker Engine, and its floor: docker run, a probe, docker rm")
    install({"wrk": "wrk"})
    with docker_engine(), TemporaryDirectory(prefix="codeb-bench-") as name, whole_host(Path(name)) as platform:
        for version in VERSIONS:
            sample_app.build(platform.image(version), version)
            sample_app.push(platform.image(version))
        try:
            with platform.opened() as services:
                _on(report, platform, services)
        finally:
            sample_app.forget(platform.registry.host)


def _on(report: Report, platform: Platform, services: Services) -> None:
    services.init_project(BLOG.project, ME)
    try:
        _compare(report, platform, services)
        _callers(report, platform)
    finally:
        for turn in range(TIMES):
            succeeds(["docker", "rm", "--force", f"codeb-bench-{turn}"])
        services.delete_project(BLOG.project, ME, confirm=BLOG.project)


def _compare(report: Report, platform: Platform, services: Services) -> None:
    platform.release(services, BLOG, "v1")
    floor = _median(lambda turn: _run_and_wait(platform.image(VERSIONS[turn % 2]), turn))
    run(["docker", "rm", "--force", f"codeb-bench-{TIMES - 1}"])
    deploy = _median(lambda turn: platform.deploy(services, BLOG, VERSIONS[turn % 2]))
    services.promote(BLOG, ME)
    request = _median(lambda _: platform.ask(BLOG.host(DOMAIN)))
    switch = _median(lambda turn: (services.rollback if turn % 2 == 0 else services.promote)(BLOG, ME))
    took = {"deploy": deploy, "docker run and rm": floor, "promote": switch, "a request": request}
    for name, seconds in took.items():
        report.timed(name, seconds)
        say(f"{name:<30} median {seconds * 1000:7.1f} ms")
    report.ratio("deploy", deploy / floor, "deploy / docker run and rm")
    report.ratio("promote", switch / request, "promote / one request")


def _callers(report: Report, platform: Platform) -> None:
    """What callers of the API see meanwhile, with the engine's own work on the same cores."""
    report.heading("callers of the API while deploys run on the real Docker Engine")
    root = platform.caddy.directory
    keys = Seeded(root, platform.database).keys(20)
    body = json.dumps({"tool": "slot_status", "params": {"projectName": BLOG.project}})
    with serving(SOCKET, {**platform.environ, "CODEB_ENV_FILE": str(root / "absent.env")}) as server:
        server.settle()
        images = tuple(platform.image(version) for version in VERSIONS)
        deploys = Deploys(server, keys[0], BLOG.project, images)
        compared(report, deploys, Load("slot_status, real engine", keys, [body]), SECONDS)


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


if __name__ == "__main__":
    ran = Report()
    main(ran)
    finish(ran)
