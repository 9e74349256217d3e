"""Programs through LocalExec: real processes, their time, their output and what they may see. Spec section 8."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from codeb.adapters.local.exec import CommandNotFound, CommandTimedOut, LocalExec
from codeb.errors import InvalidInput
from tests.integration.waiting import until

pytestmark = pytest.mark.integration

LOCAL = LocalExec()
PYTHON = [sys.executable, "-I", "-c"]


def gone(pid: int) -> bool:
    """Ended, or ended and not yet collected by whoever adopts orphans here."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_program_says_what_it_says_and_how_it_ended() -> None:
    ran = LOCAL.run([*PYTHON, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"], timeout=20)
    assert (ran.exit_code, ran.stdout, ran.stderr, ran.truncated) == (3, b"out\n", b"err\n", False)


def test_a_program_that_a_signal_ended_says_which() -> None:
    ran = LOCAL.run([*PYTHON, "import os; os.kill(os.getpid(), 15)"], timeout=20)
    assert ran.exit_code == -signal.SIGTERM


@pytest.mark.parametrize(
    "text", ["; id", "$(id)", "`id`", "| cat", "& id", "> /tmp/x", "a\nb", "*", "~", "$HOME", "'\""]
)
def test_metacharacters_are_plain_text(text: str) -> None:
    assert LOCAL.run(["printf", "%s", text], timeout=20).stdout == text.encode()


@pytest.mark.parametrize("arguments", ["id", b"id", ["id", 1], [Path("/bin/id")]])
def test_what_is_no_list_of_strings_is_a_mistake_of_the_program(arguments: object) -> None:
    with pytest.raises(TypeError, match="no shell"):
        LOCAL.run(arguments, timeout=20)  # type: ignore[arg-type]


def test_nothing_and_nul_are_refused() -> None:
    for arguments in ([], [""], ["id", "a\0b"]):
        with pytest.raises(InvalidInput):
            LOCAL.run(arguments, timeout=20)
    with pytest.raises(InvalidInput):
        LOCAL.run(["id"], timeout=20, environ={"A": "b\0c"})


@pytest.mark.parametrize("program", ["no-such-program", "/no/such/program", "./id", "bin/id", "/etc/passwd", "/etc"])
def test_a_program_that_cannot_be_run_is_named(program: str) -> None:
    with pytest.raises(CommandNotFound, match=program):
        LOCAL.run([program], timeout=20)


def test_programs_are_looked_for_in_our_directories_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text("#!/bin/sh\necho mine\n")
    (tmp_path / "mine").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandNotFound):
        LOCAL.run(["mine"], timeout=20)
    assert LocalExec(programs=str(tmp_path)).run(["mine"], timeout=20).stdout == b"mine\n"


def test_nothing_of_our_environment_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEB_ENV_KEY", "secret")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("HOME", "/root")
    ran = LOCAL.run(["env", "--null"], timeout=20, environ={"A": "x y"})
    seen = dict(line.split("=", 1) for line in ran.stdout.decode().rstrip("\0").split("\0"))
    assert seen == {"PATH": LOCAL.programs, "HOME": "/root", "LANG": "C.UTF-8", "A": "x y"}


def test_no_open_file_of_ours_is_inherited(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        ran = LOCAL.run(
            [*PYTHON, "import os; print(*(os.path.realpath(f'/proc/self/fd/{n}') for n in range(99)))"], timeout=20
        )
    assert b"secret" not in ran.stdout


def test_input_is_given_and_its_end_is_seen() -> None:
    assert LOCAL.run(["cat"], timeout=20, input=b"\x00\xff" * 500_000, limit=1_000_000).stdout == b"\x00\xff" * 500_000
    assert LOCAL.run(["cat"], timeout=20, input=b"").stdout == b""
    assert LOCAL.run(["cat"], timeout=20).stdout == b""


def test_a_program_may_leave_its_input_unread() -> None:
    assert LOCAL.run(["true"], timeout=20, input=b"x" * 10_000_000).exit_code == 0


def test_a_hundred_megabytes_are_read_and_a_part_is_kept() -> None:
    ran = LOCAL.run(["head", "-c", "100000000", "/dev/zero"], timeout=60, limit=1000)
    assert (ran.exit_code, ran.stdout, ran.truncated) == (0, bytes(1000), True)


def test_both_outputs_are_bounded_and_neither_blocks_the_other() -> None:
    code = (
        "import sys\nfor _ in range(50): sys.stderr.buffer.write(b'e' * 99999); sys.stdout.buffer.write(b'o' * 99999)"
    )
    ran = LOCAL.run([*PYTHON, code], timeout=60, limit=10)
    assert (ran.exit_code, ran.stdout, ran.stderr, ran.truncated) == (0, b"o" * 10, b"e" * 10, True)


def test_exactly_the_limit_is_not_truncated() -> None:
    ran = LOCAL.run(["printf", "12345"], timeout=20, limit=5)
    assert (ran.stdout, ran.truncated) == (b"12345", False)


def test_a_program_that_ignores_the_signal_to_end_is_killed_with_its_children(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        "if child: open(sys.argv[1], 'w').write(f'[{os.getpid()}, {child}]')\n"
        "time.sleep(600)"
    )
    with pytest.raises(CommandTimedOut, match="3 s"):
        LOCAL.run([*PYTHON, code, str(tmp_path / "pids")], timeout=3)
    parent, child = json.loads((tmp_path / "pids").read_text())
    assert gone(parent)
    until(lambda: gone(child), "the child is gone")


def test_a_program_that_never_stops_talking_is_killed() -> None:
    with pytest.raises(CommandTimedOut):
        LOCAL.run(["yes"], timeout=0.5, limit=100)


def test_a_child_that_holds_the_output_is_not_waited_for_and_does_not_stay() -> None:
    code = "import os, time\nchild = os.fork()\nif child: print(child, flush=True); os._exit(0)\ntime.sleep(600)"
    ran = LOCAL.run([*PYTHON, code], timeout=60)
    assert ran.exit_code == 0
    until(lambda: gone(int(ran.stdout)), "the child is gone")


def test_one_that_left_the_session_with_the_output_is_not_waited_for(tmp_path: Path) -> None:
    """A program that means to outlive us can; it cannot make us wait."""
    code = (
        "import os, time\nchild = os.fork()\n"
        "if child:\n os.waitpid(child, os.WUNTRACED); print(child, flush=True); os._exit(0)\n"
        "os.setsid(); os.kill(os.getpid(), 19); time.sleep(600)"
    )
    ran = LOCAL.run([*PYTHON, code], timeout=60)
    os.kill(int(ran.stdout), signal.SIGKILL)
    assert ran.exit_code == 0


def test_nothing_stays_open() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    LOCAL.run(["cat"], timeout=20, input=b"x")
    with pytest.raises(CommandTimedOut):
        LOCAL.run(["sleep", "600"], timeout=0.1)
    with pytest.raises(CommandNotFound):
        LOCAL.run(["/etc/passwd"], timeout=20)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_file_that_a_program_writes_can_be_bounded_and_no_core_is_left(tmp_path: Path) -> None:
    copy = ["dd", f"of={tmp_path / 'file'}", "bs=1000"]
    assert LOCAL.run(copy, timeout=20, input=bytes(100_000), file_limit=5000).exit_code == -signal.SIGXFSZ
    assert (tmp_path / "file").stat().st_size == 5000
    assert LOCAL.run(copy, timeout=20, input=bytes(100_000)).exit_code == 0
    code = "import resource, sys; sys.stdin.read(); print(resource.getrlimit(resource.RLIMIT_CORE))"
    assert LOCAL.run([*PYTHON, code], timeout=20, input=b"x").stdout == b"(0, 0)\n"
