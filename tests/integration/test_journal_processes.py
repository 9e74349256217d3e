"""The journal, written by several processes at once: nothing is torn, nothing is lost. Design section 2."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.journal.files import FileJournal
from codeb.domain.events import EventKind
from tests.integration.programs import everything, heard, program, tell
from tests.samples import BLOG, NAME, names_in, whys, write

pytestmark = pytest.mark.integration

DONE = EventKind.DONE


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(tmp_path, SystemClock())


def test_a_disk_that_fills_in_the_middle_of_a_line_keeps_nothing_of_it(tmp_path: Path) -> None:
    text = """
import resource
journal = FileJournal(directory, SystemClock())
def write(why):
    journal.append(BLOG, EventKind.DONE, generation=1, by="me", why=why, data={})
write("one")
size = (directory / "blog-production.jsonl").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, resource.RLIM_INFINITY))
try:
    write("two")
except CodebError as error:
    say(error.code)
say((directory / "blog-production.jsonl").stat().st_size == size)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
write("three")
say(*[event.why for event in journal.events(BLOG)])
"""
    with program(text, tmp_path) as full:
        assert everything(full) == ["journal_unwritable", "True", "one three"]


APPEND = """
journal = FileJournal(directory, SystemClock())
say("ready")
sys.stdin.readline()
for number in range(int(arguments[1])):
    journal.append(BLOG, EventKind.DONE, generation=1, by=arguments[0], why=str(number), data={"x": "y" * 500})
"""


def test_processes_that_append_at_once_do_not_cut_each_other(journal: FileJournal, tmp_path: Path) -> None:
    with program(APPEND, tmp_path, "a", 300) as one, program(APPEND, tmp_path, "b", 300) as two:
        for each in (one, two):
            assert heard(each) == "ready"
        for each in (one, two):
            tell(each, "go")
        for each in (one, two):
            everything(each)
    for by in "ab":
        assert [event.why for event in journal.events(BLOG) if event.by == by] == [str(n) for n in range(300)]


def test_half_a_line_that_another_process_is_writing_is_not_cut(journal: FileJournal, tmp_path: Path) -> None:
    write(journal, DONE, why="one")
    text = """
import fcntl
from codeb.adapters.journal.lines import opened
line = (directory / "blog-production.jsonl").read_bytes()
with opened(directory / "blog-production.jsonl", fcntl.LOCK_EX) as handle:
    os.write(handle, line[:20])
    say("half")
    sys.stdin.readline()
    os.write(handle, line[20:])
"""
    with program(text, tmp_path) as slow, ThreadPoolExecutor(1) as pool:
        assert heard(slow) == "half"
        appended = pool.submit(write, journal, DONE, why="three")
        tell(slow, "the other half")
        appended.result()
        everything(slow)
    assert whys(journal) == ["one", "one", "three"]


APPEND_AND_TELL = """
journal = FileJournal(directory, SystemClock())
for number in range(2000):
    journal.append(BLOG, EventKind.DONE, generation=1, by="me", why=str(number), data={})
"""


def test_shortening_again_and_again_loses_nothing_that_another_process_appends(
    journal: FileJournal, tmp_path: Path
) -> None:
    """What may be gone is what stood before the position that was given; everything else is there, and whole."""
    seen: list[int] = []
    shortened = 0
    with program(APPEND_AND_TELL, tmp_path) as writer:
        while writer.poll() is None or not seen or seen[-1] < 1999:
            events = journal.events(BLOG)
            new = [int(event.why) for event in events]
            assert new == list(range(new[0], new[-1] + 1)) if new else True
            if seen and new:
                assert new[0] <= seen[-1]
                new = [number for number in new if number > seen[-1]]
            seen += new
            if len(events) > 400:
                journal.shorten(BLOG, events[-1].id)
                shortened += 1
        assert everything(writer) == []
    assert seen == list(range(2000))
    assert shortened >= 1
    lines = (tmp_path / NAME).read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line)["why"] for line in lines][-1] == "1999"
    assert names_in(tmp_path) == [NAME]
