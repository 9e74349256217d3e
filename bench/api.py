"""python -m bench.api: what ``codeb serve`` on loopback answers, with wrk on the same cores, its audit on.

In one run: the floor, a bare route in a server of the same kind; a host that is nearly empty; one with 200 projects,
2,000 keys and a million audit rows, beside the empty one; and that one while deploys run. The Docker Engine is a
stand-in; PostgreSQL and Caddy are real.
"""

import json
import os
import tempfile
from pathlib import Path

from bench.deploying import Deploys, compared
from bench.host import Host, Size, database, host, postgres
from bench.pages import page_loads
from bench.plans import told
from bench.process import floor
from bench.report import TWICE, Report, finish, say
from bench.wrk import CONNECTIONS, Figures, Load, measured
from tests.lab.artifacts import program
from tests.lab.machine import install

SECONDS = int(os.environ.get("CODEB_BENCH_SECONDS", "6"))
SMALL = Size(projects=3, keys=20, rows=5_000)
"""A page of no rows costs nothing, and would compare with nothing: so there are enough for full pages."""
LOADED = Size(projects=200, keys=2_000, rows=int(os.environ.get("CODEB_BENCH_ROWS", "1000000")))
RATE, P99, MEMORY = 4_500, 20, 120
"""The design's goals: slot_status per second at 32 connections, ms, MB."""


def main(report: Report) -> None:
    install({"wrk": "wrk"})
    caddy = program("caddy")
    with tempfile.TemporaryDirectory(prefix="codeb-bench-") as name:
        root = Path(name)
        root.chmod(0o755)
        with (
            postgres(root / "postgres") as cluster,
            host(root / "small", caddy, database(cluster, "small"), SMALL) as small,
            host(root / "loaded", caddy, database(cluster, "loaded"), LOADED) as loaded,
        ):
            _story(report, small, loaded)


def _story(report: Report, small: Host, loaded: Host) -> None:
    with floor() as server:
        bare = measured(server.port, server.pid, Load("floor", small.keys[:1], statuses(1)), SECONDS)
    report.heading(f"the API, {CONNECTIONS} connections; the floor is a bare route of the same kind of server")
    report.measured("floor", bare)
    status = Load("slot_status, 2,000 keys, 200 projects", loaded.keys, statuses(LOADED.projects))
    measured(loaded.server.port, loaded.server.pid, status, 2)
    loaded.server.settle()
    before = loaded.rows()
    found = measured(loaded.server.port, loaded.server.pid, status, SECONDS)
    report.measured(status.name, found, bare)
    loaded.server.settle()
    _goals(report, found, loaded.rows() - before)
    _loaded_beside_small(report, small, loaded)
    report.heading("while deploys run (the engine is a stand-in: its own work on these cores is not in this)")
    compared(report, Deploys(loaded.server, loaded.keys[0], "project-0"), status, SECONDS * 2)
    report.heading("PostgreSQL's plans for what audit_list can ask")
    told(report, loaded.database)


def _goals(report: Report, found: Figures, rows: int) -> None:
    report.goal(f"slot_status at least {RATE:,}/s", found.rate >= RATE, f"{found.rate:,.0f}/s")
    report.goal(f"slot_status p99 below {P99} ms", found.p99 < P99, f"{found.p99:.1f} ms")
    size = f"less than {MEMORY} MB with {LOADED.keys:,} keys and {LOADED.projects} projects"
    report.goal(size, found.memory < MEMORY, f"{found.memory:.0f} MB")
    kept = f"{rows:,} rows for {found.requests:,} answers"
    report.goal("a row in the audit for each answer", rows >= found.requests, kept)
    report.goal("every answer a success, no broken connection", not found.errors, found.errors or "none broke")


def _loaded_beside_small(report: Report, small: Host, loaded: Host) -> None:
    report.heading(
        f"loaded: {LOADED.projects} projects, {LOADED.keys:,} keys, {LOADED.rows:,} audit rows"
        f" (made in {loaded.filled:.0f} s); beside {SMALL.projects} projects, {SMALL.keys} keys, {SMALL.rows:,} rows"
    )
    for few, many in zip(_loads(small), _loads(loaded), strict=True):
        before, after = _in_turns((small, few), (loaded, many))
        report.measured(f"{few.name}, small", before)
        report.measured(f"{many.name}, loaded", after)
        report.ratio(few.name, before.rate / after.rate, "rate small / loaded", TWICE)
        if few.name == "slot_list":
            _per_environment(before, after)


def _in_turns(first: tuple[Host, Load], second: tuple[Host, Load]) -> tuple[Figures, Figures]:
    """One, the other, the other, the one: what else these cores do meanwhile is not one side's alone."""
    seconds = max(SECONDS // 2, 1)
    turns = (first, second, second, first)
    runs = [measured(host.server.port, host.server.pid, load, seconds) for host, load in turns]
    return Figures.together(runs[0], runs[3]), Figures.together(runs[1], runs[2])


def _per_environment(before: Figures, after: Figures) -> None:
    """Its answer grows with the host, so that the ratio says little of the code."""
    sizes = [size.projects * 3 for size in (SMALL, LOADED)]
    each = [figures.cpu / size for figures, size in zip((before, after), sizes, strict=True)]
    say(f"  {sizes[0]} and {sizes[1]} environments in an answer: {each[0]:.1f} and {each[1]:.1f} us of CPU for each")


def _loads(host: Host) -> list[Load]:
    return [
        Load("slot_status", host.keys, statuses(host.size.projects)),
        Load("slot_list", host.keys[:20], [json.dumps({"tool": "slot_list"})]),
        *page_loads(host),
    ]


def statuses(projects: int) -> list[str]:
    names = [f"project-{number}" for number in range(projects)]
    return [json.dumps({"tool": "slot_status", "params": {"projectName": name}}) for name in names]


if __name__ == "__main__":
    ran = Report()
    main(ran)
    finish(ran)
