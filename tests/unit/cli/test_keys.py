"""codeb keys create. Spec section 6, "Auth"."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codeb.adapters.keys import KeyRegistry
from codeb.cli.host import keys as keys_command
from codeb.cli.host.main import main
from codeb.domain.access import Role, key_hash


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(keys_command, "become_codeb", lambda: None)
    monkeypatch.setenv("CODEB_ENV_FILE", str(tmp_path / "absent.env"))
    monkeypatch.setenv("CODEB_ROOT", str(tmp_path))
    return tmp_path


def create(*options: str) -> Result:
    return CliRunner().invoke(main, ["keys", "create", *options], catch_exceptions=False)


def stored(root: Path, file: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((root / "registry" / file).read_text())
    return content


def test_the_key_alone_is_on_stdout_and_only_its_hash_is_kept(root: Path) -> None:
    done = create("--team", "team-a", "--role", "admin")
    key = done.stdout.strip()
    assert key.startswith("codeb_team-a_admin_")
    (entry,) = stored(root, "api-keys.json")["keys"].values()
    assert entry["keyHash"] == key_hash(key)
    assert key not in (root / "registry" / "api-keys.json").read_text()
    assert (entry["teamId"], entry["role"], entry["scopes"]) == ("team-a", "admin", ["*"])
    record = KeyRegistry(root / "registry" / "api-keys.json").find(key)
    assert record is not None
    assert (record.role, record.platform) == (Role.ADMIN, False)


def test_both_files_are_for_their_owner_only(root: Path) -> None:
    create("--team", "team-a", "--role", "admin")
    for file in ("api-keys.json", "teams.json"):
        assert (root / "registry" / file).stat().st_mode & 0o777 == 0o600


def test_programs_get_a_record_without_the_hash(root: Path) -> None:
    done = create("--team", "t", "--role", "owner", "--name", "ci", "--platform", "--rate", "1000/60", "--json")
    record = json.loads(done.stdout)
    assert (record["success"], record["name"], record["platform"]) == (True, "ci", True)
    assert record["rateLimit"] == {"requests": 1000, "window": 60}
    assert record["key"].startswith("codeb_t_owner_")
    assert "keyHash" not in record


def test_a_missing_team_is_made_and_an_existing_one_left_alone(root: Path) -> None:
    create("--team", "team-a", "--role", "owner")
    before = stored(root, "teams.json")["teams"]
    assert before["team-a"]["settings"]["gracePeriodHours"] == 48
    create("--team", "team-a", "--role", "viewer")
    assert stored(root, "teams.json")["teams"] == before
    assert len(stored(root, "api-keys.json")["keys"]) == 2


@pytest.mark.parametrize("file", ["api-keys.json", "teams.json"])
def test_a_damaged_file_is_never_overwritten(root: Path, file: str) -> None:
    create("--team", "team-a", "--role", "owner")
    path = root / "registry" / file
    path.write_text(path.read_text()[:40])
    damaged = path.read_text()
    done = create("--team", "team-a", "--role", "owner")
    assert done.exit_code == 4
    assert "is damaged" in done.stderr
    assert path.read_text() == damaged
