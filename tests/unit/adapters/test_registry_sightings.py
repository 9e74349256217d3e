"""When images were first seen."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from codeb.adapters.registry_sightings import SightingsFile

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


def test_the_first_time_is_kept_and_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    file = SightingsFile(tmp_path / "seen.json")
    assert file.first({"a", "b"}, NOW, keep=True) == {"a": NOW, "b": NOW}
    assert file.first({"a", "c"}, LATER, keep=True) == {"a": NOW, "c": LATER}
    assert file.first({"b"}, LATER, keep=True) == {"b": LATER}


def test_a_look_writes_nothing(tmp_path: Path) -> None:
    file = SightingsFile(tmp_path / "seen.json")
    assert file.first({"a"}, NOW, keep=False) == {"a": NOW}
    assert not file.path.exists()


def test_a_damaged_file_makes_every_image_young(tmp_path: Path) -> None:
    file = SightingsFile(tmp_path / "seen.json")
    file.path.write_text("{")
    assert file.first({"a"}, NOW, keep=True) == {"a": NOW}
    assert file.first({"a"}, LATER, keep=True) == {"a": NOW}


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    file = SightingsFile(tmp_path / "seen.json")
    file.first({"a"}, NOW, keep=True)
    assert file.path.stat().st_mode & 0o077 == 0
