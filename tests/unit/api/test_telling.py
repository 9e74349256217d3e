"""From a call to its row: what comes again and again is masked once, and anew when another secret is known."""

from datetime import UTC, datetime
from typing import Any

from codeb.adapters.audit.known import KnownSecrets
from codeb.api.telling import Telling
from codeb.api.trail import Finished, Origin
from codeb.domain.access import AuthContext, Role
from codeb.services.protocols.memory import Forgetful
from tests.fakes.audit import FakeTrail

AUTH = AuthContext("key_1", "team-a", Role.MEMBER)


def look(**params: Any) -> Finished:
    return finished("slot_status", {"data": "seen"}, **params)


def finished(tool: str, record: dict[str, Any], **params: Any) -> Finished:
    origin = Origin("127.0.0.1", "curl/8", "corr-1")
    return Finished(tool, params, record, None, AUTH, "api", origin, datetime.now(UTC), 0.001)


def test_a_look_is_told_without_what_was_seen_and_a_change_with_what_it_did() -> None:
    trail = FakeTrail()
    tell = Telling(trail, KnownSecrets(), Forgetful())
    tell(look(projectName="blog"))
    tell(finished("slot_pin", {"slot": "blue"}, projectName="blog"))
    first, second = trail.entries
    assert (first.tool, first.project, first.params, first.result) == (
        "slot_status",
        "blog",
        {"projectName": "blog"},
        {},
    )
    assert second.result == {"slot": "blue"}


def test_a_word_that_turns_out_to_be_a_secret_is_in_no_row_after_that() -> None:
    trail, known = FakeTrail(), KnownSecrets()
    tell = Telling(trail, known, Forgetful())
    for _ in range(2):
        tell(look(projectName="hunter2-hunter2"))
    known.add("hunter2-hunter2")
    tell(look(projectName="hunter2-hunter2"))
    assert [entry.project for entry in trail.entries] == ["hunter2-hunter2", "hunter2-hunter2", None]
    assert "hunter2" not in repr(trail.entries[2])


def test_the_same_words_of_other_tools_and_clients_are_rows_of_their_own() -> None:
    trail = FakeTrail()
    tell = Telling(trail, KnownSecrets(), Forgetful())
    tell(look(projectName="blog"))
    tell(finished("env_get", {}, projectName="blog"))
    assert [entry.tool for entry in trail.entries] == ["slot_status", "env_get"]
    assert trail.entries[0].id != trail.entries[1].id
