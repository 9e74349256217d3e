"""VersityGW: each bucket's user may use this bucket alone."""

import json
import shutil
import subprocess

import pytest

from deploys.components import versitygw
from deploys.components.s3_engines import DATA, HOME
from deploys.operations.object_storage import Policies
from deploys.platform import Platform
from deploys.rendering import render


def rendered_unit() -> str:
    return render(
        "object_storage/codeb-object-storage.service.j2",
        home=HOME,
        data=DATA,
        tls="/etc/codeb/tls",
        address="10.0.0.3:9000",
    )


@pytest.mark.parametrize("bucket", ["docker-cache", "registry", "backups"])
def test_a_bucket_is_its_users_alone(bucket: str) -> None:
    statement, deny, *adding = json.loads(versitygw.policy(bucket))["Statement"]
    assert bool(adding) is (bucket == "backups")
    assert (deny["Effect"], deny["Resource"]) == ("Deny", [f"arn:aws:s3:::{bucket}/*..*"])
    assert statement["Principal"] == [bucket]
    assert statement["Resource"] == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def test_a_policy_is_canonical_so_that_it_can_be_compared() -> None:
    text = versitygw.policy("backups")
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def test_what_a_host_answers_compares_equal_however_it_is_written() -> None:
    text = versitygw.policy("backups")
    spaced = json.dumps(dict(reversed(json.loads(text).items())))
    found = Policies().process([f"backups={spaced}", "registry=", "docker-cache=<Error>NoSuchBucket</Error>"])
    assert found == {"backups": text}


def test_users_have_secrets_of_their_own_and_no_rank(platform: Platform) -> None:
    accounts = versitygw.accounts(platform)
    assert {name: account["role"] for name, account in accounts.items()} == dict.fromkeys(
        ["docker-cache", "registry", "backups", "backups-storage", "backups-app"], "user"
    )
    secrets = {account["secret"] for account in accounts.values()}
    assert len(secrets) == 5
    assert platform.secrets["s3_root_password"] not in secrets
    assert accounts["docker-cache"]["secret"] == platform.secrets["s3_docker_cache_admin_secret"]


def test_the_users_are_the_same_on_every_run(platform: Platform) -> None:
    assert versitygw.accounts(platform) == versitygw.accounts(platform)


def test_what_it_knows_of_objects_is_in_files_because_a_policy_for_many_projects_fits_no_attribute() -> None:
    assert f" posix --sidecar {DATA}/meta --versioning-dir {DATA}/versions {DATA}/data\n" in rendered_unit()


def test_the_root_secret_is_in_a_file_and_not_on_the_command_line(platform: Platform) -> None:
    unit = rendered_unit()
    assert "EnvironmentFile=/etc/codeb/object-storage/root.env\n" in unit
    assert "--access" not in unit
    assert "--secret" not in unit
    environment = render("object_storage/root.env.j2", user="codeb", secret='quo"te')
    assert environment == 'ROOT_ACCESS_KEY="codeb"\nROOT_SECRET_KEY="quo\\"te"\n'


def test_it_speaks_tls_on_the_private_address() -> None:
    (command,) = [line for line in rendered_unit().splitlines() if line.startswith("ExecStart=")]
    assert "--port 10.0.0.3:9000 --cert /etc/codeb/tls/cert.pem --key /etc/codeb/tls/key.pem" in command


def test_what_asks_the_hosts_s3_is_a_script_that_a_shell_understands() -> None:
    command = Policies().command("https://10.0.0.3:9000", ("docker-cache", "backups"), "/etc/root.env", "/etc/ca.pem")
    sh = shutil.which("dash") or "sh"
    subprocess.run([sh, "-n", "-c", command], check=True)
    assert "--user" not in command
    assert "ROOT_SECRET_KEY" in command


def test_the_metrics_script_is_one_that_a_shell_understands() -> None:
    script = render(
        "object_storage/metrics.sh.j2", title="X", health="/health", address="10.0.0.3:9000", data="/d", tls="/t"
    )
    subprocess.run(["sh", "-n"], input=script.encode(), check=True)
