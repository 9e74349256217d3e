"""The units that send, receive and remove copies, and what each may."""

import json
import subprocess
from pathlib import Path

import pyrage
import pytest

from codeb.domain.infra import Role
from codeb.domain.reach import COPIES, rules
from codeb.errors import ConfigError
from deploys.components import backup_copies
from deploys.platform import Platform
from tests.unit.deploys.conftest import MakePlatform

SENDERS = [(Role.STORAGE, backup_copies.COPY, "postgres"), (Role.APP, backup_copies.STATE_COPY, "codeb")]


def sending(platform: Platform, role: Role) -> dict[str, str]:
    return {Path(file.dest).name: file.data.decode() for file in backup_copies.sending(platform, role)}


def receiving(platform: Platform) -> dict[str, str]:
    return {Path(file.dest).name: file.data.decode() for file in backup_copies.receiving(platform)}


@pytest.mark.parametrize(("role", "name", "user"), SENDERS)
def test_who_sends_is_who_may_read_it_and_writes_in_one_place(
    platform: Platform, role: Role, name: str, user: str
) -> None:
    lines = sending(platform, role)[f"{name}.service"].splitlines()
    root = backup_copies.STORAGE_ROOT if role is Role.STORAGE else backup_copies.STATE_ROOT
    assert {f"User={user}", "ProtectSystem=strict", f"ReadWritePaths={root}", "CapabilityBoundingSet="} <= set(lines)
    (start,) = [line for line in lines if line.startswith("ExecStart=")]
    home = "/etc/codeb/backup"
    arguments = f"{role} {root} 10.0.0.4 9443 {home}/recipient /etc/codeb/tls 1024 {home}/bucket-{role}.json"
    assert start.endswith(f"send.py {arguments}")
    assert "OnCalendar=*-*-* 02:15:00" in sending(platform, role)[f"{name}.timer"]


@pytest.mark.parametrize(("role", "name", "user"), SENDERS)
def test_hosts_have_the_public_key_and_no_identity(platform: Platform, role: Role, name: str, user: str) -> None:
    files = sending(platform, role)
    identity = platform.secrets["backup_identity"]
    public = str(pyrage.x25519.Identity.from_str(identity).to_public())
    assert files["recipient"] == f"{public}\n"
    assert not [each for each, text in files.items() if identity in text]
    assert sending(platform, role) == files


def test_a_damaged_identity_is_a_sentence(platform: Platform) -> None:
    platform.secrets.put({"backup_identity": "AGE-SECRET-KEY-1HALF"})
    with pytest.raises(ConfigError, match="backup_identity is damaged"):
        backup_copies.recipient(platform)


def test_the_receiver_is_no_user_of_anything_else_and_knows_who_sends(platform: Platform) -> None:
    lines = set(receiving(platform)["codeb-backup-receive.service"].splitlines())
    program = "/usr/bin/python3 -B /usr/local/lib/codeb/backup/receive.py"
    arguments = "/var/backups/codeb-copies 10.0.0.4 9443 /etc/codeb/tls 1024 storage app"
    assert {f"ExecStart={program} {arguments}", "User=codeb-backups", "ProtectSystem=strict"} <= lines


def test_old_copies_go_by_the_operators_days(make_platform: MakePlatform) -> None:
    unit = receiving(make_platform(backups={"copies_days": 7}))["codeb-backup-prune.service"]
    assert "prune.py /var/backups/codeb-copies 7 /etc/codeb/backup/bucket.json\n" in unit


def test_the_door_is_open_for_who_sends_alone(platform: Platform) -> None:
    (rule,) = [rule for rule in rules(platform.infra, "backup") if rule.port == COPIES]
    assert rule.addresses == ("10.0.0.3", "10.0.0.1")
    assert not [rule for rule in rules(platform.infra, "storage") if rule.port == COPIES]


@pytest.mark.parametrize("module", ["send", "restore", "receive", "prune", "seen"])
def test_every_program_is_installed_with_what_it_imports(platform: Platform, tmp_path: Path, module: str) -> None:
    files = sending(platform, Role.APP) if module in {"send", "restore"} else receiving(platform)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(["python3", "-B", "-c", f"import {module}"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


EXTERNAL = {"object_storage": {"engine": "external", "endpoint": "https://s3.example.org"}}
KEYS = {
    f"s3_{user}_{part}": f"{user}-{part}"
    for user in ("backups", "backups_storage", "backups_app")
    for part in ("access_key", "secret")
}


def test_each_host_has_keys_of_its_own_to_add_with_and_the_backup_host_those_that_remove(platform: Platform) -> None:
    found = [
        *(file for role in (Role.STORAGE, Role.APP) for file in backup_copies.sending(platform, role)),
        *backup_copies.receiving(platform),
    ]
    files = {file.dest: (file, json.loads(file.data)) for file in found if file.dest.endswith(".json")}
    assert {path: (record["access"], file.mode, file.group) for path, (file, record) in files.items()} == {
        "/etc/codeb/backup/bucket-storage.json": ("backups-storage", "0640", "postgres"),
        "/etc/codeb/backup/bucket-app.json": ("backups-app", "0640", "codeb"),
        "/etc/codeb/backup/bucket.json": ("backups", "0640", "codeb-backups"),
    }
    secrets = {record["secret"] for _, record in files.values()}
    assert len(secrets) == 3
    assert {record["endpoint"] for _, record in files.values()} == {"https://10.0.0.3:9000"}
    others = [file for file in found if file.dest not in files]
    assert not [file.dest for file in others for secret in secrets if secret in file.data.decode()]


def test_an_s3_of_the_operators_own_gets_copies_once_its_keys_are_there(make_platform: MakePlatform) -> None:
    platform = make_platform(components=EXTERNAL)
    without = receiving(platform)
    assert "bucket.json" not in without
    assert "RestrictAddressFamilies=AF_UNIX\n" in without["codeb-backup-prune.service"]
    assert "bucket" not in sending(platform, Role.STORAGE)["codeb-backup-copy.service"]
    platform.secrets.put(KEYS)
    record = json.loads(sending(platform, Role.APP)["bucket-app.json"])
    assert (record["endpoint"], record["access"], record["secret"], record["ca"]) == (
        *("https://s3.example.org", "backups_app-access_key", "backups_app-secret", ""),
    )


def test_half_of_an_external_ones_keys_is_a_sentence_that_names_the_other(make_platform: MakePlatform) -> None:
    platform = make_platform(components=EXTERNAL)
    platform.secrets.put({"s3_backups_secret": "secret"})
    with pytest.raises(ConfigError, match="s3_backups_app_access_key is not set"):
        backup_copies.sending(platform, Role.APP)


def test_the_backup_host_looks_for_what_every_platform_has(platform: Platform) -> None:
    unit = receiving(platform)["codeb-backup-seen.service"]
    items = "storage/globals,storage/redis,storage/database-codeb,storage/database-postgres,app/state"
    roots = "/var/backups/codeb-copies /var/backups/codeb-seen"
    assert f"seen.py {roots} {items} /etc/codeb/backup/bucket.json {items}\n" in unit
    assert (
        "publish.py /var/backups/codeb-seen /var/lib/prometheus/node-exporter/codeb-backup-seen.prom seen.json" in unit
    )
    assert "OnCalendar=hourly" in receiving(platform)["codeb-backup-seen.timer"]
