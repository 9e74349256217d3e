"""Slots as they are now: the journal's word first, the file where there is no journal. Design section 2."""

from pathlib import Path
from unittest.mock import patch

import pytest
from structlog.testing import capture_logs

from codeb.adapters import slot_files
from codeb.adapters.clock import SystemClock
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.journal.snapshot import JournalDamaged
from codeb.adapters.slot_files import SlotFileDamaged, SlotFiles
from codeb.domain.events import EventKind
from codeb.domain.names import Environment, SlotName
from codeb.domain.project import ProjectSettings
from codeb.domain.slots import SlotPair
from codeb.services.errors import UnknownEnvironment
from tests.samples import BLOG, NOW, PAIR, at_generation, release, settled, write


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    for directory in ("journal", "slots"):
        (tmp_path / directory).mkdir()
    return FileJournal(tmp_path / "journal", SystemClock())


@pytest.fixture
def slots(tmp_path: Path, journal: FileJournal) -> SlotFiles:
    return SlotFiles(tmp_path / "slots", journal, SystemClock())


def commit(journal: FileJournal, pair: SlotPair) -> None:
    write(journal, EventKind.SLOTS, settled(pair), generation=pair.generation, environment=pair.environment)


def test_slots_are_what_the_journal_says_also_when_the_file_is_behind(journal: FileJournal, slots: SlotFiles) -> None:
    with pytest.raises(UnknownEnvironment):
        slots.get(BLOG)
    slots.save(PAIR)
    assert slots.get(BLOG) == PAIR
    commit(journal, at_generation(5))
    assert slots.get(BLOG).generation == 5


def test_a_release_comes_back_with_its_settings_its_migration_and_its_pin(
    journal: FileJournal, slots: SlotFiles
) -> None:
    settings = ProjectSettings(port=8080, migrate=("bin/migrate",), keep_images=3)
    pair = PAIR.deployed(SlotName.BLUE, release(1, settings)).migrated().promoted(NOW, "me")
    pair = pair.deployed(SlotName.GREEN, release(2)).promoted(NOW, "me")
    pair = pair.pinned(NOW, NOW.replace(year=2027), "kim")
    slots.save(pair)
    assert slots.get(BLOG) == pair
    commit(journal, pair)
    assert slots.get(BLOG) == pair
    held = slots.get(BLOG).blue.release
    assert held is not None
    assert (held.settings, held.migrated, slots.get(BLOG).blue.pinned_by) == (settings, True, "kim")


def test_slots_that_have_not_changed_are_not_made_of_their_record_again(journal: FileJournal, slots: SlotFiles) -> None:
    commit(journal, PAIR)
    first = slots.get(BLOG)
    write(journal, EventKind.DONE)
    with patch.object(slot_files, "pair_from", side_effect=AssertionError("made again")):
        assert slots.get(BLOG) is first


def test_what_another_process_has_committed_is_the_next_answer(
    tmp_path: Path, journal: FileJournal, slots: SlotFiles
) -> None:
    """A record read minutes ago is never what the next step starts from: lesson 15."""
    commit(journal, at_generation(1))
    assert slots.get(BLOG).generation == 1
    commit(FileJournal(tmp_path / "journal", SystemClock()), at_generation(2))
    assert slots.get(BLOG).generation == 2


def test_a_damaged_journal_hides_its_own_environment_and_no_other(
    tmp_path: Path, journal: FileJournal, slots: SlotFiles
) -> None:
    shop = SlotPair(Environment.of("shop"), PAIR.blue, PAIR.green)
    commit(journal, PAIR)
    commit(journal, shop)
    write(journal, EventKind.DONE, environment=Environment.of("only-half-made"))
    slots.save(PAIR)
    (tmp_path / "journal" / "blog-production.jsonl").write_bytes(b"\0\0\0\n")
    assert slots.all() == (shop,)
    with pytest.raises(JournalDamaged):
        slots.get(BLOG)


@pytest.mark.parametrize("text", ["", "[]", '{"blue": {}}', "{"])
def test_a_damaged_slot_file_without_a_journal_is_said(tmp_path: Path, slots: SlotFiles, text: str) -> None:
    (tmp_path / "slots" / "blog-production.json").write_text(text)
    with pytest.raises(SlotFileDamaged, match=r"blog-production\.json"):
        slots.get(BLOG)


def test_a_slot_file_that_cannot_be_written_is_no_failure(tmp_path: Path, journal: FileJournal) -> None:
    with capture_logs() as logged:
        SlotFiles(tmp_path / "missing", journal, SystemClock()).save(PAIR)
    assert [entry["event"] for entry in logged] == ["slot_file_behind"]


def test_a_removed_environment_is_unknown(journal: FileJournal, slots: SlotFiles) -> None:
    commit(journal, PAIR)
    slots.save(PAIR)
    assert slots.get(BLOG) == PAIR
    slots.remove(BLOG)
    journal.remove(BLOG)
    with pytest.raises(UnknownEnvironment):
        slots.get(BLOG)


def test_slots_at_hand_are_those_that_were_read_while_the_journal_is_as_it_was(
    tmp_path: Path, journal: FileJournal, slots: SlotFiles
) -> None:
    assert slots.at_hand(BLOG) is None
    commit(journal, at_generation(1))
    assert slots.at_hand(BLOG) is None
    assert slots.get(BLOG) is slots.at_hand(BLOG)
    commit(FileJournal(tmp_path / "journal", SystemClock()), at_generation(2))
    assert slots.at_hand(BLOG) is None
    assert slots.get(BLOG).generation == 2
    (tmp_path / "journal" / "blog-production.jsonl").unlink()
    assert slots.at_hand(BLOG) is None


def test_every_slot_is_at_hand_or_none_is(journal: FileJournal, slots: SlotFiles) -> None:
    assert slots.all_at_hand() == ()
    commit(journal, at_generation(1))
    assert slots.all_at_hand() is None
    assert slots.all() == (slots.get(BLOG),)
    assert slots.all_at_hand() == (slots.get(BLOG),)
    assert slots.all_at_hand() is slots.all_at_hand()
    commit(journal, at_generation(2))
    assert slots.all_at_hand() is None
