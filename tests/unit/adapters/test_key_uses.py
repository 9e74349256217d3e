"""When keys were last used: kept in memory, written now and then, never into the key file. Lesson 30."""

from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.key_uses import KeyUses, read_uses
from codeb.adapters.keys import KeyRegistry
from codeb.domain.access import Role
from codeb.errors import Unwritable
from tests.fakes.records import FakeClock

KNOWN = {"key_1", "key_2"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def uses(tmp_path: Path, clock: FakeClock) -> KeyUses:
    return KeyUses(tmp_path / "key-uses.json", clock)


def test_a_use_is_in_memory_until_it_is_flushed(uses: KeyUses, clock: FakeClock) -> None:
    uses.note("key_1")
    assert not uses.path.exists()
    assert uses.flush(KNOWN) is True
    assert read_uses(uses.path) == {"key_1": clock.now()}
    assert uses.path.stat().st_mode & 0o777 == 0o600


def test_it_is_written_once_in_a_few_minutes_however_often_a_key_is_used(uses: KeyUses, clock: FakeClock) -> None:
    uses.note("key_1")
    uses.flush(KNOWN)
    for _ in range(4):
        clock.pass_by(timedelta(minutes=1))
        uses.note("key_1")
        assert uses.flush(KNOWN) is False
    assert uses.flush(KNOWN, at_once=True) is True
    clock.pass_by(timedelta(minutes=5))
    assert uses.flush(KNOWN) is False, "nothing is new"


def test_another_keys_use_stays_and_a_revoked_keys_goes(uses: KeyUses) -> None:
    for key in ("key_1", "key_2", "gone"):
        uses.note(key)
    uses.flush({*KNOWN, "gone"})
    uses.note("key_1")
    uses.flush(KNOWN, at_once=True)
    assert set(read_uses(uses.path)) == KNOWN


def test_a_damaged_file_is_told_and_written_again(uses: KeyUses) -> None:
    uses.path.write_text("{")
    with structlog.testing.capture_logs() as logged:
        assert read_uses(uses.path) == {}
    assert logged[0]["event"] == "key_uses_unreadable"
    uses.note("key_1")
    with structlog.testing.capture_logs():
        uses.flush(KNOWN)
    assert set(read_uses(uses.path)) == {"key_1"}


def test_a_use_that_could_not_be_written_is_written_the_next_time(uses: KeyUses) -> None:
    uses.note("key_1")
    directory = uses.path.parent
    uses.path = directory / "absent" / "key-uses.json"
    with pytest.raises(Unwritable):
        uses.flush(KNOWN)
    uses.path.parent.mkdir()
    assert uses.flush(KNOWN) is True
    assert set(read_uses(uses.path)) == {"key_1"}


def test_the_registry_of_keys_writes_them_beside_the_key_file(tmp_path: Path) -> None:
    made = KeyMaker(tmp_path, SystemClock()).create("team-a", Role.OWNER, name="x", by="me")
    keys = KeyRegistry(tmp_path / "api-keys.json")
    keys.find(made.text)
    keys.used(str(made.record["id"]))
    before = keys.path.stat()
    keys.flush()
    assert set(read_uses(tmp_path / "key-uses.json")) == {made.record["id"]}
    assert keys.path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_damaged_key_file_costs_no_last_use(tmp_path: Path) -> None:
    made = KeyMaker(tmp_path, SystemClock()).create("team-a", Role.OWNER, name="x", by="me")
    keys = KeyRegistry(tmp_path / "api-keys.json")
    keys.used(str(made.record["id"]))
    keys.path.write_text("{")
    with structlog.testing.capture_logs():
        keys.refresh()
    keys.flush()
    assert not (tmp_path / "key-uses.json").exists()
