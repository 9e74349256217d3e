"""codeb keys create, list, revoke. Spec section 6, "Auth"."""

import json
from datetime import UTC, datetime, timedelta
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
    assert before["team-a"]["settings"]["autoPromote"] is False
    assert "gracePeriodHours" not in before["team-a"]["settings"], "none of its own: the platform's"
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


def keys(*words: str) -> Result:
    return CliRunner().invoke(main, ["keys", *words], catch_exceptions=False)


def test_a_key_can_be_narrowed_from_the_start(root: Path) -> None:
    limits = ("--kind", "ci", "--scopes", "deploy.create,slot.view", "--projects", "Blog", "--expires-in-days", "30")
    done = create("--team", "team-a", "--role", "member", *limits)
    record = KeyRegistry(root / "registry" / "api-keys.json").find(done.stdout.strip())
    assert record is not None
    assert (
        record.stored().items()
        >= {
            "kind": "ci",
            "scopes": ["deploy.create", "slot.view"],
            "projects": ["blog"],
        }.items()
    )
    assert record.expires_at is not None
    assert timedelta(days=29) < record.expires_at - datetime.now(UTC) <= timedelta(days=30)


@pytest.mark.parametrize(
    "limit", [("--scopes", ","), ("--scopes", "Deploy!"), ("--projects", ""), ("--projects", "a/b"), ("--kind", "king")]
)
def test_a_limit_that_is_none_makes_no_key(root: Path, limit: tuple[str, str]) -> None:
    assert create("--team", "team-a", "--role", "member", *limit).exit_code == 2
    assert not (root / "registry").exists()


def test_the_list_shows_keys_and_no_hash(root: Path) -> None:
    first = create("--team", "team-a", "--role", "owner", "--platform").stdout.strip()
    create("--team", "team-b", "--role", "viewer", "--projects", "blog", "--name", "shown")
    listed = json.loads(keys("list", "--json").stdout)
    assert (listed["total"], {token["teamId"] for token in listed["tokens"]}) == (2, {"team-a", "team-b"})
    uses = {token["id"]: "2026-11-24T12:00:00.000Z" for token in listed["tokens"]}
    (root / "registry" / "key-uses.json").write_text(json.dumps(uses))
    people = keys("list", "--team", "team-b").stdout
    assert "team-b  viewer  person  shown  last used 2026-11-24 12:00 UTC  projects blog" in people
    assert "team-a" not in people
    for told in (json.dumps(listed), keys("list").stdout):
        assert first not in told
        assert key_hash(first) not in told


def test_a_revoked_key_is_gone_and_a_lost_owner_comes_back(root: Path) -> None:
    key = create("--team", "team-a", "--role", "owner").stdout.strip()
    registry = KeyRegistry(root / "registry" / "api-keys.json")
    record = registry.find(key)
    assert record is not None
    done = keys("revoke", record.id)
    assert (done.exit_code, registry.find(key)) == (0, None)
    assert "`codeb keys create --team team-a --role owner` makes another" in done.stderr
    again = create("--team", "team-a", "--role", "owner").stdout.strip()
    back = registry.find(again)
    assert back is not None
    assert (back.team_id, back.role) == ("team-a", Role.OWNER)
    assert keys("revoke", record.id).exit_code == 1
