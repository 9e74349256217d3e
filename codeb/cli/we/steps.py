"""The steps of a release as they happen: a spinner with a clock in a terminal, one plain line a step everywhere."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from codeb.cli.plain import plain
from codeb.cli.we.output import duration
from codeb.client import Event

_MARKS = {"success": ("ok", "green"), "failed": ("!!", "bold red"), "skipped": ("--", "dim")}


class Steps:
    """Give it to a deploy as ``on_event``. Within the block the running step shows; each ended one is a line."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._console = console
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID | None = None

    def __enter__(self) -> "Steps":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event.data, dict) and isinstance(step := event.data.get("step"), dict):
            self.show(plain(step))

    def show(self, step: Mapping[str, Any]) -> None:
        name = str(step.get("name", "")).replace("_", " ")
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        if step.get("status") == "running":
            self._task = self._progress.add_task(name)
            return
        mark, style = _MARKS.get(str(step.get("status")), ("..", ""))
        took = "" if step.get("status") == "skipped" else f"{duration(step.get('duration')):>9}"
        self._console.print(Text.assemble("  ", (mark, style), f" {name:<20}{took}".rstrip()))
