"""What a run has to say, as lines for people and as a file to compare runs with."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.wrk import Figures

TWICE = 2.0


@dataclass(slots=True)
class Report:
    """Lines are printed as they come; ``figures`` by name, ``ratios``, ``goals`` and what was left out are kept."""

    figures: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    goals: dict[str, bool] = field(default_factory=dict)
    plans: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def heading(self, text: str) -> None:
        say(f"\n{text}")

    def measured(self, name: str, figures: Figures, floor: Figures | None = None) -> None:
        self.figures[name] = asdict(figures)
        say(figures_line(name, figures, floor))

    def timed(self, name: str, seconds: float, **more: float) -> None:
        self.figures[name] = {"seconds": seconds, **more}

    def ratio(self, name: str, value: float, text: str, most: float | None = None) -> None:
        """``most`` is the goal that is printed beside it."""
        self.ratios[name] = round(value, 3)
        if most is None:
            say(ratio_line(value, text))
            return
        self.goals[f"{name}: within {most:g} times"] = value <= most
        say(f"{ratio_line(value, text)}   goal: within {most:g} times: {verdict(value <= most)}")

    def goal(self, text: str, met: bool, found: str) -> None:
        self.goals[text] = met
        say(f"  goal: {text}: {found}: {verdict(met)}")

    def leave_out(self, what: str, why: str) -> None:
        self.left_out[what] = why
        say(f"left out: {what}: {why}")

    def summary(self, seconds: float) -> None:
        missed = [text for text, met in self.goals.items() if not met]
        self.heading(f"{len(self.goals) - len(missed)} of {len(self.goals)} goals met, in {seconds:.0f} s")
        for text in missed:
            say(f"  NOT met: {text}")
        for what, why in self.left_out.items():
            say(f"  left out: {what}: {why}")

    def write(self, path: Path) -> None:
        machine = {"cores": os.cpu_count(), "load": os.getloadavg()}
        record = {"at": datetime.now(UTC).isoformat(), "machine": machine, **asdict(self)}
        path.write_text(json.dumps(record, indent=1) + "\n")


def say(line: str) -> None:
    print(line, flush=True)


def figures_line(name: str, figures: Figures, floor: Figures | None) -> str:
    share = f"  {figures.rate / floor.rate:6.1%} of the floor" if floor else ""
    times = f"p50 {figures.p50:7.2f} ms  p99 {figures.p99:7.2f} ms"
    return (
        f"{name:<46}{figures.rate:>8.0f}/s  {times}  {figures.cpu:6.0f} us of CPU each"
        f"  {figures.memory:4.0f} MB{share}  {figures.errors}"
    ).rstrip()


def ratio_line(value: float, text: str) -> str:
    return f"  {text}: {value:.2f} times"


def verdict(met: bool) -> str:
    return "met" if met else "NOT met"


def finish(report: Report) -> None:
    """For whoever runs one part alone: its figures go where CODEB_BENCH_JSON says."""
    if path := os.environ.get("CODEB_BENCH_JSON"):
        report.write(Path(path))
