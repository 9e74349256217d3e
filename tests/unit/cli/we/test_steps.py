"""The steps of a deploy on a terminal and in a file."""

import io
import re

import pytest
from rich.console import Console

from codeb.cli.we import output
from codeb.cli.we.steps import Steps
from codeb.client import Event


def step(name: str, status: str, **more: object) -> Event:
    return Event("", "deployment", {"type": "deployment_step", "step": {"name": name, "status": status, **more}})


def told(console: Console) -> str:
    with Steps(console) as steps:
        steps(step("pull_image", "running", duration=0))
        steps(step("pull_image", "success", duration=1230))
        steps(step("sync_env", "skipped", duration=0))
        steps(step("health_\x1b[2Jcheck", "failed", duration=75_000))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_in_a_file_each_step_is_one_plain_line() -> None:
    assert told(output.console(io.StringIO())).splitlines() == [
        "  ok pull image              1.2 s",
        "  -- sync env",
        "  !! health ?[2Jcheck    1 min 15 s",
    ]


def test_a_terminal_shows_the_running_step_with_its_time() -> None:
    text = told(Console(file=io.StringIO(), force_terminal=True, width=100, markup=False, highlight=False))
    assert re.search(r"pull image \S*0:00:00", text)
    assert "1.2 s" in text
    assert "\x1b[2Jcheck" not in text


@pytest.mark.parametrize("data", [None, "text", {}, {"step": None}])
def test_what_is_no_step_is_passed_over(data: object) -> None:
    console = output.console(io.StringIO())
    with Steps(console) as steps:
        steps(Event("", "deployment", data))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""
