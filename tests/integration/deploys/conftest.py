"""Where operations keep their own things, in a directory of the test."""

from pathlib import Path

import pytest

from deploys.operations import managed


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    kept = tmp_path / "state"
    monkeypatch.setattr(managed, "STATE", str(kept))
    monkeypatch.setattr(managed, "_INCOMING", str(kept / "incoming"))
    monkeypatch.setattr(managed, "_STAMPS", str(kept / "stamps"))
    return kept
