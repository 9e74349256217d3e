"""What callers see while a deploy runs: the same load as ever, and beside it one deploy after the other by the API."""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from bench.process import Server
from bench.report import Report, say
from bench.wrk import Figures, Load, measured


@dataclass(slots=True)
class Deploys:
    """``took`` are seconds of each deploy that succeeded; ``failure`` is why there are no more."""

    server: Server
    key: str
    project: str
    images: tuple[str, ...] = ()
    took: list[float] = field(default_factory=list)
    failure: Exception | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """From the first deploy on; the last one is waited for. Raises what a deploy failed with."""
        over = threading.Event()
        thread = threading.Thread(target=self._again, args=(over,), name="deploys")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if self.failure is not None:
            raise self.failure

    def _again(self, over: threading.Event) -> None:
        for turn in count():
            if over.is_set():
                return
            begun = time.perf_counter()
            try:
                self.server.call(self.key, "deploy", self._what(turn), timeout=120)
            except Exception as error:  # noqa: BLE001  raised again by whoever waits
                self.failure = error
                return
            self.took.append(time.perf_counter() - begun)

    def _what(self, turn: int) -> dict[str, object]:
        image = {"image": self.images[turn % len(self.images)]} if self.images else {"version": f"1.0.{turn}"}
        return {"projectName": self.project, "force": True, **image}


def compared(report: Report, deploys: Deploys, load: Load, seconds: int) -> Figures:
    """The load alone, then with deploys, on the same server. Returns the figures with deploys."""
    server = deploys.server
    alone = measured(server.port, server.pid, load, seconds)
    with deploys.running():
        beside = measured(server.port, server.pid, load, seconds)
    report.measured(f"{load.name}, no deploy", alone)
    report.measured(f"{load.name}, deploys run", beside)
    took = statistics.median(deploys.took)
    report.timed(f"{load.name}, a deploy", took)
    say(f"  {len(deploys.took)} deploys, one after the other, {took:.2f} s each (median)")
    report.ratio(f"{load.name}: rate while deploys run", alone.rate / beside.rate, "rate alone / while deploys run")
    report.ratio(f"{load.name}: p99 while deploys run", beside.p99 / alone.p99, "p99 while deploys run / alone")
    return beside
