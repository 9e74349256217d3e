"""The app host's state from one host to a rebuilt one: keys, teams, journals and variables, with modes and owners."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.backup_receiver import PROGRAMS

pytestmark = pytest.mark.integration

STATE = {
    "registry/keys.json": 0o600,
    "registry/teams.json": 0o600,
    "registry/slots/blog.json": 0o600,
    "journal/blog-production.jsonl": 0o600,
    "env/blog.production.env": 0o600,
    "outbox/1.json": 0o600,
    "spool/audit/1.json": 0o600,
    "logs/rollbacks/blog.log": 0o600,
    "routes/blog.caddy": 0o640,
}
NEVER = ("locks/blog.lock", "dumps/blog.dump", "venv/bin/codeb")
_PACK = """
import pathlib, sys, tarfile
sys.path.insert(0, sys.argv[1])
import send
send.STATE_ROOT = pathlib.Path(sys.argv[2])
(item,) = send.on_app(send.STATE_ROOT)
with tarfile.open(mode="w|", fileobj=sys.stdout.buffer) as tar:
    item.fill(tar)
"""
_RESTORE = """
import json, os, pathlib, sys
sys.path.insert(0, sys.argv[1])
import restore
restore.STATE_ROOT = pathlib.Path(sys.argv[2])
said = {"calls": [], "owners": {}}
restore._systemctl = lambda verb, unit: said["calls"].append(f"{verb} {unit}")
def owned(path, user, group):
    said["owners"][str(pathlib.Path(path).relative_to(restore.STATE_ROOT))] = f"{user}:{group}"
restore.shutil.chown = owned
try:
    restore.main("state")
except restore.Failed as error:
    said["failed"] = str(error)
print(json.dumps(said))
"""


@pytest.fixture
def packed(tmp_path: Path) -> bytes:
    """What the app host sends: a tar."""
    root = tmp_path / "before"
    for name, mode in {**STATE, **dict.fromkeys(NEVER, 0o600)}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"content of {name}")
        (root / name).chmod(mode)
    (root / "registry" / "link").symlink_to("/etc/passwd")
    command = ["/usr/bin/python3", "-B", "-c", _PACK, str(PROGRAMS), str(root)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def restored(root: Path, packed: bytes) -> dict[str, object]:
    command = ["/usr/bin/python3", "-B", "-c", _RESTORE, str(PROGRAMS), str(root)]
    environment = os.environ | {"CODEB_RESTORE_TMP": str(root.parent)}
    done = subprocess.run(command, input=packed, capture_output=True, env=environment, check=True)
    said: dict[str, object] = json.loads(done.stdout)
    return said


def contents(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_a_rebuilt_app_host_has_its_keys_projects_journals_and_variables(packed: bytes, tmp_path: Path) -> None:
    root = tmp_path / "rebuilt"
    (root / "registry").mkdir(parents=True)
    (root / "registry" / "keys.json").write_text("those of a fresh host")
    (root / "registry" / "keys.json").chmod(0o644)
    (root / "registry" / "later.json").write_text("made since")
    said = restored(root, packed)
    kept = {"registry/later.json": "made since"}
    assert contents(root) == {name: f"content of {name}" for name in STATE} | kept
    assert {name: (root / name).stat().st_mode & 0o777 for name in STATE} == STATE
    assert said["calls"] == ["stop codeb-api.service", "start codeb-api.service"]


def test_everything_is_the_apis_and_routes_are_for_caddy_to_read(packed: bytes, tmp_path: Path) -> None:
    root = tmp_path / "rebuilt"
    root.mkdir()
    owners = restored(root, packed)["owners"]
    assert isinstance(owners, dict)
    assert owners.keys() >= STATE.keys()
    for name, owner in owners.items():
        assert owner == ("codeb:caddy" if name.split("/")[0] == "routes" else "codeb:codeb"), name
    assert {path.stat().st_mode & 0o007 for path in root.rglob("*")} == {0}, "nobody else reads anything"


def test_half_a_copy_changes_nothing_and_stops_nothing(packed: bytes, tmp_path: Path) -> None:
    root = tmp_path / "rebuilt"
    root.mkdir()
    command = ["/usr/bin/python3", "-B", "-c", _RESTORE, str(PROGRAMS), str(root)]
    done = subprocess.run(command, input=packed[:700], capture_output=True, check=False)
    assert done.returncode
    assert contents(root) == {}
