"""How long a session is counted, and for whom."""

from dataclasses import dataclass

import pytest

from codeb.api.errors import NotFound, TooManySessions
from codeb.api.mcp.sessions import IDLE, Sessions


@dataclass
class Watch:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_idle_session_is_forgotten_and_one_that_answers_is_not() -> None:
    watch = Watch()
    sessions = Sessions(per_key=2, clock=watch)
    sessions.opened("a", "key_1")
    sessions.opened("b", "key_1")
    with sessions.used("a", "key_1"):
        watch.now = IDLE + 1
        sessions.require_room("key_1")
    with pytest.raises(NotFound), sessions.used("b", "key_1"):
        pass
    with sessions.used("a", "key_1"):
        pass


def test_the_server_has_a_limit_beside_that_of_a_key() -> None:
    sessions = Sessions(per_key=5, in_total=2)
    sessions.opened("a", "key_1")
    sessions.require_room("key_2")
    sessions.opened("b", "key_2")
    with pytest.raises(TooManySessions, match="this server has 2"):
        sessions.require_room("key_3")
