"""Why a container did not become ready: the sentences, on states that a real engine gave."""

from collections.abc import Sequence
from typing import Any

import pytest

from codeb.adapters.docker.attempts import Attempts
from codeb.adapters.docker.last_words import exit_sentence, waiting_sentence
from codeb.adapters.docker.sockets import Socket
from codeb.adapters.probe import Seen, Stage
from tests.unit.adapters.container_records import SPEC

PAUSED = Seen(Stage.UNASKED, "it is paused")
REFUSED = Seen(Stage.CLOSED, "GET /health on port 3000 failed: [Errno 111] Connection refused")
SICK = Seen(Stage.ANSWERED, "GET /health on port 3000 answered 503, expected 200")
SILENT = Seen(Stage.OPEN, "GET /health on port 3000 had no answer within 5 s")
UNWELL = Seen(Stage.RIGHT, "its own health check says starting")
EXITED = {"Status": "exited", "Running": False, "OOMKilled": False, "Pid": 0, "Error": ""}


@pytest.mark.parametrize(
    ("state", "logs", "says"),
    [
        ({"ExitCode": 137, "OOMKilled": True}, "", ["killed for memory", "more than 64 MB", "raise `memory`"]),
        ({"ExitCode": 137}, "", ["SIGKILL (exit code 137)", "more than its 64 MB", "see who killed it"]),
        ({"ExitCode": 139}, "", ["SIGSEGV (exit code 139)", "crashed in native code"]),
        ({"ExitCode": 143}, "", ["SIGTERM (exit code 143)", "told it to stop"]),
        ({"ExitCode": 134}, "", ["SIGABRT (exit code 134)", "its last lines say why"]),
        ({"ExitCode": 132}, "", ["SIGILL (exit code 132)", "this processor does not have"]),
        ({"ExitCode": 129}, "", ["SIGHUP (exit code 129)", "may say why"]),
        ({"ExitCode": 255}, "", ["exit code 255; its last lines say why"]),
        ({"ExitCode": 3}, "no database", ["exit code 3; its last lines say why"]),
        ({"ExitCode": 0}, "done", ["without an error", "stay in the foreground"]),
        ({"ExitCode": 126}, "", ["cannot be run (exit code 126)", "CMD and ENTRYPOINT"]),
        ({"ExitCode": 127}, "", ["cannot be run (exit code 127)", "CMD and ENTRYPOINT"]),
        ({"ExitCode": 1}, "exec /hello: exec format error", ["another processor", "build the image for linux/arm64"]),
    ],
)
def test_an_end_says_what_it_was_and_what_to_try(state: dict[str, Any], logs: str, says: list[str]) -> None:
    sentence = exit_sentence({**EXITED, **state}, SPEC, logs, "linux/arm64")
    assert [part for part in says if part not in sentence] == []


@pytest.mark.parametrize(
    ("sockets", "says"),
    [
        (None, "has to listen on 0.0.0.0 and on the project's port"),
        ([], "it listens on no port at all"),
        (
            [Socket(3000, "127.0.0.1")],
            "it listens on 127.0.0.1:3000 inside the container, where nobody outside reaches it; listen on 0.0.0.0",
        ),
        ([Socket(3000, "::1"), Socket(9000, "0.0.0.0")], "it listens on [::1]:3000 inside the container"),
        ([Socket(8080, "0.0.0.0")], "it listens on 0.0.0.0:8080 instead; have it listen on 0.0.0.0:3000"),
        ([Socket(3000, "0.0.0.0")], "it listens on 0.0.0.0:3000, and takes no connection there"),
    ],
)
def test_a_port_that_nobody_answers_says_where_it_really_listens(sockets: Sequence[Socket] | None, says: str) -> None:
    attempts = Attempts(60)
    attempts.saw(REFUSED, 0.1)
    sentence = waiting_sentence(attempts, SPEC, sockets)
    assert sentence.startswith("nothing answered on port 3000 within 60 s: ")
    assert says in sentence


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        ([(REFUSED, 0.1), (SICK, 55)], "503, expected 200 within 60 s; it began to listen after 55.0 s of 60: raise"),
        ([(SILENT, 2), (SICK, 58)], "within 60 s; it answered for the first time after 58.0 s of 60: raise"),
        ([(SICK, 2), (UNWELL, 59)], "says starting within 60 s; its own address answered as it should after 59.0 s"),
        ([(PAUSED, 0.1), (PAUSED, 59)], "it is paused within 60 s, so nobody could ask it"),
        ([(PAUSED, 0.1), (REFUSED, 59)], "nothing answered on port 3000 within 60 s"),
        ([(PAUSED, 0.1), (SICK, 59)], "it began to listen after 59.0 s of 60"),
        ([(REFUSED, 0.1), (SICK, 2)], "within 60 s; check the health path and what it needs, or raise the timeout"),
        ([(SICK, 1), (SILENT, 50), (SICK, 59)], "within 60 s; check the health path"),
    ],
)
def test_only_progress_late_in_the_wait_is_a_start_that_came_close(seen: list[tuple[Seen, float]], says: str) -> None:
    attempts = Attempts(60)
    for each, after in seen:
        attempts.saw(each, after)
    assert says in waiting_sentence(attempts, SPEC, None)
