"""Callers that share one application of their changes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import pytest

from codeb.adapters.caddy import gathering as module
from codeb.adapters.caddy.gathering import Change, Gathering, Waiting
from codeb.errors import Unavailable
from tests.integration.waiting import until


def at_once(gathering: Gathering, changes: Sequence[Change], apply: "Applied") -> list[bool | Exception]:
    barrier = Barrier(len(changes))

    def submit(change: Change) -> bool | Exception:
        barrier.wait(10)
        try:
            return gathering.submit(change, apply)
        except Unavailable as error:
            return error

    with ThreadPoolExecutor(len(changes)) as threads:
        return list(threads.map(submit, changes))


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> Gathering:
    """Its window is open until every change has come."""
    gathering = Gathering()
    everybody = SimpleNamespace(
        sleep=lambda seconds: until(lambda: len(gathering._queue) == len(CHANGES), "all have come")
    )
    monkeypatch.setattr(module, "time", everybody)
    return gathering


class Applied:
    """What was applied, batch by batch."""

    def __init__(self, error: Unavailable | None = None) -> None:
        self.batches: list[list[Change]] = []
        self.error = error

    def __call__(self, batch: Sequence[Waiting]) -> None:
        self.batches.append([waiting.change for waiting in batch])
        if self.error:
            raise self.error
        for waiting in batch:
            waiting.outcome.set_result(None not in waiting.change.values())


CHANGES: list[Change] = [{f"{number}.caddy": "x" if number % 2 else None} for number in range(6)]


def test_who_comes_within_the_window_is_applied_together_and_told_apart(wide: Gathering) -> None:
    applied = Applied()
    assert at_once(wide, CHANGES, applied) == [False, True] * 3
    assert len(applied.batches) == 1
    assert sorted(map(str, applied.batches[0])) == sorted(map(str, CHANGES))


def test_who_comes_later_is_applied_later() -> None:
    gathering, applied = Gathering(window=0), Applied()
    for change in CHANGES:
        gathering.submit(change, applied)
    assert applied.batches == [[change] for change in CHANGES]


def test_an_error_that_concerns_nobody_in_particular_is_everybodys(
    wide: Gathering, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = Unavailable("Caddy", "away")
    assert at_once(wide, CHANGES, Applied(error)) == [error] * 6
    monkeypatch.undo()
    assert wide.submit(CHANGES[1], Applied()), "and the next is served"


def test_an_interrupt_leaves_nobody_waiting() -> None:
    def interrupted(batch: Sequence[Waiting]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Gathering(window=0).submit(CHANGES[0], interrupted)
