"""What a rotation makes of the hosts' files: old and new count where that is promised, else the new alone."""

import hashlib
import json
from pathlib import Path

import pytest

from codeb.domain.infra import Role
from codeb.domain.secret_rotation import forgotten, rotated
from codeb.domain.secret_table import TABLE, Making, Row, row_of, secret_of
from codeb.secret_store import SecretStore, new_value
from codeb.settings import Settings
from deploys.certificates import CertificateAuthority
from deploys.components import (
    api,
    backup_copies,
    centrifugo,
    grafana,
    postgres,
    redis,
    registry,
    registry_key,
    s3_server,
    versitygw,
)
from deploys.components.s3_engines import ENGINES
from deploys.platform import Platform
from deploys.scram import fits


def rotate(platform: Platform, name: str) -> None:
    row = row_of(name)
    assert row
    platform.secrets.change(lambda values: rotated(values, {name: row}, new_value))


def forget(platform: Platform, name: str) -> None:
    platform.secrets.change(lambda values: forgotten(values, [name]))


def render_all(platform: Platform) -> None:
    """Everything that makes a secret, as the runs do."""
    postgres.setup(platform)
    redis.acl(platform)
    registry.config_files(platform)
    grafana.configuration(platform)
    versitygw.accounts(platform)
    for engine in ENGINES.values():
        s3_server.files(platform, engine, "10.0.0.3:9000")
    s3_server.user_files(platform, "10.0.0.3:9000")
    for role in (Role.APP, Role.STORAGE):
        platform.authority(platform.one(role))
        platform.ca.intermediate(platform.one(role).name)
    api.settings(platform, platform.one(Role.APP))
    api.owner_settings(platform)


def test_everything_that_provisioning_makes_has_a_row(platform: Platform) -> None:
    render_all(platform)
    made = platform.secrets.values()
    assert len(made) > 30
    assert [name for name in made if secret_of(name) is None] == []


def test_after_a_rotation_of_all_the_next_runs_have_everything_new(platform: Platform) -> None:
    render_all(platform)
    before = platform.secrets.values()
    rows = {name: row for name in map(secret_of, before) if name and (row := row_of(name))}
    platform.secrets.change(lambda values: rotated(values, rows, new_value))
    render_all(platform)
    after = platform.secrets.values()
    same = [name for name in before if before[name] == after.get(name) and not name.endswith("_names")]
    assert same == []
    assert {f"{name}_previous" for name, row in rows.items() if row.keeps} == after.keys() - before.keys()


@pytest.mark.parametrize("name", [row.name for row in TABLE if row.keeps and row.name.startswith("redis")])
def test_redis_takes_both_passwords_until_the_old_one_is_forgotten(platform: Platform, name: str) -> None:
    user = name.split("_")[1]
    old = platform.secrets[name]
    rotate(platform, name)
    both = [hashes(value) for value in (platform.secrets[name], old)]
    assert line(platform, user)[3:5] == both
    forget(platform, name)
    assert line(platform, user)[3] == both[0]
    assert both[1] not in redis.acl(platform)


def line(platform: Platform, user: str) -> list[str]:
    (found,) = (text.split() for text in redis.acl(platform).splitlines() if text.startswith(f"user {user} "))
    return found


def hashes(password: str) -> str:
    return f"#{hashlib.sha256(password.encode()).hexdigest()}"


def test_the_registry_knows_both_keys_until_the_old_one_is_forgotten(platform: Platform) -> None:
    (old,) = key_ids(platform)
    rotate(platform, registry_key.NAME)
    new, kept = key_ids(platform)
    assert (kept, new != old) == (old, True)
    forget(platform, registry_key.NAME)
    assert key_ids(platform) == [new]


def key_ids(platform: Platform) -> list[str]:
    return [key["kid"] for key in json.loads(registry_key.key_set(platform))["keys"]]


def test_the_api_reads_variables_with_every_key_until_the_old_ones_are_forgotten(platform: Platform) -> None:
    first = platform.secrets["env_key"]
    rotate(platform, "env_key")
    second = platform.secrets["env_key"]
    rotate(platform, "env_key")
    assert previous_keys(platform) == [second, first]
    forget(platform, "env_key")
    assert previous_keys(platform) == []


def previous_keys(platform: Platform) -> list[str]:
    settings = Settings.load(api.settings(platform, platform.one(Role.APP)))
    return [key.reveal() for key in settings.env_key_previous]


@pytest.mark.parametrize(("before", "expected"), [("", {}), ("old", {"hmac_previous_secret_key": "old"})])
def test_centrifugo_takes_tokens_of_before_while_there_are_any(
    platform: Platform, before: str, expected: dict[str, str]
) -> None:
    text = centrifugo.config(
        platform.infra, platform.host("streaming"), token_secret="new", api_key="key", token_secret_before=before
    )
    assert json.loads(text)["client"]["token"] == {"hmac_secret_key": "new", **expected}


def test_hosts_get_the_new_public_key_and_the_store_keeps_what_decrypts_the_older_copies(platform: Platform) -> None:
    old = backup_copies.recipient(platform)
    identity = platform.secrets["backup_identity"]
    rotate(platform, "backup_identity")
    assert backup_copies.recipient(platform) not in {old, ""}
    assert platform.secrets.previous("backup_identity") == (identity,)


def test_what_is_promised_to_count_twice_is_what_these_tests_know() -> None:
    redis_users = {f"redis_{user}_password" for user in redis.USERS}
    known = {*redis_users, "registry_token_key", "env_key", "centrifugo_token_secret", "backup_identity"}
    assert {row.name for row in TABLE if row.keeps} == known


def test_a_role_of_the_database_has_a_verifier_of_its_new_password(platform: Platform) -> None:
    old = postgres.setup(platform)
    rotate(platform, "postgres_codeb_password")
    assert postgres.setup(platform) != old
    verifier = platform.secrets["postgres_codeb_verifier"]
    assert fits(platform.secrets["postgres_codeb_password"], verifier)


def test_a_password_out_of_the_environment_has_a_verifier_of_its_own(platform: Platform) -> None:
    postgres.setup(platform)
    given = {"CODEB_SECRET_POSTGRES_CODEB_PASSWORD": "given"}
    store = SecretStore(platform.secrets.path, given)
    other = Platform(platform.infra, store, CertificateAuthority(store, platform.infra.domain))
    assert postgres.setup(other) == postgres.setup(other)
    assert fits("given", store["postgres_codeb_verifier"])


@pytest.mark.parametrize("kept", ["", "half", "SCRAM-SHA-256$4096:%%%$a:b"])
def test_what_is_no_verifier_fits_nothing(kept: str) -> None:
    assert not fits("pencil", kept)


def test_a_secret_of_the_operators_is_left_alone_by_the_store(tmp_path: Path) -> None:
    rows: dict[str, Row] = {row.name: row for row in TABLE if row.making is Making.OPERATOR}
    values = {"env_key": "a"}
    assert rotated(values, rows, new_value) == values
