"""Files of the host: the journal, slots, variables and locks."""

import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import characters, dictionaries, from_regex, text

from codeb.adapters.clock import SystemClock
from codeb.adapters.env_files import DotenvFiles, dotenv_text, parse_dotenv
from codeb.adapters.files import write_atomically
from codeb.adapters.journal import FileJournal
from codeb.adapters.locks import FileLocks
from codeb.adapters.slot_files import SlotFiles
from codeb.domain.events import EventKind
from codeb.domain.names import Environment
from codeb.domain.ports import PortPair
from codeb.domain.records import pair_record
from codeb.domain.slots import SlotPair
from codeb.services.errors import JournalUnwritable, Locked, UnknownEnvironment
from codeb.services.protocols import EnvVersion

BLOG = Environment.of("blog")
CLOCK = SystemClock()


def write(journal: FileJournal, why: str, environment: Environment = BLOG) -> None:
    journal.append(environment, EventKind.DONE, generation=1, by="me", why=why, data={})


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_file_is_replaced_whole_with_its_mode_set_before_anyone_sees_it(tmp_path: Path) -> None:
    path = tmp_path / "word"
    write_atomically(path, "blue", mode=0o640)
    write_atomically(path, "green", mode=0o640)
    assert path.read_text() == "green"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names_in(tmp_path) == ["word"]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "directory"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(path, "x")
    assert names_in(tmp_path) == ["directory"]


def test_events_are_read_back_in_order_with_ids_of_their_own(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, CLOCK)
    write(journal, "one")
    write(journal, "two")
    events = journal.events(BLOG)
    assert [event.why for event in events] == ["one", "two"]
    assert events[0].id != events[1].id
    assert journal.environments() == (BLOG,)


def test_half_a_line_left_by_a_crash_is_dropped_and_the_next_event_is_whole(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, CLOCK)
    write(journal, "one")
    with (tmp_path / "blog-production.jsonl").open("ab") as file:
        file.write(b'{"id":"evt_half","ki')
    assert [event.why for event in journal.events(BLOG)] == ["one"]
    write(journal, "two")
    assert [event.why for event in journal.events(BLOG)] == ["one", "two"]


def test_a_journal_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    journal = FileJournal(Path("/dev/full") / "x", CLOCK)
    with pytest.raises(JournalUnwritable, match="blog"):
        write(journal, "one")


def test_the_journals_of_tiny_and_tiny_admin_are_two(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, CLOCK)
    write(journal, "one", Environment.of("tiny"))
    write(journal, "two", Environment.of("tiny-admin"))
    journal.remove(Environment.of("tiny"))
    assert journal.environments() == (Environment.of("tiny-admin"),)


def test_slots_are_what_the_journal_says_also_when_the_file_is_behind(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal", CLOCK)
    for directory in ("journal", "slots"):
        (tmp_path / directory).mkdir()
    slots = SlotFiles(tmp_path / "slots", journal, CLOCK)
    with pytest.raises(UnknownEnvironment):
        slots.get(BLOG)
    pair = SlotPair.fresh(BLOG, PortPair(4100))
    slots.save(pair)
    assert slots.get(BLOG) == pair
    newer = pair_record(SlotPair.fresh(BLOG, PortPair(4102)))
    journal.append(BLOG, EventKind.SLOTS, generation=1, by="me", why="", data={"slots": newer})
    assert slots.get(BLOG).blue.port == 4102


names = from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
values = text(characters(blacklist_categories=["Cs"], blacklist_characters="\r\0"), max_size=60)


@given(dictionaries(names, values, max_size=8))
def test_variables_survive_the_file_whatever_they_are(variables: dict[str, str]) -> None:
    assert parse_dotenv(dotenv_text(variables)) == variables


def test_quotes_are_syntax_and_nothing_is_expanded() -> None:
    parsed = parse_dotenv('A="x y"\nB=\'z\'\nC=$A\nexport D=1 # note\nE=\nF="a\\nb"\nG=p#q\n')
    assert parsed == {"A": "x y", "B": "z", "C": "$A", "D": "1", "E": "", "F": "a\nb", "G": "p#q"}


def test_the_copy_on_the_host_is_for_its_owner_alone_and_remembers_its_version(tmp_path: Path) -> None:
    files = DotenvFiles(tmp_path)
    files.write(BLOG, EnvVersion(3, {"A": "1"}))
    path = tmp_path / "blog" / ".env.production"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files.read(BLOG) == EnvVersion(3, {"A": "1"})
    files.remove("blog")
    assert files.read(BLOG) is None


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path, CLOCK)
    refused = pytest.raises(Locked, match="kim holds it for a deploy")
    with locks.held(BLOG, "deploy", "kim"), refused, locks.held(BLOG, "promote", "lee", wait=0.1):
        pass
    with locks.held(BLOG, "promote", "lee"):
        assert locks.holder(BLOG)["by"] == "lee"
    assert names_in(tmp_path) == ["blog-production.lock"]


def test_waiters_come_in_the_order_of_their_arrival(tmp_path: Path) -> None:
    locks, order = FileLocks(tmp_path, CLOCK), []

    def wait(number: int) -> None:
        with locks.held(BLOG, "deploy", str(number)):
            order.append(number)

    waiters = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
    with locks.held(BLOG, "deploy", "first"):
        for waiter in waiters:
            waiter.start()
            time.sleep(0.03)
    for waiter in waiters:
        waiter.join(20)
    assert order == [0, 1, 2, 3, 4]


def test_the_eleventh_waiter_is_refused_at_once(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path, CLOCK, max_waiters=0)
    with locks.held(BLOG, "deploy", "kim"), pytest.raises(Locked), locks.held(BLOG, "deploy", "lee"):
        pass


def test_a_lock_whose_holder_was_killed_is_free(tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from pathlib import Path; from codeb.adapters.clock import SystemClock;"
        "from codeb.adapters.locks import FileLocks; from codeb.domain.names import Environment\n"
        "with FileLocks(Path(sys.argv[1]), SystemClock()).held(Environment.of('blog'), 'deploy', 'kim'):\n"
        "    print('held', flush=True); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True)
    with FileLocks(tmp_path, CLOCK).held(BLOG, "deploy", "lee", wait=1):
        assert FileLocks(tmp_path, CLOCK).holder(BLOG)["by"] == "lee"
