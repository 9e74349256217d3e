"""api-keys.json and teams.json: one owner, atomic, with what was before kept beside. Lesson 30."""

import json
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.registry_files import RegistryFiles
from codeb.domain.access import Role
from codeb.domain.keys import KeyRecord, new_key
from codeb.domain.teams import Team
from codeb.errors import Unavailable


@pytest.fixture
def files(tmp_path: Path) -> RegistryFiles:
    return RegistryFiles(tmp_path / "registry", SystemClock())


def key(team: str = "team-a") -> KeyRecord:
    return new_key(team, Role.MEMBER, name="x", scopes=frozenset({"*"})).record


def put(files: RegistryFiles, record: KeyRecord) -> KeyRecord:
    with files.changing() as change:
        change.put_key(record)
    return record


def content(files: RegistryFiles, name: str = "api-keys.json") -> dict[str, Any]:
    read: dict[str, Any] = json.loads((files.directory / name).read_text())
    return read


def test_what_was_before_is_kept_beside_and_both_are_for_their_owner_only(files: RegistryFiles) -> None:
    first = put(files, key())
    before = (files.directory / "api-keys.json").read_bytes()
    put(files, key())
    backup = files.directory / "api-keys.json.backup"
    assert backup.read_bytes() == before
    assert list(json.loads(before)["keys"]) == [first.id]
    for path in files.directory.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_changes_at_the_same_time_lose_nothing(files: RegistryFiles) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: put(files, key()), range(40)))
    assert set(content(files)["keys"]) == {each.id for each in made}


def test_an_error_in_the_block_changes_nothing(files: RegistryFiles) -> None:
    put(files, key())
    before = (files.directory / "api-keys.json").read_bytes()
    with pytest.raises(KeyError), files.changing() as change:
        change.put_key(key())
        raise KeyError
    assert (files.directory / "api-keys.json").read_bytes() == before


def test_a_change_that_changes_nothing_writes_nothing(files: RegistryFiles) -> None:
    put(files, key())
    with files.changing() as change:
        change.remove_key("key_0")
    assert not (files.directory / "api-keys.json.backup").exists()


def test_what_we_do_not_understand_stays_in_the_file(files: RegistryFiles) -> None:
    known = put(files, key())
    written = content(files)
    written["keys"][known.id]["theirs"] = 1
    written["keys"]["odd"] = {"id": "odd"}
    written["note"] = "keep me"
    (files.directory / "api-keys.json").write_text(json.dumps(written))
    with structlog.testing.capture_logs(), files.changing() as change:
        change.put_key(known.model_copy(update={"role": Role.VIEWER}))
    after = content(files)
    assert (after["keys"][known.id]["theirs"], after["keys"][known.id]["role"]) == (1, "viewer")
    assert (after["keys"]["odd"], after["note"]) == ({"id": "odd"}, "keep me")


@pytest.mark.parametrize("odd", [None, [], {}, {"role": "king"}, {"id": "another"}])
def test_an_odd_entry_costs_itself_alone_and_is_told(files: RegistryFiles, odd: Any) -> None:
    good, bad = put(files, key()), put(files, key())
    written = content(files)
    written["keys"][bad.id] = {**written["keys"][bad.id], **odd} if odd else odd
    (files.directory / "api-keys.json").write_text(json.dumps(written))
    with structlog.testing.capture_logs() as logged:
        assert set(files.keys()) == {good.id}
    entry: MutableMapping[str, Any] = logged[0]
    assert (entry["event"], entry["entry"]) == ("key_entry_unusable", bad.id)
    assert bad.key_hash not in repr(logged)


def test_an_odd_teams_id_is_not_given_to_a_new_team(files: RegistryFiles) -> None:
    with files.changing() as change:
        change.put_team(Team(id="team-a", name="a", slug="team-a"))
    written = content(files, "teams.json")
    written["teams"]["team-a"]["settings"] = {"gracePeriodHours": 0}
    (files.directory / "teams.json").write_text(json.dumps(written))
    with structlog.testing.capture_logs(), files.changing() as change:
        assert change.teams() == {}
        assert "team-a" in change.taken()


def test_a_key_made_on_the_host_leaves_an_odd_team_as_it_is(files: RegistryFiles) -> None:
    maker = KeyMaker(files.directory, SystemClock())
    maker.create("team-a", Role.OWNER, name="x", by="me")
    odd = {"id": "team-a", "members": [{"email": "ann@codeb.test"}]}
    (files.directory / "teams.json").write_text(json.dumps({"teams": {"team-a": odd}}))
    with structlog.testing.capture_logs():
        maker.create("team-a", Role.OWNER, name="x", by="me")
    assert content(files, "teams.json")["teams"]["team-a"] == odd


def test_a_file_is_read_once_and_again_when_it_changed(files: RegistryFiles) -> None:
    put(files, key())
    assert files.keys() is files.keys()
    newer = put(files, key())
    assert newer.id in files.keys()  # noqa: SIM118  a method, not a mapping's


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"keys": []}', "\x00"])
def test_a_damaged_file_is_unavailable_and_left_as_it_is(files: RegistryFiles, damage: str) -> None:
    put(files, key())
    path = files.directory / "api-keys.json"
    path.write_text(damage)
    with pytest.raises(Unavailable, match="damaged"):
        files.keys()
    with pytest.raises(Unavailable, match="damaged"):
        put(files, key())
    assert path.read_text() == damage


def test_without_files_there_are_no_teams_and_no_keys(files: RegistryFiles) -> None:
    assert (files.teams(), files.keys(), files.uses()) == ({}, {}, {})


def test_a_look_takes_no_lock_and_writes_nothing(files: RegistryFiles) -> None:
    with files.changing(keep=False) as change:
        change.put_key(key())
    assert not files.directory.exists()
