"""`codeb secrets` as the operator meets it: new values in the store, none on the screen."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from codeb import secret_seal
from codeb.cli.host.main import main
from codeb.secret_seal import Seal
from codeb.secret_store import SecretStore
from tests.quick_scrypt import PASSPHRASE, QuickScrypt
from tests.unit.cli.test_hosts import INFRA

OLD = {
    "env_key": "old-env-key",
    "postgres_codeb_password": "old-password",
    "postgres_codeb_verifier": "old-verifier",
    "registry_token_key": "old-token-key",
    "ca_key": "old-ca-key",
    "ca_certificate": "old-ca",
    "certificate_one_pem": "old-pem",
    "certificate_one_key": "old-key",
    "certificate_one_names": "old-names",
    "alerts_webhook": "old-webhook",
    "of_somebody_else": "old-other",
}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SecretStore:
    (tmp_path / "infra.toml").write_text(INFRA)
    monkeypatch.setenv("CODEB_INFRA", str(tmp_path / "infra.toml"))
    monkeypatch.setenv("CODEB_SECRETS_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(secret_seal, "scrypt", QuickScrypt())
    store = SecretStore(tmp_path / "secrets.json", seal=Seal(lambda: PASSPHRASE, lambda: PASSPHRASE))
    store.put(OLD)
    return store


def run(store: SecretStore, *arguments: str) -> tuple[int, str, str]:
    """No value of before or after is ever said, whatever else is."""
    before = store.values()
    result = CliRunner().invoke(main, ["secrets", *arguments])
    shown = result.stdout + result.stderr
    assert [value for value in (*before.values(), *store.values().values()) if value and value in shown] == []
    return result.exit_code, result.stdout, result.stderr


def test_the_list_has_names_and_ages(store: SecretStore) -> None:
    code, said, _ = run(store, "list")
    assert code == 0
    names = [line.split()[0] for line in said.splitlines()]
    assert names == [
        "postgres_codeb_password",
        "registry_token_key",
        "env_key",
        "alerts_webhook",
        "ca_key",
        "certificate_one",
        "of_somebody_else",
    ]
    assert "0 days old" in said


def test_an_age_that_is_not_known_is_not_guessed(store: SecretStore) -> None:
    store.path.write_text(json.dumps({"env_key": "old-env-key", "_made": "damaged"}))
    (record,) = json.loads(run(store, "list", "--json")[1])["secrets"]
    assert (record["madeAt"], record["age"]) == (None, "age unknown")


def test_a_secret_that_may_count_twice_keeps_its_old_value(store: SecretStore) -> None:
    code, said, _ = run(store, "rotate", "env_key")
    assert code == 0
    assert store.get("env_key") not in {None, "old-env-key"}
    assert store.previous("env_key") == ("old-env-key",)
    assert {name: store.get(name) for name in OLD if name != "env_key"} == {
        n: v for n, v in OLD.items() if n != "env_key"
    }
    order = [said.index(text) for text in ("deploys/app.py", "env rotate-key`, until", "secrets forget env_key")]
    assert order == sorted(order)
    assert "deploys/storage.py" not in said


def test_rotated_twice_nothing_of_before_is_lost(store: SecretStore) -> None:
    run(store, "rotate", "env_key")
    between = store.get("env_key")
    run(store, "rotate", "env_key")
    assert store.previous("env_key") == (between, "old-env-key")


def test_the_store_stays_the_operators_alone(store: SecretStore) -> None:
    run(store, "rotate", "--all")
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.path.parent.glob("*secrets.json*")} == {0o600}


def test_a_password_of_the_database_takes_its_verifier_along_and_storage_comes_first(store: SecretStore) -> None:
    _, said, _ = run(store, "rotate", "postgres_codeb_password")
    assert store.get("postgres_codeb_password") != "old-password"
    assert store.get("postgres_codeb_verifier") is None
    assert store.previous("postgres_codeb_password") == ()
    assert said.index("deploys/storage.py") < said.index("deploys/app.py")
    assert "from the storage run to the end of the app run" in said


def test_what_only_provisioning_can_make_is_left_to_it(store: SecretStore) -> None:
    run(store, "rotate", "registry_token_key")
    assert store.get("registry_token_key") is None
    assert store.previous("registry_token_key") == ("old-token-key",)


def test_the_ca_takes_everything_along_that_it_signed(store: SecretStore) -> None:
    run(store, "rotate", "ca_key")
    assert not [name for name in store.values() if name.startswith(("ca_", "certificate_"))]


def test_a_certificate_of_a_host_is_one_secret(store: SecretStore) -> None:
    run(store, "rotate", "certificate_one")
    assert not [name for name in store.values() if name.startswith("certificate_")]
    assert store.get("ca_key") == "old-ca-key"


def test_all_is_all_but_what_others_make(store: SecretStore) -> None:
    _, said, _ = run(store, "rotate", "--all", "--json")
    record = json.loads(said)
    named = {each["name"] for each in record["rotated"]}
    assert named == {"env_key", "postgres_codeb_password", "registry_token_key", "ca_key", "certificate_one"}
    assert "deploys/bootstrap.py" in record["steps"][0]
    assert record["changed"] is True
    kept = {name: value for name, value in store.values().items() if value in OLD.values()}
    assert kept.keys() == {"env_key_previous", "registry_token_key_previous", "alerts_webhook", "of_somebody_else"}


@pytest.mark.parametrize("arguments", [("rotate", "--all"), ("rotate", "env_key"), ("forget", "--all")])
def test_a_dry_run_says_the_same_and_changes_nothing(store: SecretStore, arguments: tuple[str, ...]) -> None:
    store.put({"env_key_previous": "older-env-key", "registry_token_key_previous": "older-token-key"})
    before = store.path.read_bytes()
    code, said, _ = run(store, *arguments, "--dry-run", "--json")
    assert (code, store.path.read_bytes()) == (0, before)
    plan, done = json.loads(said), json.loads(run(store, *arguments, "--json")[1])
    assert (plan.pop("changed"), done.pop("changed")) == (False, True)
    assert (plan.pop("dryRun"), done.pop("dryRun")) == (True, False)
    assert plan == done


def test_the_old_one_ends_once(store: SecretStore) -> None:
    run(store, "rotate", "env_key")
    new = store.get("env_key")
    code, said, _ = run(store, "forget", "env_key")
    assert (code, store.get("env_key"), store.previous("env_key")) == (0, new, ())
    assert "deploys/app.py" in said
    assert json.loads(run(store, "forget", "env_key", "--json")[1])["changed"] is False


def test_what_is_stored_under_an_old_key_is_not_lost_by_forgetting_all(store: SecretStore) -> None:
    _, said, _ = run(store, "rotate", "--all")
    assert "`codeb secrets forget registry_token_key` and `codeb secrets forget env_key`" in said
    run(store, "forget", "--all")
    assert store.previous("registry_token_key") == ()
    assert store.previous("env_key") == ("old-env-key",)


def test_after_forgetting_only_the_hosts_that_had_both_are_run_again(store: SecretStore) -> None:
    store.put({"grafana_secret_key": "old-grafana", "redis_exporter_password": "old-redis"})
    store.change(lambda values: {name: values[name] for name in values if not name.startswith(("ca_", "certificate_"))})
    todo = json.loads(run(store, "rotate", "--all", "--json")[1])["steps"]
    end = next(number for number, step in enumerate(todo) if "end the old ones" in step)
    before, after = [" ".join(each) for each in (todo[:end], todo[end:])]
    assert "deploys/backup.py" in before
    assert "deploys/storage.py" in after
    assert "deploys/backup.py" not in after


def test_what_is_not_there_yet_is_not_made_by_a_rotation(store: SecretStore) -> None:
    code, said, _ = run(store, "rotate", "probe_secret")
    assert (code, store.get("probe_secret")) == (0, None)
    assert "the next run makes what it needs" in said


def test_a_name_that_is_not_known_comes_with_the_closest(store: SecretStore) -> None:
    code, _, errors = run(store, "rotate", "env_kye")
    assert code == 2
    assert "did you mean env_key" in errors


@pytest.mark.parametrize("name", ["certificate_*", "env_key_previous", "_made"])
def test_only_secrets_themselves_are_rotated(store: SecretStore, name: str) -> None:
    before = store.values()
    assert run(store, "rotate", name)[0] == 2
    assert store.values() == before


def test_what_somebody_else_makes_is_refused_with_where_it_goes(store: SecretStore) -> None:
    code, _, errors = run(store, "rotate", "alerts_webhook")
    assert (code, store.get("alerts_webhook")) == (1, "old-webhook")
    assert "codeb secrets set alerts_webhook" in errors


@pytest.mark.parametrize("arguments", [("rotate",), ("rotate", "env_key", "--all"), ("forget",)])
def test_a_name_or_all(store: SecretStore, arguments: tuple[str, ...]) -> None:
    code, _, errors = run(store, *arguments)
    assert code == 2
    assert "either the name of a secret or --all" in errors


@pytest.mark.parametrize("arguments", [("list",), ("rotate", "--all"), ("rotate", "env_key"), ("forget", "env_key")])
def test_a_damaged_store_is_said_and_kept(store: SecretStore, arguments: tuple[str, ...]) -> None:
    store.path.write_text('{"env_key": "old-')
    result = CliRunner().invoke(main, ["secrets", *arguments])
    assert result.exit_code == 2
    assert "is damaged: restore it" in result.stderr
    assert store.path.read_text() == '{"env_key": "old-'


def test_what_the_environment_gives_is_changed_there(store: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEB_SECRET_ENV_KEY", "given")
    code, _, errors = run(store, "rotate", "env_key")
    assert code == 1
    assert "CODEB_SECRET_ENV_KEY" in errors
    rotated = json.loads(run(store, "rotate", "--all", "--json")[1])["rotated"]
    assert "env_key" not in {each["name"] for each in rotated}
    assert store.values()["env_key"] == "old-env-key"


def test_without_a_file_the_environment_is_listed_and_changed_there(
    store: SecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    infra = store.path.with_name("infra.toml")
    infra.write_text(f'secrets_file = "environment"\n{INFRA}')
    monkeypatch.setenv("CODEB_SECRET_ENV_KEY", "given")
    (record,) = json.loads(run(store, "list", "--json")[1])["secrets"]
    assert (record["name"], record["environment"]) == ("env_key", True)
    for arguments in (("rotate", "--all"), ("rotate", "env_key")):
        code, _, errors = run(store, *arguments)
        assert code == 1
        assert "from the environment" in errors


def test_keys_of_somebody_elses_object_storage_are_left_alone(store: SecretStore) -> None:
    infra = store.path.with_name("infra.toml")
    given = '[components.object_storage]\nengine = "external"\nendpoint = "https://s3.example.net"\n'
    infra.write_text(f"{INFRA}{given}")
    store.put({"s3_docker_cache_secret": "old-theirs"})
    assert run(store, "rotate", "s3_docker_cache_secret")[0] == 1
    run(store, "rotate", "--all")
    assert store.get("s3_docker_cache_secret") == "old-theirs"
