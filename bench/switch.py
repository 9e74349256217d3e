"""python -m bench.switch: the traffic switch against its rival, in one run on one Caddy, under the same visitors.

Rival: what the original did, and many do: rewrite the site file and reload Caddy. Printed are broken requests and the
median time of a switch, from the command to the first verified answer, and their ratio.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.report import Report, finish, say
from codeb.domain.names import Environment
from codeb.domain.routing import Word
from codeb.services.protocols import Site, SlotSite
from tests import load
from tests.integration.backends import backend
from tests.integration.caddy_process import CaddyProcess
from tests.integration.waiting import free_port, until
from tests.lab.artifacts import program
from tests.load import Visit, visitors

SWITCHES = 40
PAUSE = 0.2
BLOG = Environment.of("blog")


def main(report: Report) -> None:
    report.heading("a switch of the traffic, and its rival: rewrite the site file and reload Caddy")
    with tempfile.TemporaryDirectory(prefix="codeb-bench-") as directory:
        caddy = CaddyProcess(program("caddy"), Path(directory), free_port())
        caddy.start()
        try:
            until(caddy.ready, "Caddy's admin socket answers")
            _compare(report, caddy)
        finally:
            caddy.stop()


def _compare(report: Report, caddy: CaddyProcess) -> None:
    blue, green = free_port(), free_port()
    site = Site(
        BLOG,
        ("blog.test",),
        SlotSite("b.preview.test", blue, "/", 200),
        SlotSite("g.preview.test", green, "/", 200),
    )
    with backend("blue", blue), backend("green", green):
        caddy.proxy.install(site)
        pointer = _measure(caddy, lambda turn: _by_pointer(caddy, site, turn))
        reload = _measure(caddy, lambda turn: _by_reload(caddy, site, turn))
    for name, (took, seen) in {"switch by pointer": pointer, "switch by rewrite and reload": reload}.items():
        report.timed(name, took, requests=seen.requests, broken=seen.failed)
        say(f"{name:<30} {seen.requests:>7} requests {seen.failed:>5} broken   median {took * 1000:6.1f} ms")
    report.ratio("switch", reload[0] / pointer[0], "reload / pointer, medians")
    report.goal(
        f"{SWITCHES} switches by pointer break no request", pointer[1].failed == 0, f"{pointer[1].failed} broken"
    )


def _measure(caddy: CaddyProcess, switch: Callable[[int], None]) -> tuple[float, load.Report]:
    times = []
    switch(0)
    with visitors(Visit("127.0.0.1", caddy.port, "blog.test")) as running:
        for turn in range(1, SWITCHES + 1):
            begun = time.perf_counter()
            switch(turn)
            times.append(time.perf_counter() - begun)
            time.sleep(PAUSE)
    return statistics.median(times), running.report


def _by_pointer(caddy: CaddyProcess, site: Site, turn: int) -> None:
    caddy.proxy.route(site, Word.GREEN if turn % 2 else Word.BLUE)


def _by_reload(caddy: CaddyProcess, site: Site, turn: int) -> None:
    """The ports change places in the file; Caddy loads it; one request says that it has."""
    blue, green = (site.green, site.blue) if turn % 2 else (site.blue, site.green)
    changed = replace(site, blue=replace(site.blue, port=blue.port), green=replace(site.green, port=green.port))
    caddy.proxy.install(changed)
    caddy.proxy.requests.get(site.hosts[0], "/", {})


if __name__ == "__main__":
    ran = Report()
    main(ran)
    finish(ran)
