"""A process of its own that carries out one use case and dies by SIGKILL at a chosen effect on the world."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from docker.models.containers import Container, ContainerCollection

from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.journal.files import FileJournal
from codeb.bootstrap import Services, build
from codeb.errors import CodebError
from codeb.settings import Settings

EFFECTS: Sequence[tuple[type, str]] = (
    (FileJournal, "append"),
    (FileJournal, "remove"),
    (Path, "replace"),
    (CaddyAdmin, "load"),
    (ContainerCollection, "create"),
    (Container, "start"),
    (Container, "stop"),
    (Container, "update"),
    (Container, "rename"),
    (Container, "remove"),
)
"""What changes the world: before each of these and after each of these the process may die."""

Act = Callable[[Services], object]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.integration.mortal", "tests.integration.platform"])


@dataclass
class Countdown:
    """``after`` effects the process is gone; None counts only."""

    after: int | None
    passed: int = 0

    def tick(self) -> None:
        self.passed += 1
        if self.passed == self.after:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Ended:
    """``exitcode`` is -9 for one that was killed; ``effects`` how many boundaries it came by."""

    exitcode: int | None
    effects: int = 0
    refused: str = ""
    found: tuple[str, ...] = ()


def carry_out(environ: Mapping[str, str], act: Act, *, kill_at: int | None = None, seconds: float = 120) -> Ended:
    """Run ``act`` (a module's function) in a process of its own."""
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_live, args=(dict(environ), act, kill_at, theirs))
    process.start()
    theirs.close()
    try:
        process.join(seconds)
        assert not process.is_alive(), f"it did not end within {seconds} s"
        return _said(ours) or Ended(process.exitcode)
    finally:
        ours.close()
        process.kill()
        process.join()
        process.close()


def _said(ours: Connection) -> Ended | None:
    """What it told of itself before its end, if it came so far."""
    try:
        ended: Ended | None = ours.recv() if ours.poll() else None
    except EOFError:
        return None
    return ended


def recover(services: Services) -> tuple[str, ...]:
    """What the server does at its start."""
    findings = services.recover()
    left = [finding.what for finding in findings if not finding.mended]
    assert not left, left
    return tuple(finding.what for finding in findings)


def _live(environ: dict[str, str], act: Act, kill_at: int | None, parent: Connection) -> None:
    countdown = Countdown(kill_at)
    services = build(Settings.load(environ))
    services.database.migrate()
    for owner, name in EFFECTS:
        setattr(owner, name, mortal(getattr(owner, name), countdown))
    refused, found = "", ()
    try:
        result = act(services)
        found = result if isinstance(result, tuple) else ()
    except CodebError as error:
        refused = str(error)
    finally:
        services.close()
    parent.send(Ended(0, countdown.passed, refused, found))
    parent.close()


def mortal(function: Callable[..., Any], countdown: Countdown) -> Callable[..., Any]:
    @wraps(function)
    def dying(*args: Any, **kwargs: Any) -> Any:
        countdown.tick()
        result = function(*args, **kwargs)
        countdown.tick()
        return result

    return dying
