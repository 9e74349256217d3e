"""Looking keys up: the file is read when it changed, not when it is asked. Lesson 30."""

import json
from pathlib import Path
from typing import Any

import pytest

from codeb.adapters import keys
from codeb.adapters.keys import KeyRegistry
from codeb.adapters.registry_entries import read_table
from codeb.domain.access import Role
from codeb.domain.keys import new_key


def test_two_thousand_keys_are_read_once_and_each_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [new_key("team-a", Role.MEMBER, name="x", scopes=frozenset({"*"})) for _ in range(2000)]
    path = tmp_path / "api-keys.json"
    path.write_text(json.dumps({"keys": {key.record.id: key.record.stored() for key in made}}))
    reads: list[Path] = []

    def reading(each: Path) -> dict[str, Any]:
        reads.append(each)
        return read_table(each)

    monkeypatch.setattr(keys, "read_table", reading)
    registry = KeyRegistry(path)
    assert all(registry.find(key.text) == key.record for key in made)
    assert registry.find("codeb_team-a_member_x") is None
    assert reads == [path]
