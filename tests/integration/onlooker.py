"""One visitor who asks again and again and remembers every change of the answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby

from codeb.domain.names import Environment
from codeb.domain.slots import SlotPair
from tests.integration.platform import DOMAIN, Platform

Told = tuple[int, str, str]
"""Status, slot, and the page where an application answers."""
_OK = 200
_CLOSED: Told = (503, "", "")
_PAUSE = 0.002


def told(platform: Platform, environment: Environment) -> Told:
    answer = platform.ask(environment.host(DOMAIN))
    return answer.status, answer.slot, answer.body if answer.status == _OK else ""


def told_by(pair: SlotPair) -> Told:
    """What every visitor must get while the slots are these."""
    if pair.active is None or pair.active.release is None or pair.maintenance:
        return _CLOSED
    return _OK, str(pair.active.name), f"hello {pair.active.release.version}\n"


@contextmanager
def onlooker(platform: Platform, environment: Environment) -> Iterator[list[Told]]:
    """Somebody asks while the block runs; afterwards the list has every change of the answer, in order."""
    over, answers, changes = threading.Event(), list[Told](), list[Told]()

    def look() -> None:
        while not over.is_set():
            try:
                answers.append(told(platform, environment))
            except OSError as error:
                answers.append((0, "", repr(error)))
            over.wait(_PAUSE)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield changes
    finally:
        over.set()
        looking.join()
        changes += [each for each, _ in groupby(answers)]
