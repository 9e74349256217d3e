"""The journal: durable, whole, read once, shortened without losing a line. Design sections 2 and 6."""

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.journal import snapshot
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.journal.snapshot import JournalDamaged
from codeb.domain.deployment import DeploymentStatus
from codeb.domain.events import EventKind
from codeb.domain.names import Environment
from codeb.domain.records import event_from
from codeb.services.errors import JournalUnwritable
from tests.samples import BLOG, NAME, PAIR, at_generation, dep, deployed, names_in, released, settled, whys, write

DONE = EventKind.DONE


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(tmp_path, SystemClock())


def test_events_are_read_back_in_order_with_ids_of_their_own(journal: FileJournal, tmp_path: Path) -> None:
    write(journal, DONE, why="one")
    write(journal, DONE, why="two")
    assert whys(journal) == ["one", "two"]
    assert len({event.id for event in journal.events(BLOG)}) == 2
    assert journal.environments() == (BLOG,)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_what_is_no_journal_is_no_environment(journal: FileJournal, tmp_path: Path) -> None:
    write(journal, DONE)
    for name in ("notes.jsonl", "blog-prod.jsonl", ".blog-production.jsonl.x.new"):
        (tmp_path / name).touch()
    assert journal.environments() == (BLOG,)
    assert FileJournal(tmp_path / "missing", SystemClock()).environments() == ()


def test_an_environment_is_known_as_soon_as_another_process_wrote_of_it(journal: FileJournal, tmp_path: Path) -> None:
    other = FileJournal(tmp_path, SystemClock())
    for number in range(20):
        write(other, DONE, environment=Environment.of(f"app{number:02}"))
        assert len(journal.environments()) == number + 1
    other.remove(Environment.of("app07"))
    assert len(journal.environments()) == 19


def test_a_clock_that_is_too_coarse_to_tell_two_changes_apart_hides_no_environment(
    journal: FileJournal, tmp_path: Path
) -> None:
    write(journal, DONE)
    assert journal.environments() == (BLOG,)
    moment = tmp_path.stat().st_mtime_ns
    write(journal, DONE, environment=Environment.of("shop"))
    os.utime(tmp_path, ns=(moment, moment))
    assert len(journal.environments()) == 2


def test_a_directory_that_has_not_changed_is_not_listed_again(journal: FileJournal, tmp_path: Path) -> None:
    write(journal, DONE)
    os.utime(tmp_path, (1, 1))
    assert journal.environments() == (BLOG,)
    with patch.object(Path, "glob", side_effect=AssertionError("listed")):
        assert journal.environments() == (BLOG,)


def test_the_journals_of_tiny_and_tiny_admin_are_two(journal: FileJournal) -> None:
    write(journal, DONE, environment=Environment.of("tiny"))
    write(journal, DONE, environment=Environment.of("tiny-admin"))
    journal.remove(Environment.of("tiny"))
    assert journal.environments() == (Environment.of("tiny-admin"),)


def test_half_a_line_left_by_a_crash_is_dropped_and_the_next_event_is_whole(
    journal: FileJournal, tmp_path: Path
) -> None:
    write(journal, DONE, why="one")
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"id":"evt_half","ki')
    assert whys(journal) == ["one"]
    write(journal, DONE, why="two")
    assert whys(journal) == ["one", "two"]


@pytest.mark.parametrize("bad", [b"no json\n", b"\0\0\0\n", b'{"id": "evt_1"}\n', b"[]\n", b"\xff\n"])
def test_a_damaged_line_is_named_with_its_file_and_number(journal: FileJournal, tmp_path: Path, bad: bytes) -> None:
    write(journal, DONE, why="one")
    assert whys(journal) == ["one"]
    with (tmp_path / NAME).open("ab") as file:
        file.write(bad)
    write(journal, DONE, why="three")
    for reader in (journal, FileJournal(tmp_path, SystemClock())):
        with pytest.raises(JournalDamaged, match="line 2, is not an event") as damaged:
            reader.events(BLOG)
        assert damaged.value.code == "journal_damaged"
        assert damaged.value.facts() == {"file": str(tmp_path / NAME), "line": 2}


def test_a_journal_that_cannot_be_written_is_said() -> None:
    with pytest.raises(JournalUnwritable, match="blog"):
        write(FileJournal(Path("/dev/full") / "x", SystemClock()), DONE)


def test_what_cannot_be_made_durable_was_not_written(journal: FileJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    write(journal, DONE, why="one")

    def broken(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(JournalUnwritable, match="Input/output error"):
        write(journal, DONE, why="two")
    monkeypatch.undo()
    write(journal, DONE, why="three")
    assert whys(journal) == ["one", "three"]


def test_a_journal_that_has_not_changed_is_not_opened_again(journal: FileJournal) -> None:
    write(journal, EventKind.SLOTS, settled(PAIR))
    journal.events(BLOG)
    with patch.object(snapshot, "opened", side_effect=AssertionError("opened")):
        assert journal.events(BLOG) is journal.events(BLOG)
        assert journal.latest_slots(BLOG) is journal.latest_slots(BLOG)


def test_of_a_journal_that_grew_only_the_new_lines_are_read(journal: FileJournal, tmp_path: Path) -> None:
    other = FileJournal(tmp_path, SystemClock())
    for _ in range(20):
        write(other, DONE)
    before = journal.events(BLOG)
    write(other, DONE, why="new")
    with patch("codeb.adapters.journal.snapshot.event_from", wraps=event_from) as read:
        after = journal.events(BLOG)
    assert read.call_count == 1
    assert after[:-1] == before
    assert after[0] is before[0]
    assert after[-1].why == "new"


def test_a_journal_made_anew_is_not_taken_for_one_that_grew(journal: FileJournal, tmp_path: Path) -> None:
    """Also where the file system gives the number of the old file to the new one."""
    for number in range(30):
        other = FileJournal(tmp_path, SystemClock())
        other.remove(BLOG)
        for line in range(number % 3 + 1):
            write(other, DONE, why=f"{number}.{line}")
        assert whys(journal) == whys(other)


def test_a_journal_that_is_gone_is_empty(journal: FileJournal, tmp_path: Path) -> None:
    write(journal, EventKind.SLOTS, settled(PAIR))
    assert journal.latest_slots(BLOG) is not None
    (tmp_path / NAME).unlink()
    assert journal.latest_slots(BLOG) is None
    assert journal.events(BLOG) == ()


def test_threads_that_read_while_others_write_see_whole_lines_in_order(journal: FileJournal) -> None:
    done = threading.Event()

    def read() -> int:
        seen = 0
        while not done.is_set():
            events = journal.events(BLOG)
            assert len(events) >= seen
            seen = len(events)
        return seen

    def fill(writer: int) -> None:
        for number in range(50):
            write(journal, DONE, why=f"{writer}.{number}")

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for writer in [pool.submit(fill, number) for number in range(4)]:
            writer.result()
        done.set()
        for reader in readers:
            reader.result()
    for writer_number in range(4):
        of = [why for why in whys(journal) if why.startswith(f"{writer_number}.")]
        assert of == [f"{writer_number}.{number}" for number in range(50)]


def test_a_long_journal_keeps_its_slots_its_open_deployments_and_the_newest_others(
    journal: FileJournal, tmp_path: Path
) -> None:
    left_open = write(journal, EventKind.DEPLOYMENT, deployed(999, DeploymentStatus.RUNNING))
    pair = PAIR
    for number in range(60):
        pair = released(journal, number, pair)
    before = journal.events(BLOG)
    slots = journal.latest_slots(BLOG)
    journal.shorten(BLOG, before[-1].id)
    after = journal.events(BLOG)
    assert len(after) < 200
    assert len(before) > 400
    assert [event for event in before if event in after] == list(after)
    assert after[0] == left_open
    assert journal.latest_slots(BLOG) == slots
    records = [event.data["deployment"] for event in after if event.kind is EventKind.DEPLOYMENT]
    known = [(record["id"], record["status"]) for record in records if isinstance(record, dict)]
    assert known == [(dep(999), "running"), *((dep(number), "success") for number in range(10, 60))]
    kept_migrations = [event.data["deployment"] for event in after if event.kind is EventKind.MIGRATED]
    assert kept_migrations == [dep(number) for number in range(10, 60)]
    assert names_in(tmp_path) == [NAME]
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_what_the_database_lacks_stays(journal: FileJournal, tmp_path: Path) -> None:
    events = [write(journal, DONE, why=str(number)) for number in range(500)]
    (tmp_path / f".{NAME}.left.new").write_text("by somebody who was killed while shortening")
    journal.shorten(BLOG, events[300].id)
    assert whys(journal) == [str(number) for number in range(300, 500)]
    more = [write(journal, DONE, why=str(number)) for number in range(500, 900)]
    journal.shorten(BLOG, "evt_of_another_journal")
    assert len(journal.events(BLOG)) == 600
    journal.shorten(BLOG, more[-1].id)
    assert whys(journal) == ["899"]
    assert names_in(tmp_path) == [NAME]


@pytest.mark.parametrize("after", [(), (EventKind.SWITCHED,)])
def test_a_switch_that_has_not_ended_stays_whole(journal: FileJournal, after: tuple[EventKind, ...]) -> None:
    for _ in range(450):
        write(journal, DONE)
    write(journal, EventKind.INTENT, settled(at_generation(2)), why="intent")
    for kind in after:
        write(journal, kind, settled(at_generation(2)), generation=2, why="switched")
    last = write(journal, EventKind.DEPLOYMENT, deployed(1))
    journal.shorten(BLOG, last.id)
    assert [event.kind for event in journal.events(BLOG)] == [EventKind.INTENT, *after, EventKind.DEPLOYMENT]


def test_a_journal_that_is_not_long_or_has_little_to_lose_stays_the_file_it_is(
    journal: FileJournal, tmp_path: Path
) -> None:
    last = write(journal, EventKind.SLOTS, settled(PAIR))
    for _ in range(399):
        last = write(journal, DONE)
    inode = (tmp_path / NAME).stat().st_ino
    journal.shorten(BLOG, last.id)
    last = write(journal, DONE)
    journal.shorten(BLOG, last.id)
    assert (tmp_path / NAME).stat().st_ino == inode
    assert len(journal.events(BLOG)) == 401
    journal.shorten(Environment.of("unknown"), "evt_1")
    assert names_in(tmp_path) == [NAME]


def test_a_disk_that_is_full_while_shortening_leaves_the_journal_as_it_was(
    journal: FileJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = [write(journal, DONE) for _ in range(450)][-1]
    before = (tmp_path / NAME).read_bytes()
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        journal.shorten(BLOG, last.id)
    assert (tmp_path / NAME).read_bytes() == before
    assert names_in(tmp_path) == [NAME]


def test_a_reader_of_a_file_that_was_replaced_opens_the_new_one(journal: FileJournal, tmp_path: Path) -> None:
    last = [write(journal, DONE) for _ in range(450)][-1]
    reader = FileJournal(tmp_path, SystemClock())
    assert len(reader.events(BLOG)) == 450
    journal.shorten(BLOG, last.id)
    write(journal, DONE, why="after")
    assert [event.why for event in reader.events(BLOG)] == ["", "after"]
