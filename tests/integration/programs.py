"""Programs of a test that run as processes of their own, and say a line when they are where they should be."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

_PREAMBLE = """
import os, sys, threading
from pathlib import Path
from codeb.adapters.clock import SystemClock
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.locks import FileLocks
from codeb.domain.events import EventKind
from codeb.domain.names import Environment
from codeb.errors import CodebError
directory, arguments, BLOG = Path(sys.argv[1]), sys.argv[2:], Environment.of("blog")
def say(*words):
    print(*words, flush=True)
"""


@contextmanager
def program(text: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Started; killed at the end of the block if it runs still."""
    command = [sys.executable, "-c", _PREAMBLE + text, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str]) -> str:
    """The next line that it says."""
    return _pipe(process.stdout).readline().rstrip("\n")


def everything(process: subprocess.Popen[str]) -> list[str]:
    """All that it says until its end, which is a good one."""
    words = _pipe(process.stdout).read().splitlines()
    assert process.wait() == 0
    return words


def tell(process: subprocess.Popen[str], word: str) -> None:
    pipe = _pipe(process.stdin)
    pipe.write(word + "\n")
    pipe.flush()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
