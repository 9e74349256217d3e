"""What people see of ``we``: tables, states with a colour and a word, and times that read at a glance."""

import re
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDEST = 1_000
_COMMIT = re.compile("[0-9a-f]{40}")
_STATES = {
    **dict.fromkeys(("active", "healthy", "success", "running", "available", "ok", "done", "verified"), "green"),
    **dict.fromkeys(("deployed", "pending", "draft"), "cyan"),
    **dict.fromkeys(("grace", "degraded", "maintenance", "skipped", "warn"), "yellow"),
    **dict.fromkeys(("unhealthy", "failed", "error", "away", "trouble"), "bold red"),
    **dict.fromkeys(("empty", "unknown", "stopped", "-"), "dim"),
}


def console(out: TextIO) -> Console:
    """Plain where it is no terminal or NO_COLOR is set; nothing is cut or wrapped for a program that reads."""
    width = None if out.isatty() else _WIDEST
    return Console(file=out, width=width, markup=False, highlight=False, emoji=False, soft_wrap=True)


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Without lines; a column named in ``right`` holds numbers."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def state(word: str | None) -> Text:
    """The word itself says it all; the colour only helps."""
    shown = word or "-"
    return Text(shown, style=_STATES.get(shown, ""))


def cell(value: object) -> Text:
    return Text("-" if value in (None, "") else str(value))


def version(tag: str | None) -> str:
    """A commit's whole hash, which is what CI tags with, is cut as git cuts it."""
    return tag[:12] if tag and _COMMIT.fullmatch(tag) else tag or "-"


def duration(milliseconds: float | None) -> str:
    """``85 ms``, ``4.2 s``, ``3 min 5 s``."""
    if milliseconds is None:
        return "-"
    if milliseconds < 1000:  # noqa: PLR2004
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def span(seconds: float) -> str:
    """How long, in its one or two greatest units: ``40 s``, ``12 min``, ``47 h 59 min``, ``12 d``."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{max(0, int(seconds))} s"
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min"
    hours = minutes // 60
    if hours < 72:  # noqa: PLR2004
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{hours // 24} d"


def age(moment: str | None, now: datetime | None = None) -> str:
    """Of a moment as on the wire: ``3 h 12 min ago``."""
    if not moment:
        return "-"
    at = datetime.fromisoformat(moment)
    return f"{span(((now or datetime.now(UTC)) - at).total_seconds())} ago"
