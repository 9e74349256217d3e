"""Object storage as a parameter: what each engine is run with, and what follows from an S3 that was there already."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from codeb.domain.host_ports import wanted
from codeb.domain.infra import Role
from codeb.errors import ConfigError
from deploys.components import artifacts, exporters, s3_engines, s3_keys, s3_server
from deploys.components.s3_engines import ENGINES, Engine
from deploys.operations import object_storage as s3
from deploys.operations.managed import File
from deploys.platform import Platform
from deploys.rendering import render
from tests.unit.deploys.conftest import MakePlatform
from tests.unit.deploys.local import Failed, apply

ADDRESS = "10.0.0.3:9000"
MINIO_KIND = ["silo", "minio"]
EVERY = [*MINIO_KIND, "rustfs"]


def chosen(make_platform: MakePlatform, engine: str) -> Platform:
    return make_platform(components={"object_storage": {"engine": engine}})


def written(platform: Platform, engine: str) -> dict[str, File]:
    return {file.dest: file for file in s3_server.files(platform, ENGINES[engine], ADDRESS)}


def text(file: File) -> str:
    return file.data.decode()


@pytest.fixture(params=EVERY)
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.mark.parametrize(
    ("name", "health"),
    [("silo", "/minio/health/cluster"), ("minio", "/minio/health/cluster"), ("rustfs", "/health/ready")],
)
def test_an_engine_is_well_when_it_is_ready(name: str, health: str) -> None:
    assert ENGINES[name].health == health


@pytest.mark.parametrize("name", MINIO_KIND)
def test_minio_and_its_fork_are_told_where_to_listen_on_the_command_line(platform: Platform, name: str) -> None:
    unit = text(written(platform, name)[f"/etc/systemd/system/{s3_engines.UNIT}"])
    assert (
        f"\nExecStart=/usr/local/bin/{name} server --address 10.0.0.3:9000 --console-address 127.0.0.1:9001"
        " --certs-dir /etc/codeb/object-storage/certs /var/lib/object-storage/minio\n"
    ) in unit


def test_rustfs_is_told_where_to_listen_in_its_environment(platform: Platform) -> None:
    files = written(platform, "rustfs")
    assert "\nExecStart=/usr/local/bin/rustfs\n" in text(files[f"/etc/systemd/system/{s3_engines.UNIT}"])
    assert text(files["/etc/codeb/object-storage/engine.env"]).splitlines() == [
        'RUSTFS_VOLUMES="/var/lib/object-storage/rustfs"',
        'RUSTFS_ADDRESS="10.0.0.3:9000"',
        'RUSTFS_CONSOLE_ADDRESS="127.0.0.1:9001"',
        'RUSTFS_TLS_PATH="/etc/codeb/object-storage/certs"',
        'RUSTFS_OBS_LOG_DIRECTORY=""',
        'RUSTFS_ACCESS_KEY="codeb"',
        f'RUSTFS_SECRET_KEY="{platform.secrets["s3_root_password"]}"',
    ]


@pytest.mark.parametrize("name", MINIO_KIND)
def test_the_environment_of_minio_has_its_keys_and_open_metrics(platform: Platform, name: str) -> None:
    lines = text(written(platform, name)["/etc/codeb/object-storage/engine.env"]).splitlines()
    assert f'MINIO_ROOT_PASSWORD="{platform.secrets["s3_root_password"]}"' in lines
    assert 'MINIO_ROOT_USER="codeb"' in lines
    assert 'MINIO_PROMETHEUS_AUTH_TYPE="public"' in lines
    assert ('MINIO_API_TRUSTED_PROXIES="none"' in lines) == (name == "silo")


def test_secrets_are_in_files_that_only_root_reads(platform: Platform, engine: Engine) -> None:
    secrets = [platform.secrets["s3_root_password"]]
    secrets += [s3_keys.keys(platform, bucket).secret for bucket in s3_engines.BUCKETS]
    files = [*s3_server.files(platform, engine, ADDRESS), *s3_server.user_files(platform, ADDRESS)]
    secret = {file.dest for file in files if any(each in text(file) for each in secrets)}
    assert secret == {f"/etc/codeb/object-storage/{name}.env" for name in ("root", "engine", "users")}
    assert {file.mode for file in files if file.dest in secret} == {"0600"}
    assert all(each not in word for each in secrets for word in engine.command(ADDRESS))


def test_a_new_certificate_restarts_the_engine(platform: Platform, engine: Engine) -> None:
    files = {file.dest: file.content for file in s3_server.files(platform, engine, ADDRESS)}
    assert files[f"/etc/codeb/tls/reload.d/{s3_engines.UNIT}"] == "restart\n"
    assert "/etc/codeb/object-storage/certs" in {each.path for each in s3_server.directories(engine)}


@pytest.mark.parametrize(
    "line",
    ["User=object-storage", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "Restart=always"],
)
def test_the_unit_is_of_its_own_user_and_hardened(platform: Platform, engine: Engine, line: str) -> None:
    unit = text(written(platform, engine.name)[f"/etc/systemd/system/{s3_engines.UNIT}"])
    assert f"\n{line}\n" in unit
    assert "\nReadWritePaths=/var/lib/object-storage\n" in unit
    assert "\nEnvironmentFile=/etc/codeb/object-storage/engine.env\n" in unit


def test_an_engine_never_starts_on_the_files_of_another_kind() -> None:
    assert ENGINES["silo"].data == ENGINES["minio"].data == "/var/lib/object-storage/minio"
    assert ENGINES["rustfs"].data == "/var/lib/object-storage/rustfs"


@pytest.mark.parametrize("template", ["engine.service.j2", "engine.env.j2", "users.sh.j2", "users.env.j2"])
def test_a_template_without_its_values_is_an_error(template: str) -> None:
    with pytest.raises(UndefinedError):
        render(f"object_storage/{template}")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        (
            "silo",
            "/pgsty/silo/releases/download/RELEASE.2026-09-16T00-00-00Z/silo_20260916000000.0.0_linux_amd64.tar.gz",
        ),
        (
            "minio",
            "/minio/minio/releases/download/RELEASE.2025-09-07T16-13-09Z/minio.linux-amd64.RELEASE.2025-09-07T16-13-09Z",
        ),
        ("rustfs", "/rustfs/rustfs/releases/download/1.0.1/rustfs-linux-x86_64-musl-v1.0.1.zip"),
    ],
)
def test_without_a_hash_the_engines_own_file_is_named(
    make_platform: MakePlatform, monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    platform = chosen(make_platform, name)
    monkeypatch.setattr(artifacts, "current", lambda: platform)
    with pytest.raises(ConfigError) as caught:
        artifacts.fetch("object_storage", ENGINES[name].artifact)
    assert str(caught.value).startswith("components.object_storage.sha256 is not set: ")
    assert f"https://github.com{url} " in str(caught.value)


FAKE_MCLI = """#!/bin/sh
echo "$*" | sed "s|--config-dir [^ ]* --no-color ||" >> {log}
case "$*" in
  *"user add"*) cat >> {typed} ;;
  *"policy attach"*) [ "${{ATTACHED-}}" ] || exit 0; echo refused >&2; exit 1 ;;
  *"user info"*) printf '{{\\n "policyName": "%s"\\n}}\\n' "$ATTACHED" ;;
esac
echo "$MC_HOST_codeb" > {host}
"""


def told(tmp_path: Path, attached: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script of users with an mcli that writes down what it is told."""
    mcli, keys = tmp_path / "mcli", tmp_path / "users.env"
    mcli.write_text(FAKE_MCLI.format(log=tmp_path / "log", typed=tmp_path / "typed", host=tmp_path / "host"))
    mcli.chmod(0o755)
    (tmp_path / "ca.pem").write_text("")
    variables = {"MC_HOST_codeb": f"https://codeb:r00t-secret@{ADDRESS}", "B_SECRET": "it's $HOME"}
    keys.write_text(render("object_storage/users.env.j2", variables=variables))
    script = render(
        "object_storage/users.sh.j2", home="/h", tls=tmp_path, mcli=mcli, keys=keys, users={"backups": "B_SECRET"}
    )
    environment = {"PATH": "/usr/bin:/bin", **({"ATTACHED": attached} if attached else {})}
    return subprocess.run(["sh"], input=script, env=environment, capture_output=True, text=True, check=False)


def test_users_and_policies_are_made_and_no_command_line_has_a_secret(tmp_path: Path) -> None:
    assert told(tmp_path).returncode == 0
    assert (tmp_path / "log").read_text().splitlines() == [
        "admin policy create codeb backups /h/backups.json",
        "admin user add codeb",
        "admin policy attach codeb backups --user backups",
    ]
    assert (tmp_path / "typed").read_text() == "backups\nit's $HOME\n"
    assert (tmp_path / "host").read_text() == f"https://codeb:r00t-secret@{ADDRESS}\n"


def test_a_policy_that_is_attached_already_is_fine_and_another_is_not(tmp_path: Path) -> None:
    assert told(tmp_path, attached="backups").returncode == 0
    failed = told(tmp_path, attached="readonly")
    assert (failed.returncode, failed.stderr) == (1, "refused\n")


def test_every_bucket_has_a_user_with_a_policy_of_this_bucket_alone(platform: Platform) -> None:
    files = {file.dest: text(file) for file in s3_server.user_files(platform, ADDRESS)}
    script = files["/etc/codeb/object-storage/users.sh"]
    for bucket in s3_engines.BUCKETS:
        (statement,) = json.loads(files[f"/etc/codeb/object-storage/{bucket}.json"])["Statement"]
        assert statement["Resource"] == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        variable = f"{bucket.upper().replace('-', '_')}_SECRET"
        assert f'\nhave {bucket} "${variable}"\n' in script
        assert f"{variable}={s3_keys.keys(platform, bucket).secret}\n" in files["/etc/codeb/object-storage/users.env"]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script that leaves a line each time, and the stamp where the test may write."""
    monkeypatch.setattr(s3, "STATE", str(tmp_path / "state"))
    monkeypatch.setattr(s3, "_USERS", str(tmp_path / "state/stamps/users"))
    script = tmp_path / "users.sh"
    script.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran\n[ ! -e {tmp_path}/broken ]\n")
    script.chmod(0o700)
    return tmp_path


def test_users_are_made_again_when_something_about_them_changed(made: Path) -> None:
    script = str(made / "users.sh")
    assert apply(s3.users, script=script, stamp="one")
    assert not apply(s3.users, script=script, stamp="one")
    assert apply(s3.users, script=script, stamp="two")
    assert (made / "ran").read_text() == "ran\nran\n"


def test_users_that_could_not_be_made_are_tried_again(made: Path) -> None:
    script = str(made / "users.sh")
    (made / "broken").touch()
    with pytest.raises(Failed):
        apply(s3.users, script=script, stamp="one")
    (made / "broken").unlink()
    assert apply(s3.users, script=script, stamp="one")


def test_what_asks_for_buckets_is_a_script_that_a_shell_understands() -> None:
    command = s3.Buckets().command(f"https://{ADDRESS}", ("docker-cache", "backups"), "/etc/root.env", "/etc/ca.pem")
    subprocess.run(["sh", "-n", "-c", command], check=True)
    assert "backups?location=" in command


def measured(platform: Platform) -> list[exporters.Module]:
    found = exporters.modules((Role.STORAGE,), platform.infra.s3_engine, "10.0.0.3")
    return [module for module in found if module.name == "object_storage"]


@pytest.mark.parametrize("name", MINIO_KIND)
def test_the_metrics_of_minio_are_asked_over_tls_where_it_listens(make_platform: MakePlatform, name: str) -> None:
    (module,) = measured(chosen(make_platform, name))
    assert module == exporters.Module("object_storage", 9000, "/minio/metrics/v3", "10.0.0.3", tls=True)


@pytest.mark.parametrize(("name", "health"), [("versitygw", None), ("rustfs", "/health/ready")])
def test_an_engine_without_metrics_has_a_command(make_platform: MakePlatform, name: str, health: str | None) -> None:
    platform = chosen(make_platform, name)
    (module,) = measured(platform)
    assert module.command == exporters.OBJECT_STORAGE_METRICS
    if health:
        script = text(written(platform, name)[exporters.OBJECT_STORAGE_METRICS])
        assert f"https://{ADDRESS}{health}\n" in script
        subprocess.run(["sh", "-n"], input=script.encode(), check=True)


@pytest.mark.parametrize("name", ["versitygw", *EVERY])
def test_the_ports_that_a_host_needs_follow_the_engine(name: Any) -> None:
    assert wanted((Role.STORAGE,), name)[9000] == name
    assert wanted((Role.STORAGE,), name).get(9001) == (None if name == "versitygw" else name)
